//! Webhooks that go astray on request.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::receiver::Receiver;
use super::*;

/// What a receiver got of a hundred changes, and what the simulator says of it.
async fn hundred_changes(hooks: &str) -> (Vec<i64>, Tally, Running, Receiver) {
    let options = Options {
        hooks: format!("parallel=1,{hooks}").parse().unwrap(),
        ..shop()
    };
    let (running, caller) = open(options).await;
    let receiver = Receiver::start().await;
    caller
        .register("subscription/created", &receiver.address("/"))
        .await;
    running.hold_deliveries();
    running
        .put_all((1_000..1_100).map(|id| ("subscriptions", json!({"id": id, "customer_id": 2}))));
    running.release_deliveries();
    running.delivered().await;
    let ids = ids(&receiver);
    let tally = running.tally();
    (ids, tally, running, receiver)
}

fn ids(receiver: &Receiver) -> Vec<i64> {
    let came = receiver.came();
    came.iter()
        .map(|came| came.json()["subscription"]["id"].as_i64().unwrap())
        .collect()
}

#[tokio::test]
async fn without_mischief_all_arrive_once_and_in_order() {
    let (ids, tally, running, _receiver) = hundred_changes("").await;
    assert_eq!(ids, (1_000..1_100).collect::<Vec<_>>());
    assert_eq!(
        (tally.made, tally.attempts, tally.accepted),
        (100, 100, 100)
    );
    assert_eq!(running.deliveries().len(), 100);
}

#[tokio::test]
async fn some_are_dropped() {
    let (ids, tally, running, _receiver) = hundred_changes("drop=0.2").await;
    assert_eq!(ids.len() as u64 + tally.dropped, 100);
    assert!((5..45).contains(&tally.dropped), "{tally:?}");
    let dropped = running
        .deliveries()
        .into_iter()
        .filter(|d| d.fate == Fate::Dropped);
    assert_eq!(dropped.count() as u64, tally.dropped);
}

#[tokio::test]
async fn some_come_twice() {
    let (ids, tally, ..) = hundred_changes("duplicate=0.2").await;
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 100);
    assert_eq!(ids.len() as u64, 100 + tally.duplicates);
    assert!((5..45).contains(&tally.duplicates), "{tally:?}");
}

#[tokio::test]
async fn some_come_out_of_order_and_in_the_same_one_every_time() {
    let (ids, ..) = hundred_changes("reorder=0.5,seed=3").await;
    assert!(!ids.is_sorted());
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 100);
    let (again, ..) = hundred_changes("reorder=0.5,seed=3").await;
    assert_eq!(ids, again);
    let (other, ..) = hundred_changes("reorder=0.5,seed=4").await;
    assert_ne!(ids, other);
}

#[tokio::test]
async fn some_come_later() {
    let (early, tally, running, receiver) = hundred_changes("delay=0.3:30s").await;
    assert!((55..95).contains(&early.len()), "{tally:?}");
    assert_eq!(running.deliveries_waiting(), 100 - early.len());
    running.move_clock(at(FIXTURES_AS_OF) + TimeDelta::seconds(29));
    running.delivered().await;
    assert_eq!(ids(&receiver).len(), early.len());
    running.move_clock(at(FIXTURES_AS_OF) + TimeDelta::seconds(30));
    running.delivered().await;
    assert_eq!(ids(&receiver).len(), 100);
}

#[tokio::test]
async fn any_body_is_sent_and_signed_on_request() {
    let (running, caller) = open(shop()).await;
    let receiver = Receiver::start().await;
    caller
        .register("subscription/deleted", &receiver.address("/"))
        .await;
    assert_eq!(running.send_hook("subscription/deleted", "{not json"), 1);
    assert_eq!(running.send_hook("subscription/created", "{}"), 0);
    running.delivered().await;
    let came = receiver.came();
    assert_eq!(came.len(), 1);
    assert_eq!(came[0].text, "{not json");
    let signed = signatures(SECRET, b"{not json", at(FIXTURES_AS_OF));
    assert_eq!(came[0].headers["x-recharge-webhook-signature"], signed[2].1);
}

#[tokio::test]
async fn stamps_can_tie_and_run_backwards() {
    let (running, _caller) = open(shop()).await;
    let cancel = |running: &Running| {
        running
            .act(
                "POST",
                "/subscriptions/10/cancel",
                json!({"cancellation_reason": "x"}),
            )
            .1
    };
    let cancelled = cancel(&running);
    let (_, activated) = running.act("POST", "/subscriptions/10/activate", json!({}));
    // The clock stands: two states with one stamp.
    assert_eq!(
        cancelled["subscription"]["updated_at"],
        activated["subscription"]["updated_at"]
    );
    cancel(&running);
    let before = json!({"updated_at": "2026-11-20T10:00:00+00:00", "cancelled_at": "2026-11-20T10:15:02.123456+00:00"});
    running.patch("subscriptions", 10, before);
    let subscription = running.truth(1)["subscriptions"][1].clone();
    assert_eq!(subscription["updated_at"], "2026-11-20T10:00:00+00:00");
}

#[tokio::test]
async fn the_same_over_http() {
    let (running, caller) = open(shop()).await;
    let receiver = Receiver::start().await;
    caller
        .register("subscription/cancelled", &receiver.address("/"))
        .await;
    let control =
        |method: Method, path: &'static str, body: &'static str| caller.control(method, path, body);
    assert_eq!(
        control(Method::PUT, "hooks", "duplicate=1").await.status,
        204
    );
    let wrong = control(Method::PUT, "hooks", "duplicate").await;
    assert!(
        wrong.json()["error"]
            .as_str()
            .unwrap()
            .starts_with("not of the form")
    );
    assert_eq!(
        control(Method::POST, "deliveries/hold", "").await.status,
        204
    );
    let got = control(
        Method::POST,
        "act/subscriptions/10/cancel",
        r#"{"cancellation_reason":"x"}"#,
    )
    .await;
    assert_eq!(
        (got.status, &got.json()["subscription"]["status"]),
        (200, &json!("cancelled"))
    );
    assert_eq!(running.deliveries_waiting(), 2);
    assert_eq!(
        control(Method::POST, "deliveries/release", "").await.status,
        204
    );
    running.delivered().await;
    let listed = control(Method::GET, "deliveries", "").await.json();
    assert_eq!(listed["tally"]["accepted"], 2);
    assert_eq!(listed["deliveries"][0]["topic"], "subscription/cancelled");
    assert_eq!(listed["deliveries"][1]["fate"], "answered");
    assert_eq!(control(Method::DELETE, "deliveries", "").await.status, 204);
    assert_eq!(running.deliveries(), []);

    assert_eq!(
        control(Method::PATCH, "customers/2", r#"{"phone":"1"}"#)
            .await
            .status,
        204
    );
    assert_eq!(
        control(Method::PATCH, "customers/9", r#"{"phone":"1"}"#)
            .await
            .status,
        400
    );
    assert_eq!(
        control(Method::GET, "truth/2", "").await.json()["customer"]["phone"],
        "1"
    );
    assert_eq!(control(Method::GET, "truth/9", "").await.text, "null");
    let sent = control(Method::POST, "send/subscription/cancelled", "{}").await;
    assert_eq!(sent.text, r#"{"deliveries":1}"#);
    assert_eq!(control(Method::POST, "uninstall", "").await.status, 204);
    assert_eq!(caller.get("/customers").await.status, 401);
}
