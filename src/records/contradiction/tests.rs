use super::super::observe::{Observed, observe};
use super::super::samples::{
    IntoObject, at, charge, customer, december, deliveries, known, moment, queued, seen,
    subscription,
};
use super::*;
use crate::domain::customer::Customer;
use crate::domain::id::ProductId;

/// A webhook that was received as commit `number` and is stored as the one after it, a minute after the last.
fn webhook(rows: &mut CustomerRows, number: Commit, object: &Object) {
    event(rows, Source::Webhook, number, object);
}

fn event(rows: &mut CustomerRows, source: Source, number: Commit, object: &Object) {
    let observed = seen(source, moment(number, number), std::slice::from_ref(object));
    let changes = observe(rows, &observed, number + 1, at(number));
    assert!(!changes.written.is_empty(), "the event is news");
    assert!(
        !rows.freshness.is_marked(),
        "only a contradiction asks for a read"
    );
}

/// Kim has subscription 1 with its queued charge 5, both due on December 15.
fn kim() -> CustomerRows {
    let rows = known(&[subscription("1").object(), queued("5", "1").object()]);
    assert!(!contradict(&rows));
    rows
}

/// Subscription 1 as it is after a change at that minute.
fn updated(minutes: i64) -> Subscription {
    Subscription {
        updated_at: Some(at(minutes)),
        ..subscription("1")
    }
}

/// A charge as it is after a change at that minute.
fn updated_charge(minutes: i64, charge: Charge) -> Charge {
    Charge {
        updated_at: Some(at(minutes)),
        ..charge
    }
}

fn canceled(minutes: i64) -> Subscription {
    Subscription {
        status: Status::Cancelled,
        cancelled_at: Some(at(minutes)),
        next_billing_date: None,
        ..updated(minutes)
    }
}

/// Two webhooks that belong together, in both orders: alone, the first of each order may contradict the rows; together they
/// never do.
fn settle_each_other(rows: &CustomerRows, a: &Object, b: &Object, alone: [bool; 2]) {
    for ((first, second), expected) in [((a, b), alone[0]), ((b, a), alone[1])] {
        let mut rows = rows.clone();
        webhook(&mut rows, 3, first);
        assert_eq!(contradict(&rows), expected, "{first:?} alone");
        webhook(&mut rows, 5, second);
        assert!(!contradict(&rows), "{first:?}, then {second:?}");
    }
}

/// The rows contradict each other until a read that began later.
fn a_read_settles(rows: &CustomerRows, all: &[Object]) {
    assert!(contradict(rows));
    let mut rows = rows.clone();
    let read = super::super::samples::complete(moment(20, 60), all);
    observe(&mut rows, &read, 21, at(60));
    assert!(!contradict(&rows));
}

#[test]
fn a_new_subscription_comes_with_a_queued_charge() {
    let new = Subscription {
        created_at: Some(at(1)),
        ..subscription("2")
    };
    let charge = Charge {
        created_at: Some(at(1)),
        ..queued("6", "2")
    };
    settle_each_other(&kim(), &new.object(), &charge.object(), [true, false]);
    // One that will not be charged needs none.
    let without = Subscription {
        next_billing_date: None,
        ..new
    };
    let mut rows = kim();
    webhook(&mut rows, 3, &without.object());
    assert!(!contradict(&rows));
}

#[test]
fn a_moved_date_comes_with_a_moved_charge() {
    let moved = Subscription {
        next_billing_date: Some(december(20)),
        ..updated(2)
    };
    let charge = updated_charge(2, charge("5", ChargeStatus::Queued, 20, &["1"]));
    settle_each_other(&kim(), &moved.object(), &charge.object(), [true, false]);
    let mut rows = kim();
    webhook(&mut rows, 3, &moved.object());
    a_read_settles(&rows, &[moved.object(), queued("5", "1").object()]);
}

#[test]
fn another_quantity_or_product_comes_with_another_line() {
    let doubled = Subscription {
        quantity: Some(2),
        ..updated(2)
    };
    let mut charge = updated_charge(2, queued("5", "1"));
    charge.items[0].quantity = Some(2);
    settle_each_other(&kim(), &doubled.object(), &charge.object(), [true, false]);

    let mut swapped = updated(2);
    swapped.product.id = Some(ProductId::new("boot"));
    let mut charge = updated_charge(2, queued("5", "1"));
    charge.items[0].product = Some(ProductId::new("boot"));
    settle_each_other(&kim(), &swapped.object(), &charge.object(), [true, false]);
    // A line that does not say its product contradicts none.
    charge.items[0].product = None;
    let mut rows = kim();
    webhook(&mut rows, 3, &charge.object());
    webhook(&mut rows, 5, &swapped.object());
    assert!(!contradict(&rows));
}

