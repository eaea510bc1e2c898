//! What changes give cause to tell helpdesks: worked out and sealed before anybody is made to wait for the writer.

use std::collections::HashMap;

use sqlx::{Row, SqliteConnection};

use super::super::columns::OUTBOX;
use super::super::error::StoreError;
use super::super::objects::Seen;
use super::super::time::micros;
use super::super::{Store, frozen};
use crate::domain::day::Instant;
use crate::domain::id::{CustomerId, WorkspaceId};
use crate::domain::install::InstallName;
use crate::domain::object::ObjectKey;
use crate::domain::subscription::Subscription;
use crate::domain::timeline::{customer_external_id, external_id, subscription_of};
use crate::records::{CustomerRows, GONE_AFTER, Known};

/// The helpdesks that have timelines.
const WITH_TIMELINES: &str = "kustomer";
/// Whoever is not known to a helpdesk is looked for again when they are read, but not more often than this.
const NOBODY_AGAIN: chrono::TimeDelta = chrono::TimeDelta::hours(1);
/// The webhook that settles a contradiction often comes right behind the one that made it: a read waits this long for it.
const SETTLING: chrono::TimeDelta = chrono::TimeDelta::seconds(10);

/// What a change gives cause to tell helpdesks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Telling {
    /// A hook says that it is now this, and there is no card to compare it with: told unless something newer is known.
    Said(Box<Subscription>),
    /// What the customer's subscriptions are now, the provider alone can tell.
    Read,
}

/// The workspaces that have an install's subscriptions on their timelines.
#[derive(Debug, Clone, Default)]
pub(in crate::store) struct Timelines {
    provider: String,
    workspaces: Vec<WorkspaceId>,
}

impl Timelines {
    /// Whether there are none.
    pub(in crate::store) fn is_empty(&self) -> bool {
        self.workspaces.is_empty()
    }
}

/// Entries of one install to be.
#[derive(Debug)]
pub(in crate::store) struct Batch<'a> {
    pub(super) provider: String,
    pub(super) install: &'a InstallName,
    pub(super) wanted: Vec<Wanted>,
    /// Subscriptions that stand on a timeline and of which there is no record, not even a tombstone.
    pub(in crate::store) unlisted: Vec<ObjectKey>,
    /// A customer whose records agree: a read that waits to settle them is needless.
    pub(super) settles: Option<CustomerId>,
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
        let mut conn = self.0.readers.acquire().await?;
        Ok(!self.timelines(&mut conn, install).await?.is_empty())
    }

    /// The workspaces that have an install's subscriptions on their timelines.
    pub(in crate::store) async fn timelines(
        &self,
        conn: &mut SqliteConnection,
        install: &InstallName,
    ) -> Result<Timelines, StoreError> {
        let rows = sqlx::query(
            "SELECT workspaces.id, installs.provider FROM workspace_installs
             JOIN workspaces ON workspaces.id = workspace_installs.workspace
             JOIN installs ON installs.name = workspace_installs.install
             WHERE workspace_installs.install = $1 AND workspaces.helpdesk = $2 AND workspaces.enabled = 1",
        )
        .bind(install.as_str())
        .bind(WITH_TIMELINES)
        .fetch_all(conn)
        .await?;
        let mut timelines = Timelines::default();
        for row in &rows {
            timelines.provider = row.try_get("provider")?;
            let id: String = row.try_get("id")?;
            timelines.workspaces.push(WorkspaceId::new(id));
        }
        Ok(timelines)
    }

    /// What helpdesks have to be told of a customer of whom nothing is stored.
    pub(in crate::store) fn telling<'a>(
        &self,
        timelines: &Timelines,
        install: &'a InstallName,
        customer: &CustomerId,
        told: &[Telling],
        now: Instant,
    ) -> Result<Batch<'a>, StoreError> {
        let mut batch = Batch::new(timelines, install);
        for workspace in &timelines.workspaces {
            for telling in told {
                match telling {
                    Telling::Said(subscription) => {
                        let what = self.put_entry(&batch, workspace, subscription, true)?;
                        batch.add(workspace, customer, subscription, what, now);
                    }
                    Telling::Read => batch.read(workspace, customer, now),
                }
            }
        }
        Ok(batch)
    }

    /// What helpdesks have to be told of a customer: what is new, what is not as it was told, and what is gone for certain.
    /// A customer whose records are in doubt is read.
    pub(in crate::store) async fn wanted<'a>(
        &self,
        conn: &mut SqliteConnection,
        timelines: &Timelines,
        install: &'a InstallName,
        rows: &CustomerRows,
        known: Option<&Known>,
        now: Instant,
    ) -> Result<Batch<'a>, StoreError> {
        let mut batch = Batch::new(timelines, install);
        let Some(known) = known else {
            return Ok(batch);
        };
        let customer = &known.customer.id;
        // A customer who was never read is on no timeline by a card.
        let Some(snapshot) = &known.snapshot else {
            return Ok(batch);
        };
        let mut told = known_of(conn, install, customer).await?;
        let mut is_doubted = false;
        for workspace in &timelines.workspaces {
            for subscription in &snapshot.subscriptions {
                let mut pictured = subscription.clone();
                pictured.product.image_url = snapshot.image_of(subscription).cloned();
                pictured.product.sku = snapshot.sku_of(subscription).map(str::to_owned);
                let id = external_id(&batch.provider, install, &subscription.id);
                let before = told.remove(&(workspace.as_str().to_owned(), id));
                let digest = self.seen(&pictured).digest;
                if before.is_some_and(|before| before.is(&digest, now)) {
                    continue;
                }
                let what = self.put_entry(&batch, workspace, &pictured, false)?;
                batch.add(workspace, customer, subscription, what, now);
            }
        }
        // What is left over is of no subscription that there is.
        for ((workspace, external_id), _) in told.into_iter().filter(|(_, told)| told.stands) {
            let found = timelines
                .workspaces
                .iter()
                .find(|id| id.as_str() == workspace);
            let Some(workspace) = found else { continue };
            let id = subscription_of(&batch.provider, install, &external_id);
            let key = id.map(|id| ObjectKey::subscription(&id));
            if !key
                .as_ref()
                .is_some_and(|key| rows.is_surely_gone(key, now))
            {
                is_doubted = true;
                batch
                    .unlisted
                    .extend(key.filter(|key| !rows.rows.contains_key(key)));
                continue;
            }
            batch.wanted.push(Wanted {
                workspace: workspace.clone(),
                external_id,
                customer: customer.clone(),
                what: What::Remove,
                due_at: now,
            });
        }
        batch.settles = (!known.needs_read).then(|| customer.clone());
        let due = match (known.needs_read, known.recheck) {
            (true, _) => Some(now + SETTLING),
            (false, Some(recheck)) => Some(recheck.max(now)),
            (false, None) => is_doubted.then_some(now + GONE_AFTER),
        };
        for workspace in timelines.workspaces.iter().filter(|_| due.is_some()) {
            batch.read(workspace, customer, due.unwrap_or(now));
        }
        Ok(batch)
    }

    /// `None` for what can't be written down, which is nothing that there is.
    fn put_entry(
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
}

