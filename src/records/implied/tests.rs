use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::super::compose::compose;
use super::super::customer::CustomerRows;
use super::super::observe::{Observed, observe};
use super::super::rule::Source;
use super::super::samples::{at, complete, deliveries, kim, moment};
use super::*;
use crate::domain::event::{Change, Touched};
use crate::domain::object::{Object, ObjectKey};
use crate::provider::Provider;
use crate::recharge::Recharge;

/// A row of the table above: its topics, and what it says follows.
struct Line {
    topics: Vec<String>,
    so: String,
}

/// The table, as it stands in the file.
fn table() -> Vec<Line> {
    let file = include_str!("../implied.rs");
    let rows = file.lines().filter_map(|line| line.strip_prefix("//! |"));
    let mut lines = Vec::new();
    for row in rows.skip(2) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [topics, _, _, so, ""] = cells[..] else {
            panic!("{row}")
        };
        let mut resource = "";
        let mut names = Vec::new();
        for name in topics.split('`').skip(1).step_by(2) {
            // `subscription/created`, `activated`: the second one is of the same resource.
            let topic = match name.split_once('/') {
                Some((first, _)) => {
                    resource = first;
                    name.to_owned()
                }
                None => format!("{resource}/{name}"),
            };
            names.push(topic);
        }
        lines.push(Line {
            topics: names,
            so: so.to_owned(),
        });
    }
    lines
}

fn said() -> BTreeMap<String, String> {
    let mut said = BTreeMap::new();
    for line in table() {
        for topic in line.topics {
            let twice = said.insert(topic.clone(), line.so.clone());
            assert_eq!(twice, None, "{topic}");
        }
    }
    said
}

fn provider() -> Recharge {
    let url = "https://recharge.example".parse().unwrap();
    Recharge::new(url, std::time::Duration::from_secs(1)).unwrap()
}

/// The topics that are registered at the provider, but for those that are about the shop and change no customer.
fn registered() -> BTreeSet<&'static str> {
    let topics = provider().topics().iter().map(|topic| topic.name);
    topics
        .filter(|topic| !topic.starts_with("store/") && !topic.starts_with("recharge/"))
        .collect()
}

#[test]
fn every_topic_that_is_registered_has_a_line() {
    let said = said();
    let registered = registered();
    assert!(registered.len() > 20);
    for topic in &registered {
        let own = said.contains_key(*topic);
        let (resource, _) = topic.split_once('/').unwrap();
        assert!(
            own || said.contains_key(&format!("{resource}/…")),
            "{topic}"
        );
    }
    for topic in said.keys().filter(|topic| !topic.ends_with("/…")) {
        assert!(
            registered.contains(topic.as_str()),
            "{topic} is not registered"
        );
    }
}

#[test]
fn the_list_of_topics_says_what_the_table_says() {
    for (topic, so) in said() {
        if implied(&topic) == Implied::Read {
            assert_eq!(so, "read", "{topic}");
        }
    }
    for topic in READ {
        assert!(said().contains_key(topic), "{topic}");
    }
    assert_eq!(implied(""), Implied::Compared, "a row of a list");
}

/// An object of Kim's, written as webhooks write it: every field is there.
fn body(resource: &str) -> Value {
    let external = json!({"ecommerce": "8143"});
    let (created, updated) = ("2026-10-02T09:20:00+00:00", "2026-11-20T05:00:00+00:00");
    let object = match resource {
        "customer" => json!({
            "id": 1, "email": "kim@acme.example", "external_customer_id": external, "first_name": "Kim",
            "last_name": null, "phone": null, "has_payment_method_in_dunning": false,
            "has_valid_payment_method": true, "subscriptions_active_count": 1, "subscriptions_total_count": 1}),
        "subscription" => json!({
            "id": 585, "customer_id": 1, "status": "active", "quantity": 1, "is_prepaid": false,
            "next_charge_scheduled_at": "2026-12-15", "external_product_id": external,
            "external_variant_id": external, "cancellation_reason": null, "cancellation_reason_comments": null,
            "cancelled_at": null, "charge_interval_frequency": 1, "expire_after_specific_number_of_charges": null,
            "max_retries_reached": false, "order_day_of_month": null, "order_day_of_week": null,
            "order_interval_frequency": 1, "order_interval_unit": "month", "presentment_currency": "USD",
            "price": "98.00", "product_title": "Wool Runner", "properties": [], "sku": null, "sku_override": false, "variant_title": null}),
        "charge" => json!({
            "id": 1302, "status": "queued", "scheduled_at": "2026-12-15", "original_scheduled_at": null,
            "currency": "USD", "customer": {"id": 1}, "has_uncommitted_changes": false, "merged_at": null, "shipping_lines": [], "total_refunds": null, "error": null, "error_type": null,
            "external_order_id": {"ecommerce": null}, "processed_at": null, "retry_date": null,
            "shipping_address": {"city": null}, "total_price": "98.00",
            "line_items": [{"purchase_item_id": 585, "purchase_item_type": "subscription", "quantity": 1,
                "external_product_id": external, "external_variant_id": external, "images": {}, "sku": null, "title": null, "variant_title": null}]}),
        _ => json!({"id": 7, "customer_id": 1, "is_prepaid": true}),
    };
    let mut body = json!({ resource: object });
    body[resource]["created_at"] = created.into();
    body[resource]["updated_at"] = updated.into();
    body
}

