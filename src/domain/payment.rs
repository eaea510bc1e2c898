//! What is wrong with a customer's payments.

use chrono::TimeDelta;

use super::charge::{Charge, ChargeStatus};
use super::day::{Day, Zone};
use super::id::{OnetimeId, SubscriptionId};
use super::snapshot::Snapshot;
use super::subscription::Status;

/// A charge without a retry to come that failed so many days ago is history. Recharge lists failed charges forever, paid ones
/// for 90 days.
const HISTORY: i64 = 90;

/// The farthest that a shop's clock is ahead of UTC: a charge of its day is processed at most this much before that day in UTC.
const FARTHEST_EAST: TimeDelta = TimeDelta::hours(14);

/// Something wrong with the customer's payments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentProblem {
    /// Its kind.
    pub kind: ProblemKind,
    /// The payment processor's words, as they were sent.
    pub message: Option<String>,
    /// The provider's code of the error, as it was sent.
    pub code: Option<String>,
    /// The day on which the payment is retried.
    pub next_attempt: Option<Day>,
    /// The day on which it failed first: the charge was due then.
    pub since: Option<Day>,
}

/// Kinds of payment trouble; of several failing charges the one that is last in this list is shown. Open for readers of the
/// JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemKind {
    /// The provider will not retry any more.
    AttemptsExhausted,
    /// A charge failed, the customer has updated the card since, and the retry is to come.
    CardUpdated,
    /// A charge failed.
    PaymentFailed,
    /// A charge failed and the customer has to update the card.
    CardUpdateNeeded,
    /// The customer's record says that a payment is being retried; the charge itself is not at hand.
    InDunning,
    /// Active subscriptions, and no payment method that works.
    NoValidPaymentMethod,
}

impl ProblemKind {
    /// The word for JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CardUpdateNeeded => "card_update_needed",
            Self::CardUpdated => "card_updated",
            Self::PaymentFailed => "payment_failed",
            Self::AttemptsExhausted => "attempts_exhausted",
            Self::InDunning => "in_dunning",
            Self::NoValidPaymentMethod => "no_valid_payment_method",
        }
    }
}

impl Snapshot {
    /// The most telling thing that is wrong with the payments. `None` when nothing is, or nothing is known.
    pub fn payment_problem(&self) -> Option<PaymentProblem> {
        let failing = || {
            self.charges()
                .filter(|c| c.status == ChargeStatus::Error && self.still_matters(c))
        };
        if let Some(charge) = failing().max_by_key(|c| (kind(c), c.happened_at())) {
            return Some(PaymentProblem {
                kind: kind(charge),
                message: charge.error.clone(),
                code: charge.error_code.clone(),
                next_attempt: failing().filter_map(Charge::next_attempt).min(),
                since: charge.scheduled_at,
            });
        }
        let kind = if self.customer.payment_in_dunning == Some(true) {
            ProblemKind::InDunning
        } else if self.customer.has_valid_payment_method == Some(false)
            && self.subscriptions_active() > 0
        {
            ProblemKind::NoValidPaymentMethod
        } else {
            return None;
        };
        Some(PaymentProblem {
            kind,
            message: None,
            code: None,
            next_attempt: None,
            since: None,
        })
    }

    /// Whether a charge is to be reckoned with. One that failed is history once what it was for has been paid; without a
    /// retry to come, also when it is old, or when nothing that it was for is active and something else is.
    pub(super) fn still_matters(&self, charge: &Charge) -> bool {
        if charge.status != ChargeStatus::Error {
            return true;
        }
        if self.is_paid_since(charge) {
            return false;
        }
        if charge.next_attempt().is_some() {
            return true;
        }
        let failed = charge.happened_at();
        let is_old = failed.is_some_and(|failed| (self.as_of - failed).num_days() > HISTORY);
        let own = || charge.items.iter().filter_map(|i| i.subscription.as_ref());
        let is_of_others = own().next().is_some()
            && !own().any(|id| self.status_of(id) == Some(&Status::Active))
            && self.subscriptions_active() > 0;
        !(is_old || is_of_others)
    }

