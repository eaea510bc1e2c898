//! What stands on helpdesks' timelines: which object there is which subscription here, and what it said when it was
//! written. Nothing personal: ids and keyed digests.

use std::collections::HashMap;

use sha2::{Digest, Sha256};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::error::StoreError;
use super::points::Point;
use super::time::{instant, micros};
use super::write::{Lasting, Write};
use super::{Store, frozen};
use crate::domain::day::Instant;
use crate::domain::id::{CustomerId, WorkspaceId};
use crate::domain::install::InstallName;
use crate::domain::subscription::Subscription;
use crate::domain::timeline::external_id;

/// Where something stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The helpdesk's id of the object.
    pub object: String,
    /// Whose timeline it is on, as far as the helpdesk said.
    pub owner: Option<String>,
}

/// A subscription that was put on a timeline, or could not be.
#[derive(Debug, Clone)]
pub struct Placed<'a> {
    /// Of which workspace.
    pub workspace: &'a WorkspaceId,
    /// The provider of the install.
    pub provider: &'a str,
    /// From which install.
    pub install: &'a InstallName,
    /// Whose it is at the provider.
    pub customer: &'a CustomerId,
    /// As it was when it was written.
    pub subscription: &'a Subscription,
    /// `None`: the helpdesk knows nobody whose timeline it could stand on.
    pub standing: Option<Standing>,
    /// The mark of what was written.
    pub mark: &'a str,
}

/// The same, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectRecord {
    /// What it is found by at the helpdesk.
    pub external_id: String,
    /// From which install.
    pub install: InstallName,
    /// Whose it is at the provider.
    pub customer: CustomerId,
    /// `None`: the helpdesk knew nobody whose timeline it could stand on.
    pub standing: Option<Standing>,
    /// The mark of what was written.
    pub mark: String,
    /// When it was written, or last tried.
    pub at: Instant,
    /// The run of a backfill that made it, if one did.
    pub backfill: Option<i64>,
}

/// What is remembered of a subscription to tell whether another state of it is newer, or the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    /// A keyed digest of everything but `updated_at`.
    pub digest: String,
    pub stamp: Option<i64>,
    pub updated: Option<i64>,
}

impl Store {
    pub(super) fn seen(&self, subscription: &Subscription) -> Seen {
        let mut same = subscription.clone();
        same.updated_at = None;
        let bytes = frozen::freeze_subscription(&same);
        let digest = Sha256::digest(bytes.as_deref().map_or(&[][..], Vec::as_slice));
        let digest = base16ct::lower::encode_string(&digest);
        Seen {
            digest: self.0.rows.text("subscription", &digest),
            stamp: subscription.stamp().map(micros),
            updated: subscription.updated_at.map(micros),
        }
    }

    /// What is kept of one subscription at one workspace.
    pub async fn object(
        &self,
        workspace: &WorkspaceId,
        external_id: &str,
    ) -> Result<Option<ObjectRecord>, StoreError> {
        let row = sqlx::query("SELECT * FROM objects WHERE workspace = $1 AND external_id = $2")
            .bind(workspace.as_str())
            .bind(external_id)
            .fetch_optional(&self.0.readers)
            .await?;
        row.as_ref().map(record).transpose()
    }

    /// What is kept of these; those of which nothing is are missing.
    pub async fn objects(
        &self,
        workspace: &WorkspaceId,
        external_ids: &[String],
    ) -> Result<HashMap<String, ObjectRecord>, StoreError> {
        let ids = super::words::written(external_ids);
        let rows = sqlx::query(
            "SELECT * FROM objects WHERE workspace = $1 AND external_id IN (SELECT value FROM json_each($2))",
        )
        .bind(workspace.as_str())
        .bind(ids)
        .fetch_all(&self.0.readers)
        .await?;
        let mut found = HashMap::with_capacity(rows.len());
        for row in &rows {
            let record = record(row)?;
            found.insert(record.external_id.clone(), record);
        }
        Ok(found)
    }

