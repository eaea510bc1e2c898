//! Every word that a person reads, in English. Functions for sentences with values; nothing else of the views holds text.

pub mod by_hand;
pub mod causes;
pub mod frame;
pub mod gladly;
pub mod kustomer;
mod payment;
mod rhythm;
pub mod settings;
mod states;

use super::readable::humanised;
use super::sentence::{Piece, Sentence};
use crate::domain::charge::ChargeStatus;
use crate::domain::day::Day;
use crate::domain::question::MatchedBy;
use crate::domain::subscription::Status;

pub use payment::{Cause, error_code, payment_cause};
pub use rhythm::{
    billing_date, cancelled, cancelled_by_provider, deliveries_left, ended, interval, moved,
    next_charge, next_in_short, next_retry_in_short, ordinal, overdue, overdue_in_short,
    overdue_retry, relative_days, retry_overdue, retry_overdue_in_short, retrying, rhythm, skipped,
};
pub use states::{as_of, notice, problem, problem_times, several, stale, unavailable, unlinked_by};

/// The words of every link into the dashboard: part of the contract.
pub const VIEW: &str = "View in Recharge";
/// The document's title. It names nobody: titles end up in histories.
pub const TITLE: &str = "Subscriptions in Recharge";
/// Over the last charge that was paid.
pub const LAST_ORDER: &str = "Last order";
/// Over the last charge when nothing came of it.
pub const LAST_CHARGE: &str = "Last charge";
/// Over the next charge.
pub const NEXT_CHARGE: &str = "Next charge";
/// Over a failed charge that is retried.
pub const NEXT_RETRY: &str = "Next retry";
/// Charges are known, and none lies behind.
pub const NO_CHARGE_LATELY: &str = "No orders in 90 days";
/// Charges are known, and none is to come.
pub const NOTHING_SCHEDULED: &str = "No upcoming charge";
/// Beside the amount of a charge that is not final.
pub const SHIPPING_PENDING: &str = "shipping not calculated yet";
/// An active subscription without a date.
pub const NO_NEXT_DATE: &str = "Next charge date not known";
/// The fold with the rarer facts of a customer, or of a subscription.
pub const DETAILS: &str = "Details";
/// The fold of what a payment processor said at length.
pub const WHOLE_MESSAGE: &str = "Whole message";
/// The part of a fold about the product.
pub const PRODUCT: &str = "Product";
/// A button beside an id.
pub const COPY: &str = "Copy";
/// The button that has the card read anew.
pub const REFRESH: &str = "Refresh";
/// What it does, and why it rests for a while then.
pub const REFRESH_HINT: &str = "Reads Recharge anew, once in ten seconds.";
/// The field that leaves out what does not match.
pub const FILTER: &str = "Filter";
/// Keeps a number with its unit where lines break.
pub const NO_BREAK: &str = "\u{a0}";
/// A button below the first ones of a long list.
pub const SHOW_REST: &str = "Show the rest";
/// Recharge's id of a customer.
pub const CUSTOMER_ID: &str = "Recharge customer ID";
/// The same where space is short; the long form is its tooltip.
pub const ID: &str = "ID";
/// A row of a fold.
pub const SUBSCRIPTION_ID: &str = "Subscription ID";
/// A row of a fold.
pub const SHOPIFY_CUSTOMER_ID: &str = "Shopify customer ID";
/// A row of a fold.
pub const SHOPIFY_ORDER_ID: &str = "Last Shopify order ID";
/// A row of a fold.
pub const LAST_CHARGE_ID: &str = "Last charge ID";
/// A row of a fold.
pub const PHONE: &str = "Phone";
/// A row of a fold.
pub const CREATED: &str = "Created";
/// A row of a fold.
pub const UPDATED: &str = "Updated";
/// A row of a fold.
pub const BILLING_INTERVAL: &str = "Billing interval";
/// A row of a fold.
pub const DELIVERY_INTERVAL: &str = "Delivery interval";
/// A row of a fold.
pub const NEXT_BILLING_DATE: &str = "Next billing date";
/// A row of a fold.
pub const CANCELLED_AT: &str = "Cancelled";
/// A row of a fold.
pub const REASON: &str = "Reason";
/// A row of a fold.
pub const COMMENT: &str = "Comment";
/// A row of a fold.
pub const PRODUCT_ID: &str = "Product ID";
/// A row of a fold.
pub const VARIANT_ID: &str = "Variant ID";
/// A row of a fold.
pub const SKU: &str = "SKU";
/// A row of a fold: the city that it is sent to.
pub const CITY: &str = "Ships to";
/// A row of a fold: the whole name, where the heading is cut short.
pub const NAME: &str = "Name";
/// A row of a fold, likewise.
pub const VARIANT: &str = "Variant";
/// A property without a name.
pub const PROPERTY: &str = "Property";
/// Hover on a price.
pub const PRICE_EACH: &str = "Price each, before discount, tax and shipping";
/// Neither price nor quantity is known.
pub const PRICE_UNKNOWN: &str = "Price not known";
/// Nobody has subscriptions of that record.
pub const NO_SUBSCRIPTIONS: &str = "No subscriptions";
/// Nobody was found: what, and what it may mean.
pub const NOT_FOUND: &str = "Not found in Recharge";
/// What an agent can do about it.
pub const NOT_FOUND_HINT: &str = "No customer has this email address. They may have ordered with another one, or bought without a subscription.";
/// What that means.
pub const UNLINKED_HINT: &str =
    "An agent said that these records belong to somebody else, so no card is shown.";
