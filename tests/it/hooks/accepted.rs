//! What is acknowledged, and when.

use std::time::Duration;

use sidecard::domain::secret::Secret;
use sidecard::store::NewHook;
use sqlx::Connection;

use super::{Desk, KIM, SECRET, legacy, name, signed, until};

const SIGNATURE: &str = "X-Recharge-Webhook-Signature";
const LEGACY: &str = "X-Recharge-Hmac-Sha256";

#[tokio::test(flavor = "multi_thread")]
async fn either_signature_is_believed_and_each_of_two_secrets() {
    let desk = Desk::open().await;
    let now = desk.clock.now();
    let path = format!(
        "/hooks/recharge/{}/order/processed",
        desk.hook_id("acme-usa").await
    );
    let first = format!("{SECRET}-acme-usa");
    let token = Secret::new(crate::house::TOKEN.to_owned());
    let second = Secret::new(String::from("fake-second-client-secret"));
    let taken = async |secret: &str, n: i64| {
        let body = format!(r#"{{"order":{{"id":{n}}}}}"#);
        let body = body.as_bytes();
        let (old, new) = (
            legacy(secret, body),
            signed(secret, now.timestamp() - n, body),
        );
        let mut statuses = Vec::new();
        for headers in [
            vec![(LEGACY, old.as_str())],
            vec![(SIGNATURE, &new)],
            vec![(LEGACY, "x"), (SIGNATURE, &new)],
        ] {
            statuses.push(desk.send(&path, &headers, body).await.status().as_u16());
        }
        statuses
    };
    assert_eq!(taken(&first, 1).await, [200; 3]);
    assert_eq!(taken(second.reveal(), 2).await, [401; 3]);
    desk.store
        .replace_token(&name("acme-usa"), &token, Some(&second), now, |_| {})
        .await
        .unwrap();
    // Noticed within a second.
    desk.clock.advance(Duration::from_secs(1));
    until("the new secret is known", async || {
        taken(second.reveal(), 3).await == [200; 3]
    })
    .await;
    assert_eq!(taken(&first, 4).await, [200; 3], "still under way");
    let delivered = desk.store.hook_deliveries(&name("acme-usa")).await.unwrap();
    assert_eq!(
        (delivered.len(), delivered[0].topic.as_str()),
        (1, "order/processed")
    );
    assert_eq!(delivered[0].last_at, desk.clock.now());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_on_the_disk_in_time_is_not_acknowledged() {
    let desk = Desk::open().await;
    let before = desk.card(KIM).await.0;
    let body = desk.cancelled(0).await.to_string();
    let mut other = desk.file().await;
    let held = other.begin_with("BEGIN IMMEDIATE").await.unwrap();

    let path = format!(
        "/hooks/recharge/{}/subscription/cancelled",
        desk.hook_id("acme-usa").await
    );
    let signature = legacy(&format!("{SECRET}-acme-usa"), body.as_bytes());
    let headers = [(LEGACY, signature.as_str())];
    let mut sending = Box::pin(desk.send(&path, &headers, body.as_bytes()));
    let response = loop {
        tokio::select! {
            response = &mut sending => break response,
            // The clock stands, so that it can't be late before this.
            () = tokio::task::yield_now() => desk.clock.advance(Duration::from_millis(1)),
        }
    };
    assert_eq!(response.status(), 503);
    let said = response.text().await.unwrap();
    assert!(said.starts_with(r#"{"error":{"code":"busy","#), "{said}");
    assert_eq!(desk.store.inbox_depth().await.unwrap(), 0);
    held.rollback().await.unwrap();

    // Sent again, as Recharge does, it is taken; if the first one has got through as well, that is no matter.
    let response = desk.send(&path, &headers, body.as_bytes()).await;
    assert_eq!(response.status(), 200);
    desk.emptied().await;
    let (after, calls) = desk.card(KIM).await;
    assert_eq!(before["subscriptions"][0]["status"], "active");
    assert_eq!(
        (
            after["customer"]["subscriptions_active"].as_u64(),
            calls.len()
        ),
        (Some(0), 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_read_is_parked_and_holds_nobody_up() {
    let desk = Desk::open().await;
    desk.card(KIM).await;
    for (topic, body) in [
        ("subscription/updated", &b"{\"subscription\":"[..]),
        ("subscription/updated", b"\xff\xfe"),
        ("charge/paid", b"[]"),
        ("customer/updated", b"{\"customer\":{}}"),
        ("charge/paid", b""),
    ] {
        desk.tell_raw("acme-usa", topic, body).await;
    }
    desk.tell("subscription/cancelled", &desk.cancelled(0).await)
        .await;
    assert_eq!(
        desk.card(KIM).await.0["customer"]["subscriptions_active"],
        0
    );
    let parked = desk.store.parked().await.unwrap();
    assert_eq!(
        parked.iter().map(|parked| parked.count).sum::<u64>(),
        5,
        "{parked:?}"
    );
    // For seven days.
    desk.clock.advance(Duration::from_secs(7 * 24 * 3_600 - 1));
    assert!(!desk.store.parked().await.unwrap().is_empty());
    desk.clock.advance(Duration::from_secs(3_601));
    until("they are purged", async || {
        desk.store.parked().await.unwrap().is_empty()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_before_a_restart_is_applied_after_it() {
    let mut desk = Desk::open().await;
    desk.card(KIM).await;
    let body = desk.cancelled(0).await.to_string();
    desk.stop().await;
    // As the store of a process that was killed between the two.
    let hook = NewHook {
        install: name("acme-usa"),
        topic: String::from("subscription/cancelled"),
        body: body.into_bytes(),
        received_at: desk.clock.now(),
    };
    desk.store.receive_hooks(&[hook]).await.unwrap();
    desk.serve().await;
    desk.emptied().await;
    let (card, calls) = desk.card(KIM).await;
    assert_eq!(
        (
            card["customer"]["subscriptions_active"].as_u64(),
            calls.len()
        ),
        (Some(0), 0)
    );
    desk.stop().await;
    assert!(desk.store.examine().await.unwrap().is_sound());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_that_come_at_once_are_all_taken() {
    let desk = Desk::open().await;
    let path = format!(
        "/hooks/recharge/{}/order/created",
        desk.hook_id("acme-usa").await
    );
    let secret = format!("{SECRET}-acme-usa");
    let bodies: Vec<String> = (0..300)
        .map(|n| format!(r#"{{"order":{{"id":{n}}}}}"#))
        .collect();
    let sent = bodies.iter().map(async |body| {
        let signature = legacy(&secret, body.as_bytes());
        desk.send(&path, &[(LEGACY, &signature)], body.as_bytes())
            .await
            .status()
            .as_u16()
    });
    let statuses = futures_util::future::join_all(sent).await;
    assert_eq!(statuses, [200; 300]);
    desk.emptied().await;
    let delivered = desk.store.hook_deliveries(&name("acme-usa")).await.unwrap();
    assert_eq!(delivered[0].received, 300);
    assert_eq!(delivered[0].last_applied, Some(desk.clock.now()));
}