    /// What is kept of a customer's subscriptions at one workspace.
    pub async fn objects_of(
        &self,
        workspace: &WorkspaceId,
        install: &InstallName,
        customer: &CustomerId,
    ) -> Result<Vec<ObjectRecord>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM objects WHERE install = $2 AND customer = $3 AND workspace = $1 ORDER BY external_id",
        )
        .bind(workspace.as_str())
        .bind(install.as_str())
        .bind(customer.as_str())
        .fetch_all(&self.0.readers)
        .await?;
        rows.iter().map(record).collect()
    }

    /// How many objects stand on a workspace's timelines, and how many subscriptions have none because the helpdesk does
    /// not know the customer.
    pub async fn objects_count(&self, workspace: &WorkspaceId) -> Result<(u64, u64), StoreError> {
        let (there, nobodys): (i64, i64) = sqlx::query_as(
            "SELECT count(object), count(*) - count(object) FROM objects WHERE workspace = $1",
        )
        .bind(workspace.as_str())
        .fetch_one(&self.0.readers)
        .await?;
        Ok((there.unsigned_abs(), nobodys.unsigned_abs()))
    }

    /// Keeps what was written, all in one go and on the disk before this returns. `false`: meanwhile it was said that this
    /// one is to be removed; it will be, and nothing is kept of it.
    pub async fn keep_objects(
        &self,
        placed: &[Placed<'_>],
        now: Instant,
    ) -> Result<Vec<bool>, StoreError> {
        let seen: Vec<Seen> = placed.iter().map(|p| self.seen(p.subscription)).collect();
        let mut write = self
            .write(Point::ObjectsKept, Lasting::Acknowledged)
            .await?;
        let mut kept = Vec::with_capacity(placed.len());
        for (placed, seen) in placed.iter().zip(&seen) {
            kept.push(keep(&mut write, placed, seen, now).await?);
        }
        write.commit().await?;
        Ok(kept)
    }
}

/// Keeps one, unless it is to be removed.
pub(super) async fn keep(
    write: &mut Write,
    placed: &Placed<'_>,
    seen: &Seen,
    now: Instant,
) -> Result<bool, StoreError> {
    let standing = placed.standing.as_ref();
    let external_id = external_id(placed.provider, placed.install, &placed.subscription.id);
    let kept = sqlx::query(
        "INSERT INTO objects (workspace, external_id, install, customer, object, owner, mark, seen, stamp, updated, at)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
         WHERE EXISTS (SELECT 1 FROM workspaces WHERE id = $1) AND EXISTS (SELECT 1 FROM installs WHERE name = $3)
            AND NOT EXISTS
            (SELECT 1 FROM outbox WHERE workspace = $1 AND external_id = $2 AND task = 'remove')
         ON CONFLICT (workspace, external_id) DO UPDATE SET
            install = excluded.install, customer = excluded.customer, object = excluded.object,
            owner = excluded.owner, mark = excluded.mark, seen = excluded.seen, stamp = excluded.stamp,
            updated = excluded.updated, at = excluded.at",
    )
    .bind(placed.workspace.as_str())
    .bind(external_id)
    .bind(placed.install.as_str())
    .bind(placed.customer.as_str())
    .bind(standing.map(|standing| standing.object.as_str()))
    .bind(standing.and_then(|standing| standing.owner.as_deref()))
    .bind(placed.mark)
    .bind(&seen.digest)
    .bind(seen.stamp)
    .bind(seen.updated)
    .bind(micros(now))
    .execute(write.conn())
    .await?;
    Ok(kept.rows_affected() > 0)
}

fn record(row: &SqliteRow) -> Result<ObjectRecord, StoreError> {
    let install: String = row.try_get("install")?;
    let object: Option<String> = row.try_get("object")?;
    let owner: Option<String> = row.try_get("owner")?;
    Ok(ObjectRecord {
        external_id: row.try_get("external_id")?,
        install: InstallName::parse(&install).map_err(|_| StoreError::Damaged {
            place: String::from("the store"),
        })?,
        customer: CustomerId::new(row.try_get::<String, _>("customer")?),
        standing: object.map(|object| Standing { object, owner }),
        mark: row.try_get("mark")?,
        at: instant(row.try_get("at")?),
        backfill: row.try_get("backfill")?,
    })
}
