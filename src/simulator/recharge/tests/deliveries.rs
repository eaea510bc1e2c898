//! Webhooks on their way: what fires, and how it is signed.

use super::receiver::Receiver;
use super::*;

const TOPICS: [&str; 19] = [
    "subscription/created",
    "subscription/updated",
    "subscription/cancelled",
    "subscription/activated",
    "subscription/deleted",
    "subscription/skipped",
    "subscription/unskipped",
    "subscription/swapped",
    "subscription/paused",
    "charge/created",
    "charge/updated",
    "charge/deleted",
    "charge/paid",
    "charge/failed",
    "charge/refunded",
    "customer/updated",
    "customer/activated",
    "customer/deactivated",
    "customer/deleted",
];

/// A shop whose every change goes to a receiver, in order.
async fn listened_to() -> (Running, Caller, Receiver) {
    let options = Options {
        hooks: "parallel=1".parse().unwrap(),
        ..shop()
    };
    let (running, caller) = open(options).await;
    let receiver = Receiver::start().await;
    for topic in TOPICS {
        caller
            .register(topic, &receiver.address(&format!("/{topic}")))
            .await;
    }
    (running, caller, receiver)
}

#[tokio::test]
async fn each_change_fires_what_follows_from_it() {
    let (running, caller, receiver) = listened_to().await;
    let reason = json!({"cancellation_reason": "x"});
    let steps = [
        (
            "POST",
            "/subscriptions/10/cancel",
            reason.clone(),
            "subscription/cancelled charge/updated customer/updated",
        ),
        (
            "POST",
            "/subscriptions/11/cancel",
            reason,
            "subscription/cancelled charge/deleted customer/deactivated customer/updated",
        ),
        (
            "POST",
            "/subscriptions/10/activate",
            json!({}),
            "subscription/activated charge/created customer/activated customer/updated",
        ),
        (
            "POST",
            "/subscriptions/10/set_next_charge_date",
            json!({"date": "2026-12-12"}),
            "subscription/updated charge/updated",
        ),
        (
            "POST",
            "/subscriptions/10/set_next_charge_date?pause=true",
            json!({"date": "2027-02-12"}),
            "subscription/updated charge/updated subscription/paused",
        ),
        (
            "PUT",
            "/subscriptions/10",
            json!({"external_variant_id": {"ecommerce": "1"}}),
            "subscription/swapped subscription/updated charge/updated",
        ),
        ("PUT", "/subscriptions/10", json!({"quantity": 1}), ""),
        (
            "POST",
            "/charges/102/skip",
            json!({}),
            "charge/updated subscription/updated charge/created subscription/skipped",
        ),
        (
            "POST",
            "/charges/102/unskip",
            json!({}),
            "charge/deleted charge/updated subscription/updated subscription/unskipped",
        ),
        (
            "POST",
            "/charges/102/process",
            json!({}),
            "charge/paid charge/updated subscription/updated charge/created customer/updated",
        ),
        (
            "POST",
            "/charges/102/refund",
            json!({"full_refund": true}),
            "charge/refunded charge/updated",
        ),
        (
            "PUT",
            "/customers/1",
            json!({"email": "kim@new.example"}),
            "customer/updated",
        ),
        (
            "DELETE",
            "/subscriptions/10",
            json!({}),
            "charge/deleted subscription/deleted customer/deactivated customer/updated",
        ),
        ("DELETE", "/customers/1", json!({}), "customer/deleted"),
    ];
    for (method, path, body, topics) in steps {
        let got = caller
            .send(method.parse().unwrap(), path, &body.to_string())
            .await;
        assert!(got.status < 300, "{method} {path}: {}", got.text);
        running.delivered().await;
        let wanted: Vec<_> = topics
            .split_whitespace()
            .map(|topic| format!("/{topic}"))
            .collect();
        assert_eq!(receiver.paths(), wanted, "{method} {path}");
    }
    running.put(
        "subscriptions",
        json!({"id": 50, "customer_id": 2, "status": "active"}),
    );
    running.remove("subscriptions", 50);
    running.put("charges", json!({"id": 200, "status": "queued"}));
    running.patch("charges", 200, json!({"status": "error"}));
    running.delivered().await;
    assert_eq!(
        receiver.paths(),
        [
            "/subscription/created",
            "/subscription/deleted",
            "/charge/created",
            "/charge/failed",
            "/charge/updated"
        ]
    );
}

