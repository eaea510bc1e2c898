//! Whether a card is the simulator's truth.

use std::collections::BTreeMap;

use serde_json::Value;

/// What differs between an account of an answer and the truth about its customer; nothing, when it is true.
pub fn difference(account: &Value, truth: &Value) -> Option<String> {
    let mut differences = Vec::new();
    let mut same = |what: String, card: &Value, truth: &Value| {
        if card != truth {
            differences.push(format!("{what}: the card has {card}, the truth is {truth}"));
        }
    };
    let (customer, own) = (&account["customer"], &truth["customer"]);
    same(String::from("email"), &customer["email"], &own["email"]);
    let name = format!("{} {}", text(&own["first_name"]), text(&own["last_name"]));
    same(String::from("name"), &customer["name"], &name.into());
    let (shown, there) = (
        by_id(&account["subscriptions"]),
        by_id(&truth["subscriptions"]),
    );
    for id in shown.keys().chain(there.keys()) {
        match (shown.get(id), there.get(id)) {
            (Some(card), Some(truth)) => {
                for (ours, theirs) in [
                    ("status", "status"),
                    ("quantity", "quantity"),
                    ("next_billing_date", "next_charge_scheduled_at"),
                    ("cancellation_reason", "cancellation_reason"),
                ] {
                    same(format!("{ours} of {id}"), &card[ours], &truth[theirs]);
                }
                same(
                    format!("price of {id}"),
                    &card["price"]["amount"],
                    &truth["price"],
                );
                let variant = &card["product"]["variant_id"];
                let own = &truth["external_variant_id"]["ecommerce"];
                same(format!("variant of {id}"), variant, own);
            }
            (card, truth) => {
                let there = |row: Option<&&Value>| Value::from(row.is_some());
                same(
                    format!("whether {id} is there"),
                    &there(card),
                    &there(truth),
                );
            }
        }
    }
    let last = id_of(last_charge(truth));
    same(
        String::from("last charge"),
        &customer["last_charge"]["id"],
        &last,
    );
    let next = id_of(next_charge(truth));
    same(
        String::from("next charge"),
        &customer["next_charge"]["id"],
        &next,
    );
    (!differences.is_empty()).then(|| differences.join("\n  "))
}

/// A subscription that a card does not show, or shows older than the truth by its stamps; nothing, when there is none.
pub fn older(account: &Value, truth: &Value) -> Option<String> {
    let shown = by_id(&account["subscriptions"]);
    by_id(&truth["subscriptions"])
        .into_iter()
        .find(|(id, row)| shown.get(id).is_none_or(|shown| stamp(shown) < stamp(row)))
        .map(|(id, row)| {
            format!(
                "{id}: the card has {:?}, the truth is {row}",
                shown.get(&id)
            )
        })
}

/// When a subscription of a card, or of the truth, was changed last: the greatest of its stamps.
fn stamp(row: &Value) -> Option<chrono::DateTime<chrono::Utc>> {
    let stamps = ["created_at", "updated_at", "cancelled_at"];
    let stamps = stamps
        .iter()
        .filter_map(|name| row[*name].as_str()?.parse().ok());
    stamps.max()
}

/// By id, as text.
fn by_id(rows: &Value) -> BTreeMap<String, &Value> {
    let rows = rows.as_array().into_iter().flatten();
    rows.map(|row| (text(&row["id"]), row)).collect()
}

fn charges(truth: &Value) -> impl Iterator<Item = &Value> {
    truth["charges"].as_array().into_iter().flatten()
}

/// The one that was taken last.
fn last_charge(truth: &Value) -> Option<&Value> {
    let paid = charges(truth).filter(|charge| charge["status"] == "success");
    paid.max_by_key(|charge| (text(&charge["processed_at"]), charge["id"].as_i64()))
}

/// The soonest that waits, of those that are for something active.
fn next_charge(truth: &Value) -> Option<&Value> {
    let active: Vec<&Value> = truth["subscriptions"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|row| row["status"] == "active")
        .map(|row| &row["id"])
        .collect();
    let matters = |charge: &&Value| {
        let mut lines = charge["line_items"].as_array().into_iter().flatten();
        lines.any(|line| active.contains(&&line["purchase_item_id"]))
    };
    let queued = charges(truth).filter(|charge| charge["status"] == "queued");
    queued
        .filter(matters)
        .min_by_key(|charge| (text(&charge["scheduled_at"]), charge["id"].as_i64()))
}

fn id_of(charge: Option<&Value>) -> Value {
    charge.map_or(Value::Null, |charge| text(&charge["id"]).into())
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
