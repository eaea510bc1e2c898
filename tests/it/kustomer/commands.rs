//! `sidecard kustomer` and what the workspace has to have for it.

use serde_json::Value;
use sidecard::domain::id::WorkspaceId;
use sidecard::simulator::kustomer::{Key, Options, Running, start};
use sidecard::store::{KeyRing, Store};

use super::KEY;
use crate::house::{JSON_SECRET, as_of, client};
use crate::sidecard::Folder;

const ROLES: [&str; 2] = ["org.admin.apps", "org.permission.apps"];

/// A folder with a shop and a workspace for Kustomer, and the org beside it.
struct Office {
    folder: Folder,
    kustomer: Running,
    id: String,
    secret: String,
}

impl Office {
    async fn open() -> Self {
        let keys = vec![
            Key::new(KEY, &ROLES),
            Key::new("fake-reader", &["org.permission.customer"]),
        ];
        let options = Options {
            keys,
            ..Options::default()
        };
        let kustomer = start(options).await.unwrap();
        let folder = Folder::connected().await;
        let base = kustomer.base_url();
        folder.configure(&format!(
            "[server]\npublic_url = \"https://sidecard.acme.example\"\n[kustomer]\nbase_url = \"{base}\"\nweb_url = \"{base}\"\nsdk_url = \"{}\"\n",
            kustomer.sdk_url()
        ));
        let added = folder
            .run_with(
                &[
                    "workspace",
                    "add",
                    "--install",
                    "acme-usa",
                    "--helpdesk",
                    "kustomer",
                    "--name",
                    "desk",
                    "--org",
                    "acme",
                    "--api-key-stdin",
                    "--json",
                ],
                KEY,
            )
            .ok();
        let added: Value = serde_json::from_str(&added).unwrap();
        let text = |name: &str| added[name].as_str().unwrap().to_owned();
        Self {
            id: text("id"),
            secret: text("secret"),
            folder,
            kustomer,
        }
    }

