use super::super::samples::*;
use super::*;
use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::domain::charge::LineItem;
use crate::domain::id::{ChargeId, ProductId, SubscriptionId};
use crate::domain::web_url::WebUrl;

/// What the card becomes, and whether it is to be read again.
fn after(snapshot: &Snapshot, event: &Event) -> (Snapshot, bool) {
    match patch(snapshot, event) {
        Patched::Unchanged => (snapshot.clone(), false),
        Patched::To { snapshot, dirty } => (*snapshot, dirty),
        Patched::Dirty => (snapshot.clone(), true),
    }
}

fn one(before: Subscription, sent: Subscription) -> (Subscription, bool) {
    let (mut snapshot, dirty) = after(&known(vec![before], Vec::new()), &of(sent));
    assert_eq!(snapshot.subscriptions.len(), 1);
    (snapshot.subscriptions.remove(0), dirty)
}

#[test]
fn the_greater_stamp_is_the_state_now_and_is_as_old_as_it_was() {
    let snapshot = known(vec![subscription(1, -5), subscription(2, -5)], Vec::new());
    let (patched, dirty) = after(&snapshot, &of(cancelled(1, 10, 10)));
    assert!(!dirty);
    assert_eq!(patched.as_of, snapshot.as_of);
    let ids: Vec<&str> = patched
        .subscriptions
        .iter()
        .map(|s| s.id.as_str())
        .collect();
    assert_eq!(ids, ["2", "1"], "in the order of cards");
    assert_eq!(after(&patched, &of(cancelled(1, 10, 10))), (patched, false));
}

#[test]
fn an_older_event_has_no_effect() {
    assert_eq!(
        one(subscription(1, 10), subscription(1, 9)),
        (subscription(1, 10), false)
    );
    assert_eq!(
        one(cancelled(1, 10, 10), subscription(1, 9)),
        (cancelled(1, 10, 10), false)
    );
    assert_eq!(
        one(subscription(1, 20), cancelled(1, 10, 11)),
        (subscription(1, 20), false)
    );
}

#[test]
fn a_tie_is_read_again() {
    let mut other = subscription(1, 10);
    other.quantity = Some(99);
    assert_eq!(one(subscription(1, 10), other), (subscription(1, 10), true));
    assert_eq!(
        one(subscription(1, 10), cancelled(1, 10, 10)),
        (subscription(1, 10), true)
    );
}

#[test]
fn a_cancellation_that_leaves_updated_at_behind() {
    // Told once with the old `updated_at`, and once with a new one.
    let (mut early, late) = (cancelled(1, 5, 10), cancelled(1, 10, 10));
    early.quantity = late.quantity;
    assert_eq!(
        one(subscription(1, 4), early.clone()),
        (early.clone(), false)
    );
    assert_eq!(one(early.clone(), late.clone()), (late.clone(), false));
    assert_eq!(one(late.clone(), early.clone()), (late, false));
    // What came before it, late.
    assert_eq!(
        one(early.clone(), subscription(1, 4)),
        (early.clone(), false)
    );
    // Perhaps what came before, perhaps an activation that left it behind as well.
    assert_eq!(
        one(early.clone(), subscription(1, 5)),
        (early.clone(), true)
    );
    assert_eq!(
        one(early.clone(), subscription(1, 8)),
        (early.clone(), true)
    );
    // An activation.
    assert_eq!(
        one(early.clone(), subscription(1, 11)),
        (subscription(1, 11), false)
    );
    // Cancelled later than it was changed, and changed later than it was cancelled.
    assert_eq!(one(subscription(1, 8), early.clone()), (early, true));
}

#[test]
fn what_is_not_listed_is_new_or_gone() {
    let none = known(Vec::new(), Vec::new());
    let new = made(5, subscription(1, 6));
    let (patched, dirty) = after(&none, &of(new.clone()));
    assert_eq!((patched.subscriptions, dirty), (vec![new], false));

    let from_elsewhere = subscription(1, 6);
    let (patched, dirty) = after(&none, &of(from_elsewhere.clone()));
    assert_eq!((patched.subscriptions, dirty), (vec![from_elsewhere], true));

    let gone = subscription(1, -31);
    assert_eq!(patch(&none, &of(gone)), Patched::Unchanged);
    let either = subscription(1, -30);
    assert_eq!(patch(&none, &of(either)), Patched::Dirty);
}

#[test]
fn a_picture_stays_while_the_product_does() {
    let mut before = subscription(1, 1);
    before.product.id = Some(ProductId::new("7"));
    before.product.image_url = WebUrl::parse("https://cdn.acme.example/a.png").ok();
    let mut same = subscription(1, 2);
    same.product.id = before.product.id.clone();
    let mut swapped = same.clone();
    swapped.product.id = Some(ProductId::new("8"));
    assert!(one(before.clone(), same).0.product.image_url.is_some());
    assert!(one(before.clone(), swapped).0.product.image_url.is_none());
    let mut repeated = before.clone();
    repeated.product.image_url = None;
    assert_eq!(one(before.clone(), repeated), (before, false));
}

