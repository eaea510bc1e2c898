//! Whole objects as Recharge's documentation shows them, and then one oddity at a time.

use serde_json::{Value, json};

use super::samples::{a_charge, a_customer, a_subscription};
use super::*;
use crate::recharge::wire::Lenient;

fn with(mut row: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        row[name] = value.clone();
    }
    row
}

fn read_customer(changes: Value) -> Customer {
    customer(wire::Customer::read(with(a_customer(), changes)).unwrap()).unwrap()
}

fn read_subscription(changes: Value) -> Subscription {
    subscription(wire::Subscription::read(with(a_subscription(), changes)).unwrap()).unwrap()
}

fn read_charge(changes: Value) -> Charge {
    charge(wire::Charge::read(with(a_charge(), changes)).unwrap()).unwrap()
}

fn read_store(store: Value) -> ShopProfile {
    shop(wire::Store::read(store).unwrap())
}

fn interval_text(interval: Option<Interval>) -> Option<String> {
    interval.map(|i| format!("{} {}", i.frequency, i.unit.as_str()))
}

#[test]
fn a_customer_as_documented() {
    let kim = read_customer(json!({}));
    assert_eq!(kim.id.as_str(), "176700001");
    assert_eq!(kim.email.as_deref(), Some("kim@acme.example"));
    assert_eq!(kim.name.as_deref(), Some("Kim Example"));
    assert_eq!(kim.phone, None);
    assert_eq!(kim.shopify_customer_id.unwrap().as_str(), "7923000000001");
    assert_eq!(
        (kim.subscriptions_total, kim.subscriptions_active),
        (Some(2), Some(1))
    );
    assert_eq!(
        kim.created_at.unwrap().to_rfc3339(),
        "2025-01-25T20:55:02+00:00"
    );
    assert_eq!(
        kim.updated_at.unwrap().to_rfc3339(),
        "2025-01-26T19:20:33+00:00"
    );
    assert_eq!(
        (kim.has_valid_payment_method, kim.payment_in_dunning),
        (Some(true), Some(false))
    );
}

#[test]
fn names_are_joined_and_trimmed() {
    let name = |first, last| read_customer(json!({"first_name": first, "last_name": last})).name;
    assert_eq!(
        name(json!(" Kim "), json!("Example ")).as_deref(),
        Some("Kim Example")
    );
    assert_eq!(name(json!("Kim"), json!(null)).as_deref(), Some("Kim"));
    assert_eq!(
        name(json!(""), json!("Example")).as_deref(),
        Some("Example")
    );
    assert_eq!(name(json!(" "), json!("")), None);
    assert_eq!(name(json!(null), json!({})), None);
}

#[test]
fn a_customer_as_older_rows_write_it() {
    let kim = read_customer(
        json!({"id": "176700001", "external_customer_id": 7923000000001u64, "subscriptions_total_count": "2",
        "has_valid_payment_method": 1, "has_payment_method_in_dunning": "true", "created_at": "2022-03-01T10:00:00", "phone": 15550100000u64}),
    );
    assert_eq!(kim.id.as_str(), "176700001");
    assert_eq!(kim.shopify_customer_id.unwrap().as_str(), "7923000000001");
    assert_eq!(kim.subscriptions_total, Some(2));
    assert_eq!(
        (kim.has_valid_payment_method, kim.payment_in_dunning),
        (Some(true), Some(true))
    );
    assert_eq!(
        kim.created_at.unwrap().to_rfc3339(),
        "2022-03-01T10:00:00+00:00"
    );
    assert_eq!(kim.phone.as_deref(), Some("15550100000"));
}

