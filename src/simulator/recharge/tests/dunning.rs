//! Failed charges, and what follows the last attempt.

use super::receiver::Receiver;
use super::*;

/// Every topic that could be about a failed charge, a cancellation or its customer.
const TOPICS: [&str; 12] = [
    "charge/created",
    "charge/updated",
    "charge/deleted",
    "charge/paid",
    "charge/failed",
    "charge/max_retries_reached",
    "subscription/updated",
    "subscription/cancelled",
    "subscription/deleted",
    "customer/updated",
    "customer/deactivated",
    "order/created",
];

async fn listened_to() -> (Running, Caller, Receiver) {
    let options = Options {
        hooks: "parallel=1".parse().unwrap(),
        ..shop()
    };
    let (running, caller) = open(options).await;
    let receiver = Receiver::start().await;
    for topic in TOPICS {
        let address = receiver.address(&format!("/{topic}"));
        caller.register(topic, &address).await;
    }
    (running, caller, receiver)
}

#[tokio::test]
async fn a_failed_charge_is_retried_on_a_day_of_eastern_time() {
    let (running, caller, receiver) = listened_to().await;
    for (now, attempts, retry_date) in [
        // Still the day before in New York.
        ("2026-12-06T03:00:00Z", 1, "2026-12-08T05:00:00+00:00"),
        ("2026-12-08T21:00:00Z", 2, "2026-12-11T05:00:00+00:00"),
        ("2027-06-01T20:00:00Z", 3, "2027-06-04T04:00:00+00:00"),
    ] {
        running.move_clock(at(now));
        let body = r#"{"error":"Insufficient funds.","error_type":"INSUFFICIENT_FUNDS"}"#;
        let got = caller.control(Method::POST, "charges/101/fail", body).await;
        assert_eq!(got.status, 204, "{}", got.text);
        let charge = running.truth(1)["charges"][0].clone();
        assert_eq!(charge["status"], "error");
        assert_eq!(charge["error"], "Insufficient funds.");
        assert_eq!(charge["error_type"], "INSUFFICIENT_FUNDS");
        assert_eq!(charge["charge_attempts"], attempts);
        assert_eq!(charge["retry_date"], retry_date);
        assert_eq!(charge["last_charge_attempt"], now.replace('Z', "+00:00"));
    }
    let customer = running.truth(1)["customer"].clone();
    assert_eq!(customer["has_payment_method_in_dunning"], true);
    assert_eq!(customer["subscriptions_active_count"], 2);
    running.delivered().await;
    let failed = receiver.paths();
    let failed = failed.iter().filter(|path| *path == "/charge/failed");
    assert_eq!(failed.count(), 3);
}

#[tokio::test]
async fn the_last_attempt_cancels_and_only_one_webhook_says_so() {
    let (running, caller, receiver) = listened_to().await;
    for _ in 0..7 {
        running.fail_charge(101, "CARD_DECLINED", "Declined.");
    }
    let before = running.truth(1)["charges"][0].clone();
    assert_eq!(before["charge_attempts"], 7);
    running.delivered().await;
    receiver.paths();

    running.move_clock(at("2026-12-20T21:00:00Z"));
    running.fail_charge(101, "CARD_DECLINED", "Declined.");
    running.delivered().await;
    let came = receiver.came();
    assert_eq!(receiver.paths(), ["/charge/max_retries_reached"]);
    let sent = came[0].json()["charge"].clone();
    let truth = running.truth(1);
    assert_eq!(sent, truth["charges"][0]);
    assert_eq!(sent["status"], "error");
    assert_eq!(sent["error"], "Declined.");
    assert_eq!(sent["error_type"], "CLOSED_MAX_RETRIES_REACHED");
    assert_eq!(sent["charge_attempts"], 8);
    assert_eq!(sent["retry_date"], Value::Null);
    assert_eq!(sent["line_items"].as_array().unwrap().len(), 2);
    for subscription in truth["subscriptions"].as_array().unwrap() {
        assert_eq!(subscription["status"], "cancelled");
        assert_eq!(
            subscription["cancellation_reason"],
            "Max number of charge attempts reached"
        );
        assert_eq!(subscription["cancelled_at"], "2026-12-20T21:00:00+00:00");
        assert_eq!(subscription["updated_at"], "2026-12-20T21:00:00+00:00");
        assert_eq!(subscription["max_retries_reached"], true);
        assert_eq!(subscription["has_queued_charges"], false);
        assert_eq!(subscription["next_charge_scheduled_at"], Value::Null);
    }
    assert_eq!(truth["customer"]["subscriptions_active_count"], 0);
    assert_eq!(truth["customer"]["updated_at"], "2026-12-20T21:00:00+00:00");

    // There is no further attempt.
    let again = caller.control(Method::POST, "charges/101/fail", "").await;
    assert_eq!(again.status, 400);
    let activated = caller.post("/subscriptions/10/activate", json!({})).await;
    let activated = activated.json()["subscription"].clone();
    assert_eq!(activated["max_retries_reached"], false);
}

#[tokio::test]
async fn the_last_attempt_can_come_at_once_and_takes_later_charges_along() {
    let (running, caller, _receiver) = listened_to().await;
    // Subscription 11 is on a charge of its own, and stays.
    let path = "/subscriptions/11/set_next_charge_date";
    caller.post(path, json!({"date": "2026-12-24"})).await;
    let got = caller
        .control(Method::POST, "charges/101/max-retries", "")
        .await;
    assert_eq!(got.status, 204, "{}", got.text);
    let truth = running.truth(1);
    let statuses: Vec<_> = truth["subscriptions"].as_array().unwrap().iter().collect();
    let statuses = [&statuses[0]["status"], &statuses[1]["status"]];
    assert_eq!(statuses, ["active", "cancelled"]);
    assert_eq!(truth["customer"]["subscriptions_active_count"], 1);
    let charges = truth["charges"].as_array().unwrap().iter();
    let charges: Vec<_> = charges
        .map(|c| (c["id"].clone(), c["status"].clone()))
        .collect();
    assert_eq!(
        charges,
        [
            (json!(102), json!("queued")),
            (json!(101), json!("error")),
            (json!(100), json!("success"))
        ]
    );
    for (path, says) in [
        ("charges/100/fail", "neither queued nor to be tried again"),
        ("charges/999/max-retries", "nothing with that id"),
        ("charges/x/fail", "not an id: x"),
    ] {
        let got = caller.control(Method::POST, path, "").await;
        assert_eq!(got.status, 400, "{path}");
        assert!(got.text.contains(says), "{path}: {}", got.text);
    }
}
