//! The service with its store, as a process: from an empty folder to a card, through restarts, and what it refuses.

use std::process::Command;

use serde_json::Value;
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
        let (mut account, before) = (answer["accounts"][0].clone(), &before["accounts"][0]);
        // Pictures that another customer's charges have shown since fill in.
        for (at, was) in before["subscriptions"]
            .as_array()
            .unwrap()
            .iter()
            .enumerate()
        {
            if was["product"]["image_url"].is_null() {
                account["subscriptions"][at]["product"]["image_url"] = Value::Null;
            }
        }
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
    assert!(printed.contains("customers: 1, links"), "{printed}");
    service
        .until(&first, kim, |_, answer| {
            answer["accounts"].as_array().is_some_and(Vec::is_empty)
        })
        .await;
    let (_, answer) = service.ask(&second, kim).await;
    assert_eq!(outcome(&answer), "found", "the other one keeps its own");
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
async fn a_store_that_somebody_else_holds_keeps_no_answer_back() {
    let mut folder = Folder::connected().await;
    let workspace = folder.workspace("acme-usa");
    let service = folder.serve();
    let file = format!("sqlite://{}", folder.path("sidecard.db").display());
    let mut file = sqlx::SqliteConnection::connect(&file).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE")
        .execute(&mut file)
        .await
        .unwrap();
    // A store waits for 5 seconds, a helpdesk for 2.5 at most.
    let (_, answer) = service.ask(&workspace, "kim@acme.example").await;
    assert_eq!(outcome(&answer), "found");
    sqlx::query("ROLLBACK").execute(&mut file).await.unwrap();
    file.close().await.unwrap();
    assert_eq!(service.stop(), 0);
    folder.without_recharge();
    let service = folder.serve();
    let (_, answer) = service.ask(&workspace, "kim@acme.example").await;
    assert_eq!(outcome(&answer), "found", "stored behind the answer");
}
