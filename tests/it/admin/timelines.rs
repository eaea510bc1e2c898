//! A Kustomer workspace's page: the steps in order, how telling Kustomer goes, and the app to download.

use sidecard::domain::customer::Customer;
use sidecard::domain::id::{CustomerId, WorkspaceId};
use sidecard::domain::install::InstallName;
use sidecard::domain::snapshot::Snapshot;
use sidecard::recharge::read_subscriptions;
use sidecard::store::{Placed, Role, Standing};

use super::browser::{Browser, Desk};
use crate::house::{TOKEN, keep};

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

#[tokio::test(flavor = "multi_thread")]
async fn what_is_never_taken_is_listed_and_what_goes_from_timelines_is_said() {
    let desk = Desk::open().await;
    let (mut browser, at) = joined(&desk).await;
    let id = WorkspaceId::new(at.rsplit('/').next().unwrap());
    let (store, now) = (&desk.store, desk.clock.now());
    let body = std::fs::read(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fixtures/recharge/subscriptions.json"
    ));
    let subscriptions = read_subscriptions(&body.unwrap()).unwrap();
    let (install, customer) = (
        InstallName::parse("acme-usa").unwrap(),
        CustomerId::new("176700001"),
    );
    let snapshot = Snapshot {
        customer: Customer::bare(customer.clone()),
        subscriptions: subscriptions[..2].to_vec(),
        charges: None,
        deliveries: None,
        as_of: now,
        renderings: Default::default(),
    };
    keep(store, &install, &snapshot).await;
    for entry in store.outbox(&id, false, now, 9).await.unwrap() {
        let why = "Kustomer says: `customer` is locked";
        store.park_entry(&entry.ticket, why).await.unwrap();
    }
    let page = browser.get(&at).await;
    assert!(
        page.has("2 changes") && page.has("is locked"),
        "{}",
        page.html
    );
    let page = browser.do_and_see(&format!("{at}/retry"), &[]).await;
    assert!(page.has("Tried again") && !page.has("is locked"));

    let placed = Placed {
        workspace: &id,
        provider: "recharge",
        install: &install,
        customer: &customer,
        subscription: &subscriptions[0],
        standing: Some(Standing {
            object: "65aa".to_owned(),
            owner: None,
        }),
        mark: "m",
    };
    store.keep_objects(&[placed], now).await.unwrap();
    let typed = |org| {
        [
            ("name", "Desk"),
            ("installs", "acme-usa"),
            ("ancestors", ""),
            ("kustomer.org", org),
        ]
    };
    let settings = format!("{at}/settings");
    let page = browser.do_and_see(&settings, &typed("acme")).await;
    assert!(page.has("Saved.") && !page.has("being removed there"));
    let page = browser.do_and_see(&settings, &typed("another")).await;
    assert!(page.has("being removed there"), "{}", page.html);
    assert_eq!(store.objects_count(&id).await.unwrap(), (0, 0));
}
