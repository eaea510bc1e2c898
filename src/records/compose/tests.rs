use super::super::observe::observe;
use super::super::rule::Source;
use super::super::samples::{
    IntoObject, at, charge, customer, december, deliveries, kim, known, moment, queued, row, seen,
    subscription,
};
use super::*;

fn card(rows: &CustomerRows) -> Arc<Snapshot> {
    compose(rows).unwrap().snapshot.unwrap()
}

fn next(card: &Snapshot) -> Option<Day> {
    card.subscriptions[0].next_billing_date
}

#[test]
fn rows_make_a_card() {
    let active = Subscription {
        next_billing_date: Some(december(20)),
        ..subscription("1")
    };
    let canceled = Subscription {
        status: Status::Cancelled,
        next_billing_date: None,
        ..subscription("12")
    };
    let rows = known(&[
        canceled.object(),
        active.object(),
        subscription("3").object(),
        queued("9", "3").object(),
        queued("10", "1").object(),
        deliveries("1", &[5]),
    ]);
    let known = compose(&rows).unwrap();
    assert_eq!((known.read, known.commit), (Some(moment(1, 0)), 2));
    assert!(!known.needs_read && known.recheck.is_none() && known.missing.is_empty());
    let card = known.snapshot.unwrap();
    assert_eq!(card.as_of, at(0));
    assert_eq!(card.customer, customer());
    let ids: Vec<_> = card.subscriptions.iter().map(|s| s.id.as_str()).collect();
    assert_eq!(ids, ["3", "1", "12"], "active ones by day, then the rest");
    let charges = card.charges.as_ref().unwrap();
    let ids: Vec<_> = charges.iter().map(|c| c.id.as_str()).collect();
    assert_eq!(ids, ["10", "9"], "the newest first: 10 is more than 9");
    assert_eq!(card.deliveries.as_ref().unwrap().len(), 1);
}

#[test]
fn without_a_live_record_there_is_no_customer() {
    assert_eq!(compose(&CustomerRows::default()), None);
    let mut rows = known(&[subscription("1").object()]);
    rows.rows
        .get_mut(&ObjectKey::customer(&kim()))
        .unwrap()
        .object = None;
    assert_eq!(compose(&rows), None);
}

#[test]
fn before_the_first_complete_read_there_is_no_card() {
    let mut rows = CustomerRows::default();
    let own = seen(Source::Read, moment(1, 0), &[customer().object()]);
    observe(&mut rows, &own, 2, at(0));
    let known = compose(&rows).unwrap();
    assert_eq!((known.customer.id, known.snapshot), (kim(), None));
    assert!(known.needs_read && known.read.is_none());
}

#[test]
fn the_queued_charge_says_the_next_date() {
    let earlier = charge("5", ChargeStatus::Queued, 12, &["1"]);
    let later = charge("6", ChargeStatus::Queued, 28, &["1"]);
    let mut rows = known(&[subscription("1").object(), earlier.object(), later.object()]);
    assert_eq!(next(&card(&rows)), Some(december(12)), "the soonest one");
    // Unless charges could not be had, or the subscription has ended.
    rows.freshness.missing.push(Kind::Charge);
    assert_eq!(next(&card(&rows)), Some(december(15)));
    assert_eq!(card(&rows).charges, None);
    let ended = Subscription {
        status: Status::Expired,
        next_billing_date: None,
        ..subscription("1")
    };
    let rows = known(&[ended.object(), earlier.object()]);
    assert_eq!(next(&card(&rows)), None);
    // A failed, a paid or a merged one says nothing of it.
    let mut merged = charge("5", ChargeStatus::Queued, 12, &["1"]);
    merged.merged_at = Some(at(-5));
    let rows = known(&[subscription("1").object(), merged.object()]);
    assert_eq!(next(&card(&rows)), Some(december(15)));
    for status in [ChargeStatus::Error, ChargeStatus::Success] {
        let rows = known(&[
            subscription("1").object(),
            charge("5", status, 12, &["1"]).object(),
        ]);
        assert_eq!(next(&card(&rows)), Some(december(15)));
    }
}

#[test]
fn paid_charges_are_shown_for_90_days() {
    let paid = |id: &str, days_ago: i64| {
        let mut paid = charge(id, ChargeStatus::Success, 1, &["1"]);
        paid.processed_at = Some(at(-days_ago * 24 * 60));
        paid
    };
    let mut rows = known(&[paid("5", 90).object(), paid("4", 50).object()]);
    assert_eq!(card(&rows).charges.as_ref().unwrap().len(), 2);
    // Rows that have left the provider's lists leave the card, too.
    rows.freshness.read = Some(moment(9, 24 * 60));
    let card = card(&rows);
    let ids: Vec<_> = card
        .charges
        .iter()
        .flatten()
        .map(|c| c.id.as_str())
        .collect();
    assert_eq!(ids, ["4"]);
}

#[test]
fn tombstones_are_on_no_card() {
    let mut rows = known(&[
        subscription("1").object(),
        subscription("2").object(),
        queued("5", "1").object(),
    ]);
    for key in [
        ObjectKey::new(Kind::Subscription, "2"),
        ObjectKey::new(Kind::Charge, "5"),
    ] {
        rows.rows.get_mut(&key).unwrap().object = None;
    }
    let card = card(&rows);
    assert_eq!(card.subscriptions.len(), 1);
    assert_eq!(card.charges.as_deref(), Some(&[][..]));
}

#[test]
fn a_customer_needs_a_read_when_marked_or_contradicted() {
    let mut rows = known(&[subscription("1").object(), queued("5", "1").object()]);
    rows.freshness.mark(2);
    assert!(compose(&rows).unwrap().needs_read);
    let mut rows = known(&[subscription("1").object(), queued("5", "1").object()]);
    let moved = Subscription {
        next_billing_date: Some(december(20)),
        updated_at: Some(at(1)),
        ..subscription("1")
    };
    let key = ObjectKey::new(Kind::Subscription, "1");
    let row = row(&moved.object(), Source::Webhook, 4, 1);
    rows.rows.insert(key, row);
    let known = compose(&rows).unwrap();
    assert!(known.needs_read);
    assert_eq!(known.commit, 4);
}

#[test]
fn a_charge_of_nothing_but_ended_subscriptions_is_called_off() {
    let ended = |id: &str, status| Subscription {
        status,
        ..subscription(id)
    };
    let rows = known(&[
        ended("1", Status::Cancelled).object(),
        ended("2", Status::Expired).object(),
        subscription("3").object(),
        charge("4", ChargeStatus::Queued, 15, &["1", "2"]).object(),
        charge("5", ChargeStatus::Queued, 15, &["1", "3"]).object(),
        charge("6", ChargeStatus::Queued, 15, &["1", "unknown"]).object(),
        charge("7", ChargeStatus::Success, 15, &["1"]).object(),
        charge("8", ChargeStatus::Queued, 15, &[]).object(),
    ]);
    let called_off = |id| is_called_off(&rows, &ObjectKey::new(Kind::Charge, id));
    let ids = ["4", "5", "6", "7", "8", "none"];
    assert_eq!(
        ids.map(called_off),
        [true, false, false, false, false, false]
    );
}
