//! A workspace as it is told things: its timelines, or why it has none.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::kustomer::{Client, Pace};
use super::timeline::Timeline;
use crate::clock::Clock;
use crate::domain::access::Settings;
use crate::domain::day::Instant;
use crate::domain::id::WorkspaceId;
use crate::domain::org::Org;
use crate::helpdesk::kustomer::Choices;
use crate::store::{Store, StoreError};

/// After so long a key that was refused is tried once more, though nobody has changed it.
const REFUSED_AGAIN: chrono::TimeDelta = chrono::TimeDelta::hours(1);

/// An org's address, if there is one.
pub type OrgUrl = dyn Fn(&Org) -> Option<Url> + Send + Sync;

/// How orgs are reached.
#[derive(Clone)]
pub struct Reach {
    /// An org's API.
    pub url: Arc<OrgUrl>,
    /// How long one call may take.
    pub timeout: Duration,
}

impl fmt::Debug for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reach").finish_non_exhaustive()
    }
}

impl Reach {
    /// The timelines that settings lead to. `None`: something is missing for it.
    pub fn timeline(&self, settings: &Settings, clock: &Clock) -> Option<Timeline> {
        let choices = Choices(settings);
        let ready = choices.timeline().ok()?;
        let base = (self.url)(&ready.org)?;
        let client = Client::new(base, &ready.key, self.timeout)
            .inspect_err(|error| tracing::error!(%error, "a workspace's Kustomer can't be reached"))
            .ok()?;
        Some(Timeline::new(
            client,
            ready.klass,
            choices.creates_customers(),
            Pace::new(choices.share()),
            clock,
        ))
    }
}

/// One workspace.
#[derive(Debug, Clone)]
pub struct Desk {
    /// Its id.
    pub workspace: WorkspaceId,
    /// Its timelines.
    pub timeline: Arc<Timeline>,
    /// Whether nothing is put there any more: it is switched off, or was removed.
    pub only_removes: bool,
    /// The store's number of changes that it was made by: with another one it may be another desk.
    pub changes: i64,
}

/// How a workspace is to be dealt with just now.
pub enum Dealing {
    /// It is told.
    Tell(Desk),
    /// Later: its key is refused.
    Wait,
    /// Something is missing for telling it anything; what is to be removed waits until there is a key again.
    NotSetUp,
    /// It was removed, and can't be told anything.
    Gone,
}

/// The workspaces that are told things, and what was made for them; made anew when their settings change.
#[derive(Debug, Default)]
pub struct Desks(HashMap<WorkspaceId, (Settings, Arc<Timeline>)>);

impl Desks {
    /// How to deal with a workspace.
    pub async fn of(
        &mut self,
        id: &WorkspaceId,
        store: &Store,
        reach: &Reach,
        clock: &Clock,
    ) -> Result<Dealing, StoreError> {
        let changes = store.changes().await?;
        let record = store.workspace(id).await?;
        let settings = match &record {
            Some(record) => Some(record.settings.helpdesk.settings()),
            None => store.former_workspace(id).await?,
        };
        let Some(settings) = settings else {
            return Ok(Dealing::Gone);
        };
        if let Some(record) = &record {
            let refused_at = store.timeline(id).await?.refused_at;
            let waits = |at: Instant| record.updated_at <= at && clock.now() - at < REFUSED_AGAIN;
            if refused_at.is_some_and(waits) {
                return Ok(Dealing::Wait);
            }
        }
        let made = match self.0.get(id) {
            Some((of, timeline)) if *of == settings => Some(Arc::clone(timeline)),
            _ => reach.timeline(&settings, clock).map(Arc::new),
        };
        let Some(timeline) = made else {
            self.0.remove(id);
            return Ok(match record {
                Some(_) => Dealing::NotSetUp,
                None => Dealing::Gone,
            });
        };
        self.0.insert(id.clone(), (settings, Arc::clone(&timeline)));
        Ok(Dealing::Tell(Desk {
            workspace: id.clone(),
            changes,
            only_removes: record.is_none_or(|record| !record.settings.enabled),
            timeline,
        }))
    }
}
