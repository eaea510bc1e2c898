//! A subscription: what somebody gets, how often, and until when.

use super::day::{Day, Instant};
use super::id::{ProductId, SubscriptionId, VariantId};
use super::money::Money;
use super::web_url::WebUrl;

/// One subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The provider's id.
    pub id: SubscriptionId,
    /// Where it stands.
    pub status: Status,
    /// When it began.
    pub created_at: Option<Instant>,
    /// When it last changed.
    pub updated_at: Option<Instant>,
    /// How often it is paid (Recharge: charge interval).
    pub billing_interval: Option<Interval>,
    /// How often it ships (Recharge: order interval).
    pub delivery_interval: Option<Interval>,
    /// The day it keeps to, if any.
    pub keeps_to: Option<KeepsTo>,
    /// Whether several deliveries are paid at once; `false` also when that is not known.
    pub is_prepaid: bool,
    /// The next day a charge is due; `None` when none will come, or when it is not known.
    pub next_billing_date: Option<Day>,
    /// When it was cancelled.
    pub cancelled_at: Option<Instant>,
    /// Why, in the words of the list or of the person who cancelled.
    pub cancellation_reason: Option<String>,
    /// What the customer added to the reason.
    pub cancellation_comment: Option<String>,
    /// Whether the provider gave up charging for it; `false` also when that is not known.
    pub payment_attempts_exhausted: bool,
    /// After how many charges it ends by itself.
    pub ends_after_charges: Option<u32>,
    /// The price of one, before discount, tax and shipping. Without a currency it is in the shop's.
    pub price: Option<Money>,
    /// The number of pieces each time; `None` when not known.
    pub quantity: Option<u32>,
    /// What it is.
    pub product: Product,
    /// What the customer typed or chose with the product (engraving, grind).
    pub properties: Vec<Property>,
}

impl Subscription {
    /// The greatest of its stamps: of two that are the same subscription, the one with the greater is the newer. Recharge
    /// has been seen to write an `updated_at` that lies before the `cancelled_at` beside it.
    pub fn stamp(&self) -> Option<Instant> {
        self.created_at.max(self.updated_at).max(self.cancelled_at)
    }
}

/// Which of a shop's subscriptions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Selection {
    /// Those alone that changed since, the new ones among them.
    pub changed_since: Option<Instant>,
    /// Those alone that are active.
    pub only_active: bool,
}

/// Where a subscription stands. Open: a status that Sidecard has never seen is shown as the provider writes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Status {
    /// Charges will come.
    Active,
    /// Ended by somebody, or by failed payments.
    Cancelled,
    /// Ended by itself: all its charges were made.
    Expired,
    /// Anything else, lower-cased.
    Other(String),
}

impl Status {
    /// Reads a provider's word in any case.
    pub fn of(text: &str) -> Self {
        match status_word(text).as_str() {
            "active" => Self::Active,
            "cancelled" | "canceled" => Self::Cancelled,
            "expired" => Self::Expired,
            _ => Self::Other(text.trim().to_lowercase()),
        }
    }

    /// Whether nothing will be charged any more.
    pub fn has_ended(&self) -> bool {
        matches!(self, Self::Cancelled | Self::Expired)
    }

    /// The word for JSON.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Active => "active",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Other(text) => text,
        }
    }
}

/// A status as one lower-case word, to compare it: `Partially Refunded ` is `partially_refunded`.
pub(super) fn status_word(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c == '-' || c == '_');
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.join("_")
}

/// A number of days, weeks or months.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Interval {
    /// How many units.
    pub frequency: u32,
    /// Of what.
    pub unit: Unit,
}

/// What an interval counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Days.
    Day,
    /// Weeks.
    Week,
    /// Calendar months.
    Month,
    /// Years; Recharge has none today.
    Year,
    /// Anything else, lower-cased.
    Other(String),
}

impl Unit {
    /// Reads `month`, `Months`, `DAY` alike (legacy rows have them all).
    pub fn of(text: &str) -> Self {
        let text = text.trim().to_lowercase();
        match text.strip_suffix('s').unwrap_or(&text) {
            "day" => Self::Day,
            "week" => Self::Week,
            "month" => Self::Month,
            "year" => Self::Year,
            _ => Self::Other(text),
        }
    }

    /// The singular word for JSON.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
            Self::Other(text) => text,
        }
    }
}

/// The day that charges keep to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeepsTo {
    /// A day of the month, 1 to 31.
    DayOfMonth(u8),
    /// A day of the week, as Recharge counts: Monday is 0.
    DayOfWeek(chrono::Weekday),
}

/// What is delivered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Product {
    /// The product at Shopify.
    pub id: Option<ProductId>,
    /// The variant at Shopify.
    pub variant_id: Option<VariantId>,
    /// Its name.
    pub name: Option<String>,
    /// Its variant's name ("250 g / whole beans").
    pub variant: Option<String>,
    /// A picture. Recharge's subscriptions have none; it comes from a charge's line item.
    pub image_url: Option<WebUrl>,
    /// The stock keeping unit on the subscription.
    pub sku: Option<String>,
    /// Whether that SKU counts: with `false` the variant's own SKU is shipped; `None` when not known.
    pub sku_override: Option<bool>,
}

impl Product {
    /// The SKU on the subscription, unless it is known to be without effect.
    pub fn own_sku(&self) -> Option<&str> {
        self.sku
            .as_deref()
            .filter(|_| self.sku_override != Some(false))
    }
}

/// A custom property of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Property {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_in_any_case_and_number() {
        assert_eq!(Status::of(" ACTIVE"), Status::Active);
        assert_eq!(Status::of("canceled"), Status::Cancelled);
        assert_eq!(Status::of("On_Hold"), Status::Other("on_hold".into()));
        assert_eq!(Status::of("Cancelled "), Status::Cancelled);
        assert_eq!(
            Status::of(" On-HOLD"),
            Status::Other("on-hold".into()),
            "in the provider's spelling"
        );
        assert_eq!(Unit::of("Months"), Unit::Month);
        assert_eq!(Unit::of("DAY"), Unit::Day);
        assert_eq!(Unit::of("fortnights"), Unit::Other("fortnights".into()));
    }
}
