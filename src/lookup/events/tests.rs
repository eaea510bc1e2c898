use super::super::samples::*;
use super::*;

use std::time::Duration;

use crate::domain::event::Touched;
use crate::domain::id::SubscriptionId;

/// For a minute already.
fn events() -> (Events, Clock) {
    let clock = Clock::fixed(at(-60));
    let events = Events::new(&clock);
    clock.advance(Duration::from_secs(60));
    (events, clock)
}

/// The one subscription's `updated_at`, and what else there is to say.
fn landed(events: &Events, began: u64) -> (Option<Instant>, bool, bool) {
    let landed = events.apply(&acme(), &of_one(), began);
    let subscription = &landed.snapshot.subscriptions[0];
    (subscription.updated_at, landed.dirty, landed.is_gone)
}

const OLD: Option<i64> = Some(-1_000);

fn shows(updated: Option<i64>) -> Option<Instant> {
    updated.map(at)
}

#[test]
fn what_was_told_since_a_flight_began_is_in_what_it_brings() {
    let (events, _) = events();
    let began = events.last();
    events.tell(&acme(), Some(&kim()), &of(subscription(1, 9)));
    events.tell(&acme(), Some(&kim()), &of(subscription(1, 5)));
    events.tell(&acme(), Some(&kim()), &of(made(7, subscription(2, 8))));
    let landed = events.apply(&acme(), &of_one(), began);
    assert_eq!(landed.snapshot.subscriptions.len(), 2);
    assert_eq!((landed.dirty, landed.upto), (false, 3));
    let other = InstallName::parse("acme-eu").unwrap();
    assert_eq!(
        events.apply(&other, &of_one(), began).snapshot,
        of_one(),
        "another install's customer of the same id"
    );
}

#[test]
fn what_can_not_be_applied_makes_what_it_brings_dirty() {
    let mut tie = subscription(1, -1_000);
    tie.quantity = Some(99);
    let whose = hint(Touched::Subscription(SubscriptionId::new("1")));
    for (customer, event) in [
        (Some(kim()), of(tie)),
        (Some(kim()), hint(Touched::Customer(kim()))),
        (None, whose),
    ] {
        let (events, _) = events();
        let began = events.last();
        events.tell(&acme(), customer.as_ref(), &event);
        assert_eq!(landed(&events, began), (shows(OLD), true, false));
        assert_eq!(
            landed(&events, events.last()),
            (shows(OLD), false, false),
            "read after it was told"
        );
    }
    let (events, _) = events();
    let another = hint(Touched::Subscription(SubscriptionId::new("7")));
    events.tell(&acme(), None, &another);
    assert_eq!(landed(&events, 0), (shows(OLD), false, false));
}

#[test]
fn a_list_that_lags_behind_a_hook_is_made_good_and_a_row_that_is_gone_stays_gone() {
    let (events, _) = events();
    events.tell(&acme(), Some(&kim()), &of(subscription(1, 9)));
    events.tell(&acme(), Some(&kim()), &of(made(7, subscription(2, 8))));
    let landed = events.apply(&acme(), &of_one(), events.last());
    let rows: Vec<_> = landed.snapshot.subscriptions.iter().collect();
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].updated_at, landed.dirty), (Some(at(9)), false));
}

#[test]
fn who_was_seen_gone_does_not_come_back_with_an_older_flight() {
    let (events, _) = events();
    events.gone(&acme(), &kim());
    assert_eq!(landed(&events, 0), (shows(OLD), false, true));
    assert_eq!(landed(&events, events.last()), (shows(OLD), false, false));
}

#[test]
fn a_flight_that_missed_what_was_let_go_is_not_believed() {
    let (events, clock) = events();
    let began = events.last();
    for id in 0..=MOST {
        let other = CustomerId::new(id.to_string());
        let hint = hint(Touched::Customer(other.clone()));
        events.tell(&acme(), Some(&other), &hint);
    }
    assert_eq!(events.ring().order.len(), MOST);
    assert!(landed(&events, began).1);
    assert!(!landed(&events, events.last()).1);
    assert!(events.any_since(&acme(), &kim(), at(0)), "nobody knows");
    clock.advance(Duration::from_secs(1));
    assert!(
        !events.any_since(&acme(), &kim(), at(1)),
        "of what came after them all is known"
    );
}

#[test]
fn they_are_forgotten_when_no_flight_can_have_missed_them() {
    let (events, clock) = events();
    events.tell(&acme(), Some(&kim()), &of(subscription(1, 9)));
    assert!(events.any_since(&acme(), &kim(), at(0)));
    assert!(!events.any_since(&acme(), &kim(), at(1)));
    assert!(events.any_after(&acme(), &kim(), 0) && !events.any_after(&acme(), &kim(), 1));
    clock.advance(KEPT.to_std().unwrap() * 2);
    let other = CustomerId::new("9");
    events.tell(
        &acme(),
        Some(&other),
        &hint(Touched::Customer(other.clone())),
    );
    assert_eq!(events.ring().told.len(), 1);
    assert_eq!(landed(&events, 0), (shows(OLD), false, false));
    assert!(
        events.any_since(&acme(), &kim(), at(0)),
        "too long ago to know"
    );
}

#[test]
fn what_is_new_is_believed_unless_it_may_be_gone_already() {
    let new = made(7, subscription(2, 8));
    let gone = |id: &str| hint(Touched::Subscription(SubscriptionId::new(id)));
    let is_doubted = |events: &Events| {
        let event = of(new.clone());
        let doubted = events.may_be_gone(&acme(), &event.change, event.stamp);
        let began = events.last();
        events.tell(&acme(), Some(&kim()), &event);
        let landed = events.apply(&acme(), &of_one(), began);
        assert_eq!(landed.snapshot.subscriptions.len(), 2);
        assert_eq!(landed.dirty, doubted);
        doubted
    };
    let (told, _) = events();
    told.tell(&acme(), None, &gone("7"));
    assert!(!is_doubted(&told), "something else is gone");
    for whose in [None, Some(kim())] {
        let (told, _) = events();
        told.tell(&acme(), whose.as_ref(), &gone("2"));
        assert!(is_doubted(&told), "{whose:?}");
    }
    // So much may be told of others that it has to be let go: what tells whether it is gone is not.
    for (thing, doubted) in [("7", false), ("2", true)] {
        let (told, _) = events();
        told.tell(&acme(), None, &gone(thing));
        for id in 0..=MOST {
            let other = CustomerId::new(id.to_string());
            told.tell(&acme(), Some(&other), &of(subscription(1, 9)));
        }
        assert_eq!(is_doubted(&told), doubted);
    }
    // Before anything was told here, or so long ago that it is forgotten.
    assert!(is_doubted(&Events::new(&Clock::fixed(at(9)))));
    let (told, clock) = events();
    clock.advance(Duration::from_secs(200));
    assert!(is_doubted(&told));
}
