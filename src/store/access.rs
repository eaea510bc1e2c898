//! What workspaces may use, with everything opened: for the service, which holds it in memory.

use std::collections::HashMap;
use std::sync::Arc;

use super::Store;
use super::error::StoreError;
use super::workspaces::WorkspaceRecord;
use crate::domain::access::{Access, Connected, Workspace};
use crate::domain::day::Instant;
use crate::domain::id::WorkspaceId;
use crate::domain::install::InstallName;

impl Store {
    /// A workspace and what it may use; see [`Store::all_access`].
    pub async fn access(
        &self,
        id: &WorkspaceId,
        now: Instant,
    ) -> Result<Option<Access>, StoreError> {
        let all = self.all_access(now).await?;
        Ok(all.into_iter().find(|access| access.workspace.id == *id))
    }

    /// All workspaces and what they may use.
    ///
    /// What can't be opened opens nothing: a workspace without a readable secret is not enabled and has none, and an
    /// install without a readable token is there with an **empty** token, which no provider accepts
    /// ([`InstallRecord::must_reconnect`] is true of it).
    pub async fn all_access(&self, now: Instant) -> Result<Vec<Access>, StoreError> {
        let mut tx = self.0.readers.begin().await?;
        let rows = sqlx::query("SELECT * FROM installs")
            .fetch_all(&mut *tx)
            .await?;
        let mut installs = HashMap::new();
        for row in &rows {
            let record = self.install_from(row)?;
            installs.insert(record.name.clone(), Arc::new(record.connected()));
        }
        let workspaces = self.workspaces_in(&mut tx).await?;
        Ok(workspaces
            .into_iter()
            .map(|record| access(record, &installs, now))
            .collect())
    }
}

fn access(
    record: WorkspaceRecord,
    installs: &HashMap<InstallName, Arc<Connected>>,
    now: Instant,
) -> Access {
    let previous = record.previous.filter(|(_, until)| *until > now);
    let previous = previous.and_then(|(secret, _)| secret.ok());
    let current = record.secret.ok();
    Access {
        workspace: Workspace {
            id: record.id,
            helpdesk: record.helpdesk,
            enabled: record.settings.enabled && current.is_some(),
            // The old one does not outlive the new one.
            secrets: match current {
                Some(current) => std::iter::once(current).chain(previous).collect(),
                None => Vec::new(),
            },
            settings: record.settings.helpdesk.settings(),
            frame_ancestors: record.settings.frame_ancestors,
            longest_expiry: record.settings.longest_expiry,
        },
        installs: record
            .settings
            .installs
            .iter()
            .filter_map(|name| installs.get(name).cloned())
            .collect(),
    }
}
