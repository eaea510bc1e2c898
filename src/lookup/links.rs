//! Profile -> link, asked for at every look; what it was the last time is remembered for when the store can't be read.
//!
//! An agent may have said that a profile is none of those who match. So a link that is not known is not as good as none: a card
//! that was unlinked would be shown again.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;

use super::generations::Epochs;
use super::{Link, Links, Unread};
use crate::domain::id::WorkspaceId;
use crate::domain::install::InstallName;

/// So many are remembered: some hundred bytes each.
const MOST: u64 = 10_000;

/// The install with the number of its beginning, the workspace, and the profile.
type Key = (InstallName, u64, WorkspaceId, String);

/// The links, and the memory of them.
pub struct KnownLinks {
    pub stored: Arc<dyn Links>,
    memory: Cache<Key, Option<Link>>,
    epochs: Arc<Epochs>,
}

impl KnownLinks {
    pub fn new(stored: Arc<dyn Links>, epochs: &Arc<Epochs>, longest: Duration) -> Self {
        Self {
            stored,
            memory: Cache::builder()
                .max_capacity(MOST)
                .time_to_live(longest)
                .build(),
            epochs: Arc::clone(epochs),
        }
    }

    /// The link of a profile: as it is stored, else as it was when it could be read last.
    pub async fn of(
        &self,
        install: &InstallName,
        workspace: &WorkspaceId,
        profile: &str,
    ) -> Result<Option<Link>, Unread> {
        // Before the read: somebody may be erased meanwhile, and is not to be remembered.
        let epoch = self.epochs.of(install);
        let key = || {
            (
                install.clone(),
                epoch,
                workspace.clone(),
                profile.to_owned(),
            )
        };
        match self.stored.of(install, workspace, profile).await {
            Ok(link) => {
                self.memory.insert(key(), link.clone());
                Ok(link)
            }
            Err(unread) => self.memory.get(&key()).ok_or(unread),
        }
    }
}
