//! What a provider tells us by a hook: something has changed.

use super::charge::Charge;
use super::customer::Customer;
use super::day::Instant;
use super::id::{ChargeId, CustomerId, SubscriptionId};
use super::subscription::Subscription;

/// The meaning of one hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What changed.
    pub change: Change,
    /// When, as the provider says: the greatest of the body's stamps. `None` where the body has none.
    pub stamp: Option<Instant>,
}

/// What changed, as far as the body of a hook says. What only its path says is not signed: it is a hint to read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A subscription is now this.
    Subscription {
        /// Whose it is.
        customer: CustomerId,
        /// The whole of it.
        subscription: Box<Subscription>,
    },
    /// A charge is now this.
    Charge {
        /// Whose it is.
        customer: CustomerId,
        /// The whole of it.
        charge: Box<Charge>,
    },
    /// A customer's record is now this.
    Customer(Box<Customer>),
    /// A customer seems to be gone. To be believed once they can't be read any more: then everything of theirs goes.
    Gone(CustomerId),
    /// Something has changed or is gone, and the body does not say what it is now: it has to be read.
    Unclear(Touched),
    /// The shop's own settings changed: time zone, currency, name.
    Shop,
    /// The provider's app seems to be gone from the shop. To be believed once the credentials are refused.
    Uninstalled,
    /// Nothing that a card shows.
    Nothing,
}

/// What an unclear change is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Touched {
    /// A customer, or something of theirs.
    Customer(CustomerId),
    /// A subscription, whoever's it is.
    Subscription(SubscriptionId),
    /// A charge, whoever's it is.
    Charge(ChargeId),
}

impl Change {
    /// The subscription or the charge that is told of.
    pub fn thing(&self) -> Option<Touched> {
        match self {
            Self::Subscription { subscription, .. } => {
                Some(Touched::Subscription(subscription.id.clone()))
            }
            Self::Charge { charge, .. } => Some(Touched::Charge(charge.id.clone())),
            _ => None,
        }
    }
}

impl Event {
    /// Whose card it changes, when the body says so.
    pub fn customer(&self) -> Option<&CustomerId> {
        match &self.change {
            Change::Subscription { customer, .. } | Change::Charge { customer, .. } => {
                Some(customer)
            }
            Change::Customer(customer) => Some(&customer.id),
            Change::Gone(customer) | Change::Unclear(Touched::Customer(customer)) => Some(customer),
            Change::Unclear(_) | Change::Shop | Change::Uninstalled | Change::Nothing => None,
        }
    }
}