/// The same, when no record matches any more.
pub const UNLINKED_ALONE: &str =
    "An agent said that the record found here belongs to somebody else, so no card is shown.";
/// The workspace has no install.
pub const NO_INSTALL: &str = "No shop is connected";
/// What to do about it.
pub const NO_INSTALL_HINT: &str = "Ask an admin to join this workspace to a shop.";
/// Charges could not be read.
pub const CHARGES_MISSING: &str = "Payment details couldn't be read: last order, amounts and failed payments may be missing here. Reload to try again.";
/// An address of the ticket could not be looked up.
pub const EMAILS_MISSING: &str = "One of this customer's email addresses couldn't be looked up. Check that this is the right person.";
/// Hours are UTC for want of better.
pub const ZONE_UNKNOWN: &str = "Times in UTC: the shop's time zone is not known";
/// A prepaid subscription of which the deliveries could not be read.
pub const PREPAID: &str = "Prepaid; deliveries couldn't be read";
/// A prepaid subscription between two payments.
pub const PREPAID_NONE_LEFT: &str = "No prepaid delivery left before the next charge";
/// A day of the charge that nobody told.
pub const DAY_UNKNOWN: &str = "Date not known";
/// An active subscription that is no longer charged.
pub const STOPPED_TRYING: &str = "No more retries";
/// A product without a name.
pub const UNNAMED: &str = "Unnamed product";
/// A cancelled subscription without a date.
pub const CANCELLED_UNDATED: &str = "Cancelled, date not known";
/// A subscription that ended by itself, of unknown length.
pub const ENDED: &str = "Ended";

/// `1 active`, `none active`.
pub fn active(count: usize) -> String {
    match count {
        0 => "None active".to_owned(),
        n => format!("{n} active"),
    }
}

/// `of 2`, after [`active`], and of what: that goes without saying where it is seen on a card.
pub fn of_subscriptions(count: usize) -> (String, &'static str) {
    let what = if count == 1 {
        "subscription"
    } else {
        "subscriptions"
    };
    (format!("of {count}"), what)
}

/// When the newest of what is over was cancelled, in the fold's line.
pub fn last_of_them<'a>(day: Day) -> Sentence<'a> {
    Sentence::new(", last {}", [Piece::Day(day)])
}

/// The fold of what is over.
pub fn past(cancelled: usize, ended: usize) -> String {
    match (cancelled, ended) {
        (n, 0) => format!("{n} cancelled"),
        (0, n) => format!("{n} ended"),
        (c, e) => format!("{} cancelled or ended", c + e),
    }
}

/// A record without a name or an address.
pub fn customer(id: &str) -> String {
    format!("Customer {id}")
}

/// A link's words for those who don't see what it stands beside. They start with the visible ones.
pub fn view_label(what: &str) -> String {
    format!("{VIEW}: {what} (opens a new tab)")
}

