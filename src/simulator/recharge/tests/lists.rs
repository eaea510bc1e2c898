//! Lists: filters, orders, includes and the 90-day rule.

use super::cursors::decoded;
use super::*;

#[tokio::test]
async fn customers_are_found_by_email_exactly() {
    let (_running, caller) = open(with(&[(
        "customers",
        json!([
            {"id": 1, "email": "Kim+a@acme.example", "hash": "h1", "external_customer_id": {"ecommerce": "79"}, "created_at": "2026-01-05T00:00:00+00:00"},
            {"id": 2, "email": "twin@acme.example", "hash": "h2", "external_customer_id": {"ecommerce": null}, "created_at": "2026-01-06"},
            {"id": 3, "email": "twin@acme.example", "hash": "h3", "external_customer_id": {"ecommerce": "80"}, "created_at": "2026-01-07T00:00:00"},
        ]),
    )]))
    .await;
    for (query, ids) in [
        ("email=Kim%2Ba%40acme.example", vec![1]),
        ("email=kim%2Ba%40acme.example", vec![]),
        // A plus sign in a query is a space.
        ("email=Kim+a@acme.example", vec![]),
        ("email=twin@acme.example", vec![3, 2]),
        ("external_customer_id=79", vec![1]),
        ("hash=h2", vec![2]),
        ("ids=1,3,99", vec![3, 1]),
        ("ids=99", vec![]),
        (
            "created_at_min=2026-01-06&sort_by=created_at-asc",
            vec![2, 3],
        ),
        ("created_at_max=2026-01-05T00:00:00Z", vec![1]),
        ("unknown=1&sort_by=id-asc", vec![1, 2, 3]),
    ] {
        assert_eq!(
            caller
                .get(&format!("/customers?{query}"))
                .await
                .ids("customers"),
            ids,
            "{query}"
        );
    }
}

#[tokio::test]
async fn wrong_filters_are_422() {
    let (_running, caller) = open(with(&[])).await;
    let got = caller.get("/customers?updated_at_max=test").await;
    assert_eq!(
        got.text,
        r#"{"errors":{"updated_at_max":["Invalid date: test. Must be a valid ISO-8601 datetime string"]}}"#
    );
    for path in [
        "/customers?updated_at_max=test",
        "/customers?ids=1,x",
        "/customers?sort_by=email-asc",
        "/subscriptions?customer_id=kim",
        "/subscriptions?status=ACTIVE",
        "/subscriptions?address_id=1&address_ids=2",
        "/charges?status=success,paid",
        "/payment_methods?sort_by=id-asc",
    ] {
        assert_eq!(caller.get(path).await.status, 422, "{path}");
    }
    assert_eq!(
        caller.get("/payment_methods?sort_by=id-desc").await.status,
        200
    );
}

