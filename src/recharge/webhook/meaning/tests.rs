use super::super::super::map::samples::{a_charge, a_customer, a_subscription};
use super::*;
use proptest::prelude::*;
use serde_json::json;

fn read(topic: &str, body: &Value) -> Result<Event, Unreadable> {
    event(topic, body.to_string().as_bytes())
}

fn change(topic: &str, body: &Value) -> Change {
    read(topic, body).unwrap().change
}

fn kim() -> CustomerId {
    CustomerId::new("176700001")
}

fn unclear_kim() -> Change {
    Change::Unclear(Touched::Customer(kim()))
}

#[test]
fn whole_objects_are_read() {
    let event = read(
        "subscription/cancelled",
        &json!({"subscription": a_subscription()}),
    )
    .unwrap();
    assert_eq!(event.customer(), Some(&kim()));
    assert_eq!(
        event.stamp.unwrap().to_rfc3339(),
        "2025-01-26T15:20:33+00:00"
    );
    assert!(matches!(event.change, Change::Subscription { .. }));

    let event = read("charge/paid", &json!({"charge": a_charge()})).unwrap();
    assert_eq!(event.customer(), Some(&kim()));
    assert_eq!(
        event.stamp.unwrap().to_rfc3339(),
        "2025-02-05T14:26:46+00:00"
    );
    assert!(matches!(event.change, Change::Charge { .. }));

    // Included objects may stand beside it.
    let event = read(
        "customer/updated",
        &json!({"customer": a_customer(), "addresses": []}),
    )
    .unwrap();
    assert_eq!(event.customer(), Some(&kim()));
    assert!(matches!(event.change, Change::Customer(_)));
}

#[test]
fn the_stamp_is_the_greatest_one() {
    let mut row = a_subscription();
    row["status"] = json!("cancelled");
    row["cancelled_at"] = json!("2025-03-01T10:00:00.279792+00:00");
    let event = read("subscription/cancelled", &json!({"subscription": row})).unwrap();
    assert_eq!(
        event.stamp.unwrap().to_rfc3339(),
        "2025-03-01T10:00:00.279792+00:00"
    );
}

#[test]
fn deletions_are_hints() {
    let of = |name: &str| json!({name: {"id": 585000001}});
    assert_eq!(
        change("subscription/deleted", &of("subscription")),
        Change::Unclear(Touched::Subscription(SubscriptionId::new("585000001")))
    );
    assert_eq!(
        change("charge/deleted", &of("charge")),
        Change::Unclear(Touched::Charge(ChargeId::new("585000001")))
    );
    assert_eq!(
        change("customer/deleted", &json!({"customer": {"id": 176700001}})),
        Change::Gone(kim())
    );
    // A captured update, replayed at a deletion's path.
    assert_eq!(
        change(
            "subscription/deleted",
            &json!({"subscription": a_subscription()})
        ),
        unclear_kim()
    );
    assert_eq!(
        change(
            "customer/deleted",
            &json!({"subscription": a_subscription()})
        ),
        unclear_kim()
    );
}

#[test]
fn a_body_that_does_not_fit_its_path_is_read_again() {
    let (subscription, charge) = (
        json!({"subscription": a_subscription()}),
        json!({"charge": a_charge()}),
    );
    let customer = json!({"customer": a_customer()});
    for (topic, body) in [
        ("subscription/updated", &charge),
        ("subscription/updated", &customer),
        ("charge/paid", &subscription),
        ("charge/paid", &customer),
        ("customer/updated", &subscription),
        ("customer/updated", &charge),
        (
            "address/updated",
            &json!({"address": {"id": 5, "customer_id": 176700001}}),
        ),
        (
            "order/updated",
            &json!({"order": {"id": 5, "is_prepaid": true, "customer": {"id": 176700001}}}),
        ),
    ] {
        assert_eq!(change(topic, body), unclear_kim(), "{topic} {body}");
    }
}