    fn register(&self, more: &[&str]) -> crate::sidecard::Ran {
        let mut arguments = vec!["kustomer", "register", "--workspace", "desk"];
        arguments.extend(more);
        self.folder.run(&arguments)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_looked_at_registered_and_installed_and_then_the_card_is_there() {
    let office = Office::open().await;
    let printed = office
        .folder
        .run(&["kustomer", "app", "--workspace", &office.id])
        .ok();
    let printed: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(printed["version"], "1.0.0");
    assert!(
        printed["commands"][0]["url"]
            .as_str()
            .unwrap()
            .starts_with("https://sidecard.acme.example/ask/kustomer/")
    );

    let refused = office.register(&[]).refused(2);
    assert!(
        refused.contains("can never be withdrawn") && refused.contains("sandbox"),
        "{refused}"
    );
    assert!(
        refused.contains("`acme`") && refused.contains("--yes"),
        "{refused}"
    );
    assert!(
        office.kustomer.requests().is_empty(),
        "nothing was asked of the org"
    );

    let registered = office.register(&["--yes"]).ok();
    let org_id = Options::default().org_id;
    let command = format!("sidecard_{org_id}.app.subscriptions.read");
    assert!(registered.contains(&command), "{registered}");
    let bodies = office.kustomer.requests();
    assert_eq!(bodies.len(), 1);
    assert_eq!(
        bodies[0].body, printed,
        "what was looked at is what was registered"
    );

    let serving = office.folder.serve();
    let page = format!("{}/ask/kustomer/{}/card", serving.base, office.id);
    let page = client()
        .get(page)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(
        page.contains(&format!("data-command=\"{command}\"")),
        "the name is kept"
    );
    let asked = client()
        .post(format!(
            "{}/ask/kustomer/{}/subscriptions",
            serving.base, office.id
        ))
        .bearer_auth(&office.secret)
        .body(r#"{"emails":["kim@acme.example"]}"#)
        .send()
        .await
        .unwrap();
    assert_eq!(asked.status(), 200);
    drop(serving);

    // The same version again: nothing happens, and the names come from what is installed.
    let again = office.register(&["--yes"]).refused(1);
    assert!(
        again.contains("registered already") && again.contains("--app-version"),
        "{again}"
    );
    assert!(
        office
            .kustomer
            .install(&format!("sidecard_{org_id}"), "1.0.0")
    );
    let again = office.register(&["--yes"]).ok();
    assert!(again.contains("nothing was registered now"), "{again}");
    let outdated = office
        .register(&["--yes", "--app-version", "0.9.0"])
        .refused(1);
    assert!(
        outdated.contains("outdated") && outdated.contains("a greater version"),
        "{outdated}"
    );
    office.register(&["--yes", "--app-version", "1.0.1"]).ok();

    // Another org has registered nothing.
    let next = format!("next: sidecard kustomer register --workspace {}", office.id);
    for (org, is_another) in [("ACME", false), ("acme-eu", true), ("acme-asia", false)] {
        let set = ["workspace", "set", "desk", "--org", org];
        let said = office.folder.run(&set).ok();
        assert_eq!(said.contains(&next), is_another, "{org}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_refusal_says_what_it_means_and_shows_no_key() {
    let office = Office::open().await;
    for (key, said) in [
        ("fake-stranger", "refuses the API key"),
        ("fake-reader", "lacks a role"),
    ] {
        let set = ["workspace", "set", "desk", "--api-key-stdin"];
        office.folder.run_with(&set, key).ok();
        let refused = office.register(&["--yes"]).refused(1);
        assert!(
            refused.contains(said) && !refused.contains(key),
            "{refused}"
        );
    }
    let set = ["workspace", "set", "desk", "--set-stdin", "api_key"];
    office.folder.run_with(&set, KEY).ok();
    office.kustomer.clone().stop().await;
    let unreachable = office.register(&["--yes"]).refused(1);
    assert!(
        unreachable.contains("run this again, and see"),
        "{unreachable}"
    );
    let log = office.folder.run(&["workspace", "settings", "desk"]).ok();
    assert!(log.contains("acme") && !log.contains(KEY), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_named() {
    let office = Office::open().await;
    let folder = &office.folder;
    for org in ["acme.evil.example/", "acme@evil.example", "a b"] {
        let set = ["workspace", "set", "desk", "--org", org];
        let refused = folder.run(&set).refused(2);
        assert!(refused.contains("org"), "{refused}");
    }
    let add = [
        "workspace",
        "add",
        "--install",
        "acme-usa",
        "--helpdesk",
        "kustomer",
    ];
    let without = folder.run(&add).refused(2);
    assert!(without.contains("`org`"), "{without}");
    let json = [
        "workspace",
        "add",
        "--install",
        "acme-usa",
        "--helpdesk",
        "json",
        "--name",
        "scripts",
    ];
    folder.run(&json).ok();
    let other = folder
        .run(&["kustomer", "app", "--workspace", "scripts"])
        .refused(2);
    assert!(other.contains("another kind of helpdesk"), "{other}");
    folder.configure("");
    let nowhere = folder
        .run(&["kustomer", "app", "--workspace", "desk"])
        .refused(2);
    assert!(nowhere.contains("server.public_url"), "{nowhere}");
    let keyless = folder
        .run(&["workspace", "set", "desk", "--set", "api_key="])
        .ok();
    assert!(keyless.contains("api_key"));
    folder.configure("[server]\npublic_url = \"https://sidecard.acme.example\"\n");
    let keyless = folder
        .run(&["kustomer", "register", "--workspace", "desk", "--yes"])
        .refused(2);
    assert!(
        keyless.contains("no API key") && !keyless.contains(JSON_SECRET),
        "{keyless}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn how_telling_kustomer_goes_is_said_where_admins_look() {
    let office = Office::open().await;
    let folder = &office.folder;
    let outbox = ["kustomer", "outbox", "--workspace", "desk"];
    let quiet = folder.run(&outbox).ok();
    assert!(quiet.contains("waiting        0"), "{quiet}");
    assert!(quiet.contains("not registered"), "{quiet}");
    assert!(folder.run(&["workspace", "list"]).ok().contains("enabled"));

    let url = format!("sqlite://{}", folder.path("sidecard.db").display());
    let keys = KeyRing::read(&folder.path("sidecard.keys")).unwrap();
    let store = Store::open(&url, keys, as_of()).await.unwrap();
    let id = WorkspaceId::new(office.id.clone());
    let why = "Kustomer refuses the API key";
    store.refuse_timeline(&id, why, as_of()).await.unwrap();
    store.close().await;

    let list = folder.run(&["workspace", "list"]).ok();
    assert!(list.contains("reconnect"), "{list}");
    let checked = folder.run(&["check"]);
    assert_eq!(checked.code, 1);
    assert!(
        checked.err.contains("refuses the workspace's key")
            && checked.err.contains("--set-stdin api_key"),
        "{}",
        checked.err
    );
    let refused = folder.run(&outbox).ok();
    assert!(
        refused.contains(why) && refused.contains("hint:"),
        "{refused}"
    );
    let retried = folder
        .run(&["kustomer", "outbox", "--workspace", "desk", "--retry"])
        .ok();
    assert!(retried.contains("tried again: 0"), "{retried}");
    assert!(folder.run(&["workspace", "list"]).ok().contains("enabled"));
}
