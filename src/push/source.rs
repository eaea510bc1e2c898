//! Where subscriptions come from: what telling helpdesks needs of it. The composition root plugs lookups into it.

use std::sync::Arc;

use async_trait::async_trait;

use crate::domain::access::Connected;
use crate::domain::answer::Reason;
use crate::domain::customer::Customer;
use crate::domain::id::CustomerId;
use crate::domain::links::Links;

/// The providers, as far as objects on timelines need them.
#[async_trait]
pub trait Source: Send + Sync + 'static {
    /// Where an install's links lead.
    fn links(&self, install: &Connected) -> Links;

    /// Reads a customer at background priority. What comes of it is stored, and with it goes what helpdesks have to be told.
    async fn read(&self, install: &Arc<Connected>, customer: &CustomerId) -> Result<(), Reason>;

    /// A customer's own record: the stored one, else the provider's, with one call for all whom the outbox waits for.
    /// `None`: the provider has no such customer.
    async fn record(
        &self,
        install: &Arc<Connected>,
        customer: &CustomerId,
    ) -> Result<Option<Customer>, Reason>;
}
