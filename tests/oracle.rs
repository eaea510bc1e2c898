//! Public Python clients, written by others, read everything that the simulators serve.
//!
//! Each client is installed into a temporary virtual environment. Without Python or the package index the test prints that
//! it was skipped and why; with `CI=true` it fails.

// A test's panic is its message.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "oracle/environment.rs"]
mod environment;

use std::collections::BTreeMap;
use std::path::Path;

use environment::Environment;
use serde_json::{Value, json};
use sidecard::simulator::kustomer;
use sidecard::simulator::recharge::{self, FIXTURES_AS_OF};

/// A well-formed token: without a list of tokens it may read everything.
const TOKEN: &str = "sk_test_1x1_00000000000000000000000000000000000000000000000000000000000fa4e9";

/// Oddities planted in the data: Sidecard must read them, and a strict model refuses them.
const PLANTED: [&str; 7] = [
    // Units of older versions, undocumented statuses, and markup.
    "subscriptions 585000311 order_interval_unit: literal_error",
    "subscriptions 585000226 order_interval_unit: literal_error",
    "subscriptions 585000226 status: literal_error",
    "subscriptions 585000045 status: literal_error",
    "subscriptions 585000044 status: literal_error",
    // Lines that were paid ahead: `prepaid` is missing from the package's list of plan types.
    "delivery_schedules 176700003 deliveries.orders.line_items.plan_type: literal_error",
    "delivery_schedules 176700004 deliveries.orders.line_items.plan_type: literal_error",
];

/// Members on which public sources differ: elsewhere these may be null, and the owner's id is a number.
const DISPUTED: [&str; 5] = [
    "store 126001 checkout_logo_url: string_type",
    "store 126001 customer_portal_base_url: string_type",
    "store 126001 merchant_portal_base_url: string_type",
    "token_information None client: model_type",
    "metafields 56000001 owner_id: string_type",
];

/// The built-in shop as it is written, for every token.
async fn recharge() -> recharge::Running {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/recharge");
    let mut bodies = Vec::new();
    collect(&folder, &folder, &mut bodies);
    let options = recharge::Options {
        data: recharge::Data::Bodies(bodies),
        now: recharge::Now::Fixed(FIXTURES_AS_OF.parse().unwrap()),
        bucket: 1_000_000,
        ..recharge::Options::default()
    };
    recharge::start(options).await.unwrap()
}

fn collect(root: &Path, folder: &Path, bodies: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, bodies);
        } else if !path.ends_with("tokens.json") {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap();
            bodies.push((name.to_owned(), std::fs::read_to_string(&path).unwrap()));
        }
    }
}

/// Objects of a list in the fixtures, all files of that name together.
fn written(list: &str) -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/recharge");
    let files = [
        folder.join(format!("{list}.json")),
        folder.join(format!("wholesale/{list}.json")),
    ];
    let texts = files
        .iter()
        .filter_map(|file| std::fs::read_to_string(file).ok());
    texts
        .map(|text| {
            serde_json::from_str::<Value>(&text).unwrap()[list]
                .as_array()
                .unwrap()
                .len()
        })
        .sum()
}

/// The records of each stream that a Singer tap printed, as ids.
fn records(output: &str) -> BTreeMap<String, Vec<Value>> {
    let mut streams: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in output.lines() {
        let message: Value = serde_json::from_str(line).unwrap();
        if message["type"] == "RECORD" {
            let stream = message["stream"].as_str().unwrap().to_owned();
            let ids = streams.entry(stream).or_default();
            ids.push(message["record"]["id"].clone());
        }
    }
    streams
}