#[test]
fn deliveries_that_are_paid_ahead_are_read_again() {
    let mut prepaid = subscription(1, 2);
    prepaid.is_prepaid = true;
    assert_eq!(
        one(subscription(1, 1), prepaid.clone()),
        (prepaid.clone(), true)
    );
    assert_eq!(
        one(prepaid.clone(), subscription(1, 3)),
        (subscription(1, 3), true)
    );
    assert_eq!(one(prepaid.clone(), subscription(1, 1)), (prepaid, false));
}

#[test]
fn charges_come_change_and_stay_in_their_order() {
    let snapshot = known(Vec::new(), vec![charge(30, -9, -9), charge(9, -20, -9)]);
    let (patched, dirty) = after(&snapshot, &of_a_charge(charge(9, -20, 5)));
    assert_eq!(
        (patched.charges.unwrap()[1].updated_at, dirty),
        (Some(at(5)), false)
    );
    for (new, place) in [(31, 0), (100, 0), (29, 1), (10, 1)] {
        let (patched, dirty) = after(&snapshot, &of_a_charge(charge(new, 5, 6)));
        let charges = patched.charges.unwrap();
        assert_eq!((charges.len(), dirty), (3, false));
        assert_eq!(charges[place].id.as_str(), new.to_string());
    }
    assert_eq!(
        patch(&snapshot, &of_a_charge(charge(9, -20, -10))),
        Patched::Unchanged
    );
    assert_eq!(
        patch(&snapshot, &of_a_charge(charge(9, -20, -9))),
        Patched::Unchanged
    );
    let mut tie = charge(9, -20, -9);
    tie.error = None;
    assert_eq!(patch(&snapshot, &of_a_charge(tie)), Patched::Dirty);
}

#[test]
fn a_charge_that_is_called_off_goes_unread() {
    let mut queued = charge(9, -20, -9);
    queued.items = vec![LineItem {
        subscription: Some(SubscriptionId::new("1")),
        ..LineItem::default()
    }];
    let hinted = hint(Touched::Charge(ChargeId::new("9")));
    let goes_on = known(vec![subscription(1, -5)], vec![queued.clone()]);
    assert_eq!(patch(&goes_on, &hinted), Patched::Dirty);
    assert!(!goes_on.is_called_off(&queued));
    let has_ended = known(vec![cancelled(1, -5, -5)], vec![queued.clone()]);
    let (patched, dirty) = after(&has_ended, &hinted);
    assert_eq!((patched.charges, dirty), (Some(Vec::new()), false));
    // It is for something else, too.
    let mut more = queued.clone();
    more.items[0].subscription = None;
    queued.items.extend(more.items.clone());
    for kept in [more, queued] {
        let has_ended = known(vec![cancelled(1, -5, -5)], vec![kept]);
        assert_eq!(patch(&has_ended, &hinted), Patched::Dirty);
    }
}

#[test]
fn a_charge_that_is_listed_no_more_comes_back_by_no_hook() {
    let snapshot = known(Vec::new(), Vec::new());
    let mut refunded = charge(9, -9_000_000, 5);
    refunded.status = ChargeStatus::Refunded;
    refunded.processed_at = Some(at(-91 * 86_400));
    assert_eq!(
        patch(&snapshot, &of_a_charge(refunded.clone())),
        Patched::Unchanged
    );
    refunded.processed_at = Some(at(-89 * 86_400));
    assert!(matches!(
        patch(&snapshot, &of_a_charge(refunded)),
        Patched::To { dirty: true, .. }
    ));
    let without = Snapshot {
        charges: None,
        ..snapshot
    };
    assert_eq!(
        patch(&without, &of_a_charge(charge(9, 5, 5))),
        Patched::Unchanged
    );
}

#[test]
fn a_customers_record_changes_and_counts_alone_are_no_change() {
    let snapshot = known(Vec::new(), Vec::new());
    let (patched, dirty) = after(&snapshot, &of_kim(record(5)));
    assert_eq!((patched.customer, dirty), (record(5), false));
    assert_eq!(
        patch(&snapshot, &of_kim(record(-1_001))),
        Patched::Unchanged
    );
    let mut counted = record(-1_000);
    counted.subscriptions_active = Some(3);
    assert_eq!(patch(&snapshot, &of_kim(counted)), Patched::Unchanged);
    let mut tie = record(-1_000);
    tie.phone = Some("555".into());
    assert_eq!(patch(&snapshot, &of_kim(tie)), Patched::Dirty);
}

