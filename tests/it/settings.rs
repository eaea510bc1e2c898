//! Settings of a helpdesk on the command line, and what follows from them at its door.

use serde_json::Value;

use crate::house::client;
use crate::sidecard::Folder;

const ADD: [&str; 6] = [
    "workspace",
    "add",
    "--install",
    "acme-usa",
    "--helpdesk",
    "gladly",
];

fn with<'a>(first: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [first, more].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_set_shown_and_cleared() {
    let folder = Folder::connected().await;
    let more = [
        "--name",
        "support",
        "--set",
        "auth=Basic",
        "--set",
        "user=acme",
        "--set",
        "most=2",
    ];
    let said = folder.run(&with(&ADD, &more)).ok();
    for part in [
        "username: acme",
        "Password: this secret",
        "Signing Key: leave it empty",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
    let value = |name: &str| {
        let shown = folder.run(&["workspace", "settings", "support"]).ok();
        let row = shown
            .lines()
            .find(|line| line.split_whitespace().next() == Some(name));
        let row = row.unwrap_or_else(|| panic!("{name} in {shown}"));
        row.split_whitespace().nth(1).unwrap().to_owned()
    };
    assert_eq!((value("auth"), value("most")), ("basic".into(), "2".into()));
    assert_eq!(
        (value("enrich"), value("keys.id")),
        ("off".into(), "id".into())
    );
    let set = ["workspace", "set", "support"];
    let said = folder
        .run(&with(
            &set,
            &[
                "--set",
                "auth=",
                "--set",
                "attributes.total=subs",
                "--set",
                "keys.note=-",
            ],
        ))
        .ok();
    assert!(
        said.contains("auth, attributes.total, keys.note: saved"),
        "{said}"
    );
    // What has to be done otherwise at Gladly now, and nothing else.
    assert!(said.contains("Signing Key: this secret") && said.contains("subs: Number of"));
    assert!(!said.contains("Overwrite Existing Values"), "{said}");
    assert_eq!(
        (value("auth"), value("user")),
        ("signature".into(), "acme".into())
    );
    assert_eq!(
        (value("attributes.total"), value("keys.note")),
        ("subs".into(), "-".into())
    );
    let said = folder.run(&with(&set, &["--set", "most=3"])).ok();
    assert!(
        !said.contains("different"),
        "nothing to do at Gladly: {said}"
    );
    let all = folder.run(&["workspace", "settings", "gladly"]).ok();
    assert!(
        all.lines().count() > 30 && all.contains("signature"),
        "{all}"
    );
    let none = folder.run(&["workspace", "settings", "json"]).ok();
    assert!(none.contains("has no settings"), "{none}");
    folder.run(&["workspace", "settings", "nobody"]).refused(2);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_setting_is_told_at_once_and_nothing_is_saved() {
    let folder = Folder::connected().await;
    let bad = [
        "--install",
        "No Name",
        "--set",
        "auth=none",
        "--set",
        "most=0",
        "--set",
        "mots=1",
        "--set",
        "enrich",
        "--set",
        "keys.status=a b",
        "--secret-stdin",
    ];
    let said = folder.run_with(&with(&ADD, &bad), "short\n").refused(2);
    assert_eq!(said.matches("error: ").count(), 7, "{said}");
    assert_eq!(said.matches("hint: ").count(), 7, "{said}");
    for part in [
        "`auth` can't be that: `none`",
        "write one of `signature`, `basic`, `header`",
        "write a whole number from 1 to 600",
        "no such setting: `mots`",
        "did you mean `most`?",
        "`--set name=value`",
        "at least 16 characters",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
    assert!(!said.contains("short"), "{said}");
    assert!(
        folder
            .run(&["workspace", "list"])
            .ok()
            .contains("no workspace")
    );
    let said = folder.run_with(&["workspace", "rotate", "x", "--secret-stdin"], "short\n");
    said.refused(2);
    let no_settings = [
        "workspace",
        "add",
        "--install",
        "acme-usa",
        "--helpdesk",
        "json",
        "--set",
        "x=1",
    ];
    assert!(
        folder
            .run(&no_settings)
            .refused(2)
            .contains("workspace settings json")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_is_in_force_at_the_door() {
    let folder = Folder::connected().await;
    let chosen = "a-secret-that-gladly-made-1";
    let more = [
        "--json",
        "--secret-stdin",
        "--set",
        "auth=header",
        "--set",
        "header=X-Acme-Key",
    ];
    let added = folder
        .run_with(&with(&ADD, &more), &format!("{chosen}\n"))
        .ok();
    let added: Value = serde_json::from_str(&added).unwrap();
    assert_eq!(added["secret"], chosen);
    let service = folder.serve();
    let ask = async |value: &str| {
        let url = format!(
            "{}/ask/gladly/{}",
            service.base,
            added["id"].as_str().unwrap()
        );
        let body = r#"{"lookupLevel":"DETAILED","uniqueMatchRequired":true,"query":{"emails":["kim@acme.example"],"externalCustomerId":"acme-usa:176700001"}}"#;
        let request = client().post(url).header("x-acme-key", value).body(body);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    };
    assert_eq!(ask("another").await.0, 401);
    let (status, body) = ask(chosen).await;
    assert_eq!(status, 200);
    assert!(body.contains("\"SUBSCRIPTION\""), "{body}");
    let id = added["id"].as_str().unwrap();
    folder
        .run(&["workspace", "set", id, "--set", "transactions=order"])
        .ok();
    let waiting = async {
        while !ask(chosen).await.1.contains("\"ORDER\"") {
            tokio::task::yield_now().await;
        }
    };
    let in_time = tokio::time::timeout(std::time::Duration::from_secs(20), waiting).await;
    in_time.expect("the setting never came into force");
}
