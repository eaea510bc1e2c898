use chrono::{NaiveDate, Weekday};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::domain::charge::{Charge, ChargeStatus, LineItem};
use crate::domain::customer::Customer;
use crate::domain::day::Instant;
use crate::domain::id::{
    ChargeId, CustomerId, OnetimeId, OrderId, ProductId, ShopifyCustomerId, VariantId,
};
use crate::domain::money::{Currency, Money};
use crate::domain::subscription::{Interval, KeepsTo, Product, Property, Status, Unit};
use crate::domain::web_url::WebUrl;

fn instant() -> impl Strategy<Value = Instant> {
    (-2_000_000_000_i64..4_000_000_000, 0..1_000_000_000_u32)
        .prop_map(|(seconds, nanos)| Instant::from_timestamp(seconds, nanos).unwrap())
}

fn day() -> impl Strategy<Value = Day> {
    (-3_000..90_000_i64)
        .prop_map(|days| Day::from(NaiveDate::default() + chrono::Duration::days(days)))
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,20}",
        any::<String>().prop_map(|s| s.chars().take(10).collect())
    ]
}

fn money() -> impl Strategy<Value = Money> {
    (any::<i64>(), 0..10_u32, of("[A-Z]{3}")).prop_map(|(units, scale, code)| Money {
        amount: Decimal::new(units, scale),
        currency: code.map(|code| Currency::parse(&code).unwrap()),
    })
}

fn url() -> impl Strategy<Value = WebUrl> {
    ("[a-z]{1,10}", "[ -~]{0,30}").prop_filter_map("an address", |(host, path)| {
        WebUrl::parse(&format!("https://{host}.example/{path}")).ok()
    })
}

fn customer() -> impl Strategy<Value = Customer> {
    (
        (text(), of(text()), of(text()), of(text()), of(text())),
        (
            of(any::<u32>()),
            of(any::<u32>()),
            of(instant()),
            of(instant()),
        ),
        (of(any::<bool>()), of(any::<bool>())),
    )
        .prop_map(
            |(
                (id, email, name, phone, shopify),
                (total, active, created, updated),
                (valid, dunning),
            )| Customer {
                id: CustomerId::new(id),
                email,
                name,
                phone,
                shopify_customer_id: shopify.map(ShopifyCustomerId::new),
                subscriptions_total: total,
                subscriptions_active: active,
                created_at: created,
                updated_at: updated,
                has_valid_payment_method: valid,
                payment_in_dunning: dunning,
            },
        )
}

fn interval() -> impl Strategy<Value = Interval> {
    let unit = prop_oneof![
        Just(Unit::Day),
        Just(Unit::Week),
        Just(Unit::Month),
        Just(Unit::Year),
        text().prop_map(Unit::Other)
    ];
    (any::<u32>(), unit).prop_map(|(frequency, unit)| Interval { frequency, unit })
}

fn product() -> impl Strategy<Value = Product> {
    (
        of(text()),
        of(text()),
        of(text()),
        of(text()),
        of(url()),
        of(text()),
        of(any::<bool>()),
    )
        .prop_map(
            |(id, variant_id, name, variant, image_url, sku, sku_override)| Product {
                id: id.map(ProductId::new),
                variant_id: variant_id.map(VariantId::new),
                name,
                variant,
                image_url,
                sku,
                sku_override,
            },
        )
}

fn subscription() -> impl Strategy<Value = Subscription> {
    let status = prop_oneof![
        Just(Status::Active),
        Just(Status::Cancelled),
        Just(Status::Expired),
        text().prop_map(Status::Other)
    ];
    let keeps_to = prop_oneof![
        any::<u8>().prop_map(KeepsTo::DayOfMonth),
        (0..7_u8).prop_map(|day| KeepsTo::DayOfWeek(Weekday::try_from(day).unwrap()))
    ];
    let property = (text(), text()).prop_map(|(name, value)| Property { name, value });
    (
        (
            text(),
            status,
            of(instant()),
            of(instant()),
            of(interval()),
            of(interval()),
        ),
        (
            of(keeps_to),
            any::<bool>(),
            of(day()),
            of(instant()),
            of(text()),
            of(text()),
        ),
        (
            any::<bool>(),
            of(any::<u32>()),
            of(money()),
            of(any::<u32>()),
            product(),
            vec(property, 0..3),
        ),
    )
        .prop_map(|(a, b, c)| Subscription {
            id: SubscriptionId::new(a.0),
            status: a.1,
            created_at: a.2,
            updated_at: a.3,
            billing_interval: a.4,
            delivery_interval: a.5,
            keeps_to: b.0,
            is_prepaid: b.1,
            next_billing_date: b.2,
            cancelled_at: b.3,
            cancellation_reason: b.4,
            cancellation_comment: b.5,
            payment_attempts_exhausted: c.0,
            ends_after_charges: c.1,
            price: c.2,
            quantity: c.3,
            product: c.4,
            properties: c.5,
        })
}

