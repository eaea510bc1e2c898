//! One object of a provider: a read, a list or a webhook brings objects, and the store keeps one row for each.

use std::fmt;
use std::sync::Arc;

use super::charge::Charge;
use super::customer::Customer;
use super::day::Instant;
use super::id::{ChargeId, CustomerId, SubscriptionId};
use super::snapshot::Delivery;
use super::subscription::Subscription;

/// The kinds of objects. Each is one list of the provider's, and one part of a customer's card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// The customer's own record.
    Customer,
    /// Subscriptions.
    Subscription,
    /// Charges: paid, failed, skipped and queued.
    Charge,
    /// The deliveries to come of prepaid subscriptions: one object per customer.
    Deliveries,
}

impl Kind {
    /// Every kind, in the order in which a card needs them.
    pub const ALL: [Self; 4] = [
        Self::Customer,
        Self::Subscription,
        Self::Charge,
        Self::Deliveries,
    ];

    /// The word for the store and for logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Subscription => "subscription",
            Self::Charge => "charge",
            Self::Deliveries => "deliveries",
        }
    }

    /// Reads [`Kind::as_str`]; `None` for a kind that a newer version wrote.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// Names one object at its install.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectKey {
    /// The object's kind.
    pub kind: Kind,
    /// The provider's id, unique within the kind.
    pub id: Arc<str>,
}

impl ObjectKey {
    /// The key of a customer's own record.
    pub fn customer(id: &CustomerId) -> Self {
        Self::new(Kind::Customer, id.as_str())
    }

    /// The key of a subscription.
    pub fn subscription(id: &SubscriptionId) -> Self {
        Self::new(Kind::Subscription, id.as_str())
    }

    /// The key of a charge.
    pub fn charge(id: &ChargeId) -> Self {
        Self::new(Kind::Charge, id.as_str())
    }

    /// A key from its parts.
    pub fn new(kind: Kind, id: &str) -> Self {
        Self {
            kind,
            id: id.into(),
        }
    }
}

/// One object, as a provider describes it. Printing it shows its key alone.
#[derive(Clone, PartialEq, Eq)]
pub enum Object {
    /// The customer's own record.
    Customer(Box<Customer>),
    /// A subscription.
    Subscription(Box<Subscription>),
    /// A charge.
    Charge(Box<Charge>),
    /// All deliveries to come of a customer's prepaid subscriptions.
    Deliveries(CustomerId, Vec<Delivery>),
}

impl Object {
    /// Names it.
    pub fn key(&self) -> ObjectKey {
        match self {
            Self::Customer(customer) => ObjectKey::customer(&customer.id),
            Self::Subscription(subscription) => ObjectKey::subscription(&subscription.id),
            Self::Charge(charge) => ObjectKey::charge(&charge.id),
            Self::Deliveries(customer, _) => ObjectKey::new(Kind::Deliveries, customer.as_str()),
        }
    }

    /// The provider's own last change, as far as the object says.
    pub fn version(&self) -> Version {
        match self {
            Self::Customer(customer) => Version {
                stamp: customer.stamp(),
                updated: customer.updated_at,
            },
            Self::Subscription(subscription) => Version {
                stamp: subscription.stamp(),
                updated: subscription.updated_at,
            },
            Self::Charge(charge) => Version {
                stamp: charge.stamp(),
                updated: charge.updated_at,
            },
            Self::Deliveries(..) => Version::default(),
        }
    }

    /// Whether two states say the same. Two fields don't count: the time of the last change, and a customer's counters,
    /// of which it is not established that they move that time.
    pub fn says_the_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Customer(a), Self::Customer(b)) => {
                let same = Customer {
                    subscriptions_total: b.subscriptions_total,
                    subscriptions_active: b.subscriptions_active,
                    updated_at: b.updated_at,
                    ..(**a).clone()
                };
                same == **b
            }
            (Self::Subscription(a), Self::Subscription(b)) => {
                let mut same = a.clone();
                same.updated_at = b.updated_at;
                same == *b
            }
            (Self::Charge(a), Self::Charge(b)) => {
                let mut same = a.clone();
                same.updated_at = b.updated_at;
                same == *b
            }
            _ => self == other,
        }
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.key();
        write!(f, "Object({} {})", key.kind.as_str(), key.id)
    }
}

/// The provider's own word on when an object last changed. Empty for providers and objects that don't say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Version {
    /// The greatest of the object's times.
    pub stamp: Option<Instant>,
    /// The time of the last change alone: Recharge has been seen to leave it behind when it cancels.
    pub updated: Option<Instant>,
}
