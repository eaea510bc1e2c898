//! Bodies: the key sets that were recorded in 2025, the order of keys, and the shift of dates.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::*;

// Exact key sets of objects recorded in 2025, in 2021-11.
const CUSTOMER: &str = "id, analytics_data, apply_credit_to_next_checkout_charge, apply_credit_to_next_recurring_charge, created_at, email, external_customer_id, first_charge_processed_at, first_name, has_payment_method_in_dunning, has_valid_payment_method, hash, last_name, phone, subscription_related_charge_streak, subscriptions_active_count, subscriptions_total_count, tax_exempt, updated_at";
const SUBSCRIPTION: &str = "id, address_id, customer_id, analytics_data, cancellation_reason, cancellation_reason_comments, cancelled_at, charge_interval_frequency, created_at, expire_after_specific_number_of_charges, external_product_id, external_variant_id, has_queued_charges, is_prepaid, is_skippable, is_swappable, max_retries_reached, next_charge_scheduled_at, order_day_of_month, order_day_of_week, order_interval_frequency, order_interval_unit, presentment_currency, price, product_title, properties, quantity, sku, sku_override, status, updated_at, variant_title";
const ADDRESS: &str = "id, customer_id, payment_method_id, address1, address2, city, company, country_code, created_at, discounts, first_name, is_gift, last_name, order_attributes, order_note, phone, presentment_currency, province, shipping_lines_conserved, shipping_lines_override, updated_at, zip";
const CHARGE: &str = "id, address_id, analytics_data, billing_address, client_details, created_at, currency, customer, discounts, error, error_type, external_order_id, external_transaction_id, has_uncommitted_changes, line_items, merged_at, note, order_attributes, orders_count, original_scheduled_at, payment_processor, processed_at, retry_date, scheduled_at, shipping_address, shipping_lines, status, subtotal_price, tags, tax_lines, taxable, taxes_included, total_discounts, total_duties, total_line_items_price, total_price, total_refunds, total_tax, total_weight_grams, type, updated_at";
const LINE_ITEM: &str = "purchase_item_id, external_product_id, external_variant_id, grams, handle, images, offer_attributes, original_price, properties, purchase_item_type, quantity, sku, tax_due, tax_lines, taxable, taxable_amount, title, total_price, unit_price, unit_price_includes_tax, variant_title";
// Only on charges that failed.
const FAILED: &str = "charge_attempts, last_charge_attempt, external_variant_not_found";

fn keys(list: &str) -> BTreeSet<&str> {
    list.split(", ").collect()
}

fn keys_of(object: &Value) -> BTreeSet<&str> {
    object
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

/// Every object of a list, page by page.
async fn all(caller: &Caller, plural: &str) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut path = format!("/{plural}?limit=250");
    loop {
        let page = caller.get(&path).await.json();
        rows.extend(page[plural].as_array().unwrap().clone());
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/{plural}?limit=250&cursor={cursor}"),
            None => return rows,
        }
    }
}

#[tokio::test]
async fn built_in_objects_have_exactly_the_recorded_keys() {
    let running = start(as_written()).await.unwrap();
    let caller = Caller::of(&running, &built_in_token(0));
    for (plural, wanted) in [
        ("customers", CUSTOMER),
        ("subscriptions", SUBSCRIPTION),
        ("addresses", ADDRESS),
    ] {
        let rows = all(&caller, plural).await;
        assert!(!rows.is_empty(), "{plural}");
        for row in rows {
            assert_eq!(keys_of(&row), keys(wanted), "{plural} {}", row["id"]);
        }
    }
    let charges = all(&caller, "charges").await;
    assert!(!charges.is_empty());
    for charge in charges {
        let id = &charge["id"];
        let found = keys_of(&charge);
        let missing: Vec<_> = keys(CHARGE).difference(&found).copied().collect();
        assert_eq!(missing, Vec::<&str>::new(), "charge {id}");
        let extra: BTreeSet<_> = found.difference(&keys(CHARGE)).copied().collect();
        assert!(extra.is_subset(&keys(FAILED)), "charge {id}: {extra:?}");
        assert!(
            extra.is_empty() || charge["status"] == "error",
            "charge {id}"
        );
        for item in charge["line_items"].as_array().unwrap() {
            assert_eq!(keys_of(item), keys(LINE_ITEM), "charge {id}");
        }
    }
}