#[tokio::test]
async fn subscriptions_and_what_is_included() {
    let (_running, caller) = open(with(&[
        ("customers", json!([{"id": 1, "email": "kim@x", "last_name": "E"}])),
        ("addresses", json!([{"id": 5, "customer_id": 1}])),
        (
            "subscriptions",
            json!([
                {"id": 10, "address_id": 5, "customer_id": 1, "status": "active", "updated_at": "2026-02-01T00:00:00+00:00"},
                {"id": 11, "address_id": 6, "customer_id": 1, "status": "cancelled", "updated_at": "2026-01-01T00:00:00+00:00",
                 "external_variant_id": {"ecommerce": "43"}},
            ]),
        ),
    ]))
    .await;
    for (query, ids) in [
        ("status=active", vec![10]),
        ("address_ids=5,6&sort_by=id-asc", vec![10, 11]),
        ("external_variant_id=43", vec![11]),
        ("customer_id=1&sort_by=updated_at-desc", vec![10, 11]),
    ] {
        assert_eq!(
            caller
                .get(&format!("/subscriptions?{query}"))
                .await
                .ids("subscriptions"),
            ids,
            "{query}"
        );
    }
    let body = caller
        .get("/subscriptions/10?include=customer,address,unknown")
        .await
        .json();
    assert_eq!(
        body["subscription"]["include"]["customer"]["email"],
        "kim@x"
    );
    assert_eq!(body["subscription"]["include"]["address"]["id"], 5);
    let body = caller
        .get("/subscriptions?ids=11&include=address")
        .await
        .json();
    assert_eq!(
        body["subscriptions"][0]["include"],
        json!({"address": null})
    );
    let got = caller
        .get("/customers/1?include=addresses,subscriptions,payment_methods")
        .await;
    assert!(
        got.text.contains(r#","include":{"addresses":[{"#),
        "{}",
        got.text
    );
    assert!(got.text.contains(r#"]},"last_name":"E""#), "{}", got.text);
    assert_eq!(
        got.json()["customer"]["include"]["subscriptions"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert!(
        !caller
            .get("/customers?include=addresses")
            .await
            .text
            .contains("include")
    );
}

fn charge(id: i64, status: &str, processed_at: Option<&str>) -> Value {
    json!({"id": id, "customer": {"id": 1}, "status": status, "processed_at": processed_at, "scheduled_at": format!("2026-11-{:02}", id),
           "external_order_id": {"ecommerce": format!("60{id:02}")},
           "line_items": [{"purchase_item_id": 100 + id}, {"purchase_item_id": 200}]})
}

#[tokio::test]
async fn charges_by_everything_that_matters() {
    let (_running, caller) = open(with(&[(
        "charges",
        json!([
            charge(1, "success", Some("2026-11-01T08:00:00+00:00")),
            charge(2, "queued", None),
            charge(3, "error", Some("2026-11-03T08:00:00+00:00")),
        ]),
    )]))
    .await;
    for (query, ids) in [
        ("customer_id=1&sort_by=scheduled_at-asc", vec![1, 2, 3]),
        ("customer_id=2", vec![]),
        ("status=queued,error", vec![3, 2]),
        ("purchase_item_id=102", vec![2]),
        ("purchase_item_ids=101,200", vec![3, 2, 1]),
        ("scheduled_at=2026-11-02", vec![2]),
        ("scheduled_at_min=2026-11-02", vec![3, 2]),
        ("scheduled_at_max=2026-11-02", vec![2, 1]),
        ("processed_at_min=2026-11-02", vec![3]),
        ("external_order_id=6001", vec![1]),
    ] {
        assert_eq!(
            caller
                .get(&format!("/charges?{query}"))
                .await
                .ids("charges"),
            ids,
            "{query}"
        );
    }
    let body = caller
        .get("/charges?limit=1&sort_by=scheduled_at-desc&status=success,queued")
        .await
        .json();
    assert_eq!(
        decoded(&body["next_cursor"]),
        r#"{"status":"success,queued","starting_before_id":2,"last_value":"2026-11-02","sort_by":"scheduled_at-desc","cursor_dir":"next"}"#
    );
    let cursor = body["next_cursor"].as_str().unwrap();
    assert_eq!(
        caller
            .get(&format!("/charges?cursor={cursor}"))
            .await
            .ids("charges"),
        [1]
    );
}

#[tokio::test]
async fn paid_charges_vanish_after_ninety_days() {
    // 90 days before the fixtures' time is 2026-08-22T10:15:02Z.
    let (running, caller) = open(with(&[(
        "charges",
        json!([
            charge(1, "success", Some("2026-08-22T10:15:02+00:00")),
            charge(2, "success", Some("2026-08-22T10:15:01+00:00")),
            charge(3, "refunded", Some("2026-01-01T00:00:00+00:00")),
            charge(4, "partially_refunded", Some("2026-01-01T00:00:00+00:00")),
            charge(5, "error", Some("2026-01-01T00:00:00+00:00")),
            charge(6, "skipped", None),
        ]),
    )]))
    .await;
    assert_eq!(caller.get("/charges").await.ids("charges"), [6, 5, 1]);
    assert!(
        caller
            .get("/charges?processed_at_max=2026-08-01")
            .await
            .ids("charges")
            .is_empty()
    );
    assert_eq!(
        caller
            .get("/charges?processed_at_max=2026-10-01")
            .await
            .ids("charges"),
        [5, 1]
    );
    assert_eq!(caller.get("/charges/1").await.status, 200);
    assert_eq!(caller.get("/charges/2").await.status, 404);
    running.move_clock(at("2026-08-23T00:00:00Z"));
    assert_eq!(caller.get("/charges").await.ids("charges"), [6, 5, 2, 1]);
}

#[tokio::test]
async fn the_other_lists() {
    let (_running, caller) = open(with(&[
        (
            "orders",
            json!([{"id": 1, "charge": {"id": 9}, "customer": {"id": 1, "external_customer_id": {"ecommerce": "79"}},
                    "external_order_id": {"ecommerce": "6001"}, "status": "success", "type": "recurring"},
                   {"id": 2, "charge": {"id": 8}, "customer": {"id": 2}, "external_order_id": {"ecommerce": null}, "status": "queued"}]),
        ),
        ("onetimes", json!([{"id": 1, "customer_id": 1, "is_cancelled": false}, {"id": 2, "customer_id": 1, "is_cancelled": true}])),
        ("payment_methods", json!([{"id": 1, "customer_id": 1}, {"id": 2, "customer_id": 2}])),
        (
            "events",
            json!([{"id": 1, "customer_id": 1, "object_type": "subscription", "verb": "cancelled", "source": {"origin": "api"}},
                   {"id": 2, "customer_id": 1, "object_type": "charge", "verb": "failed", "source": {"origin": "api"}}]),
        ),
        ("webhooks", json!([{"id": 1, "topic": "subscription/updated"}])),
        ("addresses", json!([{"id": 1, "customer_id": 1, "discounts": [{"id": 3, "code": "TEN"}]}])),
    ]))
    .await;
    for (path, ids) in [
        ("/orders?charge_id=9", vec![1]),
        ("/orders?customer_id=2", vec![2]),
        ("/orders?external_customer_id=79", vec![1]),
        (
            "/orders?external_order_id=6001&status=success&type=recurring",
            vec![1],
        ),
        ("/orders?has_external_order=false", vec![2]),
        ("/orders?has_external_order=true", vec![1]),
        ("/onetimes?customer_id=1", vec![1]),
        ("/onetimes?customer_id=1&include_cancelled=true", vec![2, 1]),
        ("/payment_methods?customer_id=2", vec![2]),
        ("/events?verbs=cancelled,deleted", vec![1]),
        ("/events?object_type=charge&origin=api", vec![2]),
        ("/webhooks", vec![1]),
        ("/addresses?discount_code=TEN", vec![1]),
    ] {
        let plural = path[1..].split('?').next().unwrap();
        assert_eq!(caller.get(path).await.ids(plural), ids, "{path}");
    }
    for path in [
        "/orders/1",
        "/onetimes/2",
        "/payment_methods/1",
        "/webhooks/1",
        "/addresses/1",
    ] {
        assert_eq!(caller.get(path).await.status, 200, "{path}");
    }
}