#[test]
fn a_subscription_as_documented() {
    let runner = read_subscription(json!({}));
    assert_eq!(runner.id.as_str(), "585000001");
    assert_eq!(runner.status, Status::Active);
    assert_eq!(
        interval_text(runner.billing_interval).as_deref(),
        Some("30 day")
    );
    assert_eq!(
        interval_text(runner.delivery_interval).as_deref(),
        Some("30 day")
    );
    assert!(!runner.is_prepaid && !runner.payment_attempts_exhausted);
    assert_eq!(runner.next_billing_date.unwrap().to_string(), "2025-02-25");
    assert_eq!(runner.cancelled_at, None);
    assert_eq!(runner.price.unwrap().to_string(), "98.00 USD");
    assert_eq!(runner.quantity, Some(1));
    assert_eq!(runner.keeps_to, None);
    let product = runner.product;
    assert_eq!(product.id.unwrap().as_str(), "8143000000001");
    assert_eq!(product.variant_id.unwrap().as_str(), "43510000000001");
    assert_eq!(product.name.as_deref(), Some("Wool Runner"));
    assert_eq!(product.variant.as_deref(), Some("8"));
    assert_eq!(product.sku.as_deref(), Some("WOOL100"));
    assert_eq!(product.image_url, None);
    assert_eq!(
        (
            runner.properties[0].name.as_str(),
            runner.properties[0].value.as_str()
        ),
        ("Engraving", "K. E.")
    );
}

#[test]
fn a_cancelled_subscription_says_when_and_why() {
    let ended = read_subscription(
        json!({"status": "CANCELLED", "cancelled_at": "2025-03-01T08:00:00.123456", "cancellation_reason": "too expensive",
        "cancellation_reason_comments": " maybe\r\nlater ", "next_charge_scheduled_at": null, "max_retries_reached": 1}),
    );
    assert_eq!(ended.status, Status::Cancelled);
    assert_eq!(
        ended.cancelled_at.unwrap().to_rfc3339(),
        "2025-03-01T08:00:00.123456+00:00"
    );
    assert_eq!(ended.cancellation_reason.as_deref(), Some("too expensive"));
    assert_eq!(ended.cancellation_comment.as_deref(), Some("maybe  later"));
    assert_eq!(ended.next_billing_date, None);
    assert!(ended.payment_attempts_exhausted);
}

#[test]
fn an_unknown_or_missing_status_stays_open() {
    let status = |sent: Value| read_subscription(json!({"status": sent})).status;
    assert_eq!(status(json!("Expired")), Status::Expired);
    assert_eq!(status(json!("On_Hold")), Status::Other("on_hold".into()));
    assert_eq!(status(json!(null)), Status::Other("unknown".into()));
    assert_eq!(status(json!({})), Status::Other("unknown".into()));
}

#[test]
fn intervals_in_every_spelling() {
    let read = |frequency: Value, unit: Value| {
        let row = read_subscription(
            json!({"charge_interval_frequency": frequency, "order_interval_unit": unit}),
        );
        interval_text(row.billing_interval)
    };
    assert_eq!(read(json!(1), json!("Months")).as_deref(), Some("1 month"));
    assert_eq!(read(json!("2"), json!("WEEK")).as_deref(), Some("2 week"));
    assert_eq!(read(json!(30.0), json!("Days")).as_deref(), Some("30 day"));
    assert_eq!(
        read(json!(2), json!("fortnight")).as_deref(),
        Some("2 fortnight")
    );
    assert_eq!(read(json!(0), json!("day")), None);
    assert_eq!(read(json!(null), json!("day")), None);
    assert_eq!(read(json!(30), json!(null)), None);
}

#[test]
fn the_day_it_keeps_to_goes_with_its_unit() {
    use chrono::Weekday;
    let read = |unit: &str, month: Value, week: Value| {
        read_subscription(json!({"order_interval_unit": unit, "order_day_of_month": month, "order_day_of_week": week})).keeps_to
    };
    assert_eq!(
        read("week", json!(null), json!(0)),
        Some(KeepsTo::DayOfWeek(Weekday::Mon))
    );
    assert_eq!(
        read("Weeks", json!(3), json!("6")),
        Some(KeepsTo::DayOfWeek(Weekday::Sun))
    );
    assert_eq!(
        read("month", json!(31), json!(2)),
        Some(KeepsTo::DayOfMonth(31))
    );
    for odd in [json!(0), json!(32), json!(-1), json!(300), json!("x")] {
        assert_eq!(read("month", odd, json!(null)), None);
    }
    assert_eq!(read("week", json!(null), json!(7)), None);
    assert_eq!(read("day", json!(1), json!(1)), None);
}

