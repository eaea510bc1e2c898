//! Lists that are walked a page at a time: what changed lately, and all subscriptions of a shop.

use crate::domain::day::Instant;
use crate::domain::event::Event;
use crate::domain::id::CustomerId;
use crate::domain::subscription::Subscription;

/// A list that can be walked by when something last changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// Customers' own records.
    Customers,
    /// Subscriptions.
    Subscriptions,
    /// Charges.
    Charges,
}

/// Where in a list to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// At what changed at this time, or began then, whichever the list is in the order of.
    Since(Instant),
    /// Where the page before ended.
    After(String),
}

/// A page of a shop's subscriptions, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionsPage {
    /// Whose each is, where it says so, and what it is.
    pub rows: Vec<(Option<CustomerId>, Subscription)>,
    /// Where the next page begins; `None`: this was the last.
    pub next: Option<Place>,
}

/// A page of what has changed, the oldest change first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangesPage {
    /// What each thing is now, as a hook would say it.
    pub events: Vec<Event>,
    /// Where the next page begins; `None`: this was the last.
    pub next: Option<Place>,
}
