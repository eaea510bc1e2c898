//! Every state, by name.

use std::sync::Arc;

use super::{
    account, answer, cancelled, cash, charge, coffee, customer, day, dunning, every, found,
    hostile, instant, kim, many, prepaid, runner, snapshot,
};
use crate::domain::answer::{Answer, Outcome, Reason, Unlinking};
use crate::domain::charge::{Charge, ChargeStatus};
use crate::domain::customer::Customer;
use crate::domain::day::Zone;
use crate::domain::money::Money;
use crate::domain::question::MatchedBy;
use crate::domain::secret::Secret;
use crate::domain::snapshot::Snapshot;
use crate::domain::subscription::{KeepsTo, Product, Status, Subscription, Unit};

fn matches() -> Arc<[Customer]> {
    Arc::from([
        customer("176700009", "Kim Example"),
        Customer {
            email: Some("KIM@acme.example".into()),
            subscriptions_active: Some(0),
            created_at: Some(instant("2023-06-11T12:00:00Z")),
            ..customer("176700002", "K. Example-Featherstonehaugh")
        },
    ])
}

fn active_with(change: impl FnOnce(&mut Subscription, &mut Charge)) -> Outcome {
    let mut one = runner("585000001");
    let mut next = charge("1302000001", ChargeStatus::Queued, "2026-12-15", &one);
    change(&mut one, &mut next);
    found(snapshot(vec![one], vec![next]))
}

/// Every state by name.
pub(crate) fn all() -> Vec<(&'static str, Answer)> {
    let as_of = instant("2026-11-20T13:10:00Z");
    let stale = |reason| Outcome::Found {
        snapshot: Arc::new(Snapshot { as_of, ..kim() }),
        matched_by: MatchedBy::ShopifyCustomerId,
        stale: Some(reason),
        emails_missing: false,
    };
    let mut unknown_zone = account("acme-usa", found(kim()));
    unknown_zone.zone = Zone::Unknown;
    let only = |subscriptions| found(snapshot(subscriptions, Vec::new()));
    let past = Subscription {
        status: Status::Expired,
        ends_after_charges: Some(6),
        next_billing_date: None,
        ..coffee("585000021")
    };
    let exhausted = Subscription {
        payment_attempts_exhausted: true,
        cancellation_reason: Some("Max number of charge attempts reached".into()),
        cancellation_comment: None,
        ..cancelled("585000022")
    };
    let on_hold = Subscription {
        status: Status::of("ON_HOLD"),
        ..coffee("585000023")
    };
    let yen = Subscription {
        price: Some(cash("4200", "JPY")),
        keeps_to: Some(KeepsTo::DayOfMonth(31)),
        billing_interval: Some(every(1, Unit::Month)),
        delivery_interval: Some(every(1, Unit::Month)),
        ..coffee("585000024")
    };
    let bare = Subscription {
        price: Some(Money::parse("12.00", None).unwrap()),
        product: Product::default(),
        next_billing_date: None,
        ..runner("585000025")
    };
    let long = Subscription {
        product: Product {
            name: Some(format!(
                "{} 👟🇯🇵 {}",
                "The Extraordinarily Long Name of a Product That Marketing Insisted On ".repeat(3),
                "unbreakable".repeat(12)
            )),
            variant: Some("קפה טחון / 250 גרם".into()),
            ..runner("585000026").product
        },
        ..runner("585000026")
    };
    let mut arabic = snapshot(vec![long], Vec::new());
    arabic.customer.name = Some("ليلى مثال ☕️".into());
    let mut onetime = charge(
        "1302000030",
        ChargeStatus::Success,
        "2026-10-02",
        &runner("585000001"),
    );
    onetime.items[0].subscription = None;
    let missing = Snapshot {
        charges: None,
        ..kim()
    };
    let several = Outcome::Several {
        candidates: matches(),
        as_of,
        stale: None,
    };
    let shops = Answer {
        accounts: vec![
            account("acme-usa", Outcome::NotFound { as_of }),
            account("acme-uk", found(dunning())),
            account(
                "acme-jp",
                Outcome::Unavailable {
                    reason: Reason::Reconnect,
                },
            ),
        ],
    };
    vec![
        ("active", answer(found(kim()))),
        ("dunning", answer(found(dunning()))),
        ("prepaid", answer(found(prepaid(Status::Active)))),
        (
            "prepaid-cancelled",
            answer(found(prepaid(Status::Cancelled))),
        ),
        (
            "moved",
            answer(active_with(|_, next| {
                next.originally_scheduled_at = Some(day("2026-12-03"))
            })),
        ),
        (
            "skipped",
            answer(active_with(|one, next| {
                one.next_billing_date = Some(day("2027-01-02"));
                next.status = ChargeStatus::Skipped;
                next.scheduled_at = Some(day("2026-12-03"));
            })),
        ),
        (
            "overdue",
            answer(active_with(|one, next| {
                one.next_billing_date = Some(day("2026-11-17"));
                next.scheduled_at = one.next_billing_date;
            })),
        ),
        (
            "mixed",
            answer(only(vec![
                yen,
                bare,
                on_hold,
                past.clone(),
                exhausted.clone(),
                cancelled("585000027"),
            ])),
        ),
        (
            "only-cancelled",
            answer(only(vec![past, exhausted, cancelled("585000028")])),
        ),
        ("none", answer(only(Vec::new()))),
        (
            "one-time",
            answer(found(snapshot(Vec::new(), vec![onetime]))),
        ),
        ("long-names", answer(found(arabic))),
        ("hostile", answer(found(hostile()))),
        ("many", answer(found(many(14)))),
        ("missing", answer(found(missing))),
        ("stale", answer(stale(Reason::Unreachable))),
        ("stale-reconnect", answer(stale(Reason::Reconnect))),
        (
            "zone-unknown",
            Answer {
                accounts: vec![unknown_zone],
            },
        ),
        ("not-found", answer(Outcome::NotFound { as_of })),
        ("several", answer(several)),
        (
            "unlinked",
            answer(Outcome::Unlinked {
                candidates: matches(),
                as_of,
                unlinking: Unlinking {
                    agent: Some(Secret::new("Dana".into())),
                    at: as_of,
                },
            }),
        ),
        (
            "unreachable",
            answer(Outcome::Unavailable {
                reason: Reason::Unreachable,
            }),
        ),
        (
            "rate-limited",
            answer(Outcome::Unavailable {
                reason: Reason::RateLimited,
            }),
        ),
        (
            "reconnect",
            answer(Outcome::Unavailable {
                reason: Reason::Reconnect,
            }),
        ),
        ("shops", shops),
        (
            "no-install",
            Answer {
                accounts: Vec::new(),
            },
        ),
    ]
}
