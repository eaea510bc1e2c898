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
use crate::domain::money::{Currency, Money};
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

/// When payments failed first, and the day of the next retry; one that is overdue is no promise.
pub fn problem_times<'a>(problem: &PaymentProblem, calendar: &Calendar) -> Option<Sentence<'a>> {
    let next = problem.next_attempt;
    text::problem_times(
        problem.since,
        next.filter(|day| !calendar.is_retry_overdue(*day)),
    )
}

/// What is known of the cause of a payment problem: the words for its code, what the agent can do, and what was sent with it.
pub fn problem_cause(problem: &PaymentProblem) -> Vec<Cow<'_, str>> {
    let code = readable(problem.code.as_deref());
    match problem.code.as_deref().and_then(text::payment_cause) {
        Some(cause) => vec![cause.meaning.into(), cause.hint.into()],
        None => code
            .map(|code| text::error_code(&code).into())
            .into_iter()
            .collect(),
    }
}

/// The sum of charges, in the shop's currency where they say no other; `None` unless all amounts are known.
pub fn sum(charges: &[&Charge], shop: Option<&Currency>) -> Option<Money> {
    let amounts = charges.iter().map(|charge| charge.total.as_ref());
    let amounts: Option<Vec<_>> = amounts
        .map(|total| Some(total?.in_shop_currency(shop)))
        .collect();
    Money::sum(amounts?)
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
    /// Whether a payment that failed is retried.
    is_retry: bool,
    /// Whether it went wrong.
    pub failed: bool,
    /// The amount.
    pub total: Option<String>,
    /// What stands beside the amount: what became of it, what it is the sum of, and what is not in it yet.
    pub outcome: Option<String>,
    /// The items it is for.
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

/// The last charges that were taken, or that failed without a retry to come. `None` when charges are not known; that there
/// was no order is said only when all of them are, and none can have been one.
pub fn last<'a>(
    snapshot: &Snapshot,
    shop: Option<&Currency>,
    calendar: &Calendar,
) -> Option<Fact<'a>> {
    let charges = snapshot.last_charges(calendar.zone(), calendar.today());
    let Some(charge) = charges.first() else {
        let none = Fact::none(text::LAST_ORDER, text::NO_CHARGE_LATELY);
        return snapshot.has_no_past_charge().then_some(none);
    };
    let day = charge.day(calendar.zone());
    let label = if charge.is_paid() {
        text::LAST_ORDER
    } else {
        text::LAST_CHARGE
    };
    let outcome = match (&charges[..], &charge.refunded) {
        ([one], Some(refunded)) if one.status == ChargeStatus::PartiallyRefunded => {
            let of = |amount: &Money| money(&amount.in_shop_currency(shop));
            text::partially_refunded(&of(refunded), one.total.as_ref().map(of).as_deref())
        }
        _ => text::outcome(&charge.status),
    };
    Some(Fact {
        label,
        when: day.map_or_else(|| text::plain(text::DAY_UNKNOWN), text::due),
        day,
        is_retry: false,
        failed: charge.status == ChargeStatus::Error,
        total: total(&charges, shop),
        outcome: joined([parts(&charges, shop), Some(outcome)]),
        items: charges.iter().flat_map(|charge| items(charge)).collect(),
    })
}

/// The next charges: the provider's own, else the soonest date of an active subscription. `None` when nothing is to come, and
/// nothing could, or when that is not known.
pub fn next<'a>(
    snapshot: &Snapshot,
    shop: Option<&Currency>,
    calendar: &Calendar,
) -> Option<Fact<'a>> {
    let charges = snapshot.next_charges(calendar.zone(), calendar.today());
    if !charges.is_empty() {
        return Some(coming(&charges, shop, calendar));
    }
    let active = || {
        snapshot
            .subscriptions
            .iter()
            .filter(|s| s.status == Status::Active)
    };
    let subscriptions = &snapshot.subscriptions;
    let have_ended =
        || !subscriptions.is_empty() && subscriptions.iter().all(|s| s.status.has_ended());
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
        None if snapshot.has_all_charges() && have_ended() => {
            Some(Fact::none(text::NEXT_CHARGE, text::NOTHING_SCHEDULED))
        }
        None => None,
    }
}

