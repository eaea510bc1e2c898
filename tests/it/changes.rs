//! A running service, and commands that change what it stands on.

use std::time::Duration;

use serde_json::Value;
use sidecard::domain::id::WorkspaceId;
use sidecard::simulator::recharge::Faults;
use sidecard::store::{KeyRing, Store};
use sqlx::Connection;

use crate::house::{TOKEN, TOKEN_WITHOUT_ORDERS};
use crate::sidecard::Folder;

/// Every card is old at once: what is shown is read again, or marked.
const NOTHING_IS_FRESH: &str = "[cache]\nfresh = \"1ms\"\nrevalidate = \"1ms\"\n";

fn outcome(answer: &Value) -> &str {
    answer["outcome"].as_str().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_service_sees_what_the_commands_change() {
    let folder = Folder::connected().await;
    let service = folder.serve();
    // Added after the start.
    let workspace = folder.workspace("acme-usa");
    let kim = "kim@acme.example";
    service
        .until(&workspace, kim, |_, answer| outcome(answer) == "found")
        .await;
    folder.run(&["workspace", "disable", &workspace.id]).ok();
    service
        .until(&workspace, kim, |status, _| status == 401)
        .await;
    folder.run(&["workspace", "enable", &workspace.id]).ok();
    service
        .until(&workspace, kim, |status, _| status == 200)
        .await;

    folder
        .run(&[
            "install",
            "set",
            "acme-usa",
            "--customer-link",
            "https://crm.acme.example/{id}",
        ])
        .ok();
    let link = |answer: &Value| answer["accounts"][0]["customer"]["provider_url"].clone();
    let wanted = "https://crm.acme.example/176700001";
    service
        .until(&workspace, kim, |_, answer| link(answer) == wanted)
        .await;

    let rotated = folder
        .run(&["workspace", "rotate", &workspace.id, "--json"])
        .ok();
    let rotated: Value = serde_json::from_str(&rotated).unwrap();
    let renewed = crate::sidecard::Workspace {
        id: workspace.id.clone(),
        secret: rotated["secret"].as_str().unwrap().to_owned(),
    };
    assert_ne!(renewed.secret, workspace.secret);
    service
        .until(&renewed, kim, |status, _| status == 200)
        .await;
    assert_eq!(service.ask(&workspace, kim).await.0, 200, "the overlap");
    let said = folder
        .run(&["workspace", "rotate", &workspace.id, "--overlap", "0s"])
        .ok();
    assert!(said.contains("the old one is not accepted any more"));
    service
        .until(&renewed, kim, |status, _| status == 401)
        .await;
    assert_eq!(service.ask(&workspace, kim).await.0, 401);

    folder.run(&["workspace", "remove", &workspace.id]).ok();
    assert!(
        folder
            .run(&["workspace", "list"])
            .ok()
            .contains("no workspace")
    );
    assert_eq!(service.stop(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overlap_ends_by_itself() {
    let folder = Folder::connected().await;
    let workspace = folder.workspace("acme-usa");
    let service = folder.serve();
    let kim = "kim@acme.example";
    assert_eq!(service.ask(&workspace, kim).await.0, 200);
    folder
        .run(&["workspace", "rotate", &workspace.id, "--overlap", "4s"])
        .ok();
    assert_eq!(service.ask(&workspace, kim).await.0, 200);
    service
        .until(&workspace, kim, |status, _| status == 401)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_forgotten_is_forgotten_by_the_running_service_too() {
    let folder = Folder::connected().await;
    let workspace = folder.workspace("acme-usa");
    let service = folder.serve();
    for email in ["kim@acme.example", "wanda.weekly@mail.example"] {
        assert_eq!(outcome(&service.ask(&workspace, email).await.1), "found");
    }
    folder.recharge.set_faults("500=1".parse().unwrap());
    let printed = folder
        .run(&["forget", "--install", "acme-usa", "KIM@acme.example"])
        .ok();
    assert!(printed.contains("customers: 1, records: "), "{printed}");
    let gone = |_: u16, answer: &Value| outcome(answer) == "unavailable";
    service.until(&workspace, "kim@acme.example", gone).await;
    let (_, answer) = service.ask(&workspace, "wanda.weekly@mail.example").await;
    assert_eq!(outcome(&answer), "found", "nobody else is forgotten");
    let printed = folder
        .run(&["forget", "--install", "acme-usa", "176700002"])
        .ok();
    assert!(printed.contains("records: "), "{printed}");
    service
        .until(&workspace, "wanda.weekly@mail.example", gone)
        .await;
    folder
        .run(&["forget", "--install", "other", "176700002"])
        .refused(2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token_marks_the_install_and_an_accepted_one_unmarks_it() {
    let folder = Folder::connected().await;
    folder.configure(NOTHING_IS_FRESH);
    let workspace = folder.workspace("acme-usa");
    let service = folder.serve();
    let kim = "kim@acme.example";
    assert_eq!(outcome(&service.ask(&workspace, kim).await.1), "found");
    folder.recharge.set_faults("401=1".parse().unwrap());
    let answer = service
        .until(&workspace, kim, |_, answer| {
            outcome(answer) == "unavailable"
        })
        .await;
    assert_eq!(answer["accounts"][0]["reason"], "reconnect");
    let listed = async |wanted: &str| {
        let asking = async {
            while !folder
                .run(&["install", "list"])
                .ok()
                .lines()
                .any(|line| line.ends_with(wanted))
            {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), asking)
            .await
            .expect(wanted);
    };
    listed("  reconnect").await;
    // Also after a restart, and without a card, although one is stored.
    service.kill();
    let service = folder.serve();
    let (_, answer) = service.ask(&workspace, kim).await;
    assert_eq!(answer["accounts"][0]["reason"], "reconnect");
    let said = folder.run(&["install", "check"]);
    assert!(said.refused(1).contains("recharge refuses this API token"));
    let said = folder.run_with(&["install", "token", "acme-usa"], TOKEN);
    assert!(said.refused(1).contains("recharge refuses this API token"));

    folder.recharge.set_faults(Faults::default());
    folder
        .run_with(&["install", "token", "acme-usa"], TOKEN)
        .ok();
    service
        .until(&workspace, kim, |_, answer| outcome(answer) == "found")
        .await;
    listed("  ok").await;
    assert_eq!(service.stop(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_changed_and_the_service_goes_on() {
    let folder = Folder::connected().await;
    let workspace = folder.workspace("acme-usa");
    let old = String::from_utf8(folder.read("sidecard.keys")).unwrap();
    let new = folder.run(&["keys", "new"]).ok();
    assert_eq!(new.lines().count(), 1);
    let file = folder.path("sidecard.keys");
    std::fs::write(&file, format!("{new}{old}")).unwrap();
    let service = folder.serve();
    service.ask(&workspace, "kim@acme.example").await;
    let printed = folder.run(&["keys", "rotate"]).ok();
    assert!(printed.contains("sealed anew"), "{printed}");
    assert!(
        printed.contains(old.split(' ').next().unwrap()),
        "what is needed no more: {printed}"
    );
    assert_eq!(service.stop(), 0);
    std::fs::write(&file, &new).unwrap();
    let service = folder.serve();
    let (_, answer) = service.ask(&workspace, "kim@acme.example").await;
    assert_eq!(outcome(&answer), "found");
    folder.run(&["check"]).ok();
    // A key below the one that seals never seals: where to write it is said.
    let below = folder.run(&["keys", "new"]).ok();
    std::fs::write(&file, format!("{new}{below}")).unwrap();
    let printed = folder.run(&["keys", "rotate"]).ok();
    assert!(printed.contains("sealed anew: 0 values"), "{printed}");
    assert!(printed.contains("seals everything already") && printed.contains("above it"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_runs_with_the_old_keys_takes_the_new_one_over() {
    let folder = Folder::connected().await;
    folder.configure(NOTHING_IS_FRESH);
    let workspace = folder.workspace("acme-usa");
    let service = folder.serve();
    let kim = "kim@acme.example";
    assert_eq!(outcome(&service.ask(&workspace, kim).await.1), "found");
    let file = folder.path("sidecard.keys");
    let old = String::from_utf8(folder.read("sidecard.keys")).unwrap();
    let new = folder.run(&["keys", "new"]).ok();
    std::fs::write(&file, format!("{new}{old}")).unwrap();
    let printed = folder.run(&["keys", "rotate"]).ok();
    assert!(
        printed.contains("nothing needs these keys any more"),
        "{printed}"
    );
    // It goes on, and seals with the new key alone: the old one can go.
    let (_, answer) = service.ask(&workspace, "wanda.weekly@mail.example").await;
    assert_eq!(outcome(&answer), "found");
    let list = folder.run(&["install", "list"]).ok();
    assert!(list.lines().nth(1).unwrap().ends_with("  ok"), "{list}");
    assert_eq!(service.stop(), 0);
    std::fs::write(&file, &new).unwrap();
    folder.run(&["check"]).ok();
    let service = folder.serve();
    let (_, answer) = service.ask(&workspace, "wanda.weekly@mail.example").await;
    assert_eq!(outcome(&answer), "found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_cant_be_opened_is_a_reconnect_and_the_service_goes_on() {
    let folder = Folder::connected().await;
    let second = ["install", "add", "--shop", "acme-usa", "--name", "second"];
    folder.run_with(&second, TOKEN_WITHOUT_ORDERS).ok();
    let (first, second) = (folder.workspace("acme-usa"), folder.workspace("second"));
    let service = folder.serve();
    let kim = "kim@acme.example";
    assert_eq!(outcome(&service.ask(&first, kim).await.1), "found");
    assert_eq!(service.stop(), 0);
    // Another install's sealed token, put into this one's place.
    let file = format!("sqlite://{}", folder.path("sidecard.db").display());
    let mut file = sqlx::SqliteConnection::connect(&file).await.unwrap();
    sqlx::query("UPDATE installs SET token = (SELECT token FROM installs WHERE name = 'second')")
        .execute(&mut file)
        .await
        .unwrap();
    file.close().await.unwrap();
    let service = folder.serve();
    let (_, answer) = service.ask(&first, kim).await;
    assert_eq!(
        answer["accounts"][0]["outcome"], "unavailable",
        "although a fresh card is stored"
    );
    assert_eq!(answer["accounts"][0]["reason"], "reconnect");
    assert_eq!(outcome(&service.ask(&second, kim).await.1), "found");
    let list = folder.run(&["install", "list"]).ok();
    assert!(
        list.contains("reconnect (its token can't be opened)"),
        "{list}"
    );
    let said = folder.run(&["check"]).refused(1);
    assert!(said.contains("`installs.token`: 1"), "{said}");
    folder
        .run_with(&["install", "token", "acme-usa"], TOKEN)
        .ok();
    service
        .until(&first, kim, |_, answer| outcome(answer) == "found")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_and_asked_is_written_down_without_names() {
    let folder = Folder::connected().await;
    let workspace = folder.workspace("acme-usa");
    let service = folder.serve();
    service.ask(&workspace, "kim@acme.example").await;
    let wrong = crate::sidecard::Workspace {
        secret: "wrong".into(),
        ..workspace.clone()
    };
    service.ask(&wrong, "kim@acme.example").await;
    assert_eq!(service.stop(), 0);
    for command in [
        &["install", "set", "acme-usa", "--contact", "Dana"][..],
        &["workspace", "rotate", &workspace.id],
        &["workspace", "disable", &workspace.id],
        &["lookup", "kim@acme.example"],
        &["forget", "--install", "acme-usa", "kim@acme.example"],
        &["keys", "rotate"],
        &["backup", "copy.db"],
        &["install", "remove", "acme-usa", "--yes"],
    ] {
        folder.run(command).ok();
    }
    let keys = KeyRing::read(&folder.path("sidecard.keys")).unwrap();
    let url = format!("sqlite://{}", folder.path("sidecard.db").display());
    let store = Store::open(&url, keys, crate::house::as_of())
        .await
        .unwrap();
    let calls = store
        .calls_of(&WorkspaceId::new(workspace.id.as_str()))
        .await
        .unwrap();
    let told: Vec<_> = calls
        .iter()
        .map(|call| {
            (
                call.kind.as_str(),
                call.verdict.as_str(),
                call.outcome.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("POST", "refused", None),
            ("lookup", "good", Some("found 1"))
        ]
    );
    assert_eq!(calls[0].cause.as_deref(), Some("wrong_bearer"));
    let audit = store.audit_after(0, 100).await.unwrap();
    assert!(audit.iter().all(|(_, entry)| entry.who == "cli"));
    let actions: Vec<_> = audit
        .iter()
        .map(|(_, entry)| entry.action.as_str())
        .collect();
    let expected = [
        "install.add",
        "workspace.add",
        "install.set",
        "workspace.rotate",
        "workspace.disable",
        "lookup.test",
        "person.forget",
        "keys.rotate",
        "store.backup",
        "install.remove",
    ];
    assert_eq!(actions, expected);
    let printed = format!("{audit:?}");
    assert!(
        !printed.contains("kim") && !printed.contains("Dana"),
        "{printed}"
    );
}