#[test]
fn hints_are_read_again_and_concern_nobody_else() {
    let snapshot = known(vec![subscription(1, -5)], vec![charge(2, -5, -5)]);
    let other = CustomerId::new("9");
    for mine in [
        hint(Touched::Customer(kim())),
        hint(Touched::Subscription(SubscriptionId::new("1"))),
        hint(Touched::Charge(ChargeId::new("2"))),
        Event {
            change: Change::Gone(kim()),
            stamp: None,
        },
    ] {
        assert_eq!(patch(&snapshot, &mine), Patched::Dirty);
        assert!(has(&snapshot, &mine));
    }
    for not_mine in [
        hint(Touched::Customer(other.clone())),
        hint(Touched::Subscription(SubscriptionId::new("2"))),
        hint(Touched::Charge(ChargeId::new("1"))),
        Event {
            change: Change::Gone(other),
            stamp: None,
        },
        Event {
            change: Change::Shop,
            stamp: None,
        },
        Event {
            change: Change::Uninstalled,
            stamp: None,
        },
    ] {
        assert_eq!(patch(&snapshot, &not_mine), Patched::Unchanged);
        assert!(!has(&snapshot, &not_mine));
    }
}

#[test]
fn a_row_that_is_another_customers_now_leaves_by_a_re_read() {
    let snapshot = known(vec![subscription(1, -5)], Vec::new());
    let of_another = |row: Subscription| Event {
        stamp: row.stamp(),
        change: Change::Subscription {
            customer: CustomerId::new("9"),
            subscription: Box::new(row),
        },
    };
    assert_eq!(
        patch(&snapshot, &of_another(subscription(1, 5))),
        Patched::Dirty
    );
    assert_eq!(
        patch(&snapshot, &of_another(subscription(1, -6))),
        Patched::Unchanged
    );
    assert_eq!(
        patch(&snapshot, &of_another(subscription(2, 5))),
        Patched::Unchanged
    );
}

/// Histories of a customer: every event has a stamp of its own, at second 1 and later.
fn history() -> impl Strategy<Value = Vec<Event>> {
    let step = (0..4_u32, 1..6_u32, 0..3_i64);
    prop::collection::vec(step, 1..24).prop_map(|steps| {
        let mut first = BTreeMap::new();
        let steps = steps.into_iter().zip(1..);
        let events = steps.map(|((kind, id, behind), n)| {
            // So far apart that an `updated_at` left behind still lies after what came before.
            let stamp = n * 10;
            let is_new = id > 3;
            let created =
                *first
                    .entry((kind == 3, id))
                    .or_insert(if is_new { stamp } else { -80_000 });
            match kind {
                0 => of(made(created, subscription(id, stamp))),
                1 => of(made(created, cancelled(id, stamp - behind, stamp))),
                2 => of_kim(record(stamp)),
                _ => of_a_charge(charge(id, created, stamp)),
            }
        });
        events.collect()
    })
}

fn beginning() -> Snapshot {
    let rows = (1..=3).map(|id| subscription(id, -1_000)).collect();
    let charges = (1..=3)
        .rev()
        .map(|id| charge(id, -80_000, -1_000))
        .collect();
    known(rows, charges)
}

fn applied(events: &[Event]) -> (Snapshot, bool) {
    events
        .iter()
        .fold((beginning(), false), |(snapshot, dirty), event| {
            let (snapshot, odd) = after(&snapshot, event);
            (snapshot, dirty || odd)
        })
}

fn shuffled() -> impl Strategy<Value = (Vec<Event>, Vec<Event>)> {
    history().prop_flat_map(|events| {
        let order = Just(events.clone()).prop_shuffle();
        let doubles = prop::collection::vec(any::<prop::sample::Index>(), 0..6);
        (Just(events), order, doubles).prop_map(|(events, mut order, doubles)| {
            for double in doubles {
                let again = double.get(&events).clone();
                order.insert(double.index(order.len() + 1), again);
            }
            (events, order)
        })
    })
}

proptest! {
    #[test]
    fn any_order_with_repetitions_gives_the_latest_of_everything((events, order) in shuffled()) {
        let (in_turn, dirty) = applied(&events);
        prop_assert!(!dirty, "nothing here is undecidable");
        prop_assert_eq!(applied(&order), (in_turn.clone(), false));
        for event in &events {
            prop_assert_eq!(patch(&in_turn, event), Patched::Unchanged);
        }
    }

    #[test]
    fn the_greatest_stamp_is_shown_whatever_updated_at_says(
        rows in prop::collection::vec((1..40_i64, prop::option::of(1..40_i64)), 1..8),
    ) {
        let rows: Vec<_> = rows.into_iter().map(|(updated, gone)| match gone {
            Some(gone) => cancelled(1, updated, gone),
            None => subscription(1, updated),
        }).collect();
        let snapshot = rows.iter().fold(known(vec![subscription(1, -9)], Vec::new()), |snapshot, row| {
            after(&snapshot, &of(row.clone())).0
        });
        let greatest = rows.iter().filter_map(Subscription::stamp).max();
        prop_assert_eq!(snapshot.subscriptions[0].stamp(), greatest);
    }
}
