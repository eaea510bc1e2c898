//! The store that ends with the process, plugged into what lookups and doors need.

use std::sync::Arc;

use async_trait::async_trait;

use super::kept::link;
use crate::domain::access::Access;
use crate::domain::day::Instant;
use crate::domain::id::{CustomerId, ProductId, VariantId, WorkspaceId};
use crate::domain::install::InstallName;
use crate::domain::question::SubjectKey;
use crate::domain::web_url::WebUrl;
use crate::lookup::{Keeping, Kept, Landing, Link, Links, Picture, Remembered, Resolution, Unread};
use crate::store::{AuditEntry, LinkRecord, Memory, Profile, StoreError};
use crate::web::{Called, Calls, Ties, Workspaces};

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
    async fn of(
        &self,
        install: &InstallName,
        workspace: &WorkspaceId,
        profile: &str,
    ) -> Result<Option<Link>, Unread> {
        let of = Profile {
            install,
            workspace,
            profile,
        };
        Ok(self.0.link_of(of).map(link))
    }

    async fn keep_auto(
        &self,
        install: &InstallName,
        workspace: &WorkspaceId,
        profile: &str,
        customer: &CustomerId,
    ) {
        let of = Profile {
            install,
            workspace,
            profile,
        };
        if self.0.link_of(of).is_none() {
            // Nobody asks when.
            self.0
                .link(of, LinkRecord::auto(customer.clone(), Instant::UNIX_EPOCH));
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

    async fn keep_snapshot(&self, _: &InstallName, _: &Remembered, _: i64, _: Landing) -> Keeping {
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

/// Nobody reads back what agents did.
#[async_trait]
impl Ties for Passing {
    async fn tie(&self, of: Profile<'_>, link: &LinkRecord) -> Result<bool, StoreError> {
        self.0.link(of, link.clone());
        Ok(true)
    }

    async fn note(&self, _: &AuditEntry) -> Result<(), StoreError> {
        Ok(())
    }
}