#[test]
fn prepaid_is_said_or_follows_from_the_intervals() {
    let read = |flag: Value, charged: Value, ordered: Value| {
        read_subscription(
            json!({"is_prepaid": flag, "charge_interval_frequency": charged, "order_interval_frequency": ordered}),
        )
        .is_prepaid
    };
    assert!(read(json!(true), json!(30), json!(30)));
    assert!(read(json!(1), json!(null), json!(null)));
    assert!(read(json!(false), json!(90), json!("30")));
    assert!(!read(json!(false), json!(30), json!(30)));
    assert!(!read(json!(null), json!(90), json!(0)));
    assert!(!read(json!("x"), json!(90), json!(null)));
}

#[test]
fn prices_in_every_form() {
    let read = |price: Value, currency: Value| {
        let row = read_subscription(json!({"price": price, "presentment_currency": currency}));
        row.price.map(|price| price.to_string())
    };
    assert_eq!(
        read(json!("98.00"), json!("usd")).as_deref(),
        Some("98.00 USD")
    );
    assert_eq!(
        read(json!(24.3), json!("USD")).as_deref(),
        Some("24.30 USD")
    );
    assert_eq!(read(json!(4200), json!("JPY")).as_deref(), Some("4200 JPY"));
    assert_eq!(
        read(json!("0E-10"), json!("USD")).as_deref(),
        Some("0.00 USD")
    );
    assert_eq!(
        read(json!(0E-10), json!("USD")).as_deref(),
        Some("0.00 USD")
    );
    assert_eq!(read(json!("98.00"), json!(null)).as_deref(), Some("98.00"));
    assert_eq!(
        read(json!("98.00"), json!("dollars")).as_deref(),
        Some("98.00 DOLLARS"),
        "never taken for the shop's own"
    );
    assert_eq!(read(json!(null), json!("USD")), None);
    assert_eq!(read(json!("free"), json!("USD")), None);
}

#[test]
fn a_quantity_that_makes_no_sense_is_not_known() {
    let read = |sent: Value| read_subscription(json!({"quantity": sent})).quantity;
    assert_eq!(read(json!(3)), Some(3));
    assert_eq!(read(json!("3")), Some(3));
    assert_eq!(read(json!(0)), Some(0));
    for odd in [json!(null), json!(-2), json!(1.5), json!([]), json!("many")] {
        assert_eq!(read(odd), None);
    }
}

#[test]
fn nulls_everywhere_still_make_a_subscription() {
    let empty = wire::Subscription::read(json!({"id": 1})).unwrap();
    let nulls: serde_json::Map<String, Value> = a_subscription()
        .as_object()
        .unwrap()
        .keys()
        .map(|name| (name.clone(), Value::Null))
        .collect();
    let nulls = wire::Subscription::read(with(Value::Object(nulls), json!({"id": 1}))).unwrap();
    let (empty, nulls) = (subscription(empty).unwrap(), subscription(nulls).unwrap());
    assert_eq!(empty, nulls);
    assert_eq!(empty.product, Product::default());
    assert!(empty.properties.is_empty());
}

#[test]
fn a_row_without_an_id_is_none() {
    for id in [json!(null), json!(""), json!({}), json!(1.5)] {
        let row = with(a_subscription(), json!({"id": id}));
        assert_eq!(subscription(wire::Subscription::read(row).unwrap()), None);
        let row = with(a_customer(), json!({"id": id}));
        assert_eq!(customer(wire::Customer::read(row).unwrap()), None);
        let row = with(a_charge(), json!({"id": id}));
        assert_eq!(charge(wire::Charge::read(row).unwrap()), None);
    }
}