/// The next charge in the line that sums a customer up: what, and when. `None` when none is to come.
pub fn next_in_short<'a>(
    snapshot: &Snapshot,
    shop: Option<&Currency>,
    calendar: &Calendar,
) -> Option<Line<'a>> {
    let next = next(snapshot, shop, calendar)?;
    let day = next.day?;
    let sentence = match next.is_retry {
        true if calendar.is_retry_overdue(day) => text::retry_overdue_in_short(next.total, day),
        true => text::next_retry_in_short(next.total, day),
        false if day < calendar.today() => text::overdue_in_short(next.total, day),
        false => text::next_in_short(next.total, day),
    };
    let tone = if next.failed {
        Tone::Trouble
    } else {
        Tone::Plain
    };
    Some(Line { tone, sentence })
}

fn coming<'a>(charges: &[&Charge], shop: Option<&Currency>, calendar: &Calendar) -> Fact<'a> {
    let charge = charges[0];
    let day = charge.day(calendar.zone());
    let is_retry = charges.iter().all(|c| c.next_attempt().is_some());
    let is_overdue = day.is_some_and(|day| day < calendar.today());
    let label = if is_retry {
        text::NEXT_RETRY
    } else {
        text::NEXT_CHARGE
    };
    let is_usual = |c: &Charge| matches!(c.status, ChargeStatus::Queued | ChargeStatus::Error);
    let unusual = charges.iter().find(|charge| !is_usual(charge));
    let is_pending = charges.iter().any(|c| c.is_total_final == Some(false));
    let said = match day {
        None => text::plain(text::DAY_UNKNOWN),
        Some(day) if is_retry && !calendar.is_retry_overdue(day) => text::due(day),
        Some(day) if is_retry => text::overdue_retry(day),
        Some(day) => when(day, calendar),
    };
    Fact {
        label,
        when: said,
        day,
        is_retry,
        failed: charges.iter().any(|c| c.next_attempt().is_some())
            || (is_overdue && charge.status == ChargeStatus::Queued),
        total: total(charges, shop),
        outcome: joined([
            parts(charges, shop),
            unusual.map(|charge| text::outcome(&charge.status)),
            is_pending.then(|| text::SHIPPING_PENDING.to_owned()),
        ]),
        items: charges.iter().flat_map(|charge| items(charge)).collect(),
    }
}

fn when<'a>(day: Day, calendar: &Calendar) -> Sentence<'a> {
    if day < calendar.today() {
        text::overdue(day)
    } else {
        text::due(day)
    }
}

/// The sum of charges; where there is none, the amounts one by one.
fn total(charges: &[&Charge], shop: Option<&Currency>) -> Option<String> {
    sum(charges, shop)
        .map(|sum| money(&sum))
        .or_else(|| match charges {
            [_] => None,
            _ => amounts(charges, shop),
        })
}

/// `2 charges: $24.00 + $4.90`, where there are several.
fn parts(charges: &[&Charge], shop: Option<&Currency>) -> Option<String> {
    match charges {
        [_] => None,
        _ => Some(text::several_charges(
            charges.len(),
            sum(charges, shop)
                .and_then(|_| amounts(charges, shop))
                .as_deref(),
        )),
    }
}

fn amounts(charges: &[&Charge], shop: Option<&Currency>) -> Option<String> {
    let amount = |charge: &&Charge| {
        let total = charge.total.as_ref()?;
        let amount = money(&total.in_shop_currency(shop));
        Some(match charge.next_attempt() {
            Some(_) if charges.iter().any(|c| c.next_attempt().is_none()) => text::retried(&amount),
            _ => amount,
        })
    };
    let amounts: Vec<_> = charges.iter().filter_map(amount).collect();
    (!amounts.is_empty()).then(|| amounts.join(" + "))
}

fn joined(parts: impl IntoIterator<Item = Option<String>>) -> Option<String> {
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
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