#[test]
fn another_price_or_reason_contradicts_nothing() {
    let mut rows = kim();
    let other = Subscription {
        cancellation_comment: Some(String::from("too many shoes")),
        ..updated(2)
    };
    webhook(&mut rows, 3, &other.object());
    assert!(!contradict(&rows));
}

#[test]
fn a_canceled_subscription_takes_its_own_charge_with_it() {
    // The charge is for nothing else: it is on no card, whether its deletion has been announced or not.
    let mut rows = kim();
    webhook(&mut rows, 3, &canceled(2).object());
    assert!(!contradict(&rows));
}

#[test]
fn a_canceled_subscription_shrinks_a_shared_charge() {
    let other = subscription("2");
    let shared = charge("5", ChargeStatus::Queued, 15, &["1", "2"]);
    let rows = known(&[subscription("1").object(), other.object(), shared.object()]);
    let smaller = updated_charge(2, queued("5", "2"));
    let canceled = canceled(2);
    settle_each_other(&rows, &canceled.object(), &smaller.object(), [true, false]);
    let mut alone = rows.clone();
    webhook(&mut alone, 3, &canceled.object());
    a_read_settles(
        &alone,
        &[canceled.object(), other.object(), shared.object()],
    );
}

#[test]
fn a_paid_charge_moves_the_next_date() {
    let paid = Charge {
        status: ChargeStatus::Success,
        processed_at: Some(at(2)),
        ..updated_charge(2, queued("5", "1"))
    };
    let next = Subscription {
        next_billing_date: Some(december(31)),
        ..updated(2)
    };
    let new_charge = Charge {
        created_at: Some(at(2)),
        ..charge("6", ChargeStatus::Queued, 31, &["1"])
    };
    let mut rows = kim();
    webhook(&mut rows, 3, &paid.object());
    a_read_settles(&rows, &[next.object(), new_charge.object()]);
    // The new charge alone says the new date, which Recharge moves without a newer stamp.
    let mut with_charge = rows.clone();
    webhook(&mut with_charge, 5, &new_charge.object());
    assert!(!contradict(&with_charge));
    // The subscription alone has a date, and no charge on it.
    webhook(&mut rows, 5, &next.object());
    assert!(contradict(&rows));
    webhook(&mut rows, 7, &new_charge.object());
    assert!(!contradict(&rows));
}

#[test]
fn a_skipped_charge_moves_the_next_date() {
    let skipped = Charge {
        status: ChargeStatus::Skipped,
        ..updated_charge(2, queued("5", "1"))
    };
    let mut rows = kim();
    webhook(&mut rows, 3, &skipped.object());
    assert!(contradict(&rows));
    let next = Charge {
        created_at: Some(at(4)),
        ..charge("6", ChargeStatus::Queued, 31, &["1"])
    };
    webhook(&mut rows, 5, &next.object());
    assert!(!contradict(&rows));
}

#[test]
fn a_failed_charge_contradicts_nothing_until_it_is_given_up() {
    let failed = Charge {
        status: ChargeStatus::Error,
        retry_date: Some(december(5)),
        ..updated_charge(2, queued("5", "1"))
    };
    let mut rows = kim();
    webhook(&mut rows, 3, &failed.object());
    assert!(!contradict(&rows));
    // Then the subscription may have been canceled with it.
    let given_up = Charge {
        error_code: Some(String::from("MAX_RETRIES_REACHED")),
        ..updated_charge(4, failed)
    };
    webhook(&mut rows, 5, &given_up.object());
    assert!(contradict(&rows));
    webhook(&mut rows, 7, &canceled(6).object());
    assert!(!contradict(&rows));
}

#[test]
fn a_refund_contradicts_nothing() {
    let paid = Charge {
        status: ChargeStatus::Success,
        processed_at: Some(at(-100)),
        ..charge("4", ChargeStatus::Success, 1, &["1"])
    };
    let all = [
        subscription("1").object(),
        queued("5", "1").object(),
        paid.object(),
    ];
    let mut rows = known(&all);
    let refunded = Charge {
        status: ChargeStatus::PartiallyRefunded,
        ..updated_charge(2, paid)
    };
    webhook(&mut rows, 3, &refunded.object());
    assert!(!contradict(&rows));
}

#[test]
fn deliveries_to_come_are_on_no_webhook() {
    let prepaid = Subscription {
        is_prepaid: true,
        ..subscription("1")
    };
    let all = [
        prepaid.object(),
        queued("5", "1").object(),
        deliveries("1", &[5]),
    ];
    let mut rows = known(&all);
    assert!(!contradict(&rows));
    let changed = Subscription {
        updated_at: Some(at(2)),
        ..prepaid
    };
    webhook(&mut rows, 3, &changed.object());
    a_read_settles(&rows, &all);
    // Also where charges could not be had, which hides every other contradiction.
    rows.freshness.missing.push(Kind::Charge);
    assert!(contradict(&rows));
    let mut rows = kim();
    rows.freshness.missing.push(Kind::Charge);
    webhook(
        &mut rows,
        3,
        &Subscription {
            quantity: Some(2),
            ..updated(2)
        }
        .object(),
    );
    assert!(!contradict(&rows));
}

