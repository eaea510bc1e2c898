use super::super::compose::compose;
use super::super::customer::Freshness;
use super::super::samples::{
    IntoObject, at, charge, complete, customer, deliveries, kim, known, moment, queued, seen,
    subscription,
};
use super::*;
use crate::domain::charge::ChargeStatus;
use crate::domain::customer::Customer;
use crate::domain::subscription::{Status, Subscription};

fn key(id: &str) -> ObjectKey {
    ObjectKey::new(Kind::Subscription, id)
}

/// A state of subscription 1 that was changed at this minute.
fn changed(minutes: i64, quantity: u32) -> Subscription {
    Subscription {
        updated_at: Some(at(minutes)),
        quantity: Some(quantity),
        ..subscription("1")
    }
}

fn quantity(known: &CustomerRows) -> Option<u32> {
    let live = known.live(Kind::Subscription).next();
    match live?.0 {
        Object::Subscription(subscription) => subscription.quantity,
        _ => None,
    }
}

fn webhook(began: Commit, minutes: i64, object: &Object) -> Observed {
    seen(
        Source::Webhook,
        moment(began, minutes),
        std::slice::from_ref(object),
    )
}

/// A webhook that says that an object is deleted.
fn deletion(began: Commit, minutes: i64, key: ObjectKey) -> Observed {
    Observed {
        deleted: vec![key],
        ..seen(Source::Webhook, moment(began, minutes), &[])
    }
}

/// A read by id that finds no such customer.
fn not_found(began: Commit, minutes: i64) -> Observed {
    Observed {
        gone: true,
        ..seen(Source::Read, moment(began, minutes), &[])
    }
}

/// Whether a card of the rows counts as stale.
fn needs_read(rows: &CustomerRows) -> bool {
    compose(rows).is_some_and(|known| known.needs_read)
}

/// Applies an observation at the minute at which it was made.
fn apply(known: &mut CustomerRows, seen: &Observed, commit: Commit) -> Changes {
    observe(known, seen, commit, seen.moment.at)
}

#[test]
fn a_complete_read_makes_a_customer_known() {
    let rows = known(&[subscription("1").object(), queued("5", "1").object()]);
    assert_eq!(rows.rows.len(), 3);
    assert!(rows.rows.values().all(|row| row.commit == 2));
    let expected = Freshness {
        read: Some(moment(1, 0)),
        ..Freshness::default()
    };
    assert_eq!(rows.freshness, expected);
    assert!(!rows.freshness.is_marked());

    // The same again changes nothing but the time of the read.
    let mut again = rows.clone();
    let all = [subscription("1").object(), queued("5", "1").object()];
    let changes = apply(&mut again, &complete(moment(2, 5), &all), 3);
    assert!(changes.written.is_empty() && changes.freshness && !changes.is_nothing());
    assert_eq!(again.rows, rows.rows);
}

#[test]
fn a_read_that_began_before_a_commit_does_not_undo_it() {
    let stale = changed(-600, 1);
    let mut rows = known(&[stale.object()]);
    // The read begins, a webhook is received and stored, and the read ends.
    let read = complete(moment(2, 1), &[stale.object()]);
    apply(&mut rows, &webhook(3, 2, &changed(2, 7).object()), 4);
    apply(&mut rows, &read, 5);
    assert_eq!(quantity(&rows), Some(7));
    assert!(!rows.freshness.is_marked());

    // With equal stamps nothing tells which is newer: the customer is read again.
    let mut rows = known(&[stale.object()]);
    let read = complete(moment(2, 1), &[changed(-600, 7).object()]);
    let other = complete(moment(2, 1), &[changed(-600, 8).object()]);
    apply(&mut rows, &other, 3);
    apply(&mut rows, &read, 4);
    assert_eq!(quantity(&rows), Some(8));
    assert!(rows.freshness.is_marked());
    apply(
        &mut rows,
        &complete(moment(4, 2), &[changed(-600, 8).object()]),
        5,
    );
    assert!(!rows.freshness.is_marked());
}

