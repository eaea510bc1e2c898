//! A customer as a provider knows them.

use std::fmt;

use super::day::Instant;
use super::id::{CustomerId, ShopifyCustomerId};

/// One customer record. Printing it shows the id alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Customer {
    /// The provider's id.
    pub id: CustomerId,
    /// The address on the record, as the provider has it.
    pub email: Option<String>,
    /// First and last name, joined.
    pub name: Option<String>,
    /// The phone number on the record.
    pub phone: Option<String>,
    /// The customer at Shopify, when the provider has synchronised it.
    pub shopify_customer_id: Option<ShopifyCustomerId>,
    /// How many subscriptions the provider counts, of any status.
    pub subscriptions_total: Option<u32>,
    /// How many of them it counts as active.
    pub subscriptions_active: Option<u32>,
    /// When the record was made. Rows from 2021 may be hours off (Eastern time under a UTC suffix).
    pub created_at: Option<Instant>,
    /// When it last changed.
    pub updated_at: Option<Instant>,
    /// Whether a payment method that works is on file; `None` when not said.
    pub has_valid_payment_method: Option<bool>,
    /// Whether the provider is retrying a failed payment; `None` when not said.
    pub payment_in_dunning: Option<bool>,
}

impl Customer {
    /// The greatest of its stamps: of two records of the same customer, the one with the greater is the newer.
    pub fn stamp(&self) -> Option<Instant> {
        self.created_at.max(self.updated_at)
    }

    /// How many subscriptions are active, as far as the provider's count can be believed: it has been seen to be 0 beside
    /// active ones.
    pub fn active_at_least(&self) -> Option<u32> {
        self.subscriptions_active.filter(|count| *count > 0)
    }

    /// A record of which only the id is known.
    pub fn bare(id: CustomerId) -> Self {
        Self {
            id,
            email: None,
            name: None,
            phone: None,
            shopify_customer_id: None,
            subscriptions_total: None,
            subscriptions_active: None,
            created_at: None,
            updated_at: None,
            has_valid_payment_method: None,
            payment_in_dunning: None,
        }
    }
}

impl fmt::Debug for Customer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Customer")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
