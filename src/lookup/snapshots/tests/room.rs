//! What a card takes in memory, with what was made of it.

use super::*;
use crate::views::samples;

fn memory(bytes: u64) -> Snapshots {
    let clock = Clock::fixed(at(0));
    let longest = Duration::from_secs(60);
    let room = Room {
        bytes,
        longest,
        metrics: Arc::default(),
    };
    Snapshots::new(
        Arc::new(Interrupted::default()),
        &clock,
        &Arc::default(),
        room,
    )
}

fn card(customer: &str) -> Arc<Snapshot> {
    let mut card = samples::kim();
    card.customer.id = CustomerId::new(customer);
    Arc::new(card)
}

async fn land(snapshots: &Snapshots, card: &Arc<Snapshot>) -> FlightKey {
    let began = snapshots.begin(&acme());
    snapshots.remember(&acme(), card, began).await;
    snapshots.key(&acme(), &card.customer.id)
}

impl Snapshots {
    fn weighed(&self) -> u64 {
        self.memory.run_pending_tasks();
        self.memory.weighted_size()
    }
}

#[tokio::test]
async fn what_was_made_of_a_card_is_kept_on_its_second_use_and_weighed_with_it() {
    let snapshots = memory(1_000_000);
    let page = || "p".repeat(5_000);
    let key = land(&snapshots, &card("1")).await;
    let alone = snapshots.weighed();
    let first = snapshots.read(&key).await.unwrap();
    first.snapshot.renderings.kept(&"page", page);
    assert_eq!(snapshots.weighed(), alone);
    let second = snapshots.read(&key).await.unwrap();
    second.snapshot.renderings.kept(&"page", page);
    assert!(snapshots.weighed() >= alone + 5_000);
    let third = snapshots.read(&key).await.unwrap();
    let unmade = || panic!("made once more");
    assert_eq!(**third.snapshot.renderings.kept(&"page", unmade), *page());
}

#[tokio::test]
async fn a_card_that_makes_room_does_not_come_back_over_a_newer_one() {
    let snapshots = memory(1_000_000);
    let (old, new) = (card("1"), card("1"));
    land(&snapshots, &old).await;
    old.renderings.kept(&"page", String::new);
    let key = land(&snapshots, &new).await;
    snapshots.give_room(&key, &old);
    let read = snapshots.read(&key).await.unwrap();
    assert!(Arc::ptr_eq(&read.snapshot, &new));
    assert!(old.renderings.ask_for_room());
}

#[tokio::test]
async fn more_customers_than_there_is_room_for_take_no_more_room() {
    let snapshots = memory(500_000);
    for number in 0..2_000 {
        let key = land(&snapshots, &card(&number.to_string())).await;
        for _ in 0..2 {
            if let Some(seen) = snapshots.read(&key).await {
                seen.snapshot.renderings.kept(&"page", || "p".repeat(5_000));
            }
        }
    }
    let weighed = snapshots.weighed();
    assert!((250_000..=500_000).contains(&weighed), "{weighed}");
}
