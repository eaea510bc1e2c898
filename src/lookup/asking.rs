//! One lookup at one install, for one caller; and what is noted of it.

use std::sync::Arc;

use super::Inner;
use super::upstream::{FetchContext, Reservation, Waiters};
use crate::clock::Deadline;
use crate::domain::access::Connected;
use crate::domain::id::WorkspaceId;
use crate::domain::install::InstallName;

/// One lookup at one install, on its way.
pub struct Lookup<'a> {
    pub inner: &'a Arc<Inner>,
    pub install: &'a Arc<Connected>,
    pub workspace: &'a WorkspaceId,
    pub deadline: &'a Deadline,
    pub reading: Reading,
    pub note: Note,
    /// Whether a card was read from the provider for it, by whoever's flight.
    pub has_flown: bool,
    /// Calls that are kept for its card, until it ends.
    pub reservations: Vec<Arc<Reservation>>,
}

/// What memory is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// It answers while it is fresh.
    Remembered,
    /// It stands in when the provider can't be asked.
    Anew,
}

/// Who asks, where, and until when.
#[derive(Clone, Copy)]
pub struct Caller<'a> {
    pub install: &'a Arc<Connected>,
    pub workspace: &'a WorkspaceId,
    pub deadline: &'a Deadline,
}

impl Caller<'_> {
    /// What a flight of theirs goes for.
    pub fn context(self, waiters: Waiters) -> FetchContext {
        FetchContext {
            install: Arc::clone(self.install),
            workspace: Some(self.workspace.clone()),
            waiters,
        }
    }
}

impl<'a> Lookup<'a> {
    pub fn caller(&self) -> Caller<'a> {
        Caller {
            install: self.install,
            workspace: self.workspace,
            deadline: self.deadline,
        }
    }

    pub fn name(&self) -> &InstallName {
        &self.install.install.name
    }
}

/// How an account came about.
#[derive(Debug, Clone)]
pub struct Note {
    /// At which install.
    pub install: InstallName,
    /// What memory had.
    pub cache: CacheState,
    /// Calls that this caller's flights sent. Those of a joined flight are counted by who started it.
    pub upstream_calls: u32,
}

/// What memory had, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CacheState {
    /// All of it.
    Hit,
    /// All of it, and a refresh was started behind the answer.
    Behind,
    /// Not enough; somebody else's flight was joined.
    Joined,
    /// Not enough; a flight was started.
    Miss,
    /// Something old, which had to do.
    Stale,
}

impl CacheState {
    /// The word for logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Behind => "behind",
            Self::Joined => "joined",
            Self::Miss => "miss",
            Self::Stale => "stale",
        }
    }
}
