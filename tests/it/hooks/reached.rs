//! Can Recharge reach us?

use std::time::Duration;

use sidecard::recharge::Recharge;
use sidecard::upkeep::{Reach, reach};
use tokio::task::JoinHandle;

use super::{Desk, name, until};

/// Tries it, behind.
async fn trying(desk: &Desk) -> JoinHandle<Reach> {
    let record = desk.store.install(&name("acme-usa")).await.unwrap();
    let record = record.unwrap();
    let url = desk.recharge.base_url().parse().unwrap();
    let provider = Recharge::new(url, Duration::from_secs(10)).unwrap();
    let (store, clock) = (desk.store.clone(), desk.clock.clone());
    tokio::spawn(async move { reach(&store, &provider, &record, &clock).await.unwrap() })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_that_arrives_says_yes() {
    let (desk, _outside) = Desk::live().await;
    let trying = trying(&desk).await;
    until("the hook has come", async || {
        let deliveries = desk.store.hook_deliveries(&name("acme-usa")).await;
        let deliveries = deliveries.unwrap();
        deliveries.iter().any(|came| came.topic == "store/updated")
    })
    .await;
    desk.clock.advance(Duration::from_millis(50));
    let told = trying.await.unwrap();
    assert!(matches!(told, Reach::Yes { after } if after <= Duration::from_millis(50)));
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_says_no_and_where_it_should_have_come() {
    let (desk, outside) = Desk::live().await;
    outside.lead_to(None);
    let trying = trying(&desk).await;
    until("it was asked for", async || desk.recharge.tally().made > 0).await;
    until("it is told", async || {
        desk.clock.advance(Duration::from_millis(50));
        trying.is_finished()
    })
    .await;
    let told = trying.await.unwrap();
    assert!(
        matches!(&told, Reach::No { address, .. } if address.starts_with(&outside.url)),
        "{told:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_registered_webhook_there_is_nothing_to_try() {
    let desk = Desk::open().await;
    assert_eq!(trying(&desk).await.await.unwrap(), Reach::Nothing);
}
