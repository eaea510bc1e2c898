//! Webhooks are registered, once each, and looked after.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use sidecard::app::lookups;
use sidecard::provider::Provider;
use sidecard::recharge::Recharge;
use sidecard::store::Store;
use sidecard::upkeep::{Missing, Off, Providers, Registrar, Standing, standing, withdraw};

use super::outside::Outside;
use super::{Desk, name, until};
use crate::house::{TOKEN_WITHOUT_ORDERS, minutes};

const ALL: usize = 26;

fn provider(desk: &Desk) -> Arc<dyn Provider> {
    let url = desk.recharge.base_url().parse().unwrap();
    Arc::new(Recharge::new(url, Duration::from_secs(10)).unwrap())
}

async fn how_it_stands(desk: &Desk) -> Standing {
    let record = desk
        .store
        .install(&name("acme-usa"))
        .await
        .unwrap()
        .unwrap();
    let url = Some(desk.public_url.as_str()).filter(|url| !url.is_empty());
    standing(&desk.store, provider(desk).as_ref(), &record, url)
        .await
        .unwrap()
}

fn addresses(rows: &[Value], start: &str) -> BTreeSet<String> {
    let all = rows.iter().map(|row| row["address"].as_str().unwrap());
    all.filter(|address| address.starts_with(start))
        .map(str::to_owned)
        .collect()
}

