//! A Kustomer workspace's page: the steps in order, how telling Kustomer goes, and the app to download.

use sidecard::domain::id::WorkspaceId;
use sidecard::store::Role;

use super::browser::{Browser, Desk};
use crate::house::TOKEN;

async fn joined(desk: &Desk) -> (Browser<'_>, String) {
    let mut browser = desk.logged_in("ada", Role::Admin).await;
    let typed = [("shop", "acme-usa"), ("token", TOKEN)];
    browser.do_and_see("/admin/connect", &typed).await;
    let new = [
        ("helpdesk", "kustomer"),
        ("installs", "acme-usa"),
        ("name", "Desk"),
        ("kustomer.org", "acme"),
    ];
    let page = browser.post("/admin/workspaces/new", &new).await;
    let to = page.location();
    let at = to.split_once('?').unwrap().0.to_owned();
    browser.get(&to).await;
    (browser, at)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kustomer_workspace_says_how_it_goes_and_hands_out_the_app() {
    let desk = Desk::open().await;
    let (mut browser, at) = joined(&desk).await;
    let page = browser.get(&at).await;
    assert!(page.has("On the timeline") && page.has("no API key"));
    let places: Vec<_> = [
        "API Keys",
        "Register it",
        "App Directory",
        "compare ten customers",
    ]
    .map(|step| page.html.find(step).unwrap())
    .into();
    assert!(places.is_sorted(), "{places:?}");
    let app = browser.get(&format!("{at}/app.json")).await;
    assert_eq!(app.status, 200);
    let app: serde_json::Value = serde_json::from_str(&app.html).unwrap();
    assert_eq!(app["app"], "sidecard");
    let url = app["commands"][0]["url"].as_str().unwrap();
    assert!(
        url.starts_with("https://cards.acme.example/ask/kustomer/"),
        "{url}"
    );

    let id = WorkspaceId::new(at.rsplit('/').next().unwrap());
    let now = desk.clock.now();
    let why = "Kustomer refuses the API key";
    desk.store.refuse_timeline(&id, why, now).await.unwrap();
    let page = browser.get(&at).await;
    assert!(page.has("Reconnect") && page.has("Nothing is lost"));
    assert!(browser.get("/admin/workspaces").await.has("Reconnect"));
    let page = browser.do_and_see(&format!("{at}/retry"), &[]).await;
    assert!(page.has("Tried again") && !page.has("Nothing is lost"));
    desk.audited("outbox.retry").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_helpdesks_have_no_timeline() {
    let desk = Desk::open().await;
    let (mut browser, _) = joined(&desk).await;
    let new = [("helpdesk", "json"), ("installs", "acme-usa")];
    let page = browser.post("/admin/workspaces/new", &new).await;
    let to = page.location();
    let at = to.split_once('?').unwrap().0;
    assert!(!browser.get(at).await.has("On the timeline"));
    assert_eq!(browser.get(&format!("{at}/app.json")).await.status, 404);
}
