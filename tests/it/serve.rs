//! The service with its store, as a process: from an empty folder to a card, through restarts, and while it is changed.

use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use sidecard::domain::id::WorkspaceId;
use sidecard::simulator::recharge::Faults;
use sidecard::store::{KeyRing, Store};
use sqlx::Connection;

use crate::house::{TOKEN, TOKEN_WITHOUT_ORDERS};
use crate::privacy::{everybody, leaks, personal};
use crate::sidecard::{Folder, for_owner};

/// Every card is old at once: what is shown is read again, or marked.
const NOTHING_IS_FRESH: &str = "[cache]\nfresh = \"1ms\"\nrevalidate = \"1ms\"\n";

fn outcome(answer: &Value) -> &str {
    answer["outcome"].as_str().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn from_an_empty_folder_to_a_card_in_the_four_commands_of_the_readme() {
    let readme = include_str!("../../README.md");
    let chapter = readme.split("## Connect your shop").nth(1).unwrap();
    let block = chapter.split("```sh\n").nth(1).unwrap();
    let lines: Vec<&str> = block.split("```").next().unwrap().lines().collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[3], "sidecard serve");

    let folder = Folder::empty().await;
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_sidecard"));
    let mut printed = String::new();
    for line in &lines[..3] {
        let token = folder.path("token");
        std::fs::write(&token, TOKEN).unwrap();
        let ran = Command::new("sh")
            .args(["-c", line])
            .current_dir(folder.dir.path())
            .env_clear()
            .env(
                "PATH",
                format!("{}:/usr/bin:/bin", program.parent().unwrap().display()),
            )
            .env("SIDECARD_RECHARGE_BASE_URL", folder.recharge.base_url())
            .stdin(std::fs::File::open(&token).unwrap())
            .output()
            .unwrap();
        std::fs::remove_file(&token).unwrap();
        assert!(
            ran.status.success(),
            "{line}: {}",
            String::from_utf8_lossy(&ran.stderr)
        );
        printed = String::from_utf8(ran.stdout).unwrap();
    }
    let copied = |label: &str| {
        let line = printed
            .lines()
            .find_map(|line| line.trim().strip_prefix(label));
        line.unwrap().to_owned()
    };
    let workspace = crate::sidecard::Workspace {
        id: copied("address: ").rsplit('/').next().unwrap().to_owned(),
        secret: copied("secret: "),
    };
    let service = folder.serve();
    let (status, answer) = service.ask(&workspace, "kim@acme.example").await;
    assert_eq!(status, 200);
    assert_eq!(outcome(&answer), "found");
    let account = &answer["accounts"][0];
    assert_eq!(account["customer"]["name"], "Kim Example");
    assert_eq!(
        account["customer"]["provider_url"],
        "https://acme-usa-sp.admin.rechargeapps.com/merchant/customers/176700001"
    );
    assert_eq!(service.stop(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_kill_and_while_recharge_is_down_everybody_seen_before_still_has_a_card() {
    let mut folder = Folder::connected().await;
    folder.configure(NOTHING_IS_FRESH);
    let workspace = folder.workspace("acme-usa");
    let service = folder.serve();
    let mut seen = Vec::new();
    for email in everybody() {
        let (_, answer) = service.ask(&workspace, &email).await;
        if outcome(&answer) == "found" {
            seen.push((email, answer));
        }
    }
    service.kill();
    assert!(seen.len() >= 20, "{}", seen.len());

    folder.without_recharge();
    let service = folder.serve();
    for (email, before) in &seen {
        let (_, answer) = service.ask(&workspace, email).await;
        let (account, before) = (&answer["accounts"][0], &before["accounts"][0]);
        assert_eq!(account["outcome"], "found", "{email}");
        assert_eq!(account["stale"], true);
        assert_eq!(account["reason"], "unreachable");
        for part in ["as_of", "customer", "subscriptions", "missing"] {
            assert_eq!(account[part], before[part], "{part} of {email}");
        }
    }
    let (_, answer) = service.ask(&workspace, "never.seen@mail.example").await;
    assert_eq!(outcome(&answer), "unavailable");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_personal_or_secret_is_in_the_file_its_log_a_copy_or_what_is_printed() {
    let folder = Folder::empty().await;
    folder.keys();
    let secret = "fake-client-secret-for-tests";
    let contact = "Dana Desk 555 0134 77";
    let mut printed = folder
        .run_with(
            &["install", "add", "--shop", "acme-usa", "--contact", contact],
            &format!("{TOKEN}\n{secret}\n"),
        )
        .ok();
    let workspace = folder.workspace("acme-usa");
    let service = folder.serve();
    for email in everybody() {
        service.ask(&workspace, &email).await;
    }
    let wrong = crate::sidecard::Workspace {
        secret: "kim@acme.example".into(),
        ..workspace.clone()
    };
    assert_eq!(service.ask(&wrong, "kim@acme.example").await.0, 401);
    for arguments in [
        &["install", "list"][..],
        &["install", "check"],
        &["workspace", "list"],
        &["check"],
        &[
            "forget",
            "--install",
            "acme-usa",
            "wanda.weekly@mail.example",
        ],
        &["backup", "copy.db"],
    ] {
        printed.push_str(&folder.run(arguments).ok());
    }
    let again = folder.run_with(&["install", "add", "--shop", "x y", "--name", "N"], TOKEN);
    printed.push_str(&again.refused(2));

    let mut planted = personal();
    planted.extend([TOKEN, secret, contact, &workspace.secret].map(str::to_owned));
    let mut searched = 0;
    for entry in std::fs::read_dir(folder.dir.path()).unwrap() {
        let path = entry.unwrap().path();
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        assert_eq!(
            leaks(&text, &planted),
            Vec::<String>::new(),
            "{}",
            path.display()
        );
        searched += usize::from(!text.is_empty());
    }
    // Keys, store, WAL, its index, copy, log.
    assert!(searched >= 6, "{searched}");
    assert_eq!(leaks(&printed, &planted), Vec::<String>::new());
    let log = String::from_utf8(folder.read("log")).unwrap();
    assert!(log.contains("recharge answered") && log.contains("TRACE"));
    assert_eq!(service.stop(), 0);
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
    folder
        .run(&["workspace", "rotate", &workspace.id, "--overlap", "0s"])
        .ok();
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
        .run(&["workspace", "rotate", &workspace.id, "--overlap", "2s"])
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
    assert!(
        printed.contains("customers: 1, snapshots: 1, resolutions: 1"),
        "{printed}"
    );
    let gone = |_: u16, answer: &Value| outcome(answer) == "unavailable";
    service.until(&workspace, "kim@acme.example", gone).await;
    let (_, answer) = service.ask(&workspace, "wanda.weekly@mail.example").await;
    assert_eq!(outcome(&answer), "found", "nobody else is forgotten");
    let printed = folder
        .run(&["forget", "--install", "acme-usa", "176700002"])
        .ok();
    assert!(printed.contains("snapshots: 1"), "{printed}");
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
async fn two_installs_with_the_same_people_do_not_cross() {
    let mut folder = Folder::connected().await;
    folder.configure(NOTHING_IS_FRESH);
    // The same shop by another token: the same ids, the same addresses, and no charges.
    let second = ["install", "add", "--shop", "acme-usa", "--name", "second"];
    folder.run_with(&second, TOKEN_WITHOUT_ORDERS).ok();
    let (first, second) = (folder.workspace("acme-usa"), folder.workspace("second"));
    let service = folder.serve();
    let kim = "kim@acme.example";
    let missing = |answer: &Value| answer["accounts"][0]["missing"].to_string();
    for _ in 0..2 {
        let (_, answer) = service.ask(&first, kim).await;
        assert_eq!(
            (outcome(&answer), missing(&answer).as_str()),
            ("found", "[]")
        );
        let (_, answer) = service.ask(&second, kim).await;
        assert_eq!(
            (outcome(&answer), missing(&answer).as_str()),
            ("found", "[\"charges\"]")
        );
    }
    // A secret opens its own workspace alone.
    let crossed = crate::sidecard::Workspace {
        id: second.id.clone(),
        secret: first.secret.clone(),
    };
    assert_eq!(service.ask(&crossed, kim).await.0, 401);
    service.kill();
    folder.without_recharge();
    let service = folder.serve();
    assert_eq!(missing(&service.ask(&first, kim).await.1), "[]");
    assert_eq!(missing(&service.ask(&second, kim).await.1), "[\"charges\"]");

    let printed = folder.run(&["install", "remove", "acme-usa", "--yes"]).ok();
    assert!(
        printed.contains("snapshots: 1, resolutions: 1"),
        "{printed}"
    );
    service
        .until(&first, kim, |_, answer| {
            answer["accounts"].as_array().is_some_and(Vec::is_empty)
        })
        .await;
    let (_, answer) = service.ask(&second, kim).await;
    assert_eq!(outcome(&answer), "found", "the other one keeps its own");
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
    assert!(
        folder
            .run(&["keys", "rotate"])
            .ok()
            .contains("sealed anew: 0 values")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_refuses_to_start_with_a_sentence_that_helps() {
    let folder = Folder::empty().await;
    let said = folder.run(&["serve"]).refused(2);
    assert!(said.contains("sidecard keys new"), "{said}");
    folder.keys();
    let mut plain = folder.command(&["serve"]);
    let plain = plain
        .env("SIDECARD_PUBLIC_URL", "http://sidecard.acme.example")
        .output()
        .unwrap();
    assert_eq!(plain.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&plain.stderr).contains("https://"));

    std::fs::write(
        folder.path("sidecard.db"),
        "not a database, but a letter to somebody\n".repeat(99),
    )
    .unwrap();
    let said = folder.run(&["serve"]).refused(1);
    assert!(said.contains("is not a store"), "{said}");
    std::fs::remove_file(folder.path("sidecard.db")).unwrap();
    folder.run(&["install", "list"]).ok();
    let other = folder.run(&["keys", "new"]).ok();
    std::fs::write(folder.path("sidecard.keys"), other).unwrap();
    let said = folder.run(&["serve"]).refused(2);
    assert!(said.contains("none of the keys"), "{said}");
    use std::os::unix::fs::PermissionsExt;
    let open = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(folder.path("sidecard.keys"), open).unwrap();
    let said = folder.run(&["serve"]).refused(2);
    assert!(said.contains("chmod 600"), "{said}");
    for_owner(&folder.path("sidecard.keys"));
    let held = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut taken = folder.command(&["serve"]);
    let taken = taken
        .env("SIDECARD_STORE_URL", "sqlite://new.db")
        .env("SIDECARD_LISTEN", held.local_addr().unwrap().to_string());
    let taken = taken.output().unwrap();
    assert_eq!(taken.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&taken.stderr).contains("server.listen"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_a_store() {
    let folder = Folder::connected().await;
    let workspace = folder.workspace("acme-usa");
    let service = folder.serve();
    service.ask(&workspace, "kim@acme.example").await;
    folder.run(&["backup", "copy.db"]).ok();
    folder.run(&["backup", "copy.db"]).refused(1);
    assert_eq!(service.stop(), 0);
    std::fs::rename(folder.path("copy.db"), folder.path("sidecard.db")).unwrap();
    folder.recharge.set_faults("500=1".parse().unwrap());
    let service = folder.serve();
    let (_, answer) = service.ask(&workspace, "kim@acme.example").await;
    assert_eq!(outcome(&answer), "found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_lets_requests_finish_and_keeps_what_they_brought() {
    let mut folder = Folder::connected().await;
    let workspace = folder.workspace("acme-usa");
    let service = folder.serve();
    // Whatever it asks by itself at the start comes before.
    service.ask(&workspace, "wanda.weekly@mail.example").await;
    folder.recharge.hold();
    let asking = async {
        let (status, answer) = service.ask(&workspace, "kim@acme.example").await;
        assert_eq!(status, 200);
        assert_eq!(outcome(&answer), "found");
    };
    let stopping = async {
        folder.recharge.until_held(1).await;
        service.terminate();
        folder.recharge.release();
    };
    tokio::join!(asking, stopping);
    assert_eq!(service.stop(), 0);
    assert!(
        !folder.path("sidecard.db-wal").exists(),
        "the store was closed"
    );
    folder.without_recharge();
    let service = folder.serve();
    let (_, answer) = service.ask(&workspace, "kim@acme.example").await;
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
        [("POST", "refused", None), ("POST", "good", Some("found"))]
    );
    let cause = "the bearer secret is of another workspace, or mistyped";
    assert_eq!(calls[0].cause.as_deref(), Some(cause));
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