/// Passes time, a step of the upkeep each, until it is so.
async fn in_time(desk: &Desk, what: &str, mut done: impl AsyncFnMut() -> bool) {
    until(what, async || {
        if done().await {
            return true;
        }
        desk.later(Duration::from_secs(5));
        false
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_topic_gets_one_address_and_nothing_is_registered_twice() {
    let (mut desk, outside) = Desk::live().await;
    let rows = desk.webhooks().await;
    assert_eq!(rows.len(), ALL);
    let base = format!(
        "{}/hooks/recharge/{}/",
        outside.url,
        desk.hook_id("acme-usa").await
    );
    for row in &rows {
        let topic = row["topic"].as_str().unwrap();
        assert_eq!(row["address"], format!("{base}{topic}"));
    }
    let topics: BTreeSet<_> = rows.iter().map(|row| row["topic"].as_str()).collect();
    assert_eq!(topics.len(), ALL);
    assert!(topics.contains(&Some("store/updated")));
    assert!(topics.contains(&Some("recharge/uninstalled")));

    // A day later, and after a restart.
    desk.recharge.forget_requests();
    desk.later(Duration::from_secs(24 * 3_600));
    desk.registered().await;
    assert_eq!(desk.registrations(), 0);
    desk.stop().await;
    desk.later(minutes(61));
    desk.serve_at(&outside).await;
    desk.registered().await;
    assert_eq!(desk.registrations(), 0);
    assert_eq!(desk.webhooks().await, rows);
    let standing = how_it_stands(&desk).await;
    assert!(standing.off.is_none() && standing.problem.is_none());
    assert!(standing.topics.iter().all(|topic| topic.registered.is_ok()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_registered_is_counted_and_never_touched() {
    let mut desk = Desk::closed(&["acme-usa"]).await;
    let outside = Outside::closed().await;
    desk.public_url = outside.url.clone();
    let foreign = [
        ("charge/paid", "https://app.example/paid"),
        ("order/created", "https://app.example/orders"),
        (
            "charge/paid",
            "https://other.example/hooks/recharge/0123/charge/paid",
        ),
    ];
    for (topic, address) in foreign {
        assert_eq!(desk.add_webhook(topic, address).await, 201);
    }
    let before = desk.webhooks().await;
    desk.serve_at(&outside).await;
    desk.registered().await;
    let standing = how_it_stands(&desk).await;
    assert_eq!((standing.sidecards, standing.others), (1, 2));
    let record = desk
        .store
        .install(&name("acme-usa"))
        .await
        .unwrap()
        .unwrap();
    let provider = provider(&desk);
    let withdrawn = withdraw(&desk.store, provider.as_ref(), &record).await;
    let withdrawn = withdrawn.unwrap();
    assert_eq!((withdrawn.removed, withdrawn.left), (26, 0));
    assert_eq!(desk.webhooks().await, before);
    assert!(
        desk.store
            .hooks(&name("acme-usa"))
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_vanished_is_registered_again_and_what_it_missed_is_a_gap() {
    let (desk, _outside) = Desk::live().await;
    let rows = desk.webhooks().await;
    let gone = rows
        .iter()
        .find(|row| row["topic"] == "subscription/deleted");
    let gone = gone.unwrap()["id"].as_i64().unwrap();
    let removed = desk.recharge.act(
        "DELETE",
        &format!("/webhooks/{gone}"),
        serde_json::json!({}),
    );
    assert_eq!(removed.0, 204);
    assert_eq!(desk.webhooks().await.len(), ALL - 1);
    desk.later(Duration::from_secs(24 * 3_600));
    desk.registered().await;
    let again = desk.webhooks().await;
    assert_eq!(again.len(), ALL);
    assert!(again.iter().all(|row| row["id"] != gone));
    let standing = how_it_stands(&desk).await;
    let topic = |name: &str| {
        standing
            .topics
            .iter()
            .find(|t| t.topic.name == name)
            .unwrap()
    };
    assert!(topic("subscription/deleted").lost_at.is_some());
    assert_eq!(topic("subscription/updated").lost_at, None);
    let gaps = desk.store.gaps().await.unwrap();
    assert_eq!(gaps.len(), 1);
    assert!(gaps[0].deletions);
    assert_eq!(gaps[0].ended_at, desk.clock.now());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_public_url_keeps_the_old_addresses_until_the_new_ones_are_proven() {
    let (mut desk, old) = Desk::live().await;
    desk.stop().await;
    let new = Outside::closed().await;
    desk.public_url = new.url.clone();
    desk.later(minutes(1));
    desk.serve_at(&new).await;
    desk.registered().await;
    let rows = desk.webhooks().await;
    assert_eq!(addresses(&rows, &new.url).len(), ALL);
    assert_eq!(addresses(&rows, &old.url).len(), ALL);
    assert!(
        how_it_stands(&desk)
            .await
            .topics
            .iter()
            .all(|topic| topic.is_moving)
    );

    // A hook of one topic comes: that one's old address goes.
    desk.later(Duration::from_secs(1));
    let body = serde_json::json!({"cancellation_reason": "Too much coffee"});
    let (status, _) = desk
        .recharge
        .act("POST", "/subscriptions/585000001/cancel", body);
    assert_eq!(status, 200);
    let proven = format!(
        "{}/hooks/recharge/{}/subscription/cancelled",
        old.url,
        desk.hook_id("acme-usa").await
    );
    desk.recharge.delivered().await;
    desk.came("subscription/cancelled").await;
    // The next step of the upkeep begins after it has come, and none is so late that it may be the end of the wait for all.
    desk.later(Duration::from_secs(5));
    until("the proven topic's old address goes", async || {
        !addresses(&desk.webhooks().await, &old.url).contains(&proven)
    })
    .await;
    let left = addresses(&desk.webhooks().await, &old.url);
    assert!(
        left.iter()
            .any(|address| address.ends_with("customer/deleted"))
    );

    desk.later(minutes(61));
    until("all old addresses go", async || {
        addresses(&desk.webhooks().await, &old.url).is_empty()
    })
    .await;
    assert_eq!(desk.webhooks().await.len(), ALL);
    until("they are forgotten here too", async || {
        desk.store.hooks(&name("acme-usa")).await.unwrap().len() == ALL
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_scope_a_full_topic_and_what_is_not_configured_are_said() {
    let mut desk = Desk::closed(&["acme-usa"]).await;
    assert_eq!(how_it_stands(&desk).await.off, Some(Off::NoPublicUrl));
    let outside = Outside::closed().await;
    desk.public_url = outside.url.clone();
    let token = sidecard::domain::secret::Secret::new(TOKEN_WITHOUT_ORDERS.to_owned());
    desk.store
        .replace_token(&name("acme-usa"), &token, None, desk.clock.now(), |_| {})
        .await
        .unwrap();
    desk.serve_at(&outside).await;
    desk.registered().await;
    let standing = how_it_stands(&desk).await;
    for topic in &standing.topics {
        let needs_orders = topic.topic.scopes.contains(&"read_orders");
        let said = topic.registered.as_ref().err();
        assert_eq!(
            said.copied(),
            needs_orders.then_some(Missing::Scope),
            "{}",
            topic.topic.name
        );
    }

    let mut desk = Desk::closed(&["acme-usa"]).await;
    let outside = Outside::closed().await;
    desk.public_url = outside.url.clone();
    for n in 0..10 {
        let address = format!("https://app.example/{n}");
        assert_eq!(desk.add_webhook("charge/paid", &address).await, 201);
    }
    desk.serve_at(&outside).await;
    desk.registered().await;
    let standing = how_it_stands(&desk).await;
    let paid = standing
        .topics
        .iter()
        .find(|t| t.topic.name == "charge/paid");
    assert_eq!(
        paid.unwrap().registered.as_ref().err(),
        Some(&Missing::Full)
    );
    assert_eq!(
        standing
            .topics
            .iter()
            .filter(|t| t.registered.is_ok())
            .count(),
        ALL - 1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_public_url_or_a_client_secret_recharge_is_not_asked() {
    let mut desk = Desk::closed(&["acme-usa"]).await;
    desk.serve().await;
    for _ in 0..3 {
        desk.later(Duration::from_secs(24 * 3_600));
        tokio::task::yield_now().await;
    }
    desk.card(super::KIM).await;
    let webhooks = desk
        .calls()
        .into_iter()
        .filter(|path| path.starts_with("/webhooks"));
    assert_eq!(webhooks.count(), 0);
    assert_eq!(
        desk.store.registration(&name("acme-usa")).await.unwrap(),
        None
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_process_at_a_time_registers() {
    let desk = Desk::closed(&["acme-usa"]).await;
    let providers = Providers::from([("recharge", provider(&desk))]);
    let url = Some(String::from("https://sidecard.example"));
    let store: &Store = &desk.store;
    desk.recharge.forget_requests();
    desk.recharge.hold();
    let lookups = lookups(&desk.config(), &desk.clock, store).unwrap();
    let one = Registrar::new(store, &lookups, &providers, &desk.clock, url.clone());
    let two = Registrar::new(store, &lookups, &providers, &desk.clock, url);
    tokio::spawn(one.run());
    tokio::spawn(two.run());
    desk.recharge.until_held(1).await;
    desk.recharge.release();
    desk.registered().await;
    desk.later(Duration::from_secs(5));
    desk.unleased().await;
    assert_eq!(desk.registrations(), ALL);
    assert_eq!(desk.webhooks().await.len(), ALL);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_registered_by_a_process_that_died_before_it_could_say_so_is_adopted() {
    let mut desk = Desk::closed(&["acme-usa"]).await;
    let outside = Outside::closed().await;
    desk.public_url = outside.url.clone();
    let id = desk.hook_id("acme-usa").await;
    let address = format!("{}/hooks/recharge/{id}/charge/paid", outside.url);
    assert_eq!(desk.add_webhook("charge/paid", &address).await, 201);
    desk.recharge.forget_requests();
    desk.serve_at(&outside).await;
    desk.registered().await;
    assert_eq!(desk.webhooks().await.len(), ALL);
    let ours = desk.store.hooks(&name("acme-usa")).await.unwrap();
    assert_eq!(ours.len(), ALL);
    assert_eq!(
        ours.iter().filter(|hook| hook.address == address).count(),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_is_full_only_delays_it() {
    let mut desk = Desk::with_bucket(40, &["acme-usa"]).await;
    let outside = Outside::closed().await;
    desk.public_url = outside.url.clone();
    desk.recharge.set_faults("429=0.3".parse().unwrap());
    desk.serve_at(&outside).await;
    in_time(&desk, "all are registered", async || {
        let last = desk.store.registration(&name("acme-usa")).await.unwrap();
        last.is_some_and(|last| last.problem.is_none())
    })
    .await;
    desk.recharge.set_faults("".parse().unwrap());
    assert_eq!(desk.webhooks().await.len(), ALL);
    assert_eq!(
        desk.store.hooks(&name("acme-usa")).await.unwrap().len(),
        ALL
    );
}