#[test]
fn an_event_counts_from_its_receipt() {
    let mut rows = known(&[subscription("1").object()]);
    let unclear = Observed {
        mark: true,
        ..seen(Source::Webhook, moment(3, 1), &[])
    };
    apply(&mut rows, &unclear, 5);
    assert!(rows.freshness.is_marked());
    let all = [subscription("1").object()];
    // A read that began before the receipt may lack the event; one that began after it has it.
    apply(&mut rows, &complete(moment(2, 1), &all), 6);
    assert!(rows.freshness.is_marked());
    apply(&mut rows, &complete(moment(3, 1), &all), 7);
    assert!(!rows.freshness.is_marked());
}

#[test]
fn an_event_from_before_the_last_read_is_looked_for_again_while_lists_may_lag() {
    let unclear = |minutes| Observed {
        mark: true,
        ..seen(Source::Webhook, moment(1, minutes), &[])
    };
    for (minutes, recheck) in [(-1, Some(at(34))), (-35, None)] {
        let mut rows = known(&[subscription("1").object()]);
        observe(&mut rows, &unclear(minutes), 5, at(1));
        assert!(!rows.freshness.is_marked());
        assert_eq!(rows.freshness.recheck, recheck, "received at {minutes}");
    }
}

#[test]
fn a_webhook_does_not_lift_a_tombstone() {
    let mut rows = known(&[changed(-600, 1).object()]);
    apply(&mut rows, &complete(moment(2, 60), &[]), 3);
    assert_eq!(quantity(&rows), None);
    for source in [Source::Webhook, Source::List] {
        let late = seen(source, moment(4, 61), &[changed(-500, 7).object()]);
        apply(&mut rows, &late, 5);
        assert_eq!(quantity(&rows), None);
        assert!(rows.freshness.is_marked(), "worth a read");
    }
    // A read that began before the absence was stored does not lift it either; a later one does.
    let listed = [changed(-500, 7).object()];
    apply(&mut rows, &complete(moment(2, 60), &listed), 6);
    assert_eq!(quantity(&rows), None);
    apply(&mut rows, &complete(moment(6, 62), &listed), 7);
    assert_eq!(quantity(&rows), Some(7));
    assert!(!rows.freshness.is_marked());
}

#[test]
fn a_deletion_is_confirmed_by_a_read() {
    let mut rows = known(&[changed(-600, 1).object()]);
    let changes = apply(&mut rows, &deletion(3, 60, key("1")), 4);
    assert_eq!(changes.written, [key("1")]);
    assert_eq!(
        quantity(&rows),
        Some(1),
        "not on the word of a webhook alone"
    );
    assert!(needs_read(&rows));
    // The same again is nothing new.
    assert!(apply(&mut rows, &deletion(3, 61, key("1")), 5).is_nothing());
    apply(&mut rows, &complete(moment(5, 61), &[]), 6);
    assert_eq!(quantity(&rows), None);
    assert!(!needs_read(&rows));
    assert_eq!(rows.freshness.recheck, None);
}

#[test]
fn a_late_update_does_not_hide_a_deletion() {
    // The deletion's webhook overtook the update's.
    let mut rows = known(&[changed(-600, 1).object()]);
    apply(&mut rows, &deletion(3, 1, key("1")), 4);
    apply(&mut rows, &webhook(5, 2, &changed(0, 7).object()), 6);
    assert!(needs_read(&rows));
    apply(&mut rows, &complete(moment(6, 3), &[]), 7);
    assert_eq!(quantity(&rows), None);
}

#[test]
fn a_list_that_lags_behind_a_deletion_is_read_once_more() {
    // With the state that is stored, and with a newer one that the lagging list has.
    for listed in [changed(-600, 1), changed(59, 7)] {
        let mut rows = known(&[changed(-600, 1).object()]);
        apply(&mut rows, &deletion(3, 60, key("1")), 4);
        apply(&mut rows, &complete(moment(4, 61), &[listed.object()]), 5);
        assert_eq!(quantity(&rows), listed.quantity);
        assert_eq!(rows.freshness.recheck, Some(at(95)));
        let mut gone = rows.clone();
        apply(&mut gone, &complete(moment(5, 95), &[]), 6);
        assert_eq!(quantity(&gone), None);
        assert_eq!(gone.freshness.recheck, None);
    }
}

