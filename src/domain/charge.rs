//! A charge: money that was taken, will be taken, or could not be taken.

use super::day::{Day, Instant, Zone};
use super::id::{ChargeId, OnetimeId, OrderId, ProductId, SubscriptionId, VariantId};
use super::money::Money;
use super::subscription::status_word;
use super::web_url::WebUrl;

/// One charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The provider's id.
    pub id: ChargeId,
    /// Its status.
    pub status: ChargeStatus,
    /// The day it is, or was, due.
    pub scheduled_at: Option<Day>,
    /// The day it was due before it was moved.
    pub originally_scheduled_at: Option<Day>,
    /// When the money was taken.
    pub processed_at: Option<Instant>,
    /// The day on which a failed charge is retried.
    pub retry_date: Option<Day>,
    /// When it was last attempted.
    pub last_attempt_at: Option<Instant>,
    /// The error in the payment processor's words.
    pub error: Option<String>,
    /// The error as a code (`CUSTOMER_NEEDS_TO_UPDATE_CARD`).
    pub error_code: Option<String>,
    /// The price that the customer pays, with tax and shipping.
    pub total: Option<Money>,
    /// The part of it that was paid back.
    pub refunded: Option<Money>,
    /// Whether the total is final: `false` while shipping is not calculated yet or changes wait to be worked in; `None` when
    /// not known.
    pub is_total_final: Option<bool>,
    /// When it was merged into another charge.
    pub merged_at: Option<Instant>,
    /// The lines that it pays for.
    pub items: Vec<LineItem>,
    /// The city that the order is sent to.
    pub city: Option<String>,
    /// The Shopify order that it became.
    pub shopify_order_id: Option<OrderId>,
    /// When it was created.
    pub created_at: Option<Instant>,
    /// When it last changed.
    pub updated_at: Option<Instant>,
}

/// The status of a charge. Open, as [`super::subscription::Status`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ChargeStatus {
    /// Paid.
    Success,
    /// Scheduled.
    Queued,
    /// Failed; retried if it has a retry date.
    Error,
    /// Left out, once.
    Skipped,
    /// Paid back.
    Refunded,
    /// Paid back in part.
    PartiallyRefunded,
    /// Under way.
    Pending,
    /// Any other status, lower-cased.
    Other(String),
}

impl ChargeStatus {
    /// Reads a provider's word in any case.
    pub fn of(text: &str) -> Self {
        match status_word(text).as_str() {
            "success" => Self::Success,
            "queued" => Self::Queued,
            "error" => Self::Error,
            "skipped" => Self::Skipped,
            "refunded" => Self::Refunded,
            "partially_refunded" => Self::PartiallyRefunded,
            "pending" => Self::Pending,
            _ => Self::Other(text.trim().to_lowercase()),
        }
    }

    /// The word for JSON.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Success => "success",
            Self::Queued => "queued",
            Self::Error => "error",
            Self::Skipped => "skipped",
            Self::Refunded => "refunded",
            Self::PartiallyRefunded => "partially_refunded",
            Self::Pending => "pending",
            Self::Other(text) => text,
        }
    }
}

/// One line of a charge.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineItem {
    /// The subscription it belongs to; `None` for a one-time item.
    pub subscription: Option<SubscriptionId>,
    /// The one-time item it is; `None` for a subscription's line.
    pub onetime: Option<OnetimeId>,
    /// The product at Shopify.
    pub product: Option<ProductId>,
    /// The variant at Shopify.
    pub variant_id: Option<VariantId>,
    /// Its name.
    pub name: Option<String>,
    /// Its variant's name.
    pub variant: Option<String>,
    /// The number of pieces; `None` when not known.
    pub quantity: Option<u32>,
    /// The stock keeping unit.
    pub sku: Option<String>,
    /// A picture.
    pub image_url: Option<WebUrl>,
}

impl Charge {
    /// The greatest of its stamps: of two that are the same charge, the one with the greater is the newer.
    pub fn stamp(&self) -> Option<Instant> {
        self.created_at.max(self.updated_at)
    }

    /// Whether it has a line of this subscription.
    pub fn is_for(&self, subscription: &SubscriptionId) -> bool {
        self.items
            .iter()
            .any(|item| item.subscription.as_ref() == Some(subscription))
    }

    /// Whether the customer paid it, whatever became of the money later. A status that is not known counts as paid once the
    /// charge was processed.
    pub fn is_paid(&self) -> bool {
        match self.status {
            ChargeStatus::Success | ChargeStatus::Refunded | ChargeStatus::PartiallyRefunded => {
                true
            }
            ChargeStatus::Other(_) => self.processed_at.is_some(),
            ChargeStatus::Queued
            | ChargeStatus::Error
            | ChargeStatus::Skipped
            | ChargeStatus::Pending => false,
        }
    }

    /// Whether it was merged into another charge, which stands in its place. Money that was taken stays a charge of its own.
    pub fn is_merged(&self) -> bool {
        self.merged_at.is_some() && !self.is_paid()
    }

    /// Whether it failed and the provider says that it will not retry any more. Whether Recharge clears the retry date of
    /// such a charge is not established, so the code alone decides: a retry date that is missing is only not known.
    pub fn has_no_retries_left(&self) -> bool {
        let code = self.error_code.as_deref().unwrap_or_default();
        self.status == ChargeStatus::Error && status_word(code).contains("max_retries")
    }

    /// The day on which a failed charge is retried.
    pub fn next_attempt(&self) -> Option<Day> {
        self.retry_date
            .filter(|_| self.status == ChargeStatus::Error && !self.has_no_retries_left())
    }

    /// The shop's day on which money was, or will be, taken; of one that failed without a retry to come, that of the last
    /// attempt.
    pub fn day(&self, zone: Zone) -> Option<Day> {
        let of = |at: Option<Instant>| at.map(|at| zone.day_of(at));
        if self.status == ChargeStatus::Error {
            return self
                .next_attempt()
                .or_else(|| of(self.last_attempt_at))
                .or(self.scheduled_at);
        }
        of(self.processed_at).or(self.scheduled_at)
    }

    /// Whether it lies behind: paid, failed without a retry to come, or in a status that says neither and due before today.
    pub fn is_past(&self, today: Day) -> bool {
        match self.status {
            ChargeStatus::Error => self.next_attempt().is_none(),
            ChargeStatus::Pending | ChargeStatus::Other(_) => {
                self.is_paid() || self.scheduled_at.is_some_and(|day| day < today)
            }
            _ => self.is_paid(),
        }
    }

    /// Whether it is still to be taken: queued, under way, failed with a retry to come, or in a status that is not known.
    pub fn is_to_come(&self, today: Day) -> bool {
        match self.status {
            ChargeStatus::Skipped => false,
            ChargeStatus::Queued => true,
            _ => !self.is_past(today),
        }
    }

    /// The time that orders charges that lie behind. `updated_at` moves for many reasons, so it counts last.
    pub fn happened_at(&self) -> Option<Instant> {
        self.processed_at
            .or(self.last_attempt_at)
            .or(self.scheduled_at.map(Day::noon))
            .or(self.updated_at)
            .or(self.created_at)
    }
}
