//! The store that ends with the process, plugged into what lookups and doors need.

use std::sync::Arc;

use async_trait::async_trait;

use crate::domain::access::Access;
use crate::domain::id::{CustomerId, ProductId, VariantId, WorkspaceId};
use crate::domain::install::InstallName;
use crate::domain::question::SubjectKey;
use crate::domain::web_url::WebUrl;
use crate::lookup::{Keeping, Kept, Link, Links, Picture, Remembered, Resolution};
use crate::store::Memory;
use crate::web::{Called, Calls, Workspaces};

/// The plug.
pub struct Passing(pub Arc<Memory>);

impl Workspaces for Passing {
    fn access(&self, workspace: &WorkspaceId) -> Option<Arc<Access>> {
        self.0.access(workspace)
    }
}

/// Nobody reads them back.
impl Calls for Passing {
    fn note(&self, _: Called) {}
}

#[async_trait]
impl Links for Passing {
    async fn of(&self, install: &InstallName, _: &WorkspaceId, profile: &str) -> Option<Link> {
        let link = self.0.link_of(install, profile)?;
        Some(link.map_or(Link::Unlinked, Link::To))
    }

    async fn keep_auto(
        &self,
        install: &InstallName,
        _: &WorkspaceId,
        profile: &str,
        customer: &CustomerId,
    ) {
        if self.0.link_of(install, profile).is_none() {
            self.0.link(install, profile, Some(customer.clone()));
        }
    }

    async fn release(&self, install: &InstallName, customer: &CustomerId) {
        self.0.release_links(install, customer);
    }
}

/// Nothing is kept: this store ends with the process, and until then lookups remember by themselves.
#[async_trait]
impl Kept for Passing {
    async fn snapshot(&self, _: &InstallName, _: &CustomerId) -> Option<Remembered> {
        None
    }

    async fn version(&self, _: &InstallName, _: &CustomerId) -> i64 {
        0
    }

    async fn keep_snapshot(&self, _: &InstallName, _: &Remembered, _: i64) -> Keeping {
        Keeping::Done
    }

    async fn drop_snapshot(&self, _: &InstallName, _: &CustomerId) {}

    async fn forget(&self, _: &InstallName, _: &CustomerId) {}

    async fn resolution(&self, _: &InstallName, _: &SubjectKey) -> Option<Arc<Resolution>> {
        None
    }

    async fn keep_resolution(&self, _: &InstallName, _: &SubjectKey, _: &Arc<Resolution>) {}

    async fn drop_resolution(&self, _: &InstallName, _: &SubjectKey) {}

    async fn image(&self, _: &InstallName, _: &ProductId, _: Option<&VariantId>) -> Option<WebUrl> {
        None
    }

    async fn keep_images(&self, _: &InstallName, _: &[Picture]) {}
}