fn item() -> impl Strategy<Value = LineItem> {
    (
        (of(text()), of(text()), of(text()), of(text())),
        (of(text()), of(text())),
        (of(any::<u32>()), of(text()), of(url())),
    )
        .prop_map(
            |(ids, (name, variant), (quantity, sku, image_url))| LineItem {
                subscription: ids.0.map(SubscriptionId::new),
                onetime: ids.1.map(OnetimeId::new),
                product: ids.2.map(ProductId::new),
                variant_id: ids.3.map(VariantId::new),
                name,
                variant,
                quantity,
                sku,
                image_url,
            },
        )
}

fn charge() -> impl Strategy<Value = Charge> {
    let status = prop_oneof![
        Just(ChargeStatus::Success),
        Just(ChargeStatus::Queued),
        Just(ChargeStatus::Error),
        Just(ChargeStatus::Skipped),
        Just(ChargeStatus::Refunded),
        Just(ChargeStatus::PartiallyRefunded),
        Just(ChargeStatus::Pending),
        text().prop_map(ChargeStatus::Other)
    ];
    (
        (
            text(),
            status,
            of(day()),
            of(day()),
            of(instant()),
            of(day()),
            of(instant()),
        ),
        (of(money()), of(any::<bool>()), of(instant())),
        (
            of(text()),
            of(text()),
            of(money()),
            vec(item(), 0..3),
            of(text()),
            of(text()),
            of(instant()),
            of(instant()),
        ),
    )
        .prop_map(|(a, (refunded, is_total_final, merged_at), b)| Charge {
            id: ChargeId::new(a.0),
            status: a.1,
            scheduled_at: a.2,
            originally_scheduled_at: a.3,
            processed_at: a.4,
            retry_date: a.5,
            last_attempt_at: a.6,
            error: b.0,
            error_code: b.1,
            total: b.2,
            refunded,
            is_total_final,
            merged_at,
            items: b.3,
            city: b.4,
            shopify_order_id: b.5.map(OrderId::new),
            created_at: b.6,
            updated_at: b.7,
        })
}

fn list() -> impl Strategy<Value = Vec<Delivery>> {
    let delivery = (text(), day()).prop_map(|(id, date)| Delivery {
        subscription: SubscriptionId::new(id),
        date,
    });
    vec(delivery, 0..4)
}

/// An object of any kind.
fn object() -> impl Strategy<Value = Object> {
    // Boxed: a charge's many parts are more than a test's stack holds three times.
    let customer = customer().prop_map(Box::new).prop_map(Object::Customer);
    let subscription = subscription()
        .prop_map(Box::new)
        .prop_map(Object::Subscription);
    let charge = charge().prop_map(Box::new).prop_map(Object::Charge);
    let deliveries =
        (text(), list()).prop_map(|(id, list)| Object::Deliveries(CustomerId::new(id), list));
    prop_oneof![
        customer.boxed(),
        subscription.boxed(),
        charge.boxed(),
        deliveries.boxed()
    ]
}

/// Digits after the decimal point: an amount of equal value is not enough.
fn scale(object: &Object) -> Option<u32> {
    let money = match object {
        Object::Subscription(subscription) => subscription.price.as_ref(),
        Object::Charge(charge) => charge.total.as_ref(),
        _ => None,
    };
    money.map(|money| money.amount.scale())
}

