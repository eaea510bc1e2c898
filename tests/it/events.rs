//! Events, told to a service that runs: as the worker tells them that empties the inbox.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use sidecard::domain::access::Connected;
use sidecard::domain::event::Event;
use sidecard::domain::id::CustomerId;
use sidecard::domain::install::InstallName;
use sidecard::domain::snapshot::Snapshot;
use sidecard::lookup::{Patched, Remembered, moved, patch};
use sidecard::provider::Provider;
use sidecard::recharge::Recharge;
use sidecard::simulator::recharge::Faults;

use crate::house::{House, minutes, until};

const COLD: [&str; 3] = ["/charges", "/customers", "/subscriptions"];
const KIM: &str = "kim@acme.example";

fn kim() -> CustomerId {
    CustomerId::new("176700001")
}

fn acme() -> InstallName {
    InstallName::parse("acme-usa").unwrap()
}

fn row(list: &str, id: u64) -> Value {
    let path = format!(
        "{}/fixtures/recharge/{list}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let all: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut rows = all[list].as_array().unwrap().iter();
    rows.find(|row| row["id"] == id).unwrap().clone()
}

/// The hook that Recharge would send of this row.
fn hook(topic: &str, name: &str, row: &Value) -> Event {
    let url = url::Url::parse("http://127.0.0.1:9").unwrap();
    let recharge = Recharge::new(url, Duration::from_secs(1)).unwrap();
    let body = json!({ name: row }).to_string();
    recharge.event(topic, body.as_bytes()).unwrap()
}

/// Kim's first subscription, cancelled a moment after the built-in data.
fn cancelled() -> Value {
    let mut row = row("subscriptions", 585_000_001);
    row["status"] = "cancelled".into();
    row["cancellation_reason"] = "Too much coffee".into();
    row["cancelled_at"] = "2026-11-20T10:15:03+00:00".into();
    row["updated_at"] = "2026-11-20T10:15:03+00:00".into();
    row["next_charge_scheduled_at"] = Value::Null;
    row
}

fn a_cancellation() -> Event {
    hook("subscription/cancelled", "subscription", &cancelled())
}

fn a_deletion() -> Event {
    let id = json!({"id": 585_000_001});
    hook("subscription/deleted", "subscription", &id)
}

impl House {
    async fn connected(&self) -> Arc<Connected> {
        let install = self.store.install(&acme()).await.unwrap().unwrap();
        Arc::new(install.connected())
    }

    /// What is known of Kim.
    async fn known(&self) -> Arc<Snapshot> {
        let read = self.lookups.reread(&self.connected().await, &kim()).await;
        self.calls();
        read.unwrap().unwrap()
    }

    /// Announces, applies to what is stored, and tells that it is.
    fn happens(&self, event: &Event, stored: Option<&Snapshot>) {
        self.lookups.announce(&acme(), Some(&kim()), event);
        let remembered = stored.map(|stored| match patch(stored, event) {
            Patched::Unchanged => (Box::new(stored.clone()), false),
            Patched::To { snapshot, dirty } => (snapshot, dirty),
            Patched::Dirty => (Box::new(stored.clone()), true),
        });
        let remembered = remembered.map(|(snapshot, dirty)| Remembered {
            snapshot: Arc::from(snapshot),
            dirty,
        });
        let moved = moved(event, stored);
        self.lookups.settled(&acme(), &kim(), remembered, &moved);
    }

    async fn status(&self) -> String {
        let account = self.account(KIM).await;
        let mut all = account["subscriptions"].as_array().unwrap().iter();
        let first = all.find(|row| row["id"] == "585000001").unwrap();
        first["status"].as_str().unwrap().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_changes_the_card_without_a_call() {
    let house = House::open().await;
    assert_eq!(house.status().await, "active");
    let before = house.known().await;
    let mut changes = house.lookups.changes();
    house.happens(&a_cancellation(), Some(&before));
    assert_eq!(house.status().await, "cancelled");
    assert!(house.calls().is_empty());
    let changed = changes.try_recv().unwrap();
    assert_eq!((changed.install, changed.customer), (acme(), kim()));

    // What came before it, late.
    let now = house.known().await;
    let older = hook(
        "subscription/updated",
        "subscription",
        &row("subscriptions", 585_000_001),
    );
    house.happens(&older, Some(&now));
    assert_eq!(house.status().await, "cancelled");
    assert!(house.calls().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flight_that_read_before_an_event_brings_the_event_all_the_same() {
    let house = House::open().await;
    house.recharge.hold();
    let asked = tokio::spawn({
        let request = house.get(&house.card_path(&[("email", KIM)]));
        async move { request.send().await.unwrap().text().await.unwrap() }
    });
    house.recharge.until_held(1).await;
    house.recharge.release();
    // The answers that are held are those of their arrival.
    let page = asked.await.unwrap();
    assert!(page.contains(r#"data-status="active""#));

    house.later(minutes(11));
    house.recharge.hold();
    let asked = tokio::spawn({
        let request = house.get(&house.card_path(&[("email", KIM)]));
        async move { request.send().await.unwrap().text().await.unwrap() }
    });
    house.recharge.until_held(3).await;
    house.happens(&a_cancellation(), None);
    house.recharge.release();
    assert!(asked.await.unwrap().contains("Too much coffee"));
    until("the flight ends", || house.lookups.flying() == 0).await;
    house.calls();
    assert_eq!(house.status().await, "cancelled");
    assert!(house.calls().is_empty(), "it is remembered so");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hint_during_a_flight_is_shown_once_and_then_read_again() {
    let house = House::open().await;
    house.account(KIM).await;
    house.later(minutes(11));
    house.calls();
    house.recharge.hold();
    let asked = tokio::spawn({
        let request = house.get(&house.card_path(&[("email", KIM)]));
        async move { request.send().await.unwrap().text().await.unwrap() }
    });
    house.recharge.until_held(3).await;
    // Nobody is known to have it: the customer was never stored.
    house.lookups.announce(&acme(), None, &a_deletion());
    house.recharge.remove("subscriptions", 585_000_001);
    house.recharge.release();
    assert!(
        asked
            .await
            .unwrap()
            .contains(r#"data-subscription="585000001""#)
    );
    until("the flight ends", || house.lookups.flying() == 0).await;
    house.calls();

    let again = house.card(KIM).await;
    assert!(!again.contains(r#"data-subscription="585000001""#));
    assert_eq!(house.calls(), COLD);
    house.card(KIM).await;
    assert!(house.calls().is_empty(), "read after it was told: believed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_dirty_waits_for_recharge_and_is_shown_marked_when_that_is_down() {
    let house = House::open().await;
    house.account(KIM).await;
    let before = house.known().await;
    house
        .recharge
        .set_faults("503=1".parse::<Faults>().unwrap());
    house.happens(&a_deletion(), Some(&before));
    let account = house.account(KIM).await;
    assert_eq!(account["outcome"], "found");
    assert_eq!(account["stale"], true);
    assert_eq!(account["reason"], "unreachable");

    house.recharge.set_faults(Faults::default());
    house.later(Duration::from_secs(4));
    let account = house.account(KIM).await;
    assert_eq!(account["stale"], false);
    house.calls();
    house.account(KIM).await;
    assert!(house.calls().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_moves_takes_the_card_with_it_at_once() {
    let house = House::open().await;
    house.account(KIM).await;
    let before = house.known().await;
    let mut moved = row("customers", 176_700_001);
    moved["email"] = "kim.new@acme.example".into();
    moved["updated_at"] = "2026-11-20T10:15:03+00:00".into();
    house.happens(&hook("customer/updated", "customer", &moved), Some(&before));

    // With Recharge off nobody is shown under the old address, and nobody yet under the new one.
    house
        .recharge
        .set_faults("503=1".parse::<Faults>().unwrap());
    for email in [KIM, "kim.new@acme.example"] {
        let account = house.account(email).await;
        assert_eq!(account["outcome"], "unavailable", "{email}");
        assert_eq!(account["customer"], Value::Null);
    }
    house.recharge.set_faults(Faults::default());
    house.recharge.put("customers", moved);
    house.later(Duration::from_secs(4));
    assert_eq!(house.account(KIM).await["outcome"], "not_found");
    let account = house.account("kim.new@acme.example").await;
    assert_eq!(account["customer"]["id"], "176700001");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_read_under_an_address_that_somebody_else_has_makes_them_two() {
    let house = House::open().await;
    let wandas = "wanda.weekly@mail.example";
    assert_eq!(house.account(wandas).await["outcome"], "found");
    let mut moved = row("customers", 176_700_001);
    moved["email"] = wandas.into();
    house.recharge.put("customers", moved);
    // By the id, as a link leads to her; no hook has come yet, and the one that will says nothing that is not known.
    house.known().await;
    let account = house.account(wandas).await;
    assert_eq!(account["outcome"], "several");
    assert_eq!(account["candidates"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_was_read_before_an_event_does_not_seed_a_flight_after_it() {
    let house = House::open().await;
    // Somebody who subscribes to nothing yet; the search for them has just said so.
    house.ask(&[KIM, "wanda.weekly@mail.example"]).await;
    house.calls();
    let hint = hook(
        "subscription/created",
        "subscription",
        &json!({"id": 1, "customer_id": 176_700_001}),
    );
    house.happens(&hint, None);
    house.account(KIM).await;
    assert_eq!(house.calls(), COLD, "the record was read again");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_gone_is_forgotten_by_a_re_read() {
    let house = House::open().await;
    house.account(KIM).await;
    let before = house.known().await;
    let gone = hook("customer/deleted", "customer", &json!({"id": 176_700_001}));
    house.happens(&gone, Some(&before));
    assert_eq!(
        house.account(KIM).await["outcome"],
        "found",
        "the path is not signed"
    );

    house.recharge.remove("customers", 176_700_001);
    let read = house.lookups.reread(&house.connected().await, &kim()).await;
    assert_eq!(read, Ok(None));
    house
        .recharge
        .set_faults("503=1".parse::<Faults>().unwrap());
    assert_eq!(house.account(KIM).await["outcome"], "unavailable");
}
