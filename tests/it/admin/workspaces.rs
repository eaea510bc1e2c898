//! Workspaces, keys, audit.

use sidecard::domain::id::{CustomerId, WorkspaceId};
use sidecard::domain::install::InstallName;
use sidecard::store::{Call, LinkRecord, Profile, Role, WorkspaceRecord};

use super::browser::{Browser, Desk, Page};
use crate::house::{TOKEN, heard, minutes};

async fn joined(desk: &Desk) -> (Browser<'_>, String, Page) {
    let mut browser = desk.logged_in("ada", Role::Admin).await;
    let typed = [("shop", "acme-usa"), ("token", TOKEN)];
    browser.do_and_see("/admin/connect", &typed).await;
    let new = [
        ("helpdesk", "json"),
        ("installs", "acme-usa"),
        ("name", "Support EU"),
    ];
    let page = browser.post("/admin/workspaces/new", &new).await;
    let to = page.location();
    let at = to.split_once('?').unwrap().0.to_owned();
    let page = browser.get(&to).await;
    (browser, at, page)
}

async fn record(desk: &Desk, at: &str) -> Option<WorkspaceRecord> {
    let id = WorkspaceId::new(at.rsplit('/').next().unwrap());
    desk.store.workspace(&id).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_workspace_shows_its_steps_and_its_secret_once() {
    let desk = Desk::open().await;
    let (mut browser, at, page) = joined(&desk).await;
    let secret = page.copied("secret");
    let record = record(&desk, &at).await.unwrap();
    assert_eq!(record.secret.unwrap().reveal(), &secret);
    assert!(page.has("The secret is shown now, and never again"));
    let address = format!("https://cards.acme.example/ask/json/{}", record.id);
    assert_eq!(page.copied("address"), address);
    assert!(page.has("Waiting for the first call"));
    let page = browser.get(&at).await;
    assert!(!page.has(&secret) && page.has("It is not shown again"));
    desk.audited("workspace.add").await;
    desk.audited("workspace.secret_shown").await;
    assert!(browser.get("/admin").await.has("Support EU"));
    assert!(!heard().contains(&secret));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_for_a_workspace_is_said() {
    let desk = Desk::open().await;
    let (mut browser, _, _) = joined(&desk).await;
    let bad = [("installs", "no-such-shop"), ("ancestors", "desk.example")];
    let page = browser.post("/admin/workspaces/new", &bad).await;
    assert_eq!(page.status, 422);
    for said in [
        "Choose a helpdesk",
        "Choose at least one shop",
        "Write a site without a path",
    ] {
        assert!(page.has(said), "{said}");
    }
    assert_eq!(desk.store.workspaces().await.unwrap().len(), 1);
    let good = [
        ("helpdesk", "embed"),
        ("installs", "acme-usa"),
        ("ancestors", "https://a.example https://b.example/"),
    ];
    browser.do_and_see("/admin/workspaces/new", &good).await;
    let all = desk.store.workspaces().await.unwrap();
    let embed = all
        .iter()
        .find(|record| record.helpdesk == "embed")
        .unwrap();
    assert_eq!(
        embed.settings.frame_ancestors,
        ["https://a.example", "https://b.example"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_secret_is_shown_once_and_the_old_one_goes_on_for_a_day() {
    let desk = Desk::open().await;
    let (mut browser, at, first) = joined(&desk).await;
    let page = browser.do_and_see(&format!("{at}/rotate"), &[]).await;
    let (old, new) = (first.copied("secret"), page.copied("secret"));
    assert_ne!(old, new);
    assert!(
        page.has("still accepted until") && page.text().contains("21 Nov 2026, 10:15 UTC"),
        "{}",
        page.text()
    );
    assert!(!browser.get(&at).await.has(&new));
    let secrets = |access: Option<sidecard::domain::access::Access>| -> Vec<String> {
        let secrets = access.unwrap().workspace.secrets;
        secrets
            .iter()
            .map(|secret| secret.reveal().clone())
            .collect()
    };
    let id = record(&desk, &at).await.unwrap().id;
    let access = desk.store.access(&id, desk.clock.now()).await.unwrap();
    assert_eq!(secrets(access), [new.clone(), old.clone()]);

    let page = browser.do_and_see(&format!("{at}/end"), &[]).await;
    assert!(page.has("not accepted any more") && !page.has("still accepted until"));
    let access = desk.store.access(&id, desk.clock.now()).await.unwrap();
    assert_eq!(secrets(access), std::slice::from_ref(&new));

    browser.do_and_see(&format!("{at}/rotate"), &[]).await;
    for _ in 0..24 * 3 {
        desk.clock.advance(minutes(20));
    }
    browser.log_in("ada", super::browser::PASSWORD, "").await;
    assert!(!browser.get(&at).await.has("still accepted until"));
    desk.audited("workspace.rotate").await;
    desk.audited("workspace.end_old_secret").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_tells_why_it_shows_nothing() {
    let desk = Desk::open().await;
    let (mut browser, at, _) = joined(&desk).await;
    let id = record(&desk, &at).await.unwrap().id;
    let call = |verdict: &str, outcome: Option<&str>, cause: Option<&str>| Call {
        workspace: id.clone(),
        at: desk.clock.now(),
        kind: "BASIC".into(),
        verdict: verdict.into(),
        outcome: outcome.map(str::to_owned),
        duration_ms: 38,
        cause: cause.map(str::to_owned),
    };
    desk.store
        .record_calls(&[call("good", Some("found 1"), None)])
        .await
        .unwrap();
    let page = browser.get(&at).await;
    assert!(
        page.text()
            .contains("10:15:02 just now BASIC good 1 found 38 ms"),
        "{}",
        page.text()
    );
    assert!(!page.has("Waiting for the first call") && !page.has("Likely cause"));
    let refused = call("refused", None, Some("wrong_signature"));
    desk.store.record_calls(&[refused]).await.unwrap();
    let text = browser.get(&at).await.text();
    assert!(text.contains("Likely cause The signature does not match: it was made with the key of another workspace, or a blank"));
    assert!(
        text.contains("refused the signature does not match 38 ms"),
        "{text}"
    );
    let unanswered = call("good", None, Some("nothing_asked"));
    desk.store.record_calls(&[unanswered]).await.unwrap();
    let text = browser.get(&at).await.text();
    assert!(
        text.contains("Likely cause There is no email address to look for: send at least one"),
        "{text}"
    );
    let ahead = call("refused", None, Some("signed_ahead 7"));
    desk.store.record_calls(&[ahead]).await.unwrap();
    let text = browser.get(&at).await.text();
    assert!(
        text.contains("Likely cause Their clock and ours differ by 7 minutes."),
        "{text}"
    );
    // A row from before there were codes.
    let old = call("refused", None, Some("the stamp is not signed"));
    desk.store.record_calls(&[old]).await.unwrap();
    let text = browser.get(&at).await.text();
    assert!(
        text.contains("Likely cause The stamp is not signed"),
        "{text}"
    );
    desk.clock.advance(minutes(2));
    assert!(browser.get("/admin").await.has("2 minutes ago"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_is_changed_disabled_enabled_and_removed() {
    let desk = Desk::open().await;
    let (mut browser, at, _) = joined(&desk).await;
    let set = [
        ("installs", "acme-usa"),
        ("name", "Support"),
        ("ancestors", ""),
    ];
    assert!(
        browser
            .do_and_see(&format!("{at}/settings"), &set)
            .await
            .has("Saved.")
    );
    assert!(
        browser
            .do_and_see(&format!("{at}/disable"), &[])
            .await
            .has("Disabled: it answers nobody")
    );
    assert!(!record(&desk, &at).await.unwrap().settings.enabled);
    browser.do_and_see(&format!("{at}/enable"), &[]).await;
    assert!(record(&desk, &at).await.unwrap().settings.enabled);
    assert_eq!(browser.post(&format!("{at}/remove"), &[]).await.status, 422);
    browser
        .do_and_see(&format!("{at}/remove"), &[("confirm", "remove")])
        .await;
    assert!(record(&desk, &at).await.is_none());
    assert_eq!(browser.get(&at).await.status, 404);
    for action in [
        "workspace.set",
        "workspace.disable",
        "workspace.enable",
        "workspace.remove",
    ] {
        desk.audited(action).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_removes_the_link_of_a_profile() {
    let desk = Desk::open().await;
    let (mut browser, at, _) = joined(&desk).await;
    let (id, now) = (record(&desk, &at).await.unwrap().id, desk.clock.now());
    let install = InstallName::parse("acme-usa").unwrap();
    let of = |profile| Profile {
        install: &install,
        workspace: &id,
        profile,
    };
    let link = LinkRecord::auto(CustomerId::new("176700001"), String::new(), now);
    for profile in ["kim@acme.example", "other"] {
        assert!(desk.store.link(of(profile), &link).await.unwrap());
    }
    let unlink = format!("{at}/unlink");
    let page = browser
        .post(&unlink, &[("profile", "Kim@acme.example")])
        .await;
    assert_eq!(page.status, 422);
    assert!(page.has("This profile has no link here") && page.has("value=\"Kim@acme.example\""));

    let typed = [("profile", " kim@acme.example ")];
    let page = browser.do_and_see(&unlink, &typed).await;
    assert!(page.has("Unlinked. The next view of the card looks the customer up by email again."));
    assert_eq!(
        desk.store.link_of(of("kim@acme.example")).await.unwrap(),
        None
    );
    assert!(desk.store.link_of(of("other")).await.unwrap().is_some());
    let entry = desk.audited("link.remove").await;
    assert_eq!((entry.at, entry.object), (now, id.to_string()));
    assert!(
        entry.detail.ends_with(": acme-usa/176700001"),
        "{}",
        entry.detail
    );
    assert!(!entry.detail.contains("kim") && entry.who != "cli");
    assert_eq!(browser.post(&unlink, &typed).await.status, 422);

    let mut viewer = desk.logged_in("vera", Role::Viewer).await;
    assert!(!viewer.get(&at).await.has("Unlink a customer"));
    assert_eq!(viewer.post(&unlink, &typed).await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_counted_and_the_audit_is_paged_and_exported() {
    let desk = Desk::open().await;
    let (mut browser, _, _) = joined(&desk).await;
    let used = desk.store.keys_in_use().await.unwrap();
    let page = browser.get("/admin/keys").await;
    for id in used.keys().flatten() {
        assert!(page.has(id));
    }
    assert!(page.has("sidecard keys rotate"));
    for n in 0..120 {
        let entry = sidecard::store::AuditEntry {
            at: desk.clock.now(),
            who: "cli".into(),
            action: "test.entry".into(),
            kind: "number".into(),
            object: format!("n{n}"),
            detail: String::new(),
        };
        desk.store.audit(&entry).await.unwrap();
    }
    let page = browser.get("/admin/audit").await;
    assert!(page.has(">n119<") && page.has(">n20<") && !page.has(">n19<"));
    let (_, rest) = page.html.split_once("/admin/audit?before=").unwrap();
    let before = rest.split_once('"').unwrap().0;
    let page = browser.get(&format!("/admin/audit?before={before}")).await;
    assert!(page.has(">n19<") && page.has("workspace.add") && page.has("ada Example"));
    let page = browser.get("/admin/audit.jsonl").await;
    let lines: Vec<serde_json::Value> = page
        .html
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["action"], "login");
    assert_eq!(lines.last().unwrap()["action"], "audit.export");
    assert!(!page.has("Example"), "no names");
    assert!(!page.has(TOKEN));
}
