//! The cases of `fixtures/field`: what public bug reports and recorded bodies of Recharge shops show, and more of the same
//! kinds. Each folder has the API's own list bodies in `data`, and in `expected.json` what the service must say about them.
//!
//! A folder with `before` and `after` instead is about webhooks: the service has seen `before` when the webhooks of
//! `hooks.json` come, and then Recharge answers `after` (`hooks::field`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use sidecard::simulator::recharge::Data;

use crate::house::{House, Plan, TOKEN, as_of, json as read_json};

/// One `expected.json`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The kind of fault, by its number in the list of field cases.
    pub kind: String,
    /// When; the customer is asked for at that time.
    #[serde(default = "first_of_december")]
    pub now: DateTime<Utc>,
    pub cases: Vec<Case>,
}

/// What is asked, and what the answer must be.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What is right.
    pub say: String,
    #[serde(default)]
    pub emails: Vec<String>,
    /// A file of the folder that is sent to Gladly's route instead.
    #[serde(default)]
    request: Option<String>,
    /// Values of the account, or of the first result of a request, by JSON pointer. What is not there is null.
    #[serde(default)]
    pub json: BTreeMap<String, Value>,
    /// Values of the detailed lookup of Gladly, likewise.
    #[serde(default)]
    gladly: BTreeMap<String, Value>,
    #[serde(default)]
    pub card_says: Vec<String>,
    /// Words that neither the card nor Gladly may have.
    #[serde(default)]
    pub nothing_says: Vec<String>,
    /// Paths of Recharge that must have been asked.
    #[serde(default)]
    calls: Vec<String>,
}

fn first_of_december() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-12-01T14:00:00Z")
        .unwrap()
        .to_utc()
}

impl Expected {
    pub fn of(folder: &Path) -> Self {
        let text = std::fs::read_to_string(folder.join("expected.json"))
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
    }
}

/// The folders, by whether they are about webhooks.
pub fn folders(with_hooks: bool) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/field");
    let entries = std::fs::read_dir(root).unwrap();
    let mut folders: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|folder| folder.join("hooks.json").exists() == with_hooks)
        .collect();
    folders.sort();
    folders
}

/// The text of a page, without its tags.
pub fn text_of(page: &str) -> String {
    let card = page.split_once("<main").map_or("", |(_, card)| card);
    let card = card.split_once("</main>").map_or(card, |(card, _)| card);
    let text: String = card
        .split('<')
        .map(|part| part.split_once('>').map_or(part, |(_, text)| text))
        .collect::<Vec<_>>()
        .join(" ");
    let text = text
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
        .replace('\u{a0}', " ");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    text.replace(" ,", ",").replace(" .", ".")
}

/// Complains about each value that is another one.
pub fn compare(of: &Value, expected: &BTreeMap<String, Value>, complaints: &mut Vec<String>) {
    for (pointer, expected) in expected {
        let made = of.pointer(pointer).unwrap_or(&Value::Null);
        if made != expected {
            complaints.push(format!("{pointer} is {made}, not {expected}"));
        }
    }
}

pub fn compare_text(text: &str, case: &Case, complaints: &mut Vec<String>) {
    for words in &case.card_says {
        if !text.contains(words) {
            complaints.push(format!("does not say {words:?}:\n{text}"));
        }
    }
    for words in &case.nothing_says {
        if text.contains(words) {
            complaints.push(format!("says {words:?}:\n{text}"));
        }
    }
}

