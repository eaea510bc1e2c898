//! A store that is slow to write keeps no answer waiting, and loses no hook for that.

use std::sync::Arc;

use sidecard::store::NewHook;
use sqlx::Connection;

use super::{Desk, kim, name, until};
use crate::house::minutes;

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_outlives_the_first_card_of_its_customer_that_is_stored_late() {
    let desk = Desk::open().await;
    let usa = name("acme-usa");
    let (now, body) = (desk.clock.now(), desk.cancelled(1).await);
    // Acknowledged; its turn comes in an hour.
    let hook = NewHook {
        install: usa.clone(),
        topic: "subscription/cancelled".into(),
        body: body.to_string().into_bytes(),
        received_at: now + minutes(60),
    };
    assert_eq!(desk.store.receive_hooks(&[hook]).await.unwrap(), [true]);
    let mut other = desk.file().await;
    let held = other.begin_with("BEGIN IMMEDIATE").await.unwrap();

    // A card is read, and its answer does not wait for the store.
    let install = desk.store.install(&usa).await.unwrap().unwrap();
    let lookups = desk.running.as_ref().unwrap().lookups.clone();
    let reading = tokio::spawn({
        let install = Arc::new(install.connected());
        async move { lookups.reread(&install, &kim()).await }
    });
    until("it is read", async || {
        let requests = desk.recharge.requests();
        requests
            .iter()
            .any(|request| request.path == "/subscriptions")
    })
    .await;
    until("it goes ahead", async || {
        desk.clock.advance(std::time::Duration::from_millis(20));
        reading.is_finished()
    })
    .await;
    assert!(desk.store.known(&usa, &kim()).await.unwrap().is_none());
    // The hook's turn comes while nothing of the card is on the disk.
    desk.later(minutes(60));
    for _ in 0..300 {
        // As long as its worker needs to get as far as the writer, many times over.
        desk.store.waiting_hooks(desk.clock.now(), 1).await.unwrap();
    }
    held.rollback().await.unwrap();
    until("it is applied", async || {
        desk.store.inbox_depth().await.unwrap() == 0
    })
    .await;
    desk.applied("acme-usa").await;
    let kept = desk.store.known(&usa, &kim()).await.unwrap().unwrap();
    let active = kept.snapshot.as_ref().unwrap().subscriptions_active();
    assert!(active == 0 || kept.needs_read, "{active} active, clean");
}
