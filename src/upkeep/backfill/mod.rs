//! The backfill: every subscription of a workspace's shops is put on the helpdesk's timelines, once.
//!
//! | file | does |
//! |---|---|
//! | `walk` | reads a shop's subscriptions, page by page, from where a run was left |
//! | `page` | one page: what there is to write, for whom |
//! | `owners` | on whose timeline each is to stand, with few calls |
//! | `chunk` | writes as many as one request takes: together, else one by one |
//! | `bulk` | that request, and what became of each |
//! | `stock` | learns what stood there before |
//! | `patience` | waits where waiting helps |
//! | `lease` | sees to it that one process at a time is at it |
//! | `plan` | counts: how many, how long |
//! | `undo` | removes what a run made |
//!
//! A run keeps how far it is after each page, so that it goes on from there whenever it is broken off. What it writes it
//! claims before: a run that died in the middle of that looks for each such object by its external id, because Kustomer may
//! have made it. The service, which writes live changes, leaves claimed objects alone, and a run leaves alone what waits in
//! the outbox or is newer than what it has read; so it does not matter which of the two comes first.

mod bulk;
mod chunk;
mod lease;
mod owners;
mod page;
mod patience;
mod plan;
mod stock;
mod undo;
mod walk;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use crate::clock::Clock;
use crate::domain::access::Connected;
use crate::domain::email::FingerprintKey;
use crate::domain::id::WorkspaceId;
use crate::domain::install::InstallName;
use crate::domain::links::Links;
use crate::domain::secret::random_hex;
use crate::domain::subscription::Selection;
use crate::provider::{Credentials, Provider, ProviderError};
use crate::push::kustomer::Trouble;
use crate::push::timeline::Timeline;
use crate::store::{BackfillCounts, BackfillRecord, NewBackfill, Store, StoreError};

pub use plan::Plan;
pub use undo::Undone;

/// A shop to read.
#[derive(Clone)]
pub struct Source {
    /// The install.
    pub install: Arc<Connected>,
    /// Where its links lead.
    pub links: Links,
    /// Its provider.
    pub provider: Arc<dyn Provider>,
    /// What it is asked with: the last lane of the token's budget.
    pub with: Credentials,
}

/// Why a run has not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// Somebody asked for it.
    #[error("it was asked to stop")]
    Asked,
    /// Another process is at it.
    #[error("another process is running it")]
    Elsewhere,
    /// The store does not work.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The provider does not let it be read, and waiting did not help.
    #[error("{install}: {error}")]
    Provider {
        /// Which install.
        install: InstallName,
        /// What it says.
        error: ProviderError,
    },
    /// The helpdesk does not take it, and waiting did not help.
    #[error(transparent)]
    Helpdesk(#[from] Trouble),
}

/// How far a run is, for whoever watches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// What it came to so far.
    pub counts: BackfillCounts,
    /// What it is waiting for, in a few words; `None`: it works.
    pub waiting: Option<&'static str>,
}

/// Asks runs to stop; clones ask the same ones.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// From now on.
    pub fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_asked(&self) -> Result<(), Stopped> {
        if self.0.load(Ordering::Relaxed) {
            Err(Stopped::Asked)
        } else {
            Ok(())
        }
    }
}

/// One workspace's backfill.
pub struct Backfill {
    store: Store,
    timeline: Timeline,
    sources: Vec<Source>,
    clock: Clock,
    workspace: WorkspaceId,
    key: FingerprintKey,
    /// Names this process among those that share the store.
    holder: String,
    progress: watch::Sender<Progress>,
    stop: Stop,
    /// Whether customers can be searched for; no more once that was refused.
    searches: AtomicBool,
}

impl Backfill {
    /// The backfill of a workspace, from these shops.
    pub fn new(
        store: &Store,
        timeline: Timeline,
        mut sources: Vec<Source>,
        clock: &Clock,
        workspace: &WorkspaceId,
    ) -> Self {
        sources.sort_by(|a, b| a.install.install.name.cmp(&b.install.install.name));
        Self {
            store: store.clone(),
            timeline,
            sources,
            clock: clock.clone(),
            workspace: workspace.clone(),
            key: store.fingerprint_key(),
            holder: random_hex(8),
            progress: watch::Sender::default(),
            stop: Stop::default(),
            searches: AtomicBool::new(true),
        }
    }

    /// Tells how far it is, from now on.
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// Asks it to stop as soon as that leaves nothing half done.
    pub fn stop(&self) -> Stop {
        self.stop.clone()
    }

    /// The run that was broken off, if there is one that looks at the same subscriptions.
    pub async fn unfinished(
        &self,
        selection: Selection,
        most: Option<u64>,
    ) -> Result<Option<BackfillRecord>, StoreError> {
        let runs = self.store.backfills(&self.workspace).await?;
        let last = runs.into_iter().next();
        Ok(last.filter(|run| {
            run.ended_at.is_none()
                && run.selection == selection
                && run.most == most
                && run.klass == self.timeline.klass()
        }))
    }

    /// Begins a run as it was planned. Another one that is unfinished is given up.
    pub async fn begin(
        &self,
        selection: Selection,
        most: Option<u64>,
        plan: &Plan,
    ) -> Result<BackfillRecord, StoreError> {
        let new = NewBackfill {
            workspace: &self.workspace,
            klass: self.timeline.klass(),
            selection,
            most,
            total: plan.subscriptions,
        };
        self.store.begin_backfill(&new, self.clock.now()).await
    }

    /// Brings a run to its end, from where it is. `run` says how far it came, whatever comes back.
    pub async fn run(&self, run: &mut BackfillRecord) -> Result<(), Stopped> {
        self.alone(self.go(run)).await
    }

    async fn go(&self, run: &mut BackfillRecord) -> Result<(), Stopped> {
        self.tell(&run.counts);
        self.take_stock(run).await?;
        for source in &self.sources {
            let name = &source.install.install.name;
            if run.place.install.as_ref().is_some_and(|at| at > name) {
                continue;
            }
            if run.place.install.as_ref() != Some(name) {
                run.place = crate::store::BackfillPlace {
                    install: Some(name.clone()),
                    ..Default::default()
                };
            }
            let mut walk = walk::Walk::from(source, run.selection, &run.place);
            while let Some(mut rows) = self.next_page(&mut walk, &run.place).await? {
                let left = run
                    .most
                    .map(|most| most.saturating_sub(run.counts.looked_at));
                rows.truncate(left.map_or(rows.len(), |left| {
                    usize::try_from(left).unwrap_or(usize::MAX).min(rows.len())
                }));
                let is_enough = left == Some(rows.len() as u64);
                let times: Vec<_> = rows.iter().map(|(_, row)| row.created_at).collect();
                self.put_page(run, source, rows).await?;
                walk::pass(&mut run.place, &times);
                self.store.advance_backfill(run, None).await?;
                if is_enough {
                    return self.end(run).await;
                }
                self.stop.is_asked()?;
            }
        }
        self.end(run).await
    }

    async fn end(&self, run: &mut BackfillRecord) -> Result<(), Stopped> {
        let now = self.clock.now();
        run.ended_at = Some(now);
        Ok(self.store.advance_backfill(run, Some(now)).await?)
    }

    fn tell(&self, counts: &BackfillCounts) {
        self.progress
            .send_modify(|progress| progress.counts = *counts);
    }

    /// Waits, and says what for.
    async fn wait(&self, long: Duration, what: &'static str) {
        self.progress
            .send_modify(|progress| progress.waiting = Some(what));
        self.clock.deadline(long).passed().await;
        self.progress
            .send_modify(|progress| progress.waiting = None);
    }
}
