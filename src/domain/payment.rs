//! What is wrong with a customer's payments.

use super::charge::{Charge, ChargeStatus};
use super::day::{Day, Instant};
use super::id::SubscriptionId;
use super::snapshot::Snapshot;
use super::subscription::Status;

/// A charge that was given up so long ago is history. Recharge lists failed charges for ever, paid ones for 90 days.
const HISTORY: i64 = 90;

/// Something wrong with the customer's payments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentProblem {
    /// What kind.
    pub kind: ProblemKind,
    /// What the payment processor said, as it said it.
    pub message: Option<String>,
    /// When the payment is tried again.
    pub next_attempt: Option<Instant>,
    /// Since when: the day the charge was due.
    pub since: Option<Day>,
}

/// Kinds of payment trouble; of several failing charges the one that is last in this list is told. Open for readers of the
/// JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemKind {
    /// The provider has given up trying.
    AttemptsExhausted,
    /// A charge failed and is tried again.
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
            Self::PaymentFailed => "payment_failed",
            Self::AttemptsExhausted => "attempts_exhausted",
            Self::InDunning => "in_dunning",
            Self::NoValidPaymentMethod => "no_valid_payment_method",
        }
    }
}

impl Snapshot {
    /// What is wrong with the payments, the most telling thing first. `None` when nothing is, or nothing is known.
    pub fn payment_problem(&self) -> Option<PaymentProblem> {
        let failing = || {
            self.charges()
                .iter()
                .filter(|c| c.status == ChargeStatus::Error && self.still_matters(c))
        };
        let newest = |c: &Charge| c.last_attempt_at.or(c.updated_at).or(c.created_at);
        if let Some(charge) = failing().max_by_key(|c| (kind(c), newest(c))) {
            return Some(PaymentProblem {
                kind: kind(charge),
                message: charge.error.clone(),
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
            next_attempt: None,
            since: None,
        })
    }

    /// Whether a charge is to be reckoned with. One that failed is history once a later one for the same subscriptions was
    /// paid; one that was given up, also when it is old, or when nothing that it was for is active and something else is.
    pub(super) fn still_matters(&self, charge: &Charge) -> bool {
        if charge.status != ChargeStatus::Error {
            return true;
        }
        let tried = charge.last_attempt_at.or(charge.updated_at);
        let own: Vec<_> = charge
            .items
            .iter()
            .filter_map(|item| item.subscription.as_ref())
            .collect();
        let is_paid_since = !own.is_empty()
            && self.charges().iter().any(|later| {
                later.status == ChargeStatus::Success
                    && later.processed_at > tried
                    && own.iter().all(|id| later.is_for(id))
            });
        if !charge.is_given_up() {
            return !is_paid_since;
        }
        let is_old = tried.is_some_and(|tried| (self.as_of - tried).num_days() > HISTORY);
        let active = |id: &SubscriptionId| {
            self.subscriptions
                .iter()
                .any(|s| s.id == *id && s.status == Status::Active)
        };
        let is_of_others =
            !own.is_empty() && !own.into_iter().any(active) && self.subscriptions_active() > 0;
        !(is_paid_since || is_old || is_of_others)
    }
}

fn kind(failed: &Charge) -> ProblemKind {
    let code = failed
        .error_code
        .as_deref()
        .unwrap_or_default()
        .to_uppercase();
    if code.contains("UPDATE_CARD") {
        ProblemKind::CardUpdateNeeded
    } else if failed.is_given_up() {
        ProblemKind::AttemptsExhausted
    } else {
        ProblemKind::PaymentFailed
    }
}