#[tokio::test]
async fn keys_come_in_the_order_of_the_recorded_bodies() {
    let running = start(as_written()).await.unwrap();
    let caller = Caller::of(&running, &built_in_token(0));
    let got = caller.get("/subscriptions?ids=585000001").await;
    let start = r#"{"next_cursor":null,"previous_cursor":null,"subscriptions":[{"id":585000001,"address_id":"#;
    assert!(got.text.starts_with(start), "{}", &got.text[..200]);
    let mut from = 0;
    for key in SUBSCRIPTION.split(", ") {
        let found = got.text[from..].find(&format!("\"{key}\":"));
        from += found.unwrap_or_else(|| panic!("{key} is missing or too early"));
    }
}

#[tokio::test]
async fn built_in_data_reads_as_if_written_today() {
    let running = start(Options::default()).await.unwrap();
    let before = Utc::now().date_naive();
    let caller = Caller::of(&running, &built_in_token(0));
    let today = caller.get("/customers/176700001").await.json();
    let today = &today["customer"]["created_at"];

    let fixed = start(as_written()).await.unwrap();
    let written = Caller::of(&fixed, &built_in_token(0))
        .get("/customers/176700001")
        .await
        .json();
    let written = at(written["customer"]["created_at"].as_str().unwrap());

    let shift = before - at(FIXTURES_AS_OF).date_naive();
    let day = TimeDelta::days(1);
    let moved = at(today.as_str().unwrap()) - written;
    // Midnight may have passed between the start and the look at the calendar.
    assert!(moved == shift || moved == shift - day, "{moved}");
}

#[tokio::test]
async fn the_store_and_its_summary() {
    let (_running, caller) = open(with(&[(
        "store",
        json!({"id": 126_001, "name": "Acme", "currency": "USD", "email": "owner@acme.example", "identifier": "acme-usa.myshopify.com",
               "timezone": {"iana_name": "America/New_York", "name": "(GMT-05:00) Eastern Time (US & Canada)"}}),
    )]))
    .await;
    assert_eq!(
        caller.get("/store").await.json()["store"]["identifier"],
        "acme-usa.myshopify.com"
    );
    let summary = caller.get("/").await.json();
    assert_eq!(summary["store"]["store_id"], 126_001);
    assert_eq!(summary["store"]["store_url"], "acme-usa.myshopify.com");
    assert_eq!(summary["store"]["iana_timezone"], "America/New_York");
    assert_eq!(summary["store"]["province"], Value::Null);
}

#[tokio::test]
async fn data_without_a_store_has_the_built_in_one() {
    let (_running, caller) = open(with(&[])).await;
    let store = caller.get("/store").await.json();
    assert_eq!(store["store"]["identifier"], "acme-usa.myshopify.com");
}

#[tokio::test]
async fn delivery_schedules() {
    let (_running, caller) = open(with(&[
        (
            "customers",
            json!([
                {"id": 1, "email": "paula@x", "first_name": "Paula", "last_name": "P", "hash": "secret"},
                {"id": 2, "email": "kim@x", "first_name": "Kim", "last_name": "E", "hash": "secret"}
            ]),
        ),
        (
            "delivery_schedules",
            json!([{"customer": {"id": 1, "email": "paula@x", "first_name": "Paula", "last_name": "P"},
                    "deliveries": [{"date": "2026-12-05", "orders": []}, {"date": "2027-01-05", "orders": []}]}]),
        ),
    ]))
    .await;
    let body = caller.get("/customers/1/delivery_schedule").await.json();
    assert_eq!(body["customer"]["first_name"], "Paula");
    assert_eq!(body["deliveries"].as_array().unwrap().len(), 2);
    let body = caller
        .get("/customers/1/delivery_schedule?date_max=2026-12-31")
        .await
        .json();
    assert_eq!(
        body["deliveries"],
        json!([{"date": "2026-12-05", "orders": []}])
    );
    let body = caller
        .get("/customers/1/delivery_schedule?delivery_count_future=1")
        .await
        .json();
    assert_eq!(body["deliveries"].as_array().unwrap().len(), 1);
    assert_eq!(
        caller.get("/customers/2/delivery_schedule").await.text,
        r#"{"customer":{"id":2,"email":"kim@x","first_name":"Kim","last_name":"E"},"deliveries":[]}"#
    );
    assert_eq!(
        caller.get("/customers/3/delivery_schedule").await.status,
        404
    );
}
