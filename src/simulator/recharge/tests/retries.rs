//! Webhooks that fail: how often they are tried, and what becomes of them.

use chrono::TimeDelta;

use super::receiver::Receiver;
use super::*;

#[tokio::test]
async fn what_is_answered_is_not_sent_again_and_what_fails_is() {
    let (running, caller) = open(shop()).await;
    let receiver = Receiver::start().await;
    caller
        .register("customer/updated", &receiver.address("/"))
        .await;
    for (status, again) in [
        (200, false),
        (302, false),
        (401, false),
        (404, false),
        (408, true),
        (429, true),
        (500, true),
        (503, true),
    ] {
        receiver.answer(status);
        running.patch("customers", 2, json!({"phone": status.to_string()}));
        running.delivered().await;
        let last = running.deliveries().pop().unwrap();
        assert_eq!((last.status, last.attempts), (Some(status), 1));
        assert_eq!(
            last.fate,
            if again { Fate::Waiting } else { Fate::Answered },
            "{status}"
        );
        assert_eq!(last.due.is_some(), again);
    }
    assert_eq!(running.deliveries_waiting(), 4);
    receiver.answer(204);
    running.move_clock(at(FIXTURES_AS_OF) + TimeDelta::seconds(20));
    running.delivered().await;
    assert_eq!(running.deliveries_waiting(), 4, "not yet");
    receiver.paths();
    running.move_clock(at(FIXTURES_AS_OF) + TimeDelta::seconds(30));
    running.delivered().await;
    assert_eq!(receiver.came().len(), 4);
    assert_eq!(running.deliveries_waiting(), 0);
    // A retry is signed as of when it is sent, and the body is the one of then.
    let came = &receiver.came()[0];
    let now = at(FIXTURES_AS_OF) + TimeDelta::seconds(30);
    assert_eq!(
        came.headers["x-recharge-webhook-timestamp"],
        now.timestamp().to_string()
    );
    assert_eq!(came.json()["customer"]["phone"], "408");
}

#[tokio::test]
async fn an_address_that_does_not_answer_fails() {
    let options = Options {
        hooks: "timeout=50ms".parse().unwrap(),
        ..shop()
    };
    let (running, caller) = open(options).await;
    let receiver = Receiver::start().await;
    receiver.answer(0);
    caller
        .register("customer/updated", &receiver.address("/"))
        .await;
    running.patch("customers", 2, json!({"phone": "1"}));
    running.delivered().await;
    let last = running.deliveries().pop().unwrap();
    assert_eq!(
        (last.status, last.attempts, last.fate),
        (None, 1, Fate::Waiting)
    );
}

#[tokio::test]
async fn after_twenty_failures_in_forty_eight_hours_the_webhook_is_deleted() {
    let (running, caller) = open(shop()).await;
    let receiver = Receiver::start().await;
    receiver.answer(500);
    let id = caller
        .register("customer/updated", &receiver.address("/"))
        .await;
    running.patch("customers", 2, json!({"phone": "1"}));
    running.delivered().await;
    let begin = at(FIXTURES_AS_OF);
    running.move_clock(begin + TimeDelta::hours(48) - TimeDelta::seconds(1));
    running.delivered().await;
    assert_eq!(receiver.came().len(), 19);
    assert_eq!(running.lost_webhooks(), []);
    // Another change waits for the same address, and will wait for nothing.
    running.patch("customers", 2, json!({"phone": "2"}));
    running.delivered().await;
    let end = begin + TimeDelta::hours(48);
    running.move_clock(end);
    running.delivered().await;
    assert_eq!(receiver.came().len(), 21);
    let lost = running.lost_webhooks();
    assert_eq!(lost.len(), 1);
    assert_eq!(
        (lost[0].id, lost[0].at, lost[0].topic.as_str()),
        (id, end, "customer/updated")
    );
    assert_eq!(caller.get(&format!("/webhooks/{id}")).await.status, 404);
    let fates: Vec<_> = running
        .deliveries()
        .iter()
        .map(|d| (d.attempts, d.fate))
        .collect();
    assert_eq!(fates, [(20, Fate::GivenUp), (1, Fate::GivenUp)]);
    running.patch("customers", 2, json!({"phone": "3"}));
    running.delivered().await;
    assert_eq!(receiver.came().len(), 21);
}

#[tokio::test]
async fn a_deleted_webhook_is_not_told_what_waited_for_it() {
    let (running, caller) = open(shop()).await;
    let receiver = Receiver::start().await;
    let id = caller
        .register("customer/updated", &receiver.address("/"))
        .await;
    running.hold_deliveries();
    running.patch("customers", 2, json!({"phone": "1"}));
    assert_eq!(running.deliveries_waiting(), 1);
    caller.delete(&format!("/webhooks/{id}")).await;
    running.release_deliveries();
    running.delivered().await;
    assert_eq!(receiver.came().len(), 0);
    assert_eq!(running.deliveries()[0].fate, Fate::GivenUp);
}