#[tokio::test(flavor = "multi_thread")]
async fn recharge_api_reads_every_row_and_finds_it_valid() {
    let Some(environment) = Environment::with("recharge-api==2.0.8") else {
        return;
    };
    let recharge = recharge().await;
    let output = environment.run("read_recharge_api.py", &[&recharge.base_url(), TOKEN]);
    let report: Value = serde_json::from_str(&output).unwrap();
    let mut known: Vec<_> = PLANTED.into_iter().chain(DISPUTED).collect();
    known.sort_unstable();
    assert_eq!(report["complaints"], json!(known));
    let rows = &report["rows"];
    for list in [
        "customers",
        "subscriptions",
        "addresses",
        "orders",
        "onetimes",
        "payment_methods",
        "discounts",
        "plans",
        "metafields",
    ] {
        assert_eq!(rows[list], json!(written(list)), "{list}");
    }
    // Charges that were paid more than 90 days ago are not listed.
    let charges = rows["charges"].as_u64().unwrap();
    assert!(
        (100..written("charges") as u64).contains(&charges),
        "{charges}"
    );
    // The package's own methods read whole lists.
    for (method, list) in [
        ("CustomerResource.list_all", "customers"),
        ("ChargeResource.list_all", "charges"),
        ("AddressResource.list_all", "addresses"),
        ("OrderResource.list_all", "orders"),
    ] {
        assert_eq!(rows[method], rows[list], "{method}");
    }
    assert!(rows["delivery_schedules"].as_u64().unwrap() > 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn tap_recharge_syncs_every_stream() {
    let Some(environment) = Environment::with("tap-recharge==3.0.1") else {
        return;
    };
    let recharge = recharge().await;
    let output = environment.run("sync_tap_recharge.py", &[&recharge.base_url(), TOKEN]);
    let mut streams = records(&output);
    for (stream, ids) in &mut streams {
        let count = ids.len();
        ids.sort_by_key(|id| id.as_i64());
        ids.dedup();
        assert_eq!(ids.len(), count, "{stream}: a row came twice");
    }
    let count = |stream: &str| streams.get(stream).map_or(0, Vec::len);
    for list in [
        "customers",
        "subscriptions",
        "addresses",
        "orders",
        "discounts",
        "plans",
    ] {
        assert_eq!(count(list), written(list), "{list}");
    }
    assert!((100..written("charges")).contains(&count("charges")));
    // One of the onetimes is cancelled, and not listed.
    assert_eq!(count("onetimes"), written("onetimes") - 1);
    assert_eq!(count("metafields_customer"), 1);
    assert_eq!(count("store"), 1);
    let failed = recharge
        .requests()
        .into_iter()
        .find(|r| r.status != Some(200));
    assert_eq!(failed, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn tap_kustomer_syncs_customers_and_objects() {
    let Some(environment) = Environment::with("tap-kustomer==1.1.0") else {
        return;
    };
    let at = FIXTURES_AS_OF
        .parse::<chrono::DateTime<chrono::Utc>>()
        .unwrap();
    let options = kustomer::Options {
        now: kustomer::Now::Fixed(at),
        ..kustomer::Options::default()
    };
    let kustomer = kustomer::start(options).await.unwrap();
    let objects = with_objects(&kustomer, 7).await;
    // A search does not find what changed within the last minute.
    kustomer.move_clock(at + chrono::TimeDelta::minutes(2));
    let output = environment.run("sync_tap_kustomer.py", &[&kustomer.base_url(), "fake-key"]);
    let streams = records(&output);
    assert_eq!(streams["customers"].len(), kustomer.customers().len());
    assert_eq!(streams["kobjects"].len(), objects);
    let refused = |r: &kustomer::LoggedRequest| r.status.is_none_or(|status| status >= 400);
    assert!(!kustomer.requests().iter().any(refused));
}

/// Puts objects on a customer's timeline, as an app does, and returns how many there are.
async fn with_objects(kustomer: &kustomer::Running, count: usize) -> usize {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let customer = kustomer.customers()[0]["id"].as_str().unwrap().to_owned();
    let post = async |path: String, body: Value| {
        let url = format!("{}{path}", kustomer.base_url());
        let request = client
            .post(url)
            .bearer_auth("fake-key")
            .body(body.to_string());
        assert_eq!(request.send().await.unwrap().status(), 201);
    };
    post("/v1/klasses".into(), json!({"name": "subscription"})).await;
    for number in 0..count {
        let body = json!({"title": format!("Subscription {number}"), "externalId": format!("acme/{number}"),
            "icon": "box", "data": {"number": number}});
        post(
            format!("/v1/customers/{customer}/klasses/subscription"),
            body,
        )
        .await;
    }
    kustomer.kobjects("subscription").len()
}
