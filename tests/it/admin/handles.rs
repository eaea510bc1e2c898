//! What stands in a page under a handle: a label, a hint, a heading and a link each lead to the one thing that they name.

use std::collections::{BTreeMap, BTreeSet};

use sidecard::store::Role;

use super::browser::{Browser, Desk, Page, bodies};

const UNPROVEN: &str =
    "sk_test_1x1_00000000000000000000000000000000000000000000000000000000000fa4e9";

/// Every value of an attribute, with the name of the element that it stands at.
fn values(html: &str, attribute: &str) -> Vec<(String, String)> {
    let begin = format!(" {attribute}=\"");
    let tags = html.split('<').skip(1);
    tags.filter_map(|tag| {
        let tag = tag.split_once('>')?.0;
        let element = tag.split_whitespace().next()?;
        let (_, rest) = tag.split_once(&begin)?;
        Some((rest.split_once('"')?.0.to_owned(), element.to_owned()))
    })
    .collect()
}

fn is_sound(path: &str, page: &Page) {
    let html = &page.html;
    let ids = values(html, "id");
    let by_id: BTreeMap<_, _> = ids.iter().cloned().collect();
    let names: Vec<_> = ids.iter().map(|(id, _)| id).collect();
    assert_eq!(by_id.len(), ids.len(), "{path}: an id twice in {names:?}");
    for (label, _) in values(html, "for") {
        let named = by_id.get(&label).map(String::as_str);
        let is_field = matches!(named, Some("input" | "select" | "textarea"));
        assert!(is_field, "{path}: the label of `{label}` is at {named:?}");
    }
    for attribute in ["aria-labelledby", "aria-describedby"] {
        for (ids, _) in values(html, attribute) {
            let mut ids = ids.split(' ');
            assert!(ids.all(|id| by_id.contains_key(id)), "{path}: {attribute}");
        }
    }
    for (address, _) in values(html, "href") {
        if let Some(id) = address.strip_prefix('#') {
            assert!(by_id.contains_key(id), "{path}: nothing is at #{id}");
        }
    }
}

/// A desk, and its owner's browser.
struct Tour<'a> {
    browser: Browser<'a>,
    seen: BTreeSet<String>,
}

impl Tour<'_> {
    async fn look(&mut self, path: &str) {
        let page = self.browser.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        is_sound(path, &page);
        self.seen.insert(path.to_owned());
    }

    /// What is not taken brings the page again.
    async fn wrong(&mut self, path: &str, fields: &[(&str, &str)]) {
        let page = self.browser.post(path, fields).await;
        assert_eq!(page.status, 422, "{path}: {}", page.text());
        is_sound(path, &page);
    }

    async fn done(&mut self, path: &str, fields: &[(&str, &str)]) {
        let page = self.browser.do_and_see(path, fields).await;
        assert_eq!(page.status, 200, "{path}");
        is_sound(path, &page);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_has_an_id_twice_and_every_label_leads_to_its_field() {
    let tokens = format!(
        r#"{{"tokens":[{{"token":"{UNPROVEN}","name":"No store","scopes":["read_customers","read_subscriptions","read_orders"]}}]}}"#
    );
    let data = bodies(&[
        ("tokens.json", &tokens),
        ("store.json", r#"{"store":{"id":1}}"#),
    ]);
    let desk = Desk::with(data, "sqlite://:memory:").await;
    let browser = desk.logged_in("ada", Role::Owner).await;
    let mut tour = Tour {
        browser,
        seen: BTreeSet::new(),
    };
    for path in ["/admin", "/admin/connect", "/admin/workspaces/new"] {
        tour.look(path).await;
    }
    tour.wrong("/admin/connect", &[("shop", "?"), ("token", "?")])
        .await;
    let typed = [("shop", "acme-usa"), ("token", UNPROVEN)];
    tour.done("/admin/connect", &typed).await;

    // A shop that is not proven, each of its forms filled in wrongly.
    let at = "/admin/shops/acme-usa";
    tour.look(at).await;
    tour.wrong(&format!("{at}/remove"), &[("confirm", "acme")])
        .await;
    tour.wrong(&format!("{at}/token"), &[("token", "?")]).await;
    let link = [("customer_link", "http://no"), ("contact", "\u{1}")];
    tour.wrong(&format!("{at}/settings"), &link).await;
    tour.wrong(&format!("{at}/lookup"), &[("email", "?")]).await;

    tour.wrong("/admin/workspaces/new", &[]).await;
    for helpdesk in ["json", "embed", "gladly", "kustomer"] {
        let mut new = vec![("helpdesk", helpdesk), ("installs", "acme-usa")];
        if helpdesk == "kustomer" {
            new.push(("kustomer.org", "acme"));
        }
        let page = tour.browser.post("/admin/workspaces/new", &new).await;
        let to = page.location();
        let at = to.split_once('?').unwrap().0.to_owned();
        // With its secret, once; and then without.
        tour.look(&to).await;
        tour.look(&at).await;
        tour.wrong(&format!("{at}/remove"), &[("confirm", "?")])
            .await;
        tour.wrong(&format!("{at}/settings"), &[("name", &"x".repeat(81))])
            .await;
        tour.done(&format!("{at}/disable"), &[]).await;
    }

    tour.wrong("/admin/people", &[]).await;
    let person = [("name", "Kim"), ("login", "kim"), ("role", "viewer")];
    tour.done("/admin/people", &person).await;
    tour.done("/admin/account/code", &[]).await;
    for path in [
        "/admin",
        "/admin/workspaces",
        "/admin/people",
        "/admin/keys",
        "/admin/audit",
        "/admin/account",
        "/admin/login",
    ] {
        tour.look(path).await;
    }
    assert_eq!(tour.seen.len(), 18, "{:?}", tour.seen);
}
