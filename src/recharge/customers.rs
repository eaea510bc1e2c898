//! Finding customers: by address, by their ids, by a subscription of theirs.

use std::collections::HashSet;

use futures_util::future::try_join_all;

use super::endpoint::Endpoint;
use super::wire::Lenient;
use super::{Recharge, map, pages, wire};
use crate::domain::customer::Customer;
use crate::domain::email::Email;
use crate::domain::id::{CustomerId, SubscriptionId, is_numeric_id};
use crate::provider::{Credentials, ProviderError};

impl Recharge {
    pub(super) async fn customers_where(
        &self,
        with: &Credentials,
        filter: (&str, &str),
    ) -> Result<Vec<Customer>, ProviderError> {
        let endpoint = Endpoint::Customers;
        let query = [filter, ("limit", pages::LIMIT)];
        let page = pages::first(&self.client, with, endpoint, &query).await?;
        pages::read(endpoint, page.rows, map::customer)
    }

    /// Whether the email filter minds case is not established, so each spelling is asked for, all at
    /// once; and what it finds is compared again: a filter that was not applied finds everybody.
    pub(super) async fn by_email(
        &self,
        with: &Credentials,
        email: &Email,
    ) -> Result<Vec<Customer>, ProviderError> {
        let spellings = email.spellings();
        let asked = spellings
            .iter()
            .map(|spelling| self.customers_where(with, ("email", spelling)));
        let mut found = try_join_all(asked).await?.concat();
        found.retain(|customer| customer.email.as_deref().is_some_and(|e| email.matches(e)));
        Ok(found)
    }

    /// Unknown ids are no 404 here but an empty list.
    pub(super) async fn by_ids(
        &self,
        with: &Credentials,
        ids: &[CustomerId],
    ) -> Result<Vec<Customer>, ProviderError> {
        let ids: Vec<&CustomerId> = ids.iter().filter(|id| is_numeric_id(id.as_str())).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let list: Vec<&str> = ids.iter().map(|id| id.as_str()).collect();
        let mut found = self.customers_where(with, ("ids", &list.join(","))).await?;
        found.retain(|customer| ids.contains(&&customer.id));
        Ok(found)
    }

    pub(super) async fn by_subscription(
        &self,
        with: &Credentials,
        id: &SubscriptionId,
    ) -> Result<Vec<Customer>, ProviderError> {
        if !is_numeric_id(id.as_str()) {
            return Ok(Vec::new());
        }
        let query = [("ids", id.as_str())];
        let page = pages::first(&self.client, with, Endpoint::Subscriptions, &query).await?;
        let owners = page
            .rows
            .into_iter()
            .filter_map(wire::Subscription::read)
            .filter(|row| row.id.0.as_ref().is_some_and(|own| own.0 == id.as_str()))
            .filter_map(|row| Some(CustomerId::new(row.customer_id.0?.0)));
        self.by_ids(with, &distinct(owners)).await
    }
}

fn distinct(ids: impl Iterator<Item = CustomerId>) -> Vec<CustomerId> {
    let mut seen = HashSet::new();
    ids.filter(|id| seen.insert(id.clone())).collect()
}