/// What a webhook with this topic does to a customer who has the object of its body: nothing of it is news.
fn after(topic: &str) -> CustomerRows {
    let (resource, verb) = topic.split_once('/').unwrap();
    let objects: Vec<Object> = ["subscription", "charge"].map(object).to_vec();
    let mut rows = CustomerRows::default();
    let mut all = objects.clone();
    all.push(deliveries("585", &[]));
    let mut read = complete(moment(1, 0), &all);
    read.objects[0] = object("customer");
    observe(&mut rows, &read, 2, at(0));
    assert!(!compose(&rows).unwrap().needs_read, "{topic}");

    let body = match (resource, verb) {
        ("subscription", "deleted") => json!({"subscription": {"id": 585}}),
        ("charge", "deleted") => json!({"charge": {"id": 1302}}),
        _ => body(resource),
    };
    let event = provider()
        .event(topic, body.to_string().as_bytes())
        .unwrap();
    let mut observed = Observed::new(kim(), Source::Webhook, moment(3, 1));
    // As `upkeep` makes an observation of an event.
    match event.change {
        Change::Subscription { subscription, .. } => {
            observed.objects.push(Object::Subscription(subscription));
        }
        Change::Charge { charge, .. } => observed.objects.push(Object::Charge(charge)),
        Change::Customer(customer) => observed.objects.push(Object::Customer(customer)),
        Change::Gone(id) => observed.deleted.push(ObjectKey::customer(&id)),
        Change::Unclear(Touched::Subscription(id)) => {
            observed.deleted.push(ObjectKey::subscription(&id));
        }
        Change::Unclear(Touched::Charge(id)) => observed.deleted.push(ObjectKey::charge(&id)),
        Change::Unclear(Touched::Customer(_)) => observed.mark = true,
        Change::Shop | Change::Uninstalled | Change::Nothing => panic!("{topic}"),
    }
    observed.mark |= implied(topic) == Implied::Read;
    observe(&mut rows, &observed, 4, at(1));
    rows
}

fn object(resource: &str) -> Object {
    let body = body(resource).to_string();
    let event = provider().event(&format!("{resource}/updated"), body.as_bytes());
    match event.unwrap().change {
        Change::Subscription { subscription, .. } => Object::Subscription(subscription),
        Change::Charge { charge, .. } => Object::Charge(charge),
        Change::Customer(customer) => Object::Customer(customer),
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_topic_does_what_its_line_says() {
    let mut seen = BTreeSet::new();
    for (topic, so) in said() {
        let topic = match topic.as_str() {
            // Their objects are on no card. Of them, orders of prepaid subscriptions alone are registered.
            "address/…" => "address/updated",
            "onetime/…" | "payment_method/…" => continue,
            "order/…" => "order/updated",
            topic => topic,
        };
        let expected = match so.as_str() {
            "compared" | "by the index" => false,
            "read" | "read by id" | "read, if the object is on the card" => true,
            "read, unless only canceled subscriptions were in it" => true,
            other => panic!("the table has a new word: {other}"),
        };
        let known = compose(&after(topic)).unwrap();
        assert_eq!(known.needs_read, expected, "{topic}: {so}");
        seen.insert(topic.to_owned());
    }
    for topic in registered() {
        assert!(seen.contains(topic), "{topic}");
    }
}
