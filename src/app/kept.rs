//! The store, plugged into what lookups need kept.
//!
//! A card that was answered is stored: its flight lands after the write, which takes a fraction of a millisecond beside the
//! provider's answer. A store that is slower (another process writes, the disk is full) holds nobody up: after
//! [`PATIENCE`] the flight lands, and the write goes on behind it.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::domain::answer::Unlinking;
use crate::domain::id::{CustomerId, WorkspaceId};
use crate::domain::install::InstallName;
use crate::domain::question::SubjectKey;
use crate::domain::snapshot::Snapshot;
use crate::lookup::{Kept, Link, Links, Resolution};
use crate::store::{AuditEntry, LinkRecord, Profile, Store, StoreError};
use crate::web::Ties;

/// How long an answer waits for the store at most.
const PATIENCE: Duration = Duration::from_millis(100);

/// The plug. Clones share the count of writes that are under way.
#[derive(Clone)]
pub struct Durable {
    store: Store,
    clock: Clock,
    writing: Arc<watch::Sender<usize>>,
}

impl Durable {
    pub fn new(store: &Store, clock: &Clock) -> Self {
        Self {
            store: store.clone(),
            clock: clock.clone(),
            writing: Arc::new(watch::Sender::new(0)),
        }
    }

    /// Ends when no write is under way.
    pub async fn written(&self) {
        // The sender lives in `self`, so waiting can't fail.
        let _ = self.writing.subscribe().wait_for(|count| *count == 0).await;
    }

    /// Writes; waits for it, but not for long.
    async fn write<F>(&self, what: &'static str, write: F)
    where
        F: Future<Output = Result<(), StoreError>> + Send + 'static,
    {
        let counted = Counted::one_more(&self.writing);
        let written = tokio::spawn(async move {
            let _counted = counted;
            if let Err(error) = write.await {
                tracing::warn!(what, %error, "not stored: it would not survive a restart");
            }
        });
        let limit = self.clock.deadline(PATIENCE);
        tokio::select! {
            _ = written => {}
            () = limit.passed() => tracing::debug!(what, "the store is slow: the answer goes ahead"),
        }
    }
}

/// What can't be read is as good as not there.
fn read<T>(what: &'static str, result: Result<Option<T>, StoreError>) -> Option<T> {
    result.unwrap_or_else(|error| {
        tracing::warn!(what, %error, "the store can't be read");
        None
    })
}

#[async_trait]
impl Kept for Durable {
    async fn snapshot(
        &self,
        install: &InstallName,
        customer: &CustomerId,
    ) -> Option<Arc<Snapshot>> {
        let kept = read("snapshot", self.store.snapshot(install, customer).await)?;
        // Something is known to have changed since: it must not be shown as it is.
        (!kept.dirty).then(|| Arc::new(kept.snapshot))
    }

    async fn keep_snapshot(&self, install: &InstallName, snapshot: &Arc<Snapshot>) {
        let (store, install, snapshot) =
            (self.store.clone(), install.clone(), Arc::clone(snapshot));
        let write = async move { store.keep_snapshot(&install, &snapshot).await.map(drop) };
        self.write("snapshot", write).await;
    }

    async fn drop_snapshot(&self, install: &InstallName, customer: &CustomerId) {
        let (store, install, customer) = (self.store.clone(), install.clone(), customer.clone());
        let write = async move { store.drop_snapshot(&install, &customer).await.map(drop) };
        self.write("snapshot", write).await;
    }

    async fn resolution(
        &self,
        install: &InstallName,
        subject: &SubjectKey,
    ) -> Option<Arc<Resolution>> {
        let kept = read("resolution", self.store.resolution(install, subject).await)?;
        Some(Arc::new(Resolution {
            customers: kept.customers.into(),
            asked: kept.asked,
            as_of: kept.as_of,
        }))
    }

    async fn keep_resolution(
        &self,
        install: &InstallName,
        subject: &SubjectKey,
        resolution: &Arc<Resolution>,
    ) {
        let (store, install) = (self.store.clone(), install.clone());
        let (subject, kept) = (subject.clone(), Arc::clone(resolution));
        let write = async move {
            store
                .keep_resolution(&install, &subject, &kept.customers, &kept.asked, kept.as_of)
                .await
                .map(drop)
        };
        self.write("resolution", write).await;
    }
}

#[async_trait]
impl Links for Durable {
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
        read("link", self.store.link_of(of).await).map(link)
    }
}

#[async_trait]
impl Ties for Durable {
    async fn tie(&self, of: Profile<'_>, link: &LinkRecord) -> Result<bool, StoreError> {
        self.store.link(of, link).await
    }

    async fn note(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        self.store.audit(entry).await
    }
}

/// A link as it is stored, as lookups need it.
pub fn link(record: LinkRecord) -> Link {
    let LinkRecord { agent, at, .. } = record;
    let unlinked = || Link::Unlinked(Unlinking { agent, at });
    record.customer.map_or_else(unlinked, Link::To)
}

/// Counts a write for as long as it runs, however it ends.
struct Counted(Arc<watch::Sender<usize>>);

impl Counted {
    fn one_more(count: &Arc<watch::Sender<usize>>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(Arc::clone(count))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