#[test]
fn a_read_that_no_list_lags_behind_refutes_a_deletion() {
    let all = [changed(-600, 1).object()];
    let mut rows = known(&all);
    apply(&mut rows, &deletion(3, 60, key("1")), 4);
    let changes = apply(&mut rows, &complete(moment(4, 95), &all), 5);
    assert_eq!(changes.written, [key("1")]);
    assert_eq!(rows.rows[&key("1")].deletion, None);
    assert_eq!(rows.freshness.recheck, None);
    // From then on an absence counts as any other: one from a list that ended early buries nothing.
    let mut short = complete(moment(5, 96), &[]);
    short.short.push(Kind::Subscription);
    apply(&mut rows, &short, 6);
    assert_eq!(quantity(&rows), Some(1));
    apply(&mut rows, &complete(moment(6, 97), &[]), 7);
    assert_eq!(quantity(&rows), None);
}

#[test]
fn a_deletion_that_is_stored_after_a_read_counts_too() {
    // Received before the read began and stored after it ended. The list may have lagged.
    let all = [changed(-600, 1).object()];
    let mut rows = known(&all);
    apply(&mut rows, &complete(moment(3, 61), &all), 4);
    observe(&mut rows, &deletion(3, 60, key("1")), 5, at(62));
    assert_eq!(rows.freshness.recheck, Some(at(95)));
    apply(&mut rows, &complete(moment(5, 95), &[]), 6);
    assert_eq!(quantity(&rows), None);
}

#[test]
fn the_deletion_of_something_unknown_is_remembered() {
    let mut rows = known(&[]);
    apply(&mut rows, &deletion(3, 1, key("9")), 4);
    assert!(!needs_read(&rows), "it is on no card");
    let late = Subscription {
        created_at: Some(at(1)),
        ..subscription("9")
    };
    apply(&mut rows, &webhook(5, 2, &late.object()), 6);
    assert_eq!(quantity(&rows), None);
    assert!(needs_read(&rows));
}

#[test]
fn the_deletion_of_a_charge_of_canceled_subscriptions_needs_no_read() {
    let canceled = Subscription {
        status: Status::Cancelled,
        ..subscription("1")
    };
    let deleted = ObjectKey::new(Kind::Charge, "5");
    for (subscriptions, marked) in [
        (vec![canceled.clone()], false),
        (vec![canceled, subscription("2")], true),
    ] {
        let ids: Vec<&str> = subscriptions.iter().map(|s| s.id.as_str()).collect();
        let mut all = vec![charge("5", ChargeStatus::Queued, 15, &ids).object()];
        all.extend(subscriptions.iter().map(IntoObject::object));
        let mut rows = known(&all);
        apply(&mut rows, &deletion(3, 1, deleted.clone()), 4);
        assert_eq!(needs_read(&rows), marked, "{ids:?}");
    }
}

#[test]
fn what_a_complete_read_does_not_list_goes_after_a_while() {
    let mut rows = known(&[subscription("1").object()]);
    apply(&mut rows, &complete(moment(2, 34), &[]), 3);
    assert_eq!(quantity(&rows), Some(1));
    assert_eq!(rows.freshness.recheck, Some(at(35)));
    apply(&mut rows, &complete(moment(3, 35), &[]), 4);
    assert_eq!(quantity(&rows), None);
    assert_eq!(rows.freshness.recheck, None);
}

