//! Anything at all where outsiders write: a million bodies, cursors and queries each, and no panic.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use sidecard::app::{sign, signed_query};
use sidecard::domain::access::{Settings, Workspace};
use sidecard::domain::id::WorkspaceId;
use sidecard::domain::secret::Secret;
use sidecard::helpdesk::{Helpdesk, Unverified, embed::Embed, gladly::Gladly};
use sidecard::provider::Provider;
use sidecard::recharge::{Recharge, read_charges, read_customers, read_subscriptions};

use crate::Scale;
use crate::shop::beginning;
use crate::table::Line;
use crate::warm::crowd;

const SECRET: &str = "fake-secret-of-the-bench";

pub async fn row(scale: &Scale) -> Vec<Line> {
    let cases = scale.cases;
    println!("{cases} cases each of any input");
    // One after the other on a thread of its own: nothing of this waits.
    let run = move || {
        let recharge = recharge();
        [
            (
                "Gladly body",
                tried(cases, any_lookup(), |(body, is_signed)| {
                    gladly(&body, is_signed)
                }),
            ),
            (
                "webhook body",
                tried(cases, any_hook(&recharge), |(topic, body)| {
                    let _ = recharge.event(topic, body.as_bytes());
                }),
            ),
            (
                "wire JSON",
                tried(cases, any_row(), |(name, row)| {
                    read(name, &row, &Value::Null)
                }),
            ),
            (
                "cursor",
                tried(cases, (any_row(), any_json()), |((name, row), cursor)| {
                    read(name, &row, &cursor)
                }),
            ),
            (
                "embed query",
                tried(cases, any_query(), |(pairs, raw)| query(&pairs, &raw)),
            ),
        ]
    };
    let came = tokio::task::spawn_blocking(run).await.unwrap();
    let lines = came.into_iter().map(|(what, (result, took))| {
        let each = took.as_secs_f64() / f64::from(cases) * 1e6;
        let figure = match &result {
            Ok(()) => format!(
                "{cases} cases, no panic ({:.0} s, {each:.0} us each)",
                took.as_secs_f64()
            ),
            Err(error) => error.clone(),
        };
        Line::new(
            format!("any {what}"),
            figure,
            "1,000,000 cases, no panic",
            // Fewer prove less; the table says so.
            (cases >= 1_000_000 || result.is_err()).then_some(result.is_ok()),
        )
    });
    lines.collect()
}

fn tried<S: Strategy>(
    cases: u32,
    any: S,
    mut try_one: impl FnMut(S::Value),
) -> (Result<(), String>, Duration) {
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let began = Instant::now();
    let try_one = std::cell::RefCell::new(&mut try_one);
    let result = TestRunner::new(config).run(&any, |value| {
        (try_one.borrow_mut())(value);
        Ok(())
    });
    (result.map_err(|error| error.to_string()), began.elapsed())
}

/// Texts that come close to meaning something are worth more than noise alone.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,20}",
        any::<String>(),
        "-?[0-9]{1,30}(\\.[0-9]{0,30})?([eE][+-]?[0-9]{1,4})?",
        "[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.]{0,15}(Z|[+-][0-9:]{2,6})?)?",
        "(active|cancelled|Months|days|None|true|BASIC|DETAILED|USD|https://a.example/b)",
        "[a-zA-Z0-9.+_-]{0,12}@[a-z.-]{0,12}",
    ]
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any_text().prop_map(Value::from),
    ];
    let name = prop_oneof![
        "(id|ecommerce|customer|name|value|images|email|emails|query|line_items|next_cursor)",
        "\\PC{0,8}",
    ];
    leaf.prop_recursive(3, 16, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// A good row of which up to three members have any value.
fn any_row() -> impl Strategy<Value = (&'static str, Value)> {
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any_json()), 0..4);
    (0..3_usize, changes).prop_map(|(which, changes)| {
        let (name, mut row) = match which {
            0 => ("customers", crowd::customer(1)),
            1 => ("subscriptions", crowd::subscription(1, 1)),
            _ => ("charges", crowd::charge(1, 0, "success")),
        };
        let members = row.as_object_mut().unwrap();
        for (index, value) in changes {
            let at = index.index(members.len());
            *members.values_mut().nth(at).unwrap() = value;
        }
        (name, row)
    })
}

