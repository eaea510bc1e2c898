//! What changes give cause to tell helpdesks: worked out and sealed before anybody is made to wait for the writer.

use std::collections::HashMap;

use sqlx::Row;

use super::super::columns::OUTBOX;
use super::super::error::StoreError;
use super::super::objects::Seen;
use super::super::time::micros;
use super::super::{Store, frozen};
use crate::domain::day::Instant;
use crate::domain::id::{CustomerId, WorkspaceId};
use crate::domain::install::InstallName;
use crate::domain::snapshot::Snapshot;
use crate::domain::subscription::Subscription;
use crate::domain::timeline::{customer_external_id, external_id};

/// The helpdesks that have timelines.
const WITH_TIMELINES: &str = "kustomer";
/// Whoever is not known to a helpdesk is looked for again when they are read, but not more often than this.
const NOBODY_AGAIN: chrono::TimeDelta = chrono::TimeDelta::hours(1);
/// For so long hooks are applied to everything that is read: within it a doubt is not settled by reading.
const UNSETTLED: chrono::TimeDelta = chrono::TimeDelta::minutes(3);

/// What a change gives cause to tell helpdesks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Telling {
    /// A subscription is now this: whoever says so has compared it with what was known.
    Now(Box<Subscription>),
    /// A hook says that it is now this, and there is no card to compare it with: told unless something newer is known.
    Said(Box<Subscription>),
    /// What the customer's subscriptions are now, the provider alone can tell.
    Read,
}

/// Entries of one install to be.
#[derive(Debug)]
pub(in crate::store) struct Batch<'a> {
    pub(super) provider: String,
    pub(super) install: &'a InstallName,
    pub(super) wanted: Vec<Wanted>,
    /// The workspaces that have the install's subscriptions on their timelines.
    workspaces: Vec<WorkspaceId>,
}

/// An entry to be.
#[derive(Debug)]
pub(super) struct Wanted {
    pub workspace: WorkspaceId,
    pub external_id: String,
    pub customer: CustomerId,
    pub what: What,
    pub due_at: Instant,
}

#[derive(Debug)]
pub(super) enum What {
    Put {
        body: Vec<u8>,
        seen: Seen,
        /// Unless something newer is known.
        if_newer: bool,
    },
    Read,
    Remove,
}

/// How another state of a subscription stands to the one that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Newer {
    Yes,
    No,
    /// Newer by one of its times, and not by the other: the provider has been seen to leave one behind.
    Perhaps,
    /// Not to be told.
    Unclear,
}

impl Seen {
    /// Whether this is newer than what is known. The rules are those by which hooks change cards.
    pub(super) fn is_newer_than(&self, known: &Self) -> Newer {
        use std::cmp::Ordering::{Greater, Less};
        let updated = self.updated.cmp(&known.updated);
        match (self.stamp.cmp(&known.stamp), updated) {
            (Greater, Less) => Newer::Perhaps,
            (Greater, _) => Newer::Yes,
            (Less, Less) => Newer::No,
            _ if self.digest == known.digest => Newer::No,
            _ => Newer::Unclear,
        }
    }
}

impl Store {
    /// Whether an install's subscriptions stand on a helpdesk's timelines.
    pub async fn has_timelines(&self, install: &InstallName) -> Result<bool, StoreError> {
        Ok(!self.begin_batch(install).await?.is_for_nobody())
    }

