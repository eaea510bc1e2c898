//! A charge: money taken, to be taken, or not taken.

use super::day::{Day, Instant, Zone};
use super::id::{ChargeId, OrderId, ProductId, SubscriptionId};
use super::money::Money;
use super::web_url::WebUrl;

/// One charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The provider's id.
    pub id: ChargeId,
    /// Where it stands.
    pub status: ChargeStatus,
    /// The day it is, or was, due.
    pub scheduled_at: Option<Day>,
    /// The day it was due before somebody moved it.
    pub originally_scheduled_at: Option<Day>,
    /// When the money was taken.
    pub processed_at: Option<Instant>,
    /// When a failed one is tried again.
    pub retry_at: Option<Instant>,
    /// When the last try was.
    pub last_attempt_at: Option<Instant>,
    /// What went wrong, in the payment processor's words.
    pub error: Option<String>,
    /// What went wrong, as a code (`CUSTOMER_NEEDS_TO_UPDATE_CARD`).
    pub error_code: Option<String>,
    /// What the customer pays, with tax and shipping.
    pub total: Option<Money>,
    /// What it is for.
    pub items: Vec<LineItem>,
    /// The city it is sent to.
    pub city: Option<String>,
    /// The order at Shopify that came of it.
    pub shopify_order_id: Option<OrderId>,
    /// When it was made.
    pub created_at: Option<Instant>,
    /// When it last changed.
    pub updated_at: Option<Instant>,
}

/// Where a charge stands. Open, as [`super::subscription::Status`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ChargeStatus {
    /// Paid.
    Success,
    /// To come.
    Queued,
    /// Failed; tried again if it has a retry date.
    Error,
    /// Left out, once.
    Skipped,
    /// Paid back.
    Refunded,
    /// Paid back in part.
    PartiallyRefunded,
    /// Under way.
    Pending,
    /// Anything else, lower-cased.
    Other(String),
}

impl ChargeStatus {
    /// Reads a provider's word in any case.
    pub fn of(text: &str) -> Self {
        match text.trim().to_lowercase().as_str() {
            "success" => Self::Success,
            "queued" => Self::Queued,
            "error" => Self::Error,
            "skipped" => Self::Skipped,
            "refunded" => Self::Refunded,
            "partially_refunded" => Self::PartiallyRefunded,
            "pending" => Self::Pending,
            other => Self::Other(other.to_owned()),
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineItem {
    /// The subscription it belongs to; `None` for a one-time item.
    pub subscription: Option<SubscriptionId>,
    /// The product at Shopify.
    pub product: Option<ProductId>,
    /// Its name.
    pub name: Option<String>,
    /// Its variant's name.
    pub variant: Option<String>,
    /// How many.
    pub quantity: u32,
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

    /// Whether it failed and the provider will not try again. Whether Recharge clears the retry date of such a charge is
    /// not established, so its code counts too.
    pub fn is_given_up(&self) -> bool {
        let gave_up = self
            .error_code
            .as_deref()
            .is_some_and(|code| code.to_uppercase().contains("MAX_RETRIES"));
        self.status == ChargeStatus::Error && (gave_up || self.retry_at.is_none())
    }

    /// When a failed one is tried again.
    pub fn next_attempt(&self) -> Option<Instant> {
        self.retry_at
            .filter(|_| self.status == ChargeStatus::Error && !self.is_given_up())
    }

    /// The shop's day on which money was, or will be, taken; of one that failed for good, that of the last try.
    pub fn day(&self, zone: Zone) -> Option<Day> {
        let last_try = self.last_attempt_at.filter(|_| self.is_given_up());
        let taken = self.processed_at.or(self.next_attempt()).or(last_try);
        taken.map(|at| zone.day_of(at)).or(self.scheduled_at)
    }

    /// Whether money was taken, or finally was not: it lies behind us.
    pub fn is_past(&self) -> bool {
        match self.status {
            ChargeStatus::Success | ChargeStatus::Refunded | ChargeStatus::PartiallyRefunded => {
                true
            }
            ChargeStatus::Error => self.is_given_up(),
            _ => false,
        }
    }

    /// Whether it is still to be taken: queued, under way, or failed with a retry to come.
    pub fn is_to_come(&self) -> bool {
        match self.status {
            ChargeStatus::Queued | ChargeStatus::Pending => true,
            ChargeStatus::Error => !self.is_given_up(),
            _ => false,
        }
    }
}
