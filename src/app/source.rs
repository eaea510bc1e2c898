//! Lookups and providers, plugged into what telling helpdesks needs of them.

use std::sync::Arc;

use async_trait::async_trait;

use crate::domain::access::Connected;
use crate::domain::answer::Reason;
use crate::domain::customer::Customer;
use crate::domain::id::CustomerId;
use crate::domain::links::Links;
use crate::lookup::Lookups;
use crate::push::Source;
use crate::upkeep::Providers;

/// The plug.
pub struct Read {
    pub lookups: Lookups,
    pub providers: Providers,
}

#[async_trait]
impl Source for Read {
    fn links(&self, install: &Connected) -> Links {
        let provider = self.providers.get(install.install.provider.as_str());
        let links = provider.map(|provider| provider.links(&install.install, &install.profile));
        links.unwrap_or_default()
    }

    async fn read(&self, install: &Arc<Connected>, customer: &CustomerId) -> Result<(), Reason> {
        self.lookups.reread(install, customer).await.map(drop)
    }

    async fn record(
        &self,
        install: &Arc<Connected>,
        customer: &CustomerId,
    ) -> Result<Option<Customer>, Reason> {
        self.lookups.record(install, customer).await
    }
}
