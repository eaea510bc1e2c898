//! What a card costs once Recharge has answered: reading the bodies, and rendering; for 3 subscriptions and for 600.
//!
//! `cargo bench --bench cards`

#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::Arc;

use chrono::DateTime;
use divan::{Bencher, black_box};
use serde_json::{Value, json};
use sidecard::domain::answer::{Account, Answer, Outcome};
use sidecard::domain::day::Zone;
use sidecard::domain::install::{Install, InstallName};
use sidecard::domain::links::{Links, UrlTemplate};
use sidecard::domain::question::MatchedBy;
use sidecard::domain::shop::Shop;
use sidecard::domain::snapshot::{Snapshot, order};
use sidecard::recharge::{read_charges, read_customers, read_subscriptions};
use sidecard::simulator::recharge::FIXTURES_AS_OF;
use sidecard::views::{self, Context};

fn main() {
    divan::main();
}

/// Customers of the built-in data: one with 3 subscriptions, one with 600.
const CUSTOMERS: [(usize, i64); 2] = [(3, 176_700_034), (600, 176_700_013)];

struct Bodies {
    customer: Vec<u8>,
    subscriptions: Vec<u8>,
    charges: Vec<u8>,
}

fn bodies(subscriptions: usize) -> Bodies {
    let (_, id) = CUSTOMERS
        .into_iter()
        .find(|(count, _)| *count == subscriptions)
        .unwrap();
    let rows = |files: &[&str], list: &str, mine: &dyn Fn(&Value) -> bool| {
        let all = files.iter().flat_map(|file| {
            let body: Value = serde_json::from_str(file).unwrap();
            body[list].as_array().unwrap().clone()
        });
        let rows: Vec<Value> = all.filter(|row| mine(row)).collect();
        json!({ list: rows, "next_cursor": null, "previous_cursor": null })
            .to_string()
            .into_bytes()
    };
    Bodies {
        customer: rows(
            &[include_str!("../fixtures/recharge/customers.json")],
            "customers",
            &|row| row["id"] == id,
        ),
        subscriptions: rows(
            &[
                include_str!("../fixtures/recharge/subscriptions.json"),
                include_str!("../fixtures/recharge/wholesale/subscriptions.json"),
            ],
            "subscriptions",
            &|row| row["customer_id"] == id,
        ),
        charges: rows(
            &[
                include_str!("../fixtures/recharge/charges.json"),
                include_str!("../fixtures/recharge/wholesale/charges.json"),
            ],
            "charges",
            &|row| row["customer"]["id"] == id,
        ),
    }
}

fn snapshot(bodies: &Bodies) -> Snapshot {
    let mut subscriptions = read_subscriptions(&bodies.subscriptions).unwrap();
    order(&mut subscriptions);
    Snapshot {
        customer: read_customers(&bodies.customer).unwrap().remove(0),
        subscriptions,
        charges: Some(read_charges(&bodies.charges).unwrap()),
        deliveries: Some(Vec::new()),
        as_of: now(),
        renderings: Default::default(),
    }
}

fn now() -> DateTime<chrono::Utc> {
    DateTime::parse_from_rfc3339(FIXTURES_AS_OF)
        .unwrap()
        .to_utc()
}

fn answer(subscriptions: usize) -> Answer {
    let snapshot = snapshot(&bodies(subscriptions));
    assert_eq!(snapshot.subscriptions.len(), subscriptions);
    let shop = Shop::parse("acme-usa").unwrap();
    let template = |path: &str| {
        let text = format!("https://{{shop}}-sp.admin.rechargeapps.com/merchant/{path}");
        Some(UrlTemplate::parse(&text, shop.as_str()).unwrap())
    };
    let links = Links {
        customer: template("customers/{id}"),
        subscription: template("subscriptions/{id}/details"),
        charge: template("orders/charges/{id}"),
    };
    let install = Install {
        name: InstallName::from(&shop),
        provider: "recharge".into(),
        shop,
        contact: None,
        customer_link: None,
        subscription_link: None,
        shows_links: true,
    };
    let outcome = Outcome::Found {
        snapshot: Arc::new(snapshot),
        matched_by: MatchedBy::Email,
        stale: None,
        emails_missing: false,
    };
    let zone = Zone::named("America/New_York");
    Answer {
        accounts: vec![Account {
            install: Arc::new(install),
            zone,
            currency: None,
            links: Arc::new(links),
            outcome,
        }],
    }
}

/// Three bodies of bytes to a snapshot.
#[divan::bench(args = [3, 600])]
fn map(bencher: Bencher<'_, '_>, subscriptions: usize) {
    let bodies = bodies(subscriptions);
    bencher.bench_local(|| snapshot(black_box(&bodies)));
}

/// A snapshot to a page.
#[divan::bench(args = [3, 600])]
fn render_html(bencher: Bencher<'_, '_>, subscriptions: usize) {
    let (answer, context) = (answer(subscriptions), Context::at(now()));
    bencher.bench_local(|| views::page(black_box(&answer), &context));
}

/// A snapshot to JSON.
#[divan::bench(args = [3, 600])]
fn render_json(bencher: Bencher<'_, '_>, subscriptions: usize) {
    let answer = answer(subscriptions);
    bencher.bench_local(|| views::json::answer(black_box(&answer), now()));
}
