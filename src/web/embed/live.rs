//! Who is told of changes: the open pages, each with a seat, of which there are only so many.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{broadcast, watch};

use crate::domain::email::Fingerprint;
use crate::domain::id::{CustomerId, WorkspaceId};
use crate::domain::install::InstallName;

/// So many changes a page may be behind; then it looks again, whatever they were.
const BEHIND: usize = 1_024;
/// Open pages of one session: tabs, and those that a helpdesk keeps behind the one that is seen.
pub const MOST_OF_SESSION: usize = 8;
/// Open pages of one workspace.
const MOST_OF_WORKSPACE: usize = 2_000;
/// Open pages in all.
const MOST: usize = 10_000;

/// Something that may be on somebody's card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A customer's card is another.
    Customer(InstallName, CustomerId),
    /// A subject, by its key in the store, may lead to other customers.
    Subject(InstallName, String),
    /// Somebody's profile was linked or unlinked; the profile as a fingerprint.
    Tie(WorkspaceId, Fingerprint),
    /// Changes came faster than they could be told: any card may be another.
    Missed,
}

/// Tells open pages of changes. One for the whole process; clones share everything.
#[derive(Clone)]
pub struct Live(Arc<Inner>);

struct Inner {
    changes: broadcast::Sender<Change>,
    ending: watch::Sender<bool>,
    taken: Mutex<HashMap<(WorkspaceId, String), usize>>,
    of_workspace: usize,
    most: usize,
}

/// A page's place among those that are told. Free again when it is dropped.
pub struct Seat {
    live: Live,
    key: (WorkspaceId, String),
}

impl Default for Live {
    fn default() -> Self {
        Self::with(MOST_OF_WORKSPACE, MOST)
    }
}

impl Live {
    fn with(of_workspace: usize, most: usize) -> Self {
        Self(Arc::new(Inner {
            changes: broadcast::Sender::new(BEHIND),
            ending: watch::Sender::new(false),
            taken: Mutex::default(),
            of_workspace,
            most,
        }))
    }

    /// Tells whoever listens.
    pub fn tell(&self, change: Change) {
        // Nobody may be listening.
        let _ = self.0.changes.send(change);
    }

    /// The service ends: so do all streams.
    pub fn end(&self) {
        self.0.ending.send_replace(true);
    }

    /// Changes from now on.
    pub(super) fn listen(&self) -> broadcast::Receiver<Change> {
        self.0.changes.subscribe()
    }

    /// Ends when the service does.
    pub(super) async fn ended(&self) {
        // The sender lives in `self`, so waiting can't fail.
        let _ = self.0.ending.subscribe().wait_for(|ending| *ending).await;
    }

    /// A seat, unless too many are taken. `session` tells sessions of a workspace apart.
    pub(super) fn sit(&self, workspace: &WorkspaceId, session: &str) -> Option<Seat> {
        let mut taken = self.taken();
        let of_workspace: usize = taken
            .iter()
            .filter(|((of, _), _)| of == workspace)
            .map(|(_, count)| count)
            .sum();
        let all: usize = taken.values().sum();
        let key = (workspace.clone(), session.to_owned());
        let own = taken.get(&key).copied().unwrap_or_default();
        if own >= MOST_OF_SESSION || of_workspace >= self.0.of_workspace || all >= self.0.most {
            return None;
        }
        taken.insert(key.clone(), own + 1);
        Some(Seat {
            live: self.clone(),
            key,
        })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<(WorkspaceId, String), usize>> {
        self.0.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.live.taken();
        if let Some(count) = taken.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_are_bounded_by_session_by_workspace_and_in_all_and_come_back() {
        let live = Live::with(10, 15);
        let (here, there) = (WorkspaceId::new("1"), WorkspaceId::new("2"));
        let mut seats: Vec<Seat> = (0..8).filter_map(|_| live.sit(&here, "a")).collect();
        assert_eq!(seats.len(), 8);
        assert!(live.sit(&here, "a").is_none(), "one session");
        seats.extend((0..2).filter_map(|_| live.sit(&here, "b")));
        assert!(live.sit(&here, "c").is_none(), "one workspace");
        seats.extend((0..5).filter_map(|_| live.sit(&there, "a")));
        assert!(live.sit(&there, "b").is_none(), "all");
        drop(seats);
        assert!(live.sit(&here, "a").is_some());
        assert!(live.taken().is_empty());
    }
}
