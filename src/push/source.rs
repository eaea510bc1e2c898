//! Where subscriptions come from: what telling helpdesks needs of it. The composition root plugs lookups into it.

use std::sync::Arc;

use async_trait::async_trait;

use crate::domain::access::Connected;
use crate::domain::answer::Reason;
use crate::domain::id::CustomerId;
use crate::domain::links::Links;

/// The providers, as far as objects on timelines need them.
#[async_trait]
pub trait Source: Send + Sync + 'static {
    /// Where an install's links lead.
    fn links(&self, install: &Connected) -> Links;

    /// Reads a customer anew, behind everybody who waits for a card. What comes of it is stored, and with it goes what is
    /// to be told of it. `false`: there is no such customer any more.
    async fn read(&self, install: &Arc<Connected>, customer: &CustomerId) -> Result<bool, Reason>;
}
