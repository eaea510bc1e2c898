//! A workspace's settings and its secret, by form.

use sidecard::domain::id::WorkspaceId;
use sidecard::helpdesk::Helpdesk;
use sidecard::helpdesk::gladly::Gladly;
use sidecard::store::Role;

use super::browser::{Browser, Desk, Page};
use crate::house::{TOKEN, heard};

async fn connected(desk: &Desk) -> Browser<'_> {
    let mut browser = desk.logged_in("ada", Role::Admin).await;
    let typed = [("shop", "acme-usa"), ("token", TOKEN)];
    browser.do_and_see("/admin/connect", &typed).await;
    browser
}

async fn added<'a>(browser: &mut Browser<'_>, more: &[(&'a str, &'a str)]) -> (String, Page) {
    let mut new = vec![
        ("helpdesk", "gladly"),
        ("installs", "acme-usa"),
        ("name", "Support"),
    ];
    new.extend_from_slice(more);
    let page = browser.post("/admin/workspaces/new", &new).await;
    assert_eq!(page.status, 303, "{}", page.text());
    let to = page.location();
    let at = to.split_once('?').unwrap().0.to_owned();
    (at, browser.get(&to).await)
}

async fn kept(desk: &Desk, at: &str, name: &str) -> Option<String> {
    let id = WorkspaceId::new(at.rsplit('/').next().unwrap());
    let record = desk.store.workspace(&id).await.unwrap().unwrap();
    let settings = record.settings.helpdesk.settings();
    settings.text(name).map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_setting_is_a_field_and_what_it_says_is_kept() {
    let desk = Desk::open().await;
    let mut browser = connected(&desk).await;
    let form = browser.get("/admin/workspaces/new").await;
    for setting in Gladly.settings() {
        let name = format!("gladly.{}", setting.name);
        assert!(form.has(&format!("name=\"{name}\"")), "{name}");
        assert!(form.has(&format!("for=\"{name}\"")), "{name} has a label");
    }
    let typed = [
        ("gladly.auth", "basic"),
        ("gladly.user", "acme"),
        ("gladly.enrich", "off"),
        ("gladly.enrich", "on"),
        ("gladly.auto_link", "off"),
    ];
    let (at, page) = added(&mut browser, &typed).await;
    assert_eq!(page.copied("username"), "acme");
    assert_eq!(kept(&desk, &at, "auth").await.as_deref(), Some("basic"));
    assert_eq!(kept(&desk, &at, "enrich").await.as_deref(), Some("on"));
    assert_eq!(kept(&desk, &at, "auto_link").await.as_deref(), Some("off"));
    assert_eq!(kept(&desk, &at, "most").await, None);
    assert_eq!(page.value("gladly.user").as_deref(), Some("acme"));
    assert_eq!(page.value("gladly.most").as_deref(), Some("100"));
    assert!(page.has("<option value=\"basic\" selected>"));
    // An empty field takes the default again; a field that is not sent changes nothing.
    let set = [
        ("installs", "acme-usa"),
        ("gladly.auth", "signature"),
        ("gladly.user", ""),
        ("gladly.keys.note", "-"),
    ];
    let page = browser.do_and_see(&format!("{at}/settings"), &set).await;
    assert!(page.has("Saved."));
    assert_eq!(kept(&desk, &at, "auth").await, None);
    assert_eq!(kept(&desk, &at, "user").await, None);
    assert_eq!(kept(&desk, &at, "keys.note").await.as_deref(), Some(""));
    assert_eq!(kept(&desk, &at, "enrich").await.as_deref(), Some("on"));
    assert_eq!(page.value("gladly.keys.note").as_deref(), Some("-"));
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_settings_are_told_at_once_beside_their_fields_and_what_was_typed_stays() {
    let desk = Desk::open().await;
    let mut browser = connected(&desk).await;
    let bad = [
        ("helpdesk", "gladly"),
        ("gladly.most", "9000"),
        ("gladly.user", "side:card"),
        ("gladly.keys.status", "a b"),
        ("secret", "paste"),
        ("own_secret", "short-one"),
    ];
    let page = browser.post("/admin/workspaces/new", &bad).await;
    assert_eq!(page.status, 422);
    assert!(page.has("5 things need another look"), "{}", page.text());
    for (field, said) in [
        ("gladly.most", "Write a whole number from 1 to 600"),
        ("gladly.user", "Write a user name without blanks and colons"),
        ("gladly.keys.status", "Write a name of letters"),
        ("own_secret", "Choose a longer one: at least 16 characters"),
        ("installs", "Choose at least one shop"),
    ] {
        let beside = format!("id=\"{field}-wrong\">{said}");
        assert!(page.has(&beside), "{beside}");
        assert!(page.has(&format!("href=\"#{field}\"")), "{field}");
    }
    assert_eq!(page.value("gladly.most").as_deref(), Some("9000"));
    assert_eq!(page.value("gladly.user").as_deref(), Some("side:card"));
    assert!(page.has("value=\"paste\" checked") && !page.has("short-one"));
    assert!(
        page.has("<details class=\"more\" open>"),
        "what is wrong is not folded away"
    );
    assert!(desk.store.workspaces().await.unwrap().is_empty());

    let (at, _) = added(&mut browser, &[]).await;
    let bad = [
        ("installs", "acme-usa"),
        ("name", "Support 2"),
        ("gladly.most", "none"),
    ];
    let page = browser.post(&format!("{at}/settings"), &bad).await;
    assert_eq!(page.status, 422);
    assert_eq!(page.value("gladly.most").as_deref(), Some("none"));
    assert_eq!(page.value("name").as_deref(), Some("Support 2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_the_helpdesk_made_is_used_and_never_shown() {
    let desk = Desk::open().await;
    let mut browser = connected(&desk).await;
    let chosen = "gladlys-own-secret-0123";
    let (at, page) = added(&mut browser, &[("secret", "paste"), ("own_secret", chosen)]).await;
    assert!(!page.has(chosen) && page.has("It is not shown again"));
    let secret = async || {
        let id = WorkspaceId::new(at.rsplit('/').next().unwrap());
        let record = desk.store.workspace(&id).await.unwrap().unwrap();
        record.secret.unwrap().reveal().clone()
    };
    assert_eq!(secret().await, chosen);
    let rotate = format!("{at}/rotate");
    for (fields, said) in [
        (
            &[("secret", "paste")][..],
            "Paste the secret, or have one made here",
        ),
        (
            &[
                ("secret", "paste"),
                ("own_secret", "with a blank in it 0123"),
            ],
            "without blanks",
        ),
        (
            &[("secret", "make"), ("own_secret", "another-secret-0123")],
            "empty the field",
        ),
    ] {
        let page = browser.post(&rotate, fields).await;
        assert_eq!(page.status, 422);
        assert!(page.has(said), "{said}");
    }
    assert_eq!(secret().await, chosen, "nothing was changed");
    let fields = [
        ("secret", "paste"),
        ("own_secret", " \"another-secret-0123\" "),
    ];
    let page = browser.do_and_see(&rotate, &fields).await;
    assert!(page.has("is in use") && !page.has("another-secret-0123"));
    assert_eq!(secret().await, "another-secret-0123");
    let page = browser.do_and_see(&rotate, &[("secret", "make")]).await;
    assert_eq!(secret().await, page.copied("secret"));
    for entry in desk.audit().await {
        assert!(!entry.detail.contains("secret-0123"));
    }
    assert!(!heard().contains(chosen));
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_to_paste_has_a_button_that_the_script_alone_shows() {
    let desk = Desk::open().await;
    let mut browser = connected(&desk).await;
    let (_, page) = added(&mut browser, &[]).await;
    let fields = page.html.matches("<div class=\"copy\">").count();
    assert!(fields >= 6, "{fields}");
    let buttons: Vec<&str> = page
        .html
        .split("<button class=\"plain small\" type=\"button\"")
        .skip(1)
        .collect();
    assert_eq!(buttons.len(), fields);
    for button in buttons {
        assert!(
            button.starts_with(" hidden>Copy<span class=\"unseen\"> "),
            "{button:.80}"
        );
        let (_, said) = button.split_once("</button>").unwrap();
        assert!(said.starts_with("<span class=\"said\" role=\"status\" data-done=\"Copied\""));
    }
    assert!(
        page.has("(one click marks all of it)"),
        "the way without a script"
    );
}
