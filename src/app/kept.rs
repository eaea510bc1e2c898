//! The store, plugged into what lookups need kept.
//!
//! A card that was answered is stored: its flight lands after the write, which takes a fraction of a millisecond beside the
//! provider's answer. A store that is slower (another process writes, the disk is full) holds nobody up: after
//! [`PATIENCE`] the flight lands, and the write goes on behind it. Whoever reads what is stored after telling of an event waits
//! for such writes first; and one that finds another version than its flight did has the card read again.

use std::collections::BTreeSet;
use std::future::{Future, ready};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{oneshot, watch};

use crate::clock::Clock;
use crate::domain::answer::Unlinking;
use crate::domain::id::{CustomerId, ProductId, VariantId, WorkspaceId};
use crate::domain::install::InstallName;
use crate::domain::question::SubjectKey;
use crate::domain::web_url::WebUrl;
use crate::lookup::{Keeping, Kept, Landing, Link, Links, Picture, Remembered, Resolution, Unread};
use crate::store::{AuditEntry, Image, LinkKind, LinkRecord, Profile, Store, StoreError};
use crate::telemetry::Metrics;

/// How long an answer waits for the store at most.
const PATIENCE: Duration = Duration::from_millis(100);

/// The plug. Clones share the writes that are under way.
#[derive(Clone)]
pub struct Durable {
    store: Store,
    clock: Clock,
    metrics: Arc<Metrics>,
    writing: Arc<watch::Sender<Writes>>,
}

/// Writes that are under way, or about to be, by number.
#[derive(Default)]
struct Writes {
    begun: u64,
    running: BTreeSet<u64>,
}

impl Durable {
    pub fn new(store: &Store, clock: &Clock, metrics: &Arc<Metrics>) -> Self {
        Self {
            store: store.clone(),
            clock: clock.clone(),
            metrics: Arc::clone(metrics),
            writing: Arc::default(),
        }
    }

    /// Notes what Sidecard did by itself.
    async fn audit(
        &self,
        action: &str,
        install: &InstallName,
        customer: &CustomerId,
        detail: String,
    ) {
        let entry = AuditEntry {
            at: self.clock.now(),
            who: "sidecard".into(),
            action: action.into(),
            kind: "customer".into(),
            object: format!("{install}/{customer}"),
            detail,
        };
        if let Err(error) = self.store.audit(&entry).await {
            tracing::warn!(%error, action, "not in the audit");
        }
    }

    /// Ends when no write is under way.
    pub async fn written(&self) {
        // The sender lives in `self`, so waiting can't fail.
        let mut writing = self.writing.subscribe();
        let _ = writing.wait_for(|writes| writes.running.is_empty()).await;
    }

