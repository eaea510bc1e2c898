//! One lookup at one install: what it carries along, and what is noted of it for the log.

use std::sync::Arc;

use super::Inner;
use super::upstream::{FetchContext, Reservation, Waiters};
use crate::clock::Deadline;
use crate::domain::access::Connected;
use crate::domain::id::WorkspaceId;
use crate::domain::install::InstallName;

/// One lookup at one install.
pub struct Request<'a> {
    pub inner: &'a Arc<Inner>,
    pub install: &'a Arc<Connected>,
    pub workspace: &'a WorkspaceId,
    pub deadline: &'a Deadline,
    pub options: Options,
    pub note: Note,
    /// Whether the customer was fetched for it, by whichever caller's fetch.
    pub has_fetched: bool,
    /// Permits that are reserved for the card, until the lookup ends.
    pub reservations: Vec<Arc<Reservation>>,
}

/// What the caller wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Whether the provider is asked even where a saved card would do.
    pub refetch: bool,
    /// Whether the caller learns of changes later: a card without its charges is enough for a start.
    pub follows_changes: bool,
}

/// Who asks, where, and until when.
#[derive(Clone, Copy)]
pub struct Caller<'a> {
    pub install: &'a Arc<Connected>,
    pub workspace: &'a WorkspaceId,
    pub deadline: &'a Deadline,
}

impl Caller<'_> {
    /// The context of a fetch for this caller.
    pub fn context(self, waiters: Waiters) -> FetchContext {
        FetchContext {
            install: Arc::clone(self.install),
            workspace: Some(self.workspace.clone()),
            waiters,
        }
    }
}

impl<'a> Request<'a> {
    pub fn caller(&self) -> Caller<'a> {
        Caller {
            install: self.install,
            workspace: self.workspace,
            deadline: self.deadline,
        }
    }

    pub fn name(&self) -> &'a InstallName {
        &self.install.install.name
    }
}

/// How an account's data was found.
#[derive(Debug, Clone)]
pub struct Note {
    /// The install.
    pub install: InstallName,
    /// What the cache and the store had.
    pub cache: CacheState,
    /// Calls that this caller's fetches sent. Those of a joined fetch are counted by the caller that started it.
    pub upstream_calls: u32,
}

/// What the cache and the store had, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CacheState {
    /// Everything.
    Hit,
    /// Everything, and a refresh runs behind the answer.
    Behind,
    /// Not enough; another caller's fetch was joined.
    Joined,
    /// Not enough; a fetch was started.
    Miss,
    /// A stale card, which had to do.
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