#[test]
fn a_read_of_some_kinds_says_nothing_of_the_others() {
    let mut rows = known(&[subscription("1").object(), deliveries("1", &[5])]);
    let charges_alone = Observed {
        complete: vec![Kind::Charge],
        ..seen(Source::Read, moment(2, 60), &[queued("5", "1").object()])
    };
    apply(&mut rows, &charges_alone, 3);
    assert_eq!(quantity(&rows), Some(1));
    assert_eq!(rows.live(Kind::Charge).count(), 1);
    assert_eq!(rows.live(Kind::Deliveries).count(), 1);
    // A list of a webhook's or of many customers is never complete.
    for source in [Source::Webhook, Source::List] {
        let event = Observed {
            complete: Kind::ALL.to_vec(),
            ..seen(source, moment(3, 90), &[])
        };
        apply(&mut rows, &event, 4);
        assert_eq!(quantity(&rows), Some(1));
        assert_eq!(rows.freshness.read, Some(moment(1, 0)));
    }
}

#[test]
fn a_card_read_with_an_earlier_record_does_not_bury_the_customer() {
    let mut rows = known(&[subscription("1").object()]);
    let mut read = complete(moment(2, 60), &[subscription("1").object()]);
    read.objects.remove(0);
    apply(&mut rows, &read, 3);
    assert_eq!(rows.live(Kind::Customer).count(), 1);
}

#[test]
fn processed_charges_leave_the_lists_and_stay() {
    let paid = |id: &str, days_ago: i64, updated: i64| {
        let mut paid = charge(id, ChargeStatus::Success, 1, &["1"]);
        paid.processed_at = Some(at(-days_ago * 24 * 60));
        paid.updated_at = Some(at(updated));
        paid
    };
    let mut rows = known(&[paid("5", 89, -600).object(), queued("6", "1").object()]);
    apply(&mut rows, &complete(moment(2, 3 * 24 * 60), &[]), 3);
    let left: Vec<_> = rows.live(Kind::Charge).map(|(o, _)| o.key().id).collect();
    assert_eq!(left, ["5".into()]);
    // An old one that is refunded now is on no card, and not stored.
    let mut refunded = paid("4", 120, 60);
    refunded.status = ChargeStatus::Refunded;
    assert!(apply(&mut rows, &webhook(4, 61, &refunded.object()), 5).is_nothing());
    let mut known_one = paid("5", 89, 3 * 24 * 60 + 1);
    known_one.status = ChargeStatus::Refunded;
    apply(
        &mut rows,
        &webhook(6, 3 * 24 * 60 + 2, &known_one.object()),
        7,
    );
    let Some((Object::Charge(charge), _)) = rows.live(Kind::Charge).next() else {
        panic!()
    };
    assert_eq!(charge.status, ChargeStatus::Refunded);
}

#[test]
fn a_list_that_ended_early_buries_nothing() {
    let mut rows = known(&[subscription("1").object(), subscription("2").object()]);
    let mut short = complete(moment(2, 60), &[subscription("1").object()]);
    short.short.push(Kind::Subscription);
    apply(&mut rows, &short, 3);
    assert_eq!(rows.live(Kind::Subscription).count(), 2);
    assert_eq!(rows.freshness.recheck, Some(at(95)));
    // Unless a webhook has announced it.
    apply(&mut rows, &deletion(4, 96, key("2")), 5);
    short.moment = moment(5, 97);
    apply(&mut rows, &short, 6);
    assert_eq!(rows.live(Kind::Subscription).count(), 1);
}

#[test]
fn parts_that_could_not_be_had_are_missing_until_they_are_read() {
    let mut rows = CustomerRows::default();
    let mut first = complete(moment(1, 0), &[subscription("1").object()]);
    first.complete = vec![Kind::Customer, Kind::Subscription];
    first.missing = vec![Kind::Charge, Kind::Deliveries];
    apply(&mut rows, &first, 2);
    assert_eq!(rows.freshness.missing, [Kind::Charge, Kind::Deliveries]);
    let charges = Observed {
        complete: vec![Kind::Charge],
        missing: vec![Kind::Deliveries],
        ..seen(Source::Read, moment(2, 1), &[queued("5", "1").object()])
    };
    apply(&mut rows, &charges, 3);
    assert_eq!(rows.freshness.missing, [Kind::Deliveries]);
    assert_eq!(rows.freshness.read, Some(moment(1, 0)));
}

