//! A customer, frozen.

use serde::{Deserialize, Serialize};

use crate::domain::customer::Customer;
use crate::domain::day::Instant;
use crate::domain::id::{CustomerId, ShopifyCustomerId};

#[derive(Serialize, Deserialize)]
pub(super) struct Frozen {
    id: String,
    email: Option<String>,
    name: Option<String>,
    phone: Option<String>,
    shopify: Option<String>,
    total: Option<u32>,
    active: Option<u32>,
    created_at: Option<Instant>,
    updated_at: Option<Instant>,
    valid_payment_method: Option<bool>,
    in_dunning: Option<bool>,
}

impl From<&Customer> for Frozen {
    fn from(customer: &Customer) -> Self {
        let shopify = customer.shopify_customer_id.as_ref();
        Self {
            id: customer.id.as_str().to_owned(),
            email: customer.email.clone(),
            name: customer.name.clone(),
            phone: customer.phone.clone(),
            shopify: shopify.map(|id| id.as_str().to_owned()),
            total: customer.subscriptions_total,
            active: customer.subscriptions_active,
            created_at: customer.created_at,
            updated_at: customer.updated_at,
            valid_payment_method: customer.has_valid_payment_method,
            in_dunning: customer.payment_in_dunning,
        }
    }
}

impl From<Frozen> for Customer {
    fn from(frozen: Frozen) -> Self {
        Self {
            id: CustomerId::new(frozen.id),
            email: frozen.email,
            name: frozen.name,
            phone: frozen.phone,
            shopify_customer_id: frozen.shopify.map(ShopifyCustomerId::new),
            subscriptions_total: frozen.total,
            subscriptions_active: frozen.active,
            created_at: frozen.created_at,
            updated_at: frozen.updated_at,
            has_valid_payment_method: frozen.valid_payment_method,
            payment_in_dunning: frozen.in_dunning,
        }
    }
}