#[test]
fn a_payment_ends_the_dunning() {
    let troubled = Customer {
        payment_in_dunning: Some(true),
        ..customer()
    };
    let failed = Charge {
        status: ChargeStatus::Error,
        retry_date: Some(december(5)),
        ..charge("4", ChargeStatus::Error, 1, &["1"])
    };
    let mut rows = known(&[
        subscription("1").object(),
        queued("5", "1").object(),
        failed.object(),
    ]);
    let said = Customer {
        updated_at: Some(at(1)),
        ..troubled.clone()
    };
    webhook(&mut rows, 3, &said.object());
    assert!(!contradict(&rows));
    let paid = Charge {
        status: ChargeStatus::Success,
        processed_at: Some(at(4)),
        ..updated_charge(4, failed)
    };
    let fine = Customer {
        updated_at: Some(at(5)),
        ..customer()
    };
    webhook(&mut rows, 5, &paid.object());
    assert!(contradict(&rows));
    let mut invalid = rows.clone();
    webhook(&mut rows, 7, &fine.object());
    assert!(!contradict(&rows));
    // The same where the record says that no payment method works.
    let no_card = Customer {
        has_valid_payment_method: Some(false),
        updated_at: Some(at(3)),
        ..customer()
    };
    invalid.rows.insert(
        ObjectKey::customer(&customer().id),
        super::super::samples::row(&no_card.object(), Source::Webhook, 4, 3),
    );
    assert!(contradict(&invalid));
}

#[test]
fn an_announced_deletion_contradicts_a_live_row() {
    let canceled = Subscription {
        status: Status::Cancelled,
        ..subscription("2")
    };
    let rows = known(&[
        subscription("1").object(),
        queued("5", "1").object(),
        canceled.object(),
        queued("6", "2").object(),
    ]);
    for (key, expected) in [
        (ObjectKey::new(Kind::Subscription, "1"), true),
        (ObjectKey::new(Kind::Charge, "5"), true),
        // It is on no card: all that it would pay for has ended.
        (ObjectKey::new(Kind::Charge, "6"), false),
        (ObjectKey::new(Kind::Charge, "7"), false),
    ] {
        let mut rows = rows.clone();
        let deletion = Observed {
            deleted: vec![key.clone()],
            ..seen(Source::Webhook, moment(3, 3), &[])
        };
        observe(&mut rows, &deletion, 4, at(3));
        assert!(!rows.freshness.is_marked());
        assert_eq!(contradict(&rows), expected, "{key:?}");
        // Also where charges can't be had.
        rows.freshness.missing.push(Kind::Charge);
        assert_eq!(contradict(&rows), expected, "{key:?}");
        rows.freshness.read = Some(moment(3, 4));
        assert!(!contradict(&rows), "a read that began later settles it");
    }
}

#[test]
fn a_charge_that_was_merged_into_another_is_not_to_come() {
    let merged = Charge {
        merged_at: Some(at(2)),
        ..updated_charge(2, queued("5", "1"))
    };
    let mut rows = kim();
    webhook(&mut rows, 3, &merged.object());
    webhook(&mut rows, 5, &updated(4).object());
    assert!(contradict(&rows), "which charge comes instead is not known");
    let into = Charge {
        created_at: Some(at(5)),
        ..queued("6", "1")
    };
    webhook(&mut rows, 7, &into.object());
    assert!(!contradict(&rows));
}

#[test]
fn a_row_of_a_list_counts_as_an_event() {
    let moved = Subscription {
        next_billing_date: Some(december(20)),
        ..updated(2)
    };
    let mut rows = kim();
    event(&mut rows, Source::List, 3, &moved.object());
    assert!(contradict(&rows));
}

#[test]
fn what_a_read_brings_is_no_contradiction() {
    // However odd: an active subscription with a date and no charge, and a paid charge behind that date.
    let paid = Charge {
        status: ChargeStatus::Success,
        ..updated_charge(-100, queued("5", "1"))
    };
    let mut rows = known(&[subscription("1").object(), paid.object()]);
    assert!(!contradict(&rows));
    // Nor what an action's answer brings.
    let answer = seen(Source::Action, moment(2, 3), &[updated(2).object()]);
    observe(&mut rows, &answer, 4, at(3));
    assert!(!contradict(&rows));
    // Of a customer who was never read to the end there is no card that could say two things.
    let mut never_read = CustomerRows::default();
    let own: Observed = seen(Source::Read, moment(1, 0), &[customer().object()]);
    observe(&mut never_read, &own, 2, at(0));
    let moved = seen(Source::Webhook, moment(3, 1), &[updated(1).object()]);
    observe(&mut never_read, &moved, 4, at(1));
    assert!(!contradict(&never_read));
}