#[test]
fn a_charge_as_documented() {
    let queued = read_charge(json!({}));
    assert_eq!(queued.id.as_str(), "1302000001");
    assert_eq!(queued.status, ChargeStatus::Queued);
    assert_eq!(queued.scheduled_at.unwrap().to_string(), "2025-03-05");
    assert_eq!(queued.originally_scheduled_at, queued.scheduled_at);
    assert_eq!(queued.total.unwrap().to_string(), "102.90 USD");
    assert_eq!(queued.city.as_deref(), Some("Mocktown"));
    assert_eq!(queued.shopify_order_id, None);
    assert_eq!((queued.error, queued.error_code), (None, None));
    let [line] = &queued.items[..] else {
        panic!("one line")
    };
    assert_eq!(line.subscription.as_ref().unwrap().as_str(), "585000001");
    assert_eq!(line.product.as_ref().unwrap().as_str(), "8143000000001");
    assert_eq!(line.name.as_deref(), Some("Wool Runner"));
    assert_eq!(line.variant.as_deref(), Some("8"));
    assert_eq!(line.sku.as_deref(), Some("WOOL100"));
    assert_eq!(
        line.image_url.as_ref().unwrap().as_str(),
        "https://cdn.acme.example/runner_medium.png"
    );
}

#[test]
fn a_failed_charge_says_what_went_wrong_and_when_it_is_tried_again() {
    let failed = read_charge(
        json!({"status": "ERROR", "error": "None\r\n [May 12] declined", "error_type": "CUSTOMER_NEEDS_TO_UPDATE_CARD",
        "retry_date": "2025-03-12T04:00:00+00:00", "last_charge_attempt": "2025-03-05T09:00:00", "charge_attempts": 2,
        "scheduled_at": "2025-03-05T00:00:00+09:00", "external_order_id": "6001", "processed_at": "2025-03-05T09:00:00Z"}),
    );
    assert_eq!(failed.status, ChargeStatus::Error);
    assert_eq!(failed.error.as_deref(), Some("[May 12] declined"));
    assert_eq!(
        failed.error_code.as_deref(),
        Some("CUSTOMER_NEEDS_TO_UPDATE_CARD")
    );
    assert_eq!(failed.retry_date.unwrap().to_string(), "2025-03-12");
    assert_eq!(
        failed.last_attempt_at.unwrap().to_rfc3339(),
        "2025-03-05T09:00:00+00:00"
    );
    assert_eq!(failed.scheduled_at.unwrap().to_string(), "2025-03-05");
    assert_eq!(failed.shopify_order_id.unwrap().as_str(), "6001");
    assert!(failed.processed_at.is_some());
    assert_eq!(
        read_charge(json!({"shipping_address": null})).city,
        None,
        "nothing is sent"
    );
    assert_eq!(read_charge(json!({"error": "None"})).error, None);
    assert_eq!(read_charge(json!({"error_type": "None"})).error_code, None);
}

#[test]
fn a_one_time_item_belongs_to_no_subscription() {
    let line = |kind: Value| {
        let mut row = a_charge();
        row["line_items"][0]["purchase_item_type"] = kind;
        let charge = charge(wire::Charge::read(row).unwrap()).unwrap();
        charge.items[0].subscription.is_some()
    };
    assert!(!line(json!("onetime")));
    assert!(!line(json!("ONETIME")));
    assert!(line(json!("subscription")));
    assert!(line(json!(null)));
}

#[test]
fn lines_may_be_null_or_odd() {
    assert!(read_charge(json!({"line_items": null})).items.is_empty());
    let odd = read_charge(json!({"line_items": [null, 7, {}, {"images": {}, "quantity": -1}]}));
    assert_eq!(odd.items.len(), 2);
    assert!(
        odd.items
            .iter()
            .all(|line| line.image_url.is_none() && line.quantity.is_none())
    );
}

#[test]
fn a_shop_with_little_said_and_a_shop_elsewhere() {
    assert_eq!(read_store(json!({})), ShopProfile::default());
    let odd = read_store(
        json!({"currency": "dollars", "timezone": {"iana_name": "Mars/Olympus"}, "identifier": "store-abc123",
        "merchant_portal_base_url": "http://acme.admin.rechargeapps.com"}),
    );
    assert_eq!(odd, ShopProfile::default());
    let spelled = read_store(json!({"identifier": "https://ACME-usa.myshopify.com/"}));
    assert_eq!(spelled.shop.unwrap().as_str(), "acme-usa");
    let other = read_store(json!({"identifier": "acme.myshopify.com.evil.example"}));
    assert_eq!(other.shop, None);
}
