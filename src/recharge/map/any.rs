//! Any JSON at all: never a panic, and one odd field never costs the row.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::samples::{a_charge, a_customer, a_subscription};
use super::*;
use crate::recharge::wire::Lenient;

/// Texts that come close to meaning something are worth more than noise alone.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,20}",
        any::<String>(),
        "-?[0-9]{1,30}(\\.[0-9]{0,30})?([eE][+-]?[0-9]{1,4})?",
        "[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.]{0,15}(Z|[+-][0-9:]{2,6})?)?",
        "(active|Months|days|None|true|0E-10|USD|onetime|https://a.example/b)",
        "[a-zA-Z/:.@<>]{0,40}\\.myshopify\\.com",
    ]
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any_text().prop_map(Value::from),
    ];
    let name = prop_oneof![
        "(id|ecommerce|medium|customer|iana_name|name|value|images|date|orders|line_items|next_cursor|customers|store)",
        "\\PC{0,8}",
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Every field of a row by turns gets this value; the id stays.
fn mutated(row: &Value, value: &Value) -> Vec<Value> {
    let names = row.as_object().unwrap().keys();
    names
        .filter(|name| *name != "id")
        .map(|name| {
            let mut row = row.clone();
            row[name] = value.clone();
            row
        })
        .collect()
}

proptest! {
    #[test]
    fn any_json_as_a_row_or_an_envelope_is_read_or_not(value in any_json()) {
        let _ = wire::Customer::read(value.clone()).and_then(customer);
        let _ = wire::Subscription::read(value.clone()).and_then(subscription);
        let _ = wire::Charge::read(value.clone()).and_then(charge);
        let _ = wire::DeliveryDay::read(value.clone()).map(deliveries);
        let _ = wire::Store::read(value.clone()).map(shop);
        let _ = wire::Token::read(value.clone()).map(token);
        let _ = wire::page(value.clone(), "customers");
        let _ = wire::page(json!({"customers": [value.clone()], "next_cursor": value.clone()}), "customers");
        let _ = wire::single::<wire::Store>(value.clone(), "store");
        let _ = wire::complaint(json!({"errors": value}).to_string().as_bytes());
    }

    #[test]
    fn one_odd_field_costs_no_row(value in any_json()) {
        for row in mutated(&a_customer(), &value) {
            let read = wire::Customer::read(row).and_then(customer);
            prop_assert!(read.is_some_and(|row| row.id.as_str() == "176700001"));
        }
        for row in mutated(&a_subscription(), &value) {
            let read = wire::Subscription::read(row).and_then(subscription);
            prop_assert!(read.is_some_and(|row| row.id.as_str() == "585000001"));
        }
        for row in mutated(&a_charge(), &value) {
            let read = wire::Charge::read(row).and_then(charge);
            prop_assert!(read.is_some_and(|row| row.id.as_str() == "1302000001"));
        }
        for line in mutated(&a_charge()["line_items"][0], &value) {
            let mut row = a_charge();
            row["line_items"] = json!([line]);
            let read = wire::Charge::read(row).and_then(charge).unwrap();
            prop_assert_eq!(read.items.len(), 1);
        }
    }

    #[test]
    fn what_is_shown_has_no_control_characters_and_is_bounded(text in any_text()) {
        let row = json!({"id": 1, "product_title": text, "status": text, "cancellation_reason": text});
        let read = wire::Subscription::read(row).and_then(subscription).unwrap();
        for shown in [read.product.name, read.cancellation_reason].into_iter().flatten() {
            prop_assert!(!shown.chars().any(char::is_control));
            prop_assert!(!shown.trim().is_empty() && shown.chars().count() <= 2_000);
        }
    }
}