    /// Writes; waits for it, but not for long. `None`: it failed, or is not known yet.
    async fn write<F, T>(&self, what: &'static str, write: F) -> Option<T>
    where
        F: Future<Output = Result<T, StoreError>> + Send + 'static,
        T: Send + 'static,
    {
        let running = Running::one_more(&self.writing);
        self.write_or(what, write, running, |_| ready(())).await
    }

    /// The same; what nobody waited for goes to `late`.
    async fn write_or<F, T, L, R>(
        &self,
        what: &'static str,
        write: F,
        running: impl Send + 'static,
        late: L,
    ) -> Option<T>
    where
        F: Future<Output = Result<T, StoreError>> + Send + 'static,
        T: Send + 'static,
        L: FnOnce(T) -> R + Send + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        let (told, mut heard) = oneshot::channel();
        tokio::spawn(async move {
            let _running = running;
            let written = write.await;
            if let Err(error) = &written {
                tracing::warn!(what, %error, "not stored: it would not survive a restart");
            }
            if let Ok(written) = written
                && let Err(written) = told.send(written)
            {
                late(written).await;
            }
        });
        let limit = self.clock.deadline(PATIENCE);
        tokio::select! {
            written = &mut heard => written.ok(),
            () = limit.passed() => {
                tracing::debug!(what, "the store is slow: the answer goes ahead");
                // It may have come just now; from here on it is late.
                heard.close();
                heard.try_recv().ok()
            }
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
    async fn snapshot(&self, install: &InstallName, customer: &CustomerId) -> Option<Remembered> {
        let kept = read("snapshot", self.store.snapshot(install, customer).await)?;
        Some(Remembered {
            snapshot: Arc::new(kept.snapshot),
            dirty: kept.dirty,
        })
    }

    fn landing(&self) -> Landing {
        Some(Box::new(Running::one_more(&self.writing)))
    }

    async fn version(&self, install: &InstallName, customer: &CustomerId) -> i64 {
        let version = self.store.snapshot_version(install, customer).await;
        read("snapshot", version).unwrap_or_default()
    }

    async fn keep_snapshot(
        &self,
        install: &InstallName,
        remembered: &Remembered,
        over: i64,
        landing: Landing,
    ) -> Keeping {
        let (store, install) = (self.store.clone(), install.clone());
        let remembered = remembered.clone();
        let since = remembered.dirty.then(|| self.clock.now());
        let late = {
            let (store, clock, install) = (store.clone(), self.clock.clone(), install.clone());
            let customer = remembered.snapshot.customer.id.clone();
            // What it was to take the place of has changed, and nobody is there to begin again.
            async move |landed: bool| {
                if !landed
                    && let Err(error) = store.mark_dirty(&install, &customer, clock.now()).await
                {
                    tracing::warn!(%error, "a card that is stored may lack something");
                }
            }
        };
        let write = async move {
            let snapshot = &remembered.snapshot;
            store.land_snapshot(&install, snapshot, since, over).await
        };
        match self.write_or("snapshot", write, landing, late).await {
            Some(false) => Keeping::Overtaken,
            // What is not stored now, or not yet, is no reason to begin again: a write that is late has its version.
            Some(true) | None => Keeping::Done,
        }
    }

    async fn landed(&self) {
        let mut writing = self.writing.subscribe();
        let last = writing.borrow().begun;
        let is_over = |writes: &Writes| writes.running.first().is_none_or(|first| *first > last);
        let _ = writing.wait_for(is_over).await;
    }

    async fn drop_snapshot(&self, install: &InstallName, customer: &CustomerId) {
        let (store, install, customer) = (self.store.clone(), install.clone(), customer.clone());
        let now = self.clock.now();
        let write = async move { store.take_back_snapshot(&install, &customer, now).await };
        self.write("snapshot", write).await;
    }

    async fn forget(&self, install: &InstallName, customer: &CustomerId) {
        let (store, install, customer) = (self.store.clone(), install.clone(), customer.clone());
        let now = self.clock.now();
        let write = async move { store.forget_customer(&install, &customer, now).await };
        self.write("customer who is gone", write).await;
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

    async fn drop_resolution(&self, install: &InstallName, subject: &SubjectKey) {
        let (store, install, subject) = (self.store.clone(), install.clone(), subject.clone());
        let write = async move { store.drop_resolution(&install, &subject).await.map(drop) };
        self.write("resolution", write).await;
    }

    async fn image(
        &self,
        install: &InstallName,
        product: &ProductId,
        variant: Option<&VariantId>,
    ) -> Option<WebUrl> {
        read("image", self.store.image(install, product, variant).await)
    }

    async fn keep_images(&self, install: &InstallName, images: &[Picture]) {
        let (store, install, now) = (self.store.clone(), install.clone(), self.clock.now());
        let images: Vec<Image> = images
            .iter()
            .map(|picture| Image {
                product: picture.product.clone(),
                variant: picture.variant.clone(),
                url: picture.url.clone(),
            })
            .collect();
        let write = async move { store.remember_images(&install, &images, now).await };
        self.write("images", write).await;
    }
}

#[async_trait]
impl Links for Durable {
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
        let record = self.store.link_of(of).await.map_err(|error| {
            tracing::warn!(%error, "a link can't be read");
            Unread
        })?;
        Ok(record.map(link))
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
        let link = LinkRecord::auto(customer.clone(), self.clock.now());
        match self.store.link(of, &link).await {
            Ok(true) => self.metrics.linked_automatically(),
            // An agent has spoken in between.
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "a link is not stored"),
        }
    }

    async fn release(&self, install: &InstallName, customer: &CustomerId) {
        match self.store.release_links(install, customer).await {
            Ok(0) => {}
            Ok(links) => {
                let detail = format!("{links} links: the customer is gone at the provider");
                self.audit("link.release", install, customer, detail).await;
            }
            Err(error) => tracing::warn!(%error, "links to a customer who is gone stay"),
        }
    }
}

/// A link as it is stored, as lookups need it.
fn link(record: LinkRecord) -> Link {
    let LinkRecord {
        customer,
        kind,
        agent,
        at,
        ..
    } = record;
    match (customer, kind) {
        (Some(customer), LinkKind::Auto) => Link::Auto(customer),
        (Some(customer), LinkKind::Manual) => Link::Manual(customer),
        (None, _) => Link::Unlinked(Unlinking { agent, at }),
    }
}

/// A write, from when it may come until it has ended, however it ends.
struct Running {
    all: Arc<watch::Sender<Writes>>,
    number: u64,
}

impl Running {
    fn one_more(all: &Arc<watch::Sender<Writes>>) -> Self {
        let mut number = 0;
        all.send_modify(|writes| {
            writes.begun += 1;
            number = writes.begun;
            writes.running.insert(number);
        });
        Self {
            all: Arc::clone(all),
            number,
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.all.send_modify(|writes| {
            writes.running.remove(&self.number);
        });
    }
}