proptest! {
    #[test]
    fn an_object_comes_back_as_it_was(object in object()) {
        let bytes = freeze_object(&object).unwrap();
        let back = thaw_object(object.key().kind, &bytes).unwrap();
        prop_assert_eq!(scale(&back), scale(&object));
        // Objects print their keys alone, so both are compared first and shown as bytes.
        prop_assert!(back == object, "{}", String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn a_subscription_of_the_outbox_is_written_as_a_record_is(subscription in subscription()) {
        let bytes = freeze_subscription(&subscription).unwrap();
        prop_assert!(thaw_subscription(&bytes).unwrap() == subscription);
        let object = Object::Subscription(Box::new(subscription));
        prop_assert_eq!(&**bytes, &**freeze_object(&object).unwrap());
    }

    #[test]
    fn any_bytes_thaw_or_are_nothing(bytes in vec(any::<u8>(), 0..100)) {
        for kind in Kind::ALL {
            prop_assert!(thaw_object(kind, &bytes).is_none());
        }
        prop_assert!(thaw_subscription(&bytes).is_none());
    }

    #[test]
    fn a_cut_or_changed_body_does_no_harm(object in object(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let kind = object.key().kind;
        let mut bytes = freeze_object(&object).unwrap().to_vec();
        let at = at.index(bytes.len());
        prop_assert!(thaw_object(kind, &bytes[..at]).is_none());
        bytes[at] = byte;
        let _ = thaw_object(kind, &bytes);
    }
}

/// Records as the first version writes them. If this fails, stores in the field lose their records, and timelines are written
/// again: raise `FORMAT`, or read both.
const FIRST: [(Kind, &str); 4] = [
    (
        Kind::Customer,
        r#"{"format":1,"body":{"id":"176700001","email":"kim@acme.example","name":"Kim Example","phone":null,"shopify":"7923000000001","total":2,"active":1,"created_at":"2025-01-25T20:55:02Z","updated_at":null,"valid_payment_method":true,"in_dunning":null}}"#,
    ),
    (
        Kind::Subscription,
        r#"{"format":1,"body":{"id":"585000001","status":"active","created_at":null,"updated_at":"2026-11-20T10:15:02.000000001Z","billing":[30,"day"],"delivery":[2,{"other":"fortnight"}],"keeps_to":{"day_of_week":0},"prepaid":false,"next_billing":"2026-12-15","cancelled_at":null,"reason":null,"comment":null,"exhausted":false,"ends_after":null,"price":["98.00","USD"],"quantity":1,"product":{"id":"8143000000001","variant_id":null,"name":"Wool Runner","variant":"8","image":"https://cdn.example/a.png","sku":null},"properties":[["engraving","K"]]}}"#,
    ),
    (
        Kind::Charge,
        r#"{"format":1,"body":{"id":"1302000000","status":{"other":"odd"},"scheduled":"2026-11-15","originally":null,"processed_at":null,"retry_at":null,"last_attempt_at":null,"error":null,"error_code":null,"total":["102.90",null],"items":[{"subscription":"585000001","product":null,"name":"Wool Runner","variant":null,"quantity":2,"sku":null,"image":null}],"order":"6001","created_at":null,"updated_at":null}}"#,
    ),
    (
        Kind::Deliveries,
        r#"{"format":1,"body":["176700001",[["585000001","2026-12-20"]]]}"#,
    ),
];

#[test]
fn the_first_format_stays_readable_and_is_what_is_written() {
    for (kind, first) in FIRST {
        let object = thaw_object(kind, first.as_bytes()).unwrap();
        assert_eq!(object.key().kind, kind);
        let written = freeze_object(&object).unwrap();
        assert_eq!(String::from_utf8_lossy(&written), first);
    }
    let object = thaw_object(Kind::Subscription, FIRST[1].1.as_bytes());
    let Some(Object::Subscription(subscription)) = object else {
        panic!()
    };
    assert_eq!(subscription.price.unwrap().to_string(), "98.00 USD");
    let monday = KeepsTo::DayOfWeek(Weekday::Mon);
    assert_eq!(subscription.keeps_to, Some(monday));
}

#[test]
fn fields_that_are_younger_than_the_format_may_be_missing() {
    let (kind, first) = FIRST[2];
    let with = first.replace(r#""order":"#, r#""city":"Mocktown","order":"#);
    for (body, city) in [(first.to_owned(), None), (with, Some("Mocktown"))] {
        let Some(Object::Charge(charge)) = thaw_object(kind, body.as_bytes()) else {
            panic!()
        };
        assert_eq!(charge.city.as_deref(), city);
    }
}

#[test]
fn a_retry_that_was_an_instant_is_the_shops_day() {
    // Midnight US Eastern, as it was written before it was a day.
    let (kind, first) = FIRST[2];
    let body = first.replace(r#""retry_at":null"#, r#""retry_at":"2026-12-05T05:00:00Z""#);
    let Some(Object::Charge(charge)) = thaw_object(kind, body.as_bytes()) else {
        panic!()
    };
    let day = NaiveDate::from_ymd_opt(2026, 12, 5).unwrap();
    assert_eq!(charge.retry_date, Some(Day::from(day)));
}

#[test]
fn another_format_or_a_cut_body_is_nothing() {
    for (kind, first) in FIRST {
        let thawed = |text: &str| thaw_object(kind, text.as_bytes()).is_some();
        assert!(thawed(first));
        assert!(!thawed(&first.replacen("\"format\":1", "\"format\":2", 1)));
        assert!(!thawed(&first[..first.len() - 1]));
        assert!(!thawed("") && !thawed("null"));
        // An older version's body of a whole card, and a newer one's of another shape.
        assert!(!thawed(
            r#"{"format":1,"body":{"customer":{},"subscriptions":[]}}"#
        ));
        assert!(!thawed(r#"{"format":2,"body":7}"#));
    }
}
