//! What was learned before the clock was set back, or before an install began anew, stands in nobody's way.

use std::sync::Arc;
use std::time::Duration;

use sidecard::clock::Clock;
use sidecard::domain::snapshot::Snapshot;

use super::{Durable, KIM, acme, kim, row, started};
use crate::house::as_of;

fn quantity(snapshot: &Snapshot) -> u32 {
    let mut all = snapshot.subscriptions.iter();
    all.find(|s| s.id.as_str() == "585000001")
        .unwrap()
        .quantity
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_back_freezes_no_card() {
    let mut house = Durable::open().await;
    house.later(Duration::from_secs(2 * 3_600));
    house.snapshot(KIM).await;

    house.clock = Clock::fixed(as_of());
    house.recharge.move_clock(as_of());
    house.lookups = started(&house.recharge, &house.clock, &house.store);
    let mut changed = row("subscriptions", |row| row["id"] == 585_000_001);
    changed["quantity"] = 7.into();
    house.recharge.put("subscriptions", changed);
    for is_read in [true, false] {
        house.recharge.forget_requests();
        let snapshot = house.snapshot(KIM).await;
        assert_eq!((snapshot.as_of, quantity(&snapshot)), (as_of(), 7));
        let requests = house.recharge.requests();
        let read = requests.iter().any(|r| r.path == "/subscriptions");
        assert_eq!(read, is_read);
    }
    let known = house.store.known(&acme(), &kim()).await.unwrap();
    let kept = known.and_then(|known| known.snapshot).unwrap();
    assert_eq!(kept.as_of, as_of(), "it is stored so");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_that_was_asked_for_before_its_install_began_anew_is_asked_for_again() {
    let house = Durable::open().await;
    let install = Arc::clone(&house.access().await.installs[0]);
    house.recharge.hold();
    let warming = house.lookups.warm(&install);
    let begun_anew = async {
        house.recharge.until_held(1).await;
        house.lookups.start_anew(&acme());
        house.recharge.release();
    };
    tokio::join!(warming, begun_anew);
    let asked = async || {
        house.recharge.forget_requests();
        house.lookups.warm(&install).await;
        let requests = house.recharge.requests();
        requests.iter().filter(|r| r.path == "/store").count()
    };
    assert_eq!(asked().await, 1);
    assert_eq!(asked().await, 0);
}
