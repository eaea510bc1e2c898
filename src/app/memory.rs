//! The store that ends with the process, plugged into what lookups and doors need.

use std::sync::Arc;

use async_trait::async_trait;

use super::kept::link;
use crate::domain::access::Access;
use crate::domain::id::{CustomerId, WorkspaceId};
use crate::domain::install::InstallName;
use crate::domain::question::SubjectKey;
use crate::domain::snapshot::Snapshot;
use crate::lookup::{Kept, Link, Links, Resolution};
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
    ) -> Option<Link> {
        let of = Profile {
            install,
            workspace,
            profile,
        };
        self.0.link_of(of).map(link)
    }
}

/// Nothing is kept: this store ends with the process, and until then lookups remember by themselves.
#[async_trait]
impl Kept for Passing {
    async fn snapshot(&self, _: &InstallName, _: &CustomerId) -> Option<Arc<Snapshot>> {
        None
    }

    async fn keep_snapshot(&self, _: &InstallName, _: &Arc<Snapshot>) {}

    async fn drop_snapshot(&self, _: &InstallName, _: &CustomerId) {}

    async fn resolution(&self, _: &InstallName, _: &SubjectKey) -> Option<Arc<Resolution>> {
        None
    }

    async fn keep_resolution(&self, _: &InstallName, _: &SubjectKey, _: &Arc<Resolution>) {}
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