/// What is known of a customer's objects, by workspace and external id: what waits before what stands.
async fn known_of(
    conn: &mut SqliteConnection,
    install: &InstallName,
    customer: &CustomerId,
) -> Result<HashMap<(String, String), Told>, StoreError> {
    let rows = sqlx::query(
        "SELECT workspace, external_id, seen, object IS NOT NULL AS stands, at, 0 AS waits FROM objects
            WHERE install = $1 AND customer = $2
         UNION ALL
         SELECT workspace, external_id, seen, 0, queued_at, 1 FROM outbox
            WHERE install = $1 AND customer = $2 AND task = 'put'",
    )
    .bind(install.as_str())
    .bind(customer.as_str())
    .fetch_all(conn)
    .await?;
    let mut all: HashMap<(String, String), Told> = HashMap::new();
    for row in &rows {
        let key = (row.try_get("workspace")?, row.try_get("external_id")?);
        let known = Told {
            digest: row.try_get("seen")?,
            stands: row.try_get::<i64, _>("stands")? != 0,
            waits: row.try_get::<i64, _>("waits")? != 0,
            at: row.try_get("at")?,
        };
        match all.get_mut(&key) {
            Some(there) if known.waits => {
                let stands = there.stands;
                *there = Told { stands, ..known };
            }
            Some(there) => there.stands |= known.stands,
            None => drop(all.insert(key, known)),
        }
    }
    Ok(all)
}

struct Told {
    digest: Option<String>,
    stands: bool,
    waits: bool,
    at: i64,
}

impl Told {
    /// Whether this is what the helpdesk was told, or is about to be; or it has just said that it knows nobody.
    fn is(&self, digest: &str, now: Instant) -> bool {
        let is_same = self.digest.as_deref() == Some(digest);
        is_same && (self.stands || self.waits || self.at > micros(now - NOBODY_AGAIN))
    }
}

impl<'a> Batch<'a> {
    fn new(timelines: &Timelines, install: &'a InstallName) -> Self {
        Self {
            provider: timelines.provider.clone(),
            install,
            wanted: Vec::new(),
            unlisted: Vec::new(),
            settles: None,
        }
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