#[test]
fn a_read_that_a_later_one_overtook_is_not_the_last_read() {
    let mut rows = known(&[changed(-600, 1).object()]);
    let late = complete(
        moment(2, 1),
        &[changed(-600, 2).object(), subscription("9").object()],
    );
    apply(
        &mut rows,
        &complete(moment(3, 2), &[changed(-600, 1).object()]),
        4,
    );
    apply(&mut rows, &late, 5);
    assert_eq!(quantity(&rows), Some(1));
    assert!(
        !rows.rows.contains_key(&key("9")),
        "the later one did not list it"
    );
    assert_eq!(rows.freshness.read, Some(moment(3, 2)));
    assert!(rows.freshness.is_marked());

    // But for what the later one could not have.
    let mut rows = known(&[]);
    rows.freshness.read = Some(moment(3, 2));
    rows.freshness.missing = vec![Kind::Charge];
    apply(
        &mut rows,
        &complete(moment(2, 1), &[queued("5", "1").object()]),
        5,
    );
    assert_eq!(rows.live(Kind::Charge).count(), 1);
    assert!(!rows.freshness.is_marked() && rows.freshness.missing.is_empty());
}

#[test]
fn two_empty_answers_an_hour_apart_are_a_customer_who_is_gone() {
    let mut rows = known(&[subscription("1").object()]);
    let changes = apply(&mut rows, &not_found(2, 10), 3);
    assert!(!changes.gone && changes.freshness);
    assert_eq!(rows.live(Kind::Customer).count(), 0);
    assert_eq!(quantity(&rows), Some(1), "what is theirs is kept");
    assert_eq!(rows.freshness.recheck, Some(at(70)));
    assert!(!apply(&mut rows, &not_found(3, 69), 4).gone);
    assert!(apply(&mut rows, &not_found(4, 70), 5).gone);
}

#[test]
fn a_customer_who_was_found_in_between_is_not_gone() {
    // By a complete read, and by one of their own record alone.
    let own = Observed {
        complete: vec![Kind::Customer],
        ..seen(Source::Read, moment(4, 30), &[customer().object()])
    };
    for found in [complete(moment(4, 30), &[]), own] {
        let mut rows = known(&[]);
        apply(&mut rows, &not_found(2, 10), 3);
        apply(&mut rows, &found, 5);
        assert_eq!(rows.live(Kind::Customer).count(), 1);
        assert_eq!(rows.freshness.gone_since, None);
        assert!(!apply(&mut rows, &not_found(6, 80), 7).gone);
        assert!(apply(&mut rows, &not_found(8, 140), 9).gone);
    }
}

#[test]
fn an_empty_answer_from_before_the_customer_was_found_says_nothing() {
    let mut rows = known(&[]);
    let newer = Customer {
        name: Some(String::from("Kim")),
        updated_at: Some(at(20)),
        ..customer()
    };
    apply(&mut rows, &webhook(3, 20, &newer.object()), 4);
    assert!(apply(&mut rows, &not_found(2, 10), 5).is_nothing());
    assert_eq!(rows.live(Kind::Customer).count(), 1);
}

#[test]
fn an_announced_deletion_of_the_customer_is_confirmed_by_one_empty_answer() {
    let own = ObjectKey::customer(&kim());
    let mut rows = known(&[]);
    apply(&mut rows, &deletion(3, 10, own.clone()), 4);
    assert!(needs_read(&rows));
    assert!(
        !apply(&mut rows.clone(), &not_found(2, 10), 5).gone,
        "it began before"
    );
    assert!(apply(&mut rows.clone(), &not_found(4, 11), 5).gone);
    // One that was refuted confirms nothing later.
    apply(&mut rows, &complete(moment(4, 60), &[]), 5);
    assert!(!apply(&mut rows, &not_found(6, 90), 7).gone);
}
