//! What a card says of a customer, before it is HTML or a terminal's lines: names, the last order, the next charge.

use std::borrow::Cow;

use super::course::{Line, Tone};
use super::format::{Calendar, money};
use super::readable::{first_line, readable};
use super::sentence::Sentence;
use super::text;
use crate::domain::answer::Unlinking;
use crate::domain::charge::{Charge, ChargeStatus, LineItem};
use crate::domain::customer::Customer;
use crate::domain::day::Day;
use crate::domain::payment::PaymentProblem;
use crate::domain::snapshot::Snapshot;
use crate::domain::subscription::{Status, Subscription};

/// What a customer is called: by name, else by address, else by id.
pub fn name(customer: &Customer) -> String {
    readable(customer.name.as_deref())
        .or_else(|| readable(customer.email.as_deref()))
        .map_or_else(|| text::customer(customer.id.as_str()), Cow::into_owned)
}

/// The address, unless it already stands as the name.
pub fn address(customer: &Customer) -> Option<Cow<'_, str>> {
    readable(customer.email.as_deref()).filter(|email| *email != name(customer))
}

/// What a product is called.
pub fn product(subscription: &Subscription) -> Cow<'_, str> {
    readable(subscription.product.name.as_deref()).unwrap_or(Cow::Borrowed(text::UNNAMED))
}

/// Its variant, unless it says nothing: Shopify calls the only variant of a product `Default Title`.
pub fn variant(subscription: &Subscription) -> Option<Cow<'_, str>> {
    readable(subscription.product.variant.as_deref()).filter(|name| name != "Default Title")
}

/// Since when payments fail, and when the next try is; one that should have been and was not is no promise.
pub fn problem_times<'a>(problem: &PaymentProblem, calendar: &Calendar) -> Option<Sentence<'a>> {
    let since = problem.since;
    let next = problem.next_attempt.map(|at| calendar.day_of(at));
    text::problem_times(since, next.filter(|day| *day >= calendar.today()))
}

/// The last order or the next charge, in a few words.
#[derive(Debug)]
pub struct Fact<'a> {
    /// What it is.
    pub label: &'static str,
    /// When, or that there is none.
    pub when: Sentence<'a>,
    /// The day, where one is known.
    day: Option<Day>,
    /// Whether a payment that failed is tried again.
    is_retry: bool,
    /// Whether it went wrong.
    pub failed: bool,
    /// How much.
    pub total: Option<String>,
    /// What became of it.
    pub outcome: Option<String>,
    /// What it is for.
    pub items: Vec<String>,
}

impl Fact<'_> {
    fn none(label: &'static str, words: &'static str) -> Self {
        Self {
            label,
            when: text::plain(words),
            day: None,
            is_retry: false,
            failed: false,
            total: None,
            outcome: None,
            items: Vec::new(),
        }
    }
}

/// The last charge that was taken, or that finally failed. `None` when charges are not known; that there was none is said
/// only when all are.
pub fn last<'a>(snapshot: &Snapshot, calendar: &Calendar) -> Option<Fact<'a>> {
    let Some(charge) = snapshot.last_charge() else {
        let none = Fact::none(text::LAST_ORDER, text::NO_CHARGE_LATELY);
        return snapshot.has_all_charges().then_some(none);
    };
    let day = charge.day(calendar.zone());
    let failed = charge.status == ChargeStatus::Error;
    let label = if failed {
        text::LAST_CHARGE
    } else {
        text::LAST_ORDER
    };
    Some(Fact {
        label,
        when: day.map_or_else(|| text::plain(text::DAY_UNKNOWN), text::due),
        day,
        is_retry: false,
        failed,
        total: charge.total.as_ref().map(money),
        outcome: Some(text::outcome(&charge.status)),
        items: items(charge),
    })
}

/// The next charge: Recharge's own, else the soonest date of an active subscription. `None` when nothing is to come, and
/// nothing could.
pub fn next<'a>(snapshot: &Snapshot, calendar: &Calendar) -> Option<Fact<'a>> {
    if let Some(charge) = snapshot.next_charge(calendar.zone()) {
        return Some(coming(charge, calendar));
    }
    let active = || {
        snapshot
            .subscriptions
            .iter()
            .filter(|s| s.status == Status::Active)
    };
    match active().filter_map(|s| s.next_billing_date).min() {
        Some(day) => Some(Fact {
            label: text::NEXT_CHARGE,
            when: when(day, calendar),
            day: Some(day),
            is_retry: false,
            failed: day < calendar.today(),
            total: None,
            outcome: None,
            items: active()
                .filter(|s| s.next_billing_date == Some(day))
                .map(|s| text::item(s.quantity, &product(s)))
                .collect(),
        }),
        None if snapshot.charges.is_some() && !snapshot.subscriptions.is_empty() => {
            Some(Fact::none(text::NEXT_CHARGE, text::NOTHING_SCHEDULED))
        }
        None => None,
    }
}

/// The next charge in the line that sums a customer up: what, and when. `None` when none is to come.
pub fn next_in_short<'a>(snapshot: &Snapshot, calendar: &Calendar) -> Option<Line<'a>> {
    let next = next(snapshot, calendar)?;
    let day = next.day?;
    let is_overdue = day < calendar.today();
    let sentence = match (next.is_retry, is_overdue) {
        (_, true) => text::overdue_in_short(next.total, day),
        (true, false) => text::next_try_in_short(next.total, day),
        (false, false) => text::next_in_short(next.total, day),
    };
    let tone = if next.failed {
        Tone::Trouble
    } else {
        Tone::Plain
    };
    Some(Line { tone, sentence })
}

fn coming<'a>(charge: &Charge, calendar: &Calendar) -> Fact<'a> {
    let retry = charge.next_attempt();
    let overdue = charge
        .scheduled_at
        .is_some_and(|day| day < calendar.today());
    let day = retry.map(|at| calendar.day_of(at)).or(charge.scheduled_at);
    let usual = matches!(charge.status, ChargeStatus::Queued | ChargeStatus::Error);
    let label = if retry.is_some() {
        text::NEXT_TRY
    } else {
        text::NEXT_CHARGE
    };
    Fact {
        label,
        when: day.map_or_else(|| text::plain(text::DAY_UNKNOWN), |day| when(day, calendar)),
        day,
        is_retry: retry.is_some(),
        failed: retry.is_some() || (overdue && charge.status == ChargeStatus::Queued),
        total: charge.total.as_ref().map(money),
        outcome: (!usual).then(|| text::outcome(&charge.status)),
        items: items(charge),
    }
}

fn when<'a>(day: Day, calendar: &Calendar) -> Sentence<'a> {
    if day < calendar.today() {
        text::overdue(day)
    } else {
        text::due(day)
    }
}

fn items(charge: &Charge) -> Vec<String> {
    let name = |item: &LineItem| {
        let name = readable(item.name.as_deref()).unwrap_or(Cow::Borrowed(text::UNNAMED));
        text::item(item.quantity, &name)
    };
    charge.items.iter().map(name).collect()
}

/// Who said that a person is none of the records that match, and when.
pub fn unlinked(unlinking: &Unlinking, calendar: &Calendar) -> String {
    let agent = unlinking.agent.as_ref();
    let agent = agent.and_then(|agent| first_line(agent.reveal()));
    let day = calendar.day(calendar.day_of(unlinking.at));
    text::unlinked_by(agent.as_deref(), &day)
}
