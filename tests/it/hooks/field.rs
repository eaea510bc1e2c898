//! The cases of `fixtures/field` that are about webhooks.

use std::path::Path;

use serde_json::Value;
use sidecard::simulator::recharge::{Data, Now, Options};

use super::Desk;
use crate::field::{Expected, compare, folders};
use crate::house::as_of;

/// A webhook as a folder lists it.
#[derive(serde::Deserialize)]
struct Hook {
    topic: String,
    body: Value,
}

/// Serves `before`, looks, serves `after`, sends the webhooks, and looks again.
async fn complaints(folder: &Path) -> Vec<String> {
    let expected = Expected::of(folder);
    let options = Options {
        data: Data::Folder(folder.join("before")),
        now: Now::Fixed(as_of()),
        bucket: 10_000,
        ..Options::default()
    };
    let mut desk = Desk::with(options, &["acme-usa"]).await;
    desk.later((expected.now - as_of()).to_std().unwrap());
    desk.serve().await;
    let hooks = std::fs::read_to_string(folder.join("hooks.json")).unwrap();
    let hooks: Vec<Hook> = serde_json::from_str(&hooks).unwrap();
    for case in &expected.cases {
        desk.card(&case.emails[0]).await;
    }
    for name in ["customers", "subscriptions", "charges"] {
        let file = folder.join("after").join(format!("{name}.json"));
        let body: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        for row in body[name].as_array().unwrap() {
            desk.recharge.put(name, row.clone());
        }
    }
    for hook in &hooks {
        desk.tell(&hook.topic, &hook.body).await;
    }
    let mut complaints = Vec::new();
    for case in &expected.cases {
        let (account, _) = desk.card(&case.emails[0]).await;
        compare(&account, &case.json, &mut complaints);
    }
    complaints
}

#[tokio::test(flavor = "multi_thread")]
async fn every_case_about_webhooks_is_shown_as_it_is() {
    let folders = folders(true);
    assert!(folders.len() >= 3);
    for folder in folders {
        let name = folder.file_name().unwrap().to_str().unwrap();
        let complaints = complaints(&folder).await;
        assert!(complaints.is_empty(), "{name}: {}", complaints.join("\n"));
    }
}