    /// Whether everything that a failed charge was for has been paid since: in one later charge or in several, whatever part
    /// of them was paid back. What has ended since needs no payment, unless all of it has.
    pub(super) fn is_paid_since(&self, failed: &Charge) -> bool {
        let parts = Part::all(failed);
        let is_paid = |part: &Part<'_>| {
            let mut later = self
                .charges()
                .filter(|paid| paid.is_paid() && is_later(paid, failed));
            later.any(|paid| part.is_in(paid))
        };
        let mut open = parts.iter().filter(|part| !self.has_ended(part)).peekable();
        if open.peek().is_some() {
            open.all(is_paid)
        } else {
            !parts.is_empty() && parts.iter().all(is_paid)
        }
    }

    /// A subscription that is not listed has ended: all of them are read.
    fn has_ended(&self, part: &Part<'_>) -> bool {
        match part {
            Part::Subscription(id) => self.status_of(id).is_none_or(Status::has_ended),
            Part::Onetime(_) => false,
        }
    }

    fn status_of(&self, id: &SubscriptionId) -> Option<&Status> {
        let mut all = self.subscriptions.iter();
        all.find(|s| s.id == *id).map(|s| &s.status)
    }
}

/// Something that a charge is for.
enum Part<'a> {
    Subscription(&'a SubscriptionId),
    Onetime(&'a OnetimeId),
}

impl<'a> Part<'a> {
    /// A charge's subscriptions; of a charge without any, its one-time items. Whether a one-time item comes along when a
    /// subscription's payment is made up for is not established.
    fn all(charge: &'a Charge) -> Vec<Self> {
        let items = || charge.items.iter();
        let subscriptions = items().filter_map(|i| i.subscription.as_ref());
        let parts: Vec<_> = subscriptions.map(Part::Subscription).collect();
        if !parts.is_empty() {
            return parts;
        }
        let onetimes = items().filter_map(|i| i.onetime.as_ref());
        onetimes.map(Part::Onetime).collect()
    }

    fn is_in(&self, charge: &Charge) -> bool {
        match self {
            Part::Subscription(id) => charge.is_for(id),
            Part::Onetime(id) => charge.items.iter().any(|i| i.onetime.as_ref() == Some(id)),
        }
    }
}

/// Whether a charge was paid after another one failed. Where the time of the last attempt is not known, the days on which
/// they were due decide, not `updated_at`, which moves for many reasons.
fn is_later(paid: &Charge, failed: &Charge) -> bool {
    if let (Some(paid), Some(tried)) = (paid.processed_at, failed.last_attempt_at) {
        return paid > tried;
    }
    let processed = paid
        .processed_at
        .map(|at| Zone::Unknown.day_of(at + FARTHEST_EAST));
    let tried = failed.last_attempt_at.map(|at| Zone::Unknown.day_of(at));
    let Some(due) = tried.or(failed.scheduled_at) else {
        return paid.processed_at > failed.updated_at.or(failed.created_at);
    };
    let is_due_later = paid.scheduled_at.is_none_or(|day| day >= due);
    let day = processed.or(paid.scheduled_at);
    is_due_later && day.is_some_and(|day| day >= due)
}

fn kind(failed: &Charge) -> ProblemKind {
    let code = failed
        .error_code
        .as_deref()
        .unwrap_or_default()
        .to_uppercase();
    if code.contains("UPDATE_CARD") {
        ProblemKind::CardUpdateNeeded
    } else if failed.has_no_retries_left() {
        ProblemKind::AttemptsExhausted
    } else if code.contains("CARD_UPDATED") {
        ProblemKind::CardUpdated
    } else {
        ProblemKind::PaymentFailed
    }
}
