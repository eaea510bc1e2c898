//! When `updated_at` moves.

use super::receiver::Receiver;
use super::*;

const THEN: &str = "2026-11-05T10:00:00+00:00";
const NOW: &str = "2026-11-20T10:15:02+00:00";

/// The next date and the stamp of subscription 10, and the stamp of the queued charge that holds its date.
fn stamps(running: &Running) -> (Value, Value, Value) {
    let truth = running.truth(1);
    let row = truth["subscriptions"][1].clone();
    assert_eq!(row["id"], 10);
    let date = row["next_charge_scheduled_at"].clone();
    let mut charges = truth["charges"].as_array().unwrap().iter();
    let queued = charges.find(|c| c["status"] == "queued" && c["scheduled_at"] == date);
    (
        date,
        row["updated_at"].clone(),
        queued.unwrap()["updated_at"].clone(),
    )
}

#[tokio::test]
async fn a_moved_date_stamps_the_charge_and_not_the_subscription() {
    for (path, body, date) in [
        (
            "/subscriptions/10/set_next_charge_date",
            json!({"date": "2026-12-24"}),
            "2026-12-24",
        ),
        (
            "/charges/101/change_next_charge_date",
            json!({"next_charge_date": "2026-12-24"}),
            "2026-12-24",
        ),
        ("/charges/101/skip", json!({}), "2027-01-05"),
        ("/charges/101/process", json!({}), "2027-01-05"),
    ] {
        let (running, caller) = open(shop()).await;
        assert_eq!(
            stamps(&running),
            (json!("2026-12-05"), json!(THEN), json!(THEN))
        );
        assert_eq!(caller.post(path, body.clone()).await.status, 200, "{path}");
        assert_eq!(
            stamps(&running),
            (json!(date), json!(THEN), json!(NOW)),
            "{path}"
        );

        running.set_date_moves(DateMoves::Stamped);
        running.move_clock(at("2026-11-20T10:20:00Z"));
        let later = json!({"date": "2027-02-01"});
        let path = "/subscriptions/10/set_next_charge_date";
        assert_eq!(caller.post(path, later).await.status, 200);
        let stamp = json!("2026-11-20T10:20:00+00:00");
        assert_eq!(
            stamps(&running),
            (json!("2027-02-01"), stamp.clone(), stamp)
        );
    }
}

#[tokio::test]
async fn an_edit_of_anything_else_stamps_the_subscription() {
    let (running, caller) = open(shop()).await;
    let got = caller
        .put("/subscriptions/10", json!({"quantity": 2}))
        .await;
    assert_eq!(got.json()["subscription"]["updated_at"], NOW);
    running.patch(
        "subscriptions",
        11,
        json!({"next_charge_scheduled_at": "2026-12-09"}),
    );
    assert_eq!(running.truth(1)["subscriptions"][0]["updated_at"], THEN);
    running.patch(
        "subscriptions",
        11,
        json!({"next_charge_scheduled_at": "2026-12-10", "quantity": 3}),
    );
    assert_eq!(running.truth(1)["subscriptions"][0]["updated_at"], NOW);
}

#[tokio::test]
async fn a_list_by_updated_at_misses_a_moved_date() {
    let (_running, caller) = open(shop()).await;
    let path = "/subscriptions/10/set_next_charge_date";
    caller.post(path, json!({"date": "2026-12-24"})).await;
    let since = "updated_at_min=2026-11-20T00:00:00";
    let got = caller.get(&format!("/subscriptions?{since}")).await;
    assert_eq!(got.ids("subscriptions"), [0; 0]);
    let got = caller.get(&format!("/charges?{since}")).await;
    assert_eq!(
        got.ids("charges").len(),
        2,
        "the split charge and the new one"
    );
}

#[tokio::test]
async fn a_moved_date_is_sent_or_silent() {
    let options = Options {
        hooks: "parallel=1".parse().unwrap(),
        ..shop()
    };
    let (running, caller) = open(options).await;
    let receiver = Receiver::start().await;
    for topic in ["subscription/updated", "charge/updated"] {
        let address = receiver.address(&format!("/{topic}"));
        caller.register(topic, &address).await;
    }
    let path = "/charges/101/change_next_charge_date";
    for (how, day, paths) in [
        (
            "unstamped",
            "2026-12-24",
            &[
                "/charge/updated",
                "/subscription/updated",
                "/subscription/updated",
            ][..],
        ),
        ("silent", "2026-12-25", &["/charge/updated"]),
    ] {
        let set = caller.control(Method::PUT, "date-moves", how).await;
        assert_eq!(set.status, 204);
        caller.post(path, json!({"next_charge_date": day})).await;
        running.delivered().await;
        assert_eq!(receiver.paths(), paths, "{how}");
    }
    let wrong = caller.control(Method::PUT, "date-moves", "later").await;
    assert_eq!(wrong.status, 400);
    assert!(
        wrong.text.contains("use stamped, unstamped or silent"),
        "{}",
        wrong.text
    );
}
