//! A shop of customers who are all alike, each with three subscriptions that come in one box.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, TimeDelta, Utc};
use serde_json::{Value, json};

const FIRST_CUSTOMER: i64 = 500_000_000;
const FIRST_THING: i64 = 600_000_000;
/// How many subscriptions each has.
pub const EACH: i64 = 3;

/// The id of customer number `n`.
pub fn customer(n: usize) -> i64 {
    FIRST_CUSTOMER + whole(n)
}

/// The id of one of their subscriptions.
pub fn subscription(n: usize, which: i64) -> i64 {
    FIRST_THING + whole(n) * 10 + which
}

/// Their address, after so many moves.
pub fn email(n: usize, moves: u32) -> String {
    format!("customer{n}.{moves}@storm.example")
}

fn whole(n: usize) -> i64 {
    i64::try_from(n).unwrap()
}

/// What the simulator is started with: so many customers, as of this time.
pub fn bodies(customers: usize, at: DateTime<Utc>) -> Vec<(String, String)> {
    let mut lists: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for (name, row) in (0..customers).flat_map(|n| rows(n, at)) {
        lists.entry(name).or_default().push(row);
    }
    let store = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fixtures/recharge/store.json"
    ));
    let lists = lists.into_iter();
    lists
        .map(|(name, rows)| (format!("{name}.json"), json!({ name: rows }).to_string()))
        .chain([(String::from("store.json"), store.to_owned())])
        .collect()
}

/// All that there is of customer number `n` in the beginning, each with the name of its list.
pub fn rows(n: usize, at: DateTime<Utc>) -> Vec<(&'static str, Value)> {
    let (long_ago, paid) = (
        stamp(at - TimeDelta::days(40)),
        stamp(at - TimeDelta::days(10)),
    );
    let due = (at.date_naive() + Days::new(20)).to_string();
    let own: Vec<Value> = (0..EACH)
        .map(|which| subscription_row(n, which, &long_ago, &due))
        .collect();
    let mut rows = vec![
        ("customers", customer_row(n, &long_ago)),
        ("addresses", address_row(n, &long_ago)),
        ("charges", charge_row(n, &own, &paid, None)),
        ("charges", charge_row(n, &own, &paid, Some(&due))),
    ];
    rows.extend(own.into_iter().map(|row| ("subscriptions", row)));
    rows
}

fn customer_row(n: usize, at: &str) -> Value {
    json!({
        "id": customer(n), "analytics_data": {"utm_params": []}, "apply_credit_to_next_checkout_charge": false,
        "apply_credit_to_next_recurring_charge": false, "created_at": at, "email": email(n, 0),
        "external_customer_id": {"ecommerce": (7_000_000_000_000 + whole(n)).to_string()},
        "first_charge_processed_at": at, "first_name": "Customer", "has_payment_method_in_dunning": false,
        "has_valid_payment_method": true, "hash": format!("fake{n:028}"), "last_name": format!("Number{n}"),
        "phone": null, "subscription_related_charge_streak": 1, "subscriptions_active_count": EACH,
        "subscriptions_total_count": EACH, "tax_exempt": false, "updated_at": at,
    })
}

fn address_row(n: usize, at: &str) -> Value {
    json!({
        "id": FIRST_CUSTOMER + whole(n), "customer_id": customer(n), "payment_method_id": null,
        "address1": "1 Storm Street", "address2": null, "city": "Placeholder Falls", "company": null,
        "country_code": "US", "created_at": at, "discounts": [], "first_name": "Customer", "is_gift": false,
        "last_name": format!("Number{n}"), "order_attributes": [], "order_note": null, "phone": null,
        "presentment_currency": "USD", "province": "Maine", "shipping_lines_conserved": [],
        "shipping_lines_override": null, "updated_at": at, "zip": "00303",
    })
}

fn subscription_row(n: usize, which: i64, at: &str, due: &str) -> Value {
    json!({
        "id": subscription(n, which), "address_id": FIRST_CUSTOMER + whole(n), "customer_id": customer(n),
        "analytics_data": {"utm_params": []}, "cancellation_reason": null, "cancellation_reason_comments": null,
        "cancelled_at": null, "charge_interval_frequency": 30, "created_at": at,
        "expire_after_specific_number_of_charges": null,
        "external_product_id": {"ecommerce": format!("814300000000{which}")},
        "external_variant_id": {"ecommerce": format!("4351000000000{which}")}, "has_queued_charges": true,
        "is_prepaid": false, "is_skippable": true, "is_swappable": false, "max_retries_reached": false,
        "next_charge_scheduled_at": due, "order_day_of_month": null, "order_day_of_week": null,
        "order_interval_frequency": 30, "order_interval_unit": "day", "presentment_currency": "USD",
        "price": "12.00", "product_title": format!("Roast {which}"), "properties": [], "quantity": 1, "sku": null,
        "sku_override": false, "status": "active", "updated_at": at, "variant_title": "12 oz",
    })
}

/// One that was paid; or the one to come, when it is said for which day.
fn charge_row(n: usize, of: &[Value], at: &str, due: Option<&str>) -> Value {
    let lines: Vec<Value> = of.iter().map(line).collect();
    let (day, _) = at.split_at(10);
    let address = json!({
        "address1": "1 Storm Street", "address2": null, "city": "Placeholder Falls", "company": null,
        "country_code": "US", "first_name": "Customer", "last_name": format!("Number{n}"), "phone": null,
        "province": "Maine", "zip": "00303",
    });
    json!({
        "id": FIRST_THING + whole(n) * 10 + i64::from(due.is_some()), "address_id": FIRST_CUSTOMER + whole(n),
        "analytics_data": {"utm_params": []}, "billing_address": {}, "client_details": {}, "created_at": at,
        "currency": "USD",
        "customer": {"id": customer(n), "email": email(n, 0), "external_customer_id": {"ecommerce": null}, "hash": "fake"},
        "discounts": [], "error": null, "error_type": null,
        "external_order_id": {"ecommerce": due.is_none().then(|| (6_000_000 + whole(n)).to_string())},
        "external_transaction_id": {"payment_processor": null}, "has_uncommitted_changes": false,
        "line_items": lines, "merged_at": null, "note": null, "order_attributes": [], "orders_count": 0,
        "original_scheduled_at": due.unwrap_or(day), "payment_processor": "shopify_payments",
        "processed_at": due.is_none().then_some(at), "retry_date": null, "scheduled_at": due.unwrap_or(day),
        "shipping_address": address, "shipping_lines": [], "status": if due.is_some() { "queued" } else { "success" },
        "subtotal_price": "36.00", "tags": "Subscription", "tax_lines": [], "taxable": true, "taxes_included": false,
        "total_discounts": "0.00", "total_duties": "0.00", "total_line_items_price": "36.00", "total_price": "36.00",
        "total_refunds": "0.00", "total_tax": "0.00", "total_weight_grams": 454, "type": "recurring", "updated_at": at,
    })
}

fn line(of: &Value) -> Value {
    json!({
        "purchase_item_id": of["id"], "external_product_id": of["external_product_id"],
        "external_variant_id": of["external_variant_id"], "grams": null, "handle": null, "images": {},
        "offer_attributes": null, "original_price": of["price"], "properties": [],
        "purchase_item_type": "subscription", "quantity": 1, "sku": null, "tax_due": "0.00", "tax_lines": [],
        "taxable": true, "taxable_amount": "12.00", "title": of["product_title"], "total_price": "12.00",
        "unit_price": "12.00", "unit_price_includes_tax": false, "variant_title": of["variant_title"],
    })
}

fn stamp(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}