    /// Nothing yet, for the workspaces that there are.
    async fn begin_batch<'a>(&self, install: &'a InstallName) -> Result<Batch<'a>, StoreError> {
        let rows = sqlx::query(
            "SELECT workspaces.id, installs.provider FROM workspace_installs
             JOIN workspaces ON workspaces.id = workspace_installs.workspace
             JOIN installs ON installs.name = workspace_installs.install
             WHERE workspace_installs.install = $1 AND workspaces.helpdesk = $2 AND workspaces.enabled = 1",
        )
        .bind(install.as_str())
        .bind(WITH_TIMELINES)
        .fetch_all(&self.0.readers)
        .await?;
        let mut batch = Batch::nothing(install);
        for row in &rows {
            batch.provider = row.try_get("provider")?;
            let id: String = row.try_get("id")?;
            batch.workspaces.push(WorkspaceId::new(id));
        }
        Ok(batch)
    }

    /// What changes of customers' subscriptions give cause to tell.
    pub(in crate::store) async fn telling<'a>(
        &self,
        install: &'a InstallName,
        told: &[(CustomerId, Telling)],
        now: Instant,
    ) -> Result<Batch<'a>, StoreError> {
        if told.is_empty() {
            return Ok(Batch::nothing(install));
        }
        let mut batch = self.begin_batch(install).await?;
        for workspace in batch.workspaces.clone() {
            for (customer, telling) in told {
                let (subscription, if_newer) = match telling {
                    Telling::Now(subscription) => (subscription, false),
                    Telling::Said(subscription) => (subscription, true),
                    Telling::Read => {
                        batch.read(&workspace, customer, now);
                        continue;
                    }
                };
                let what = self.put(&batch, &workspace, subscription, if_newer)?;
                batch.add(&workspace, customer, subscription, what, now);
            }
        }
        Ok(batch)
    }

    /// What a snapshot gives cause to tell: what is new, what is not as it was told, and what is gone. `dirty`: more is
    /// known to have changed since, and it is read once more.
    pub(in crate::store) async fn telling_of<'a>(
        &self,
        install: &'a InstallName,
        snapshot: &Snapshot,
        dirty: Option<Instant>,
    ) -> Result<Batch<'a>, StoreError> {
        let mut batch = self.begin_batch(install).await?;
        if batch.is_for_nobody() {
            return Ok(batch);
        }
        let (customer, now) = (&snapshot.customer.id, snapshot.as_of);
        let mut known = self.known_of(install, customer).await?;
        for workspace in batch.workspaces.clone() {
            for subscription in &snapshot.subscriptions {
                let mut pictured = subscription.clone();
                pictured.product.image_url = snapshot.image_of(subscription).cloned();
                pictured.product.sku = snapshot.sku_of(subscription).map(str::to_owned);
                let id = external_id(&batch.provider, install, &subscription.id);
                let known = known.remove(&(workspace.as_str().to_owned(), id));
                let digest = self.seen(&pictured).digest;
                if known.is_some_and(|known| known.is(&digest, now)) {
                    continue;
                }
                let what = self.put(&batch, &workspace, &pictured, false)?;
                batch.add(&workspace, customer, subscription, what, now);
            }
            if let Some(since) = dirty {
                batch.read(&workspace, customer, since + UNSETTLED);
            }
        }
        // What is left over is of no subscription that there is.
        for ((workspace, external_id), known) in known {
            let found = batch.workspaces.iter().find(|id| id.as_str() == workspace);
            if let Some(workspace) = found.filter(|_| known.stands) {
                batch.wanted.push(Wanted {
                    workspace: workspace.clone(),
                    external_id,
                    customer: customer.clone(),
                    what: What::Remove,
                    due_at: now,
                });
            }
        }
        Ok(batch)
    }

    /// `None` for what can't be written down, which is nothing that there is.
    fn put(
        &self,
        batch: &Batch<'_>,
        workspace: &WorkspaceId,
        subscription: &Subscription,
        if_newer: bool,
    ) -> Result<Option<What>, StoreError> {
        let id = external_id(&batch.provider, batch.install, &subscription.id);
        let body = frozen::freeze_subscription(subscription);
        let sealed = body.map(|body| self.seal(&OUTBOX, &[workspace.as_str(), &id], &body));
        Ok(sealed.transpose()?.map(|body| What::Put {
            body,
            seen: self.seen(subscription),
            if_newer,
        }))
    }

    /// What is known of a customer's objects, by workspace and external id: what waits before what stands.
    async fn known_of(
        &self,
        install: &InstallName,
        customer: &CustomerId,
    ) -> Result<HashMap<(String, String), Known>, StoreError> {
        let rows = sqlx::query(
            "SELECT workspace, external_id, seen, object IS NOT NULL AS stands, at, 0 AS waits FROM objects
                WHERE install = $1 AND customer = $2
             UNION ALL
             SELECT workspace, external_id, seen, 0, queued_at, 1 FROM outbox
                WHERE install = $1 AND customer = $2 AND task = 'put'",
        )
        .bind(install.as_str())
        .bind(customer.as_str())
        .fetch_all(&self.0.readers)
        .await?;
        let mut all: HashMap<(String, String), Known> = HashMap::new();
        for row in &rows {
            let key = (row.try_get("workspace")?, row.try_get("external_id")?);
            let known = Known {
                digest: row.try_get("seen")?,
                stands: row.try_get::<i64, _>("stands")? != 0,
                waits: row.try_get::<i64, _>("waits")? != 0,
                at: row.try_get("at")?,
            };
            match all.get_mut(&key) {
                Some(there) if known.waits => {
                    let stands = there.stands;
                    *there = Known { stands, ..known };
                }
                Some(there) => there.stands |= known.stands,
                None => drop(all.insert(key, known)),
            }
        }
        Ok(all)
    }
}

struct Known {
    digest: Option<String>,
    stands: bool,
    waits: bool,
    at: i64,
}

impl Known {
    /// Whether this is what the helpdesk was told, or is about to be; or it has just said that it knows nobody.
    fn is(&self, digest: &str, now: Instant) -> bool {
        let is_same = self.digest.as_deref() == Some(digest);
        is_same && (self.stands || self.waits || self.at > micros(now - NOBODY_AGAIN))
    }
}

impl<'a> Batch<'a> {
    fn nothing(install: &'a InstallName) -> Self {
        Self {
            provider: String::new(),
            install,
            wanted: Vec::new(),
            workspaces: Vec::new(),
        }
    }

    /// Whether nobody has the install's subscriptions on a timeline.
    pub(in crate::store) fn is_for_nobody(&self) -> bool {
        self.workspaces.is_empty()
    }

    fn add(
        &mut self,
        workspace: &WorkspaceId,
        customer: &CustomerId,
        subscription: &Subscription,
        what: Option<What>,
        due_at: Instant,
    ) {
        self.wanted.extend(what.map(|what| Wanted {
            workspace: workspace.clone(),
            external_id: external_id(&self.provider, self.install, &subscription.id),
            customer: customer.clone(),
            what,
            due_at,
        }));
    }

    fn read(&mut self, workspace: &WorkspaceId, customer: &CustomerId, due_at: Instant) {
        let read = self.read_of(workspace, customer, due_at);
        self.wanted.push(read);
    }

    /// The customer is to be read.
    pub(super) fn read_of(
        &self,
        workspace: &WorkspaceId,
        customer: &CustomerId,
        due_at: Instant,
    ) -> Wanted {
        Wanted {
            workspace: workspace.clone(),
            external_id: customer_external_id(&self.provider, self.install, customer),
            customer: customer.clone(),
            what: What::Read,
            due_at,
        }
    }
}
