//! Whose an order is.

use std::collections::HashSet;

use super::Recharge;
use super::endpoint::Endpoint;
use super::pages;
use super::wire::{self, External, Lenient, Maybe, Page};
use crate::domain::customer::Customer;
use crate::domain::id::{CustomerId, OrderId};
use crate::provider::{Credentials, ProviderError};

/// So many pages are looked through for an order's number: the newest 1,000 orders.
pub const MOST_PAGES: usize = 4;

/// Shopify's ids have ten digits or more; the numbers that shoppers see count a shop's orders.
const LONGEST_NUMBER: usize = 9;

/// Whether this may be an order's number.
pub fn may_be_a_number(id: &OrderId) -> bool {
    let text = id.as_str();
    text.len() <= LONGEST_NUMBER && text.bytes().all(|b| b.is_ascii_digit())
}

impl Recharge {
    /// Who placed this order: `external_order_id` is Shopify's order id. The number that shoppers see (`#1001`) is
    /// `external_order_number`, and no filter for that is known (5.6), so it is looked for among the newest orders.
    pub(super) async fn by_order(
        &self,
        with: &Credentials,
        id: &OrderId,
    ) -> Result<Vec<Customer>, ProviderError> {
        let query = [("external_order_id", id.as_str()), ("limit", pages::LIMIT)];
        let page = pages::first(&self.client, with, Endpoint::Orders, &query).await?;
        let mut found = owners(page, id, |order| &order.external_order_id);
        if found.is_empty() && may_be_a_number(id) {
            found = self.by_number(with, id).await?;
        }
        self.by_ids(with, &found).await
    }

    /// Newest first, as lists are when they are asked for nothing else.
    async fn by_number(
        &self,
        with: &Credentials,
        number: &OrderId,
    ) -> Result<Vec<CustomerId>, ProviderError> {
        let limit = ("limit", pages::LIMIT);
        let mut cursor = None;
        for _ in 0..MOST_PAGES {
            let query: Vec<_> = cursor
                .as_deref()
                .map(|cursor| ("cursor", cursor))
                .into_iter()
                .chain([limit])
                .collect();
            let mut page = pages::first(&self.client, with, Endpoint::Orders, &query).await?;
            cursor = page.next.take();
            let found = owners(page, number, |order| &order.external_order_number);
            if cursor.is_none() || !found.is_empty() {
                return Ok(found);
            }
        }
        Ok(Vec::new())
    }
}

/// The customers of those orders whose `field` is this, each once. A filter that was not applied finds everybody's.
fn owners(
    page: Page,
    wanted: &OrderId,
    field: impl Fn(&wire::Order) -> &Maybe<External>,
) -> Vec<CustomerId> {
    let rows = page.rows.into_iter().filter_map(wire::Order::read);
    let mut seen = HashSet::new();
    rows.filter(|order| {
        let own = field(order).0.as_ref();
        own.is_some_and(|own| own.0.trim_start_matches('#') == wanted.as_str())
    })
    .filter_map(|order| Some(CustomerId::new(order.customer.0?.id.0?.0)))
    .filter(|owner| seen.insert(owner.clone()))
    .collect()
}
