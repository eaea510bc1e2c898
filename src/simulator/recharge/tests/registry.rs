//! The registry of webhooks.

use super::receiver::Receiver;
use super::*;

#[tokio::test]
async fn a_webhook_is_registered_changed_and_deleted() {
    let (_running, caller) = open(shop()).await;
    let body = json!({"address": "https://hooks.example/a", "topic": "subscription/updated", "included_objects": ["customer"]});
    let got = caller.post("/webhooks", body).await;
    assert_eq!(got.status, 201);
    let webhook = r#"{"id":1,"address":"https://hooks.example/a","included_objects":["customer"],"topic":"subscription/updated"}"#;
    assert_eq!(got.text, format!(r#"{{"webhook":{webhook}}}"#));
    assert_eq!(caller.get("/webhooks/1").await.text, got.text);
    assert!(
        caller
            .get("/webhooks")
            .await
            .text
            .ends_with(&format!(r#""webhooks":[{webhook}]}}"#))
    );
    let got = caller
        .put(
            "/webhooks/1",
            json!({"address": "https://hooks.example/b", "topic": "charge/paid"}),
        )
        .await;
    assert_eq!(got.json()["webhook"]["address"], "https://hooks.example/b");
    assert_eq!(got.json()["webhook"]["topic"], "charge/paid");
    assert_eq!(caller.delete("/webhooks/1").await.status, 204);
    for got in [
        caller.get("/webhooks/1").await,
        caller.delete("/webhooks/1").await,
        caller.put("/webhooks/1", json!({})).await,
        caller.post("/webhooks/1/test", json!({})).await,
    ] {
        assert_eq!(got.status, 404);
    }
}

#[tokio::test]
async fn what_is_no_webhook_is_refused() {
    let (_running, caller) = open(shop()).await;
    for (body, key) in [
        (json!({"topic": "charge/paid"}), "_schema"),
        (json!({"address": "https://hooks.example"}), "_schema"),
        (
            json!({"address": "https://hooks.example", "topic": "charge/success"}),
            "topic",
        ),
        (
            json!({"address": "ftp://hooks.example", "topic": "charge/paid"}),
            "address",
        ),
        (
            json!({"address": "hooks", "topic": "charge/paid"}),
            "address",
        ),
        (json!({"address": 7, "topic": "charge/paid"}), "address"),
    ] {
        let got = caller.post("/webhooks", body.clone()).await;
        assert_eq!(got.status, 422, "{body}");
        assert!(got.json()["errors"][key].is_array(), "{body}: {}", got.text);
    }
    assert_eq!(
        caller.get("/webhooks").await.ids("webhooks"),
        [] as [i64; 0]
    );
}

#[tokio::test]
async fn a_token_has_ten_of_one_topic_and_sees_its_own() {
    let other = TOKEN.replace("fa4e0", "fa4e1");
    let mut tokens = every_scope();
    let second = json!({"token": other, "name": "Other", "scopes": ["read_orders"], "client_secret": "other"});
    tokens.as_array_mut().unwrap().push(second);
    let (running, caller) = open(with(&[("tokens", tokens)])).await;
    let other = Caller::of(&running, &other);
    for number in 0..10 {
        caller
            .register("charge/paid", &format!("https://hooks.example/{number}"))
            .await;
    }
    let body = json!({"address": "https://hooks.example/11", "topic": "charge/paid"});
    let eleventh = caller.post("/webhooks", body.clone()).await;
    assert_eq!(eleventh.status, 422);
    assert!(eleventh.json()["errors"]["topic"].is_array());
    let moved = caller
        .register("charge/failed", "https://hooks.example/x")
        .await;
    assert_eq!(
        caller
            .put(
                &format!("/webhooks/{moved}"),
                json!({"topic": "charge/paid"})
            )
            .await
            .status,
        422
    );

    let own = other
        .register("charge/paid", "https://hooks.example/other")
        .await;
    assert_eq!(other.get("/webhooks").await.ids("webhooks"), [own]);
    assert_eq!(caller.get("/webhooks").await.ids("webhooks").len(), 11);
    assert_eq!(other.get("/webhooks/1").await.status, 404);
    assert_eq!(other.delete("/webhooks/1").await.status, 404);
    let unread = json!({"address": "https://hooks.example/s", "topic": "subscription/updated"});
    assert_eq!(other.post("/webhooks", unread).await.status, 403);
}

#[tokio::test]
async fn a_test_sends_the_newest_object_to_that_address_alone() {
    let (running, caller) = open(shop()).await;
    let receiver = Receiver::start().await;
    let first = caller
        .register("subscription/updated", &receiver.address("/first"))
        .await;
    caller
        .register("subscription/updated", &receiver.address("/second"))
        .await;
    let deleted = caller
        .register("subscription/deleted", &receiver.address("/deleted"))
        .await;
    assert_eq!(
        caller
            .post(&format!("/webhooks/{first}/test"), json!({}))
            .await
            .status,
        200
    );
    caller
        .post(&format!("/webhooks/{deleted}/test"), json!({}))
        .await;
    running.delivered().await;
    let mut came = receiver.came();
    came.sort_by_key(|came| came.path.clone());
    assert_eq!(came.len(), 2);
    assert_eq!(came[0].text, r#"{"subscription":{"id":0}}"#);
    assert_eq!(
        (came[1].path.as_str(), &came[1].json()["subscription"]["id"]),
        ("/first", &json!(11))
    );
}