/// A copy button's words for those who don't see what it stands beside.
pub fn copy_label(what: &str) -> String {
    format!("{COPY} {what}")
}

/// The heading over several shops.
pub fn in_shops(count: usize) -> String {
    format!("Recharge in {}", counted(count, "shop", "shops"))
}

/// `since 25 Jan 2025`.
pub fn since<'a>(day: Day) -> Sentence<'a> {
    Sentence::new("since {}", [Piece::Day(day)])
}

/// Behind how many match: of how many.
pub fn of_all_match(all: usize) -> String {
    format!(" of {all} match")
}

/// A sentence without values.
pub fn plain<'a>(words: &'static str) -> Sentence<'a> {
    Sentence::new(words, [])
}

/// A day by its date and its distance.
pub fn due<'a>(day: Day) -> Sentence<'a> {
    Sentence::new("{}", [Piece::Due(day)])
}

/// How a person was found, when it was not by their address.
pub fn matched_by(way: MatchedBy) -> Option<&'static str> {
    match way {
        MatchedBy::Email => None,
        MatchedBy::Link => Some("Matched by a link, not by email"),
        MatchedBy::CustomerId => Some("Matched by Recharge customer ID, not by email"),
        MatchedBy::ShopifyCustomerId => Some("Matched by Shopify account, not by email"),
        MatchedBy::SubscriptionId => Some("Matched by subscription ID, not by email"),
        MatchedBy::Order => Some("Matched by order, not by email"),
    }
}

/// A subscription's status, on its pill.
pub fn status(status: &Status) -> String {
    match status {
        Status::Active => "Active".to_owned(),
        Status::Cancelled => "Cancelled".to_owned(),
        Status::Expired => ENDED.to_owned(),
        Status::Other(word) if word.trim().is_empty() => "Status not known".to_owned(),
        Status::Other(word) => humanised(word),
    }
}

/// What became of a charge.
pub fn outcome(status: &ChargeStatus) -> String {
    match status {
        ChargeStatus::Success => "Paid".to_owned(),
        ChargeStatus::Queued => "Scheduled".to_owned(),
        ChargeStatus::Error => "Payment failed".to_owned(),
        ChargeStatus::Skipped => "Skipped".to_owned(),
        ChargeStatus::Refunded => "Refunded".to_owned(),
        ChargeStatus::PartiallyRefunded => "Partially refunded".to_owned(),
        ChargeStatus::Pending => "Payment pending".to_owned(),
        ChargeStatus::Other(word) if word.trim().is_empty() => "Status not known".to_owned(),
        ChargeStatus::Other(word) => humanised(word),
    }
}

/// A charge of which a part was paid back.
pub fn partially_refunded(refunded: &str, total: Option<&str>) -> String {
    match total {
        Some(total) => format!("Partially refunded, {refunded} of {total}"),
        None => format!("Partially refunded, {refunded}"),
    }
}

/// Several charges on one day, and what their sum is made of.
pub fn several_charges(count: usize, amounts: Option<&str>) -> String {
    match amounts {
        Some(amounts) => format!("{count} charges: {amounts}"),
        None => format!("{count} charges"),
    }
}

/// An amount that is a retry, among others that are not.
pub fn retried(amount: &str) -> String {
    format!("{amount} (retry)")
}

/// `2 × Wool Runner`; one, or a number that is not known, is the name alone.
pub fn item(quantity: Option<u32>, name: &str) -> String {
    match quantity {
        None | Some(1) => name.to_owned(),
        Some(quantity) => format!("{quantity} × {name}"),
    }
}

/// After the items that are named.
pub fn more_items(count: usize) -> String {
    format!("and {count} more")
}

/// `$98.00 × 2`; one is the price alone.
pub fn price_each(price: Option<&str>, quantity: Option<u32>) -> String {
    match (price, quantity) {
        (Some(price), None | Some(1)) => price.to_owned(),
        (Some(price), Some(quantity)) => format!("{price} × {quantity}"),
        (None, Some(quantity)) => format!("Quantity {quantity}"),
        (None, None) => PRICE_UNKNOWN.to_owned(),
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 {
        format!("1 {one}")
    } else {
        format!("{count} {many}")
    }
}
