//! Every case of `fixtures/helpdesk/gladly`: `request.json`, perhaps `recharge/` with bodies of its own in place of the
//! built-in people, and `expected.json`. What is wanted otherwise is taken over with `SIDECARD_BLESS=1 cargo test cases`.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Value, json};
use sidecard::simulator::recharge::Data;

use super::{plan, set};
use crate::house::{House, Plan, minutes};

/// A `request.json`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What the case shows.
    say: String,
    /// The workspace's settings, as the store keeps them.
    #[serde(default)]
    settings: Value,
    /// Lookups that went before.
    #[serde(default)]
    before: Vec<Value>,
    /// How much later the one is that counts.
    #[serde(default)]
    later_minutes: u64,
    /// What Recharge does meanwhile.
    #[serde(default)]
    faults: String,
    /// Whether Recharge has revoked the token.
    #[serde(default)]
    revoked: bool,
    body: Value,
}

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/helpdesk/gladly");
    let entries = std::fs::read_dir(root).unwrap();
    let mut folders: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

#[tokio::test(flavor = "multi_thread")]
async fn every_case_is_answered_as_expected() {
    let folders = folders();
    assert!(folders.len() >= 30);
    let mut different = Vec::new();
    for folder in folders {
        let text = std::fs::read_to_string(folder.join("request.json")).unwrap();
        let case: Case = serde_json::from_str(&text).unwrap();
        assert!(!case.say.is_empty());
        let made = answer(&folder, &case).await;
        let file = folder.join("expected.json");
        if std::env::var_os("SIDECARD_BLESS").is_some() {
            let text = serde_json::to_string_pretty(&made).unwrap();
            std::fs::write(&file, text + "\n").unwrap();
            continue;
        }
        let expected = std::fs::read_to_string(&file).unwrap_or_default();
        if serde_json::from_str::<Value>(&expected).ok() != Some(made.clone()) {
            different.push(format!("{}\n{made:#}\n", folder.display()));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

async fn answer(folder: &Path, case: &Case) -> Value {
    let mut plan: Plan = plan();
    let own = folder.join("recharge");
    if own.is_dir() {
        plan.options.data = Data::Folder(own);
    }
    let house = House::built(plan).await;
    let mut pairs = Vec::new();
    flatten(String::new(), &case.settings, &mut pairs);
    set(&house, pairs).await;
    for body in &case.before {
        house.results(body.clone()).await;
    }
    house.later(minutes(case.later_minutes));
    if !case.faults.is_empty() {
        house.recharge.set_faults(case.faults.parse().unwrap());
    }
    if case.revoked {
        house.recharge.revoke_token();
    }
    let response = house.answer(house.lookup(case.body.to_string())).await;
    let status = response.status().as_u16();
    assert_eq!(response.headers()["content-type"], "application/json");
    json!({ "status": status, "body": crate::house::json(response).await })
}

/// As the store hands settings out.
fn flatten(name: String, value: &Value, pairs: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                let dot = if name.is_empty() { "" } else { "." };
                flatten(format!("{name}{dot}{field}"), value, pairs);
            }
        }
        Value::Null => {}
        Value::String(text) => pairs.push((name, text.clone())),
        value => pairs.push((name, value.to_string())),
    }
}