#[tokio::test]
async fn a_delivery_is_the_object_as_the_api_has_it_signed_twice() {
    let (running, caller, receiver) = listened_to().await;
    caller
        .post(
            "/subscriptions/10/cancel",
            json!({"cancellation_reason": "x"}),
        )
        .await;
    caller.delete("/subscriptions/10").await;
    running.delivered().await;
    let came = receiver.came();
    let object = json!({"subscription": came[0].json()["subscription"]});
    assert_eq!(came[0].json(), object);
    assert_eq!(came[0].json()["subscription"]["status"], "cancelled");
    for came in &came {
        let wanted = signatures(SECRET, came.text.as_bytes(), at(FIXTURES_AS_OF));
        for (name, value) in wanted {
            assert_eq!(came.headers[&name.to_lowercase()], value, "{name}");
        }
        assert_eq!(format!("/{}", came.headers["x-recharge-topic"]), came.path);
        assert_eq!(came.headers["content-type"], "application/json");
    }
    let deleted = came
        .iter()
        .find(|came| came.path == "/subscription/deleted")
        .unwrap();
    assert_eq!(deleted.text, r#"{"subscription":{"id":10}}"#);
    assert!(!format!("{running:?}").contains(SECRET));
}

#[tokio::test]
async fn the_secret_is_that_of_the_token_that_registered() {
    let plain = TOKEN.replace("fa4e0", "fa4e1");
    let mut tokens = every_scope();
    tokens
        .as_array_mut()
        .unwrap()
        .push(json!({"token": plain, "name": "No secret", "scopes": ["read_customers"]}));
    let customer = json!([{"id": 1, "email": "kim@acme.example"}]);
    let (running, caller) = open(with(&[("tokens", tokens), ("customers", customer)])).await;
    let receiver = Receiver::start().await;
    caller
        .register("customer/updated", &receiver.address("/with"))
        .await;
    Caller::of(&running, &plain)
        .register("customer/updated", &receiver.address("/without"))
        .await;
    let by_path = || -> std::collections::BTreeMap<_, _> {
        let legacy = |came: &receiver::Came| came.headers["x-recharge-hmac-sha256"].clone();
        receiver
            .came()
            .iter()
            .map(|came| (came.path.clone(), (came.text.clone(), legacy(came))))
            .collect()
    };
    let signed = |secret: &str, text: &str| {
        signatures(secret, text.as_bytes(), at(FIXTURES_AS_OF))[0]
            .1
            .clone()
    };
    running.patch("customers", 1, json!({"first_name": "Kim"}));
    running.delivered().await;
    for (path, secret) in [("/with", SECRET), ("/without", CLIENT_SECRET)] {
        let (text, signature) = by_path()[path].clone();
        assert_eq!(signature, signed(secret, &text), "{path}");
    }
    running.set_client_secret(TOKEN, "rotated");
    running.patch("customers", 1, json!({"first_name": "Lee"}));
    running.delivered().await;
    let (text, signature) = by_path()["/with"].clone();
    assert_eq!(signature, signed("rotated", &text));
}

#[tokio::test]
async fn included_objects_stand_beside_the_object() {
    let (running, caller) = open(shop()).await;
    let receiver = Receiver::start().await;
    let body = json!({"address": receiver.address("/"), "topic": "subscription/cancelled", "included_objects": ["customer", "addresses", "collections"]});
    caller.post("/webhooks", body).await;
    caller
        .post(
            "/subscriptions/10/cancel",
            json!({"cancellation_reason": "x"}),
        )
        .await;
    running.delivered().await;
    let came = receiver.came()[0].json();
    assert_eq!(came["customer"]["email"], "kim@acme.example");
    assert_eq!(came["addresses"].as_array().unwrap().len(), 2);
    assert_eq!(came.as_object().unwrap().len(), 3);
}

#[tokio::test]
async fn a_shop_uninstalls() {
    let (running, caller) = open(shop()).await;
    let receiver = Receiver::start().await;
    caller
        .register("recharge/uninstalled", &receiver.address("/"))
        .await;
    running.uninstall();
    running.delivered().await;
    assert_eq!(
        receiver.came()[0].json()["app"]["shop"]["name"],
        "Acme Coffee & Shoes"
    );
    assert_eq!(caller.get("/token_information").await.status, 401);
}