async fn try_case(folder: &Path, house: &House, case: &Case) -> Vec<String> {
    let mut complaints = Vec::new();
    house.calls();
    if let Some(file) = &case.request {
        let body = std::fs::read_to_string(folder.join(file)).unwrap();
        let response = house.answer(house.lookup(body)).await;
        assert_eq!(response.status(), 200);
        let results = read_json(response).await["results"].take();
        compare(&results[0], &case.json, &mut complaints);
        return complaints;
    }
    let emails: Vec<&str> = case.emails.iter().map(String::as_str).collect();
    let account = house.ask(&emails).await["accounts"][0].take();
    let calls = house.calls();
    for path in &case.calls {
        if !calls.contains(path) {
            complaints.push(format!("{path} was not asked"));
        }
    }
    compare(&account, &case.json, &mut complaints);
    let parameters: Vec<_> = emails.iter().map(|email| ("email", *email)).collect();
    let page = house.answer(house.get(&house.card_path(&parameters))).await;
    let card = text_of(&page.text().await.unwrap());
    compare_text(&card, case, &mut complaints);
    let Some(id) = account["customer"]["id"].as_str() else {
        return complaints;
    };
    let query = json!({"id": "q0Zx", "externalCustomerId": format!("acme-usa:{id}")});
    let body = json!({"lookupLevel": "DETAILED", "uniqueMatchRequired": true, "query": query});
    let results = house.results(body).await;
    compare(&results[0], &case.gladly, &mut complaints);
    let gladly = results.to_string();
    let said = case
        .nothing_says
        .iter()
        .filter(|words| gladly.contains(*words));
    complaints.extend(said.map(|words| format!("Gladly is told {words:?}: {gladly}")));
    complaints
}

#[tokio::test(flavor = "multi_thread")]
async fn every_case_is_shown_as_it_is() {
    let folders = folders(false);
    assert!(folders.len() >= 25, "{}", folders.len());
    let mut complaints = Vec::new();
    for folder in folders {
        let expected = Expected::of(&folder);
        assert!(!expected.cases.is_empty() && !expected.kind.is_empty());
        let mut plan = Plan::default();
        plan.options.data = Data::Folder(folder.join("data"));
        let house = House::built(plan).await;
        house.later((expected.now - as_of()).to_std().unwrap());
        for case in &expected.cases {
            let name = folder.file_name().unwrap().to_string_lossy();
            let wrong = try_case(&folder, &house, case).await;
            complaints.extend(
                wrong
                    .into_iter()
                    .map(|wrong| format!("{name}: {}: {wrong}", case.say)),
            );
        }
    }
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

/// A token that may read customers and subscriptions alone, as one list body.
fn tokens() -> (String, String) {
    let scopes = ["read_customers", "read_subscriptions"];
    let token = json!({"token": TOKEN, "name": "Kustomer", "scopes": scopes});
    (
        "tokens.json".into(),
        json!({ "tokens": [token] }).to_string(),
    )
}

/// What needs charges is not known to such a token, and never denied.
#[tokio::test(flavor = "multi_thread")]
async fn without_charges_no_case_denies_what_they_would_show() {
    const DENIALS: [&str; 3] = ["No orders", "No upcoming charge", "No prepaid delivery"];
    let mut found = 0;
    for folder in folders(false) {
        let expected = Expected::of(&folder);
        let files = std::fs::read_dir(folder.join("data")).unwrap();
        let file = |entry: std::io::Result<std::fs::DirEntry>| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(path).unwrap())
        };
        let bodies = files.map(file).chain([tokens()]);
        let mut plan = Plan::default();
        plan.options.data = Data::Bodies(bodies.collect());
        let house = House::built(plan).await;
        house.later((expected.now - as_of()).to_std().unwrap());
        for case in &expected.cases {
            let [email] = &case.emails[..] else { continue };
            let account = house.account(email).await;
            if account["outcome"] != "found" {
                continue;
            }
            found += 1;
            let name = format!("{}: {email}", folder.display());
            assert_eq!(account["missing"], json!(["charges"]), "{name}");
            for part in ["last_charge", "next_charge", "last_total", "next_total"] {
                assert!(account["customer"][part].is_null(), "{name}: {part}");
            }
            let card = text_of(&house.card(email).await);
            for denial in DENIALS {
                assert!(!card.contains(denial), "{name}: {card}");
            }
        }
    }
    assert!(found > 60, "{found}");
}

#[test]
fn each_kind_has_more_instances_than_the_one_that_was_found() {
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    for folder in folders(false) {
        let expected = Expected::of(&folder);
        *found.entry(expected.kind).or_default() += expected.cases.len();
    }
    for kind in [
        "A01", "A03", "A07", "A11", "A19", "A20", "A21", "C01", "C03", "C06", "C09", "C13", "C15",
        "C20", "D01", "D02", "D07", "D09", "G02",
    ] {
        let count = found.get(kind).copied().unwrap_or_default();
        assert!(count >= 3, "{kind}: {count}");
    }
}