fn read(name: &str, row: &Value, cursor: &Value) {
    let body = json!({ name: [row], "next_cursor": cursor }).to_string();
    match name {
        "customers" => drop(read_customers(body.as_bytes())),
        "subscriptions" => drop(read_subscriptions(body.as_bytes())),
        _ => drop(read_charges(body.as_bytes())),
    }
}

/// Bytes, JSON, or something like a hook.
fn any_hook(recharge: &Recharge) -> impl Strategy<Value = (&'static str, String)> + use<> {
    let body = prop_oneof![
        any::<String>(),
        any_json().prop_map(|any| any.to_string()),
        any_row().prop_map(|(name, row)| json!({ name.trim_end_matches('s'): row }).to_string()),
    ];
    let topics: Vec<_> = recharge.topics().iter().map(|topic| topic.name).collect();
    (prop::sample::select(topics), body)
}

fn recharge() -> Recharge {
    let nowhere = url::Url::parse("http://127.0.0.1:9").unwrap();
    Recharge::new(nowhere, Duration::from_secs(1)).unwrap()
}

/// Bytes, JSON, or something like a lookup; and whether it is signed.
fn any_lookup() -> impl Strategy<Value = (Vec<u8>, bool)> {
    let like_one = (
        any_text(),
        prop::collection::vec(
            (
                "email|emails|orderNumber|subscriptionId|externalCustomerId|id|customAttributes|\\PC{0,6}",
                any_json(),
            ),
            0..5,
        ),
    )
        .prop_map(|(level, members)| {
            let query: serde_json::Map<_, _> = members.into_iter().collect();
            json!({ "lookupLevel": level, "query": query, "uniqueMatchRequired": true }).to_string()
        });
    let body = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        any_json().prop_map(|any| any.to_string().into_bytes()),
        like_one.prop_map(String::into_bytes),
    ];
    (body, prop::bool::weighted(0.8))
}

fn workspace(helpdesk: &str) -> Workspace {
    Workspace {
        id: WorkspaceId::new("44444444444444444444444444444444"),
        helpdesk: helpdesk.into(),
        secrets: vec![Secret::new(SECRET.into())],
        settings: Settings::default(),
        frame_ancestors: Vec::new(),
        longest_expiry: 3_600,
        enabled: true,
    }
}

fn gladly(body: &[u8], is_signed: bool) {
    let workspace = workspace("gladly");
    let path = format!("/ask/gladly/{}", workspace.id);
    let now = beginning();
    let key = Secret::new(if is_signed { SECRET } else { "another" }.to_owned());
    let signed = sign(&key, &path, body, "vXmSEPjVSWCaCMzvjufxZg", now);
    let headers: Vec<(&str, &[u8])> = signed
        .iter()
        .map(|(name, value)| (*name, value.as_bytes()))
        .collect();
    let request = Unverified {
        method: "POST",
        path: &path,
        query: "",
        headers: &headers,
        body,
    };
    let verified = Gladly.authenticate(request, &workspace, now);
    assert_eq!(verified.is_ok(), is_signed);
    if let Ok(verified) = verified {
        let _ = Gladly.question(&verified);
    }
}

/// Names and values that are signed, and something that is not.
fn any_query() -> impl Strategy<Value = (Vec<(String, String)>, String)> {
    let name = prop_oneof![
        4 => "v|email|profile|agent|locale|expires",
        1 => "\\PC{0,8}",
    ];
    let value = prop_oneof![
        any_text(),
        Just("1".to_owned()),
        Just((beginning().timestamp() + 600).to_string()),
        Just("kim@acme.example".to_owned()),
    ];
    (prop::collection::vec((name, value), 0..6), any::<String>())
}

fn query(pairs: &[(String, String)], raw: &str) {
    let workspace = workspace("embed");
    let path = format!("/ask/embed/{}", workspace.id);
    let now = beginning();
    let pairs: Vec<_> = pairs
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    let key = Secret::new(SECRET.to_owned());
    let signed = signed_query(&key, &workspace.id, &pairs);
    for query in [signed.as_str(), raw, &format!("{signed}&{raw}")] {
        let request = Unverified {
            method: "GET",
            path: &path,
            query,
            headers: &[],
            body: b"",
        };
        if let Ok(verified) = Embed.authenticate(request, &workspace, now) {
            let _ = Embed.question(&verified);
        }
    }
}
