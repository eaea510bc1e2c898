//! Flights and the worker over one row: whoever comes first, no card is older than the last event that is settled.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;
use sidecard::domain::event::Event;
use sidecard::lookup::{Patched, Remembered, patch};
use sidecard::simulator::recharge::Faults;

use super::{Durable, KIM, acme, hook, kim, row, started};

const CHANGES: u32 = 150;

/// Kim's first subscription after its nth change.
fn changed(n: u32, at: &str) -> Value {
    let mut changed = row("subscriptions", |row| row["id"] == 585_000_001);
    changed["quantity"] = (1_000 + n).into();
    changed["updated_at"] = at.into();
    changed
}

impl Durable {
    /// What the worker does with an event.
    async fn apply(&self, event: &Event) {
        let install = acme();
        self.lookups.announce(&install, Some(&kim()), event);
        let stored = loop {
            let Some(kept) = self.store.snapshot(&install, &kim()).await.unwrap() else {
                break None;
            };
            match patch(&kept.snapshot, event) {
                Patched::To { snapshot, dirty } => {
                    let since = dirty.then(|| self.clock.now());
                    let landing =
                        self.store
                            .land_snapshot(&install, &snapshot, since, kept.version);
                    // Whether it won, shows when it is read again.
                    landing.await.unwrap();
                }
                Patched::Unchanged => {
                    break Some(Remembered {
                        snapshot: Arc::new(kept.snapshot),
                        dirty: kept.dirty,
                    });
                }
                Patched::Dirty => panic!("every change has a second of its own"),
            }
        };
        self.lookups.settled(&install, &kim(), stored, &[]);
    }

    async fn quantity(&self) -> u32 {
        let snapshot = self.snapshot(KIM).await;
        let mut all = snapshot.subscriptions.iter();
        all.find(|s| s.id.as_str() == "585000001")
            .unwrap()
            .quantity
            .unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_card_is_older_than_the_last_event_that_is_settled() {
    let mut house = Durable::open().await;
    house.snapshot(KIM).await;
    let install = house.access().await.installs.remove(0);
    let over = AtomicBool::new(false);
    let flights = async {
        while !over.load(Ordering::Relaxed) {
            house.lookups.reread(&install, &kim()).await.unwrap();
        }
    };
    let changes = async {
        for n in 1..=CHANGES {
            house.later(Duration::from_secs(1));
            let at = house.clock.now().to_rfc3339();
            let row = changed(n, &at);
            let event = hook("subscription/updated", "subscription", &row);
            // By turns the list knows of it before the hook comes, and only after it.
            if n % 2 == 0 {
                house.recharge.put("subscriptions", row.clone());
            }
            house.apply(&event).await;
            assert!(house.quantity().await >= 1_000 + n);
            house.recharge.put("subscriptions", row);
        }
        over.store(true, Ordering::Relaxed);
    };
    tokio::join!(flights, changes);

    house
        .recharge
        .set_faults("503=1".parse::<Faults>().unwrap());
    assert_eq!(house.quantity().await, 1_000 + CHANGES);
    house.lookups = started(&house.recharge, &house.clock, &house.store);
    assert_eq!(house.quantity().await, 1_000 + CHANGES, "it is stored so");
}