#[test]
fn a_body_that_is_not_wholly_2021_11_is_read_again() {
    for (topic, name, whole) in [
        ("subscription/updated", "subscription", a_subscription()),
        ("charge/updated", "charge", a_charge()),
        ("customer/updated", "customer", a_customer()),
    ] {
        let odd = |what: &str, row: Value| {
            let change = change(topic, &json!({name: row}));
            assert!(matches!(change, Change::Unclear(_)), "{name}: {what}");
        };
        let mut old = whole.clone();
        old["shopify_product_id"] = json!(8143000000001u64);
        odd("a field of 2021-01", old);
        for (at, written) in [
            ("created_at", json!("2025-01-26T15:20:33")),
            ("updated_at", json!("2025-01-26")),
            ("updated_at", json!(null)),
            ("id", json!("585000001")),
        ] {
            let mut row = whole.clone();
            row[at] = written;
            odd(at, row);
        }
    }
    for (at, written) in [
        ("status", json!("ACTIVE")),
        ("price", json!(98.0)),
        ("charge_interval_frequency", json!("30")),
        ("is_prepaid", json!(0)),
        ("next_charge_scheduled_at", json!("2025-02-25T00:00:00")),
        ("external_product_id", json!("8143000000001")),
        ("properties", json!([1])),
    ] {
        let mut row = a_subscription();
        row[at] = written;
        assert_eq!(
            change("subscription/updated", &json!({"subscription": row})),
            unclear_kim(),
            "{at}"
        );
    }
    let mut row = a_charge();
    row["line_items"][0]["subscription_id"] = json!(585000001);
    row["line_items"][0]
        .as_object_mut()
        .unwrap()
        .remove("purchase_item_id");
    assert_eq!(
        change("charge/updated", &json!({"charge": row})),
        unclear_kim()
    );
}

#[test]
fn no_needed_field_may_be_missing() {
    for (topic, name, whole, fields) in [
        (
            "subscription/updated",
            "subscription",
            a_subscription(),
            SUBSCRIPTION,
        ),
        ("charge/updated", "charge", a_charge(), CHARGE),
        ("customer/updated", "customer", a_customer(), CUSTOMER),
    ] {
        for (field, _) in fields {
            let mut row = whole.clone();
            row.as_object_mut().unwrap().remove(*field);
            let read = read(topic, &json!({name: row})).map(|event| event.change);
            let is_told = matches!(read, Ok(Change::Unclear(_)) | Err(_));
            assert!(is_told, "{name} without {field}: {read:?}");
        }
    }
}

#[test]
fn the_shop_and_what_no_card_shows() {
    assert_eq!(change("store/updated", &json!({"store": {}})), Change::Shop);
    assert_eq!(
        change("recharge/uninstalled", &json!({})),
        Change::Uninstalled
    );
    assert_eq!(
        change("app/uninstalled", &json!({"app": {}})),
        Change::Uninstalled
    );
    for topic in [
        "onetime/created",
        "order/created",
        "order/deleted",
        "plan/updated",
        "nonsense",
        "",
    ] {
        let body = json!({"order": {"id": 1, "customer": {"id": 7}}});
        assert_eq!(change(topic, &body), Change::Nothing, "{topic}");
    }
}

#[test]
fn what_says_nothing_is_unreadable() {
    for body in [&b""[..], b"{", b"[]", b"null", b"7", b"<html>", b"\xff\xfe"] {
        assert!(event("subscription/updated", body).is_err());
        assert!(event("nonsense", body).is_err());
    }
    for body in [
        json!({}),
        json!({"subscription": []}),
        json!({"subscription": {}}),
        json!({"plan": {"id": 1}}),
    ] {
        assert!(read("subscription/updated", &body).is_err(), "{body}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_not(bytes in prop::collection::vec(any::<u8>(), 0..80), topic in "(subscription|charge|customer|order|x)/(deleted|updated)") {
        let _ = event(&topic, &bytes);
    }
}

/// What the simulator serves is what its hooks carry: all of it has to be wholly 2021-11, or no hook would do any good. One
/// customer's rows are odd on purpose.
#[test]
fn the_fixtures_are_wholly_2021_11() {
    const ODD: u64 = 176700032;
    for (file, topic, name) in [
        ("subscriptions", "subscription/updated", "subscription"),
        ("charges", "charge/updated", "charge"),
        ("customers", "customer/updated", "customer"),
    ] {
        let path = format!(
            "{}/fixtures/recharge/{file}.json",
            env!("CARGO_MANIFEST_DIR")
        );
        let list: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        for row in list[file].as_array().unwrap() {
            let event = read(topic, &json!({name: row})).unwrap();
            let is_whole = !matches!(event.change, Change::Unclear(_));
            let is_odd = event.customer() == Some(&CustomerId::new(ODD.to_string()));
            assert!(is_whole || is_odd, "{name} {}", row["id"]);
        }
    }
}
