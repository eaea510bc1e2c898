//! Customers' own records for background jobs: one call for many, and "no such customer" is remembered.

use std::sync::Arc;

use chrono::TimeDelta;

use super::Lookups;
use super::identify::own_record;
use crate::domain::access::Connected;
use crate::domain::answer::Reason;
use crate::domain::customer::Customer;
use crate::domain::id::CustomerId;
use crate::provider::ProviderError;
use crate::records::{Observed, Source};

/// Customers that are read with one call.
const MOST: i64 = 250;
/// That the provider has no such customer counts this long.
const NOT_FOUND: TimeDelta = TimeDelta::hours(1);

impl Lookups {
    /// A customer's own record, for a job that needs an address and no card. A stored one will do; else the provider is
    /// asked, at background priority, about all customers together whom the outbox waits for.
    pub async fn record(
        &self,
        install: &Arc<Connected>,
        customer: &CustomerId,
    ) -> Result<Option<Customer>, Reason> {
        let inner = &self.0;
        let name = &install.install.name;
        let _one_at_a_time = inner.reading_records.lock().await;
        let rows = inner
            .store
            .customer_rows(name, customer)
            .await
            .map_err(unread)?;
        if let Some(known) = crate::records::compose(&rows) {
            return Ok(Some(known.customer));
        }
        let is_recent = |at| super::age(inner.clock.now(), at) < NOT_FOUND;
        if rows.freshness.gone_since.is_some_and(is_recent) {
            return Ok(None);
        }
        let waiting = inner
            .store
            .unread_owners(name, MOST - 1)
            .await
            .map_err(unread)?;
        let others = waiting.into_iter().filter(|other| other != customer);
        let ids: Vec<CustomerId> = std::iter::once(customer.clone()).chain(others).collect();
        let provider = inner.upstream.provider(install.install.provider.as_str());
        let provider = provider.ok_or(Reason::Unreachable)?;
        let with = self.credentials(name, &**provider, &install.token);
        let moment = inner.moment(name).await;
        let read = provider.customers_with_ids(&with, &ids).await;
        let customers = read.map_err(|error| match error {
            ProviderError::RateLimited { .. } => Reason::RateLimited,
            ProviderError::NotSent { reason } => reason,
            ProviderError::Refused => Reason::Reconnect,
            _ => Reason::Unreachable,
        })?;
        let mut observed: Vec<Observed> = customers
            .iter()
            .map(|customer| own_record(customer, moment))
            .collect();
        for id in &ids {
            if customers.iter().all(|customer| customer.id != *id) {
                let mut missing = Observed::new(id.clone(), Source::Read, moment);
                missing.gone = true;
                observed.push(missing);
            }
        }
        inner.observe(name, observed, Vec::new()).await;
        Ok(customers.into_iter().find(|found| found.id == *customer))
    }
}

fn unread(error: crate::store::StoreError) -> Reason {
    tracing::warn!(%error, "the store can't be read");
    Reason::Unreachable
}
