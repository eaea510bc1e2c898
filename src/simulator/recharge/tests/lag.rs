//! Lists that lag behind webhooks.

use std::time::Duration;

use super::receiver::Receiver;
use super::*;

const CANCEL: &str = "/subscriptions/10/cancel";

fn reason() -> Value {
    json!({"cancellation_reason": "x"})
}

async fn statuses(caller: &Caller, path: &str) -> Vec<Value> {
    let body = caller.get(path).await.json();
    let rows = body["subscriptions"].as_array().unwrap().iter();
    rows.map(|row| row["status"].clone()).collect()
}

#[tokio::test]
async fn a_list_shows_what_there_was_and_the_webhook_is_sent_at_once() {
    let options = Options {
        faults: "lag=30s".parse().unwrap(),
        ..shop()
    };
    let (running, caller) = open(options).await;
    let receiver = Receiver::start().await;
    let topic = "subscription/cancelled";
    caller
        .register(topic, &receiver.address("/cancelled"))
        .await;
    assert_eq!(caller.post(CANCEL, reason()).await.status, 200);
    running.delivered().await;
    assert_eq!(receiver.paths(), ["/cancelled"]);
    let all = "/subscriptions?customer_id=1";
    let recent = "/subscriptions?updated_at_min=2026-11-20T00:00:00";
    let active = "/subscriptions?customer_id=1&status=active&limit=1";
    for (now, wanted) in [
        ("2026-11-20T10:15:02Z", ["active", "active"]),
        ("2026-11-20T10:15:31Z", ["active", "active"]),
        ("2026-11-20T10:15:32Z", ["active", "cancelled"]),
    ] {
        running.move_clock(at(now));
        assert_eq!(statuses(&caller, all).await, wanted, "{now}");
        let is_new = wanted.contains(&"cancelled");
        assert_eq!(
            statuses(&caller, recent).await.len(),
            usize::from(is_new),
            "{now}"
        );
        // Filters, pages and related objects are those of the same moment.
        let page = caller.get(active).await.json();
        assert_eq!(page["next_cursor"].is_null(), is_new, "{now}");
        let charge = caller
            .get("/charges?ids=101&include=subscriptions")
            .await
            .json();
        let lines = charge["charges"][0]["line_items"].as_array().unwrap().len();
        assert_eq!(lines, 2 - usize::from(is_new), "{now}");
        // One object is read as it is.
        let one = caller.get("/subscriptions/10").await.json();
        assert_eq!(one["subscription"]["status"], "cancelled");
    }
}

#[tokio::test]
async fn what_is_new_comes_late_and_what_is_deleted_stays_for_a_while() {
    let (running, caller) = open(shop()).await;
    running.lag_lists(Duration::from_secs(30));
    running.put(
        "subscriptions",
        json!({"id": 12, "customer_id": 1, "status": "active"}),
    );
    running.remove("subscriptions", 11);
    let all = "/subscriptions?customer_id=1";
    assert_eq!(caller.get(all).await.ids("subscriptions"), [11, 10]);
    assert_eq!(caller.get("/subscriptions/11").await.status, 404);
    assert_eq!(caller.get("/subscriptions/12").await.status, 200);
    // A change between: the list is always that of one moment.
    running.move_clock(at("2026-11-20T10:15:20Z"));
    running.patch("subscriptions", 10, json!({"quantity": 5}));
    running.move_clock(at("2026-11-20T10:15:32Z"));
    let got = caller.get(all).await;
    assert_eq!(got.ids("subscriptions"), [12, 10]);
    assert_eq!(got.json()["subscriptions"][1]["quantity"], 1);
    // The state itself was never touched.
    let truth = running.truth(1);
    assert_eq!(truth["subscriptions"][1]["quantity"], 5);
    running.move_clock(at("2026-11-20T10:15:50Z"));
    assert_eq!(
        caller.get(all).await.json()["subscriptions"][1]["quantity"],
        5
    );
}

#[tokio::test]
async fn single_objects_lag_on_request_and_a_customers_list_too() {
    let (running, caller) = open(shop()).await;
    running.lag_reads(Duration::from_secs(30));
    let renamed = caller
        .put("/customers/1", json!({"email": "new@acme.example"}))
        .await;
    assert_eq!(renamed.json()["customer"]["email"], "new@acme.example");
    let email = |body: Value| body["customer"]["email"].clone();
    assert_eq!(
        email(caller.get("/customers/1").await.json()),
        "kim@acme.example"
    );
    let find = async |email: &str| {
        let path = format!("/customers?email={email}");
        caller.get(&path).await.ids("customers")
    };
    assert_eq!(find("kim@acme.example").await, [1]);
    assert_eq!(find("new@acme.example").await, [0; 0]);
    running.lag_lists(Duration::from_secs(30));
    assert_eq!(
        email(caller.get("/customers/1").await.json()),
        "new@acme.example"
    );
    running.set_faults(Faults::default());
    assert_eq!(find("kim@acme.example").await, [0; 0]);
    assert_eq!(find("new@acme.example").await, [1]);
    let set = caller.control(Method::PUT, "faults", "lag=1m").await;
    assert_eq!(set.status, 204);
    caller.post(CANCEL, reason()).await;
    let active = ["active", "active"];
    assert_eq!(
        statuses(&caller, "/subscriptions?customer_id=1").await,
        active
    );
}
