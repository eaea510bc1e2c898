//! Which objects a run is about to write, and which ones it made. Live changes are written by another process: a claim keeps
//! it from writing the same object at the same time, and a run leaves alone what that one is about to write.

use std::collections::HashMap;

use chrono::TimeDelta;
use sqlx::Row;

use super::super::Store;
use super::super::error::StoreError;
use super::super::objects::{Placed, keep};
use super::super::points::Point;
use super::super::time::{instant, micros};
use super::super::words;
use super::super::write::{Lasting, Write};
use crate::domain::day::Instant;
use crate::domain::id::{CustomerId, WorkspaceId};
use crate::domain::install::InstallName;
use crate::domain::subscription::Subscription;
use crate::domain::timeline::external_id;

/// So long a run that does not come back keeps others from writing what it claimed.
pub(in crate::store) const CLAIM: TimeDelta = TimeDelta::minutes(10);

/// What a run is about to write.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// What it is found by at the helpdesk.
    pub external_id: &'a str,
    /// As the provider says that it is.
    pub subscription: &'a Subscription,
    /// The mark of what would be written.
    pub mark: &'a str,
}

/// Whether it may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// It may.
    Free,
    /// It may, and it was about to once before: what became of that is not known.
    Before(Leftover),
    /// It says so already; whether this run made it so.
    Same(bool),
    /// What stands there is newer.
    Newer,
    /// The service is about to write it.
    Awaited,
}

/// What a run that died was about to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// When.
    pub at: Instant,
    /// What the helpdesk calls the request, if it had said so.
    pub bulk: Option<String>,
}

/// What a run did to one object.
#[derive(Debug, Clone)]
pub struct Made<'a> {
    /// The object, as it stands there.
    pub placed: Placed<'a>,
    /// Whether there was none before.
    pub is_new: bool,
}

/// An object that stood on a timeline before, and of which the store did not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adopted {
    /// What it is found by.
    pub external_id: String,
    /// From which install.
    pub install: InstallName,
    /// Whose it is at the provider.
    pub customer: CustomerId,
    /// The helpdesk's id of it.
    pub object: String,
    /// Whose timeline it is on.
    pub owner: Option<String>,
    /// The mark of what it says.
    pub mark: String,
}

impl Store {
    /// Claims objects for a run, all in one go: what is said of each is in their order.
    pub async fn claim_objects(
        &self,
        run: i64,
        workspace: &WorkspaceId,
        claims: &[Claim<'_>],
        now: Instant,
    ) -> Result<Vec<Claimed>, StoreError> {
        let mut write = self
            .write(Point::BackfillClaimed, Lasting::Acknowledged)
            .await?;
        let mut said = Vec::with_capacity(claims.len());
        for claim in claims {
            said.push(self.claim(&mut write, run, workspace, claim, now).await?);
        }
        write.commit().await?;
        Ok(said)
    }

    async fn claim(
        &self,
        write: &mut Write,
        run: i64,
        workspace: &WorkspaceId,
        claim: &Claim<'_>,
        now: Instant,
    ) -> Result<Claimed, StoreError> {
        let place = (workspace.as_str(), claim.external_id);
        let awaited: Option<i64> = sqlx::query_scalar(
            "SELECT number FROM outbox WHERE workspace = $1 AND external_id = $2 AND parked IS NULL",
        )
        .bind(place.0)
        .bind(place.1)
        .fetch_optional(write.conn())
        .await?;
        if awaited.is_some() {
            return Ok(Claimed::Awaited);
        }
        let there = sqlx::query(
            "SELECT mark, stamp, updated, backfill FROM objects
             WHERE workspace = $1 AND external_id = $2 AND object IS NOT NULL",
        )
        .bind(place.0)
        .bind(place.1)
        .fetch_optional(write.conn())
        .await?;
        if let Some(row) = there {
            if row.try_get::<&str, _>("mark")? == claim.mark {
                let by = row.try_get::<Option<i64>, _>("backfill")?;
                release(write, workspace, &[claim.external_id.to_owned()]).await?;
                return Ok(Claimed::Same(by == Some(run)));
            }
            let kept = (
                row.try_get::<Option<i64>, _>("stamp")?,
                row.try_get::<Option<i64>, _>("updated")?,
            );
            let subscription = claim.subscription;
            let read = (
                subscription.stamp().map(micros),
                subscription.updated_at.map(micros),
            );
            if kept > read {
                release(write, workspace, &[claim.external_id.to_owned()]).await?;
                return Ok(Claimed::Newer);
            }
        }
        let left = sqlx::query(
            "SELECT at, bulk FROM backfill_claims WHERE workspace = $1 AND external_id = $2",
        )
        .bind(place.0)
        .bind(place.1)
        .fetch_optional(write.conn())
        .await?;
        let left = left
            .map(|row| -> Result<Leftover, StoreError> {
                Ok(Leftover {
                    at: instant(row.try_get("at")?),
                    bulk: row.try_get("bulk")?,
                })
            })
            .transpose()?;
        // The time is the new one, so that others keep away for as long as it takes to find out.
        sqlx::query(
            "INSERT INTO backfill_claims (workspace, external_id, run, at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (workspace, external_id) DO UPDATE SET run = excluded.run, at = excluded.at",
        )
        .bind(place.0)
        .bind(place.1)
        .bind(run)
        .bind(micros(now))
        .execute(write.conn())
        .await?;
        Ok(left.map_or(Claimed::Free, Claimed::Before))
    }

    /// What the helpdesk calls the request that makes these.
    pub async fn name_claims(
        &self,
        workspace: &WorkspaceId,
        external_ids: &[String],
        bulk: &str,
    ) -> Result<(), StoreError> {
        let mut write = self
            .write(Point::BackfillClaimed, Lasting::Acknowledged)
            .await?;
        sqlx::query(
            "UPDATE backfill_claims SET bulk = $3
             WHERE workspace = $1 AND external_id IN (SELECT value FROM json_each($2))",
        )
        .bind(workspace.as_str())
        .bind(words::written(external_ids))
        .bind(bulk)
        .execute(write.conn())
        .await?;
        write.commit().await
    }

    /// Keeps what a run did, and claims these no longer.
    pub async fn keep_backfilled(
        &self,
        run: i64,
        workspace: &WorkspaceId,
        made: &[Made<'_>],
        released: &[String],
        now: Instant,
    ) -> Result<(), StoreError> {
        let seen: Vec<_> = made
            .iter()
            .map(|made| self.seen(made.placed.subscription))
            .collect();
        let mut write = self
            .write(Point::BackfillKept, Lasting::Acknowledged)
            .await?;
        for (made, seen) in made.iter().zip(&seen) {
            if keep(&mut write, &made.placed, seen, now).await? && made.is_new {
                sqlx::query(
                    "UPDATE objects SET backfill = $3 WHERE workspace = $1 AND external_id = $2",
                )
                .bind(workspace.as_str())
                .bind(external_id(
                    made.placed.provider,
                    made.placed.install,
                    &made.placed.subscription.id,
                ))
                .bind(run)
                .execute(write.conn())
                .await?;
            }
        }
        release(&mut write, workspace, released).await?;
        write.commit().await
    }

    /// Knows from now on of objects that stood on timelines before; of those that are known nothing changes.
    pub async fn adopt_objects(
        &self,
        workspace: &WorkspaceId,
        adopted: &[Adopted],
        now: Instant,
    ) -> Result<(), StoreError> {
        let mut write = self
            .write(Point::BackfillKept, Lasting::Acknowledged)
            .await?;
        for adopted in adopted {
            sqlx::query(
                "INSERT INTO objects (workspace, external_id, install, customer, object, owner, mark, seen, at)
                 SELECT $1, $2, $3, $4, $5, $6, $7, '', $8
                 WHERE EXISTS (SELECT 1 FROM workspaces WHERE id = $1) AND EXISTS (SELECT 1 FROM installs WHERE name = $3)
                 ON CONFLICT (workspace, external_id) DO UPDATE SET object = excluded.object, owner = excluded.owner,
                    mark = excluded.mark WHERE objects.object IS NULL",
            )
            .bind(workspace.as_str())
            .bind(&adopted.external_id)
            .bind(adopted.install.as_str())
            .bind(adopted.customer.as_str())
            .bind(&adopted.object)
            .bind(&adopted.owner)
            .bind(&adopted.mark)
            .bind(micros(now))
            .execute(write.conn())
            .await?;
        }
        write.commit().await
    }

    /// On whose timelines objects of these customers stand.
    pub async fn owners_of(
        &self,
        workspace: &WorkspaceId,
        install: &InstallName,
        customers: &[CustomerId],
    ) -> Result<HashMap<CustomerId, String>, StoreError> {
        let ids: Vec<String> = customers.iter().map(|id| id.as_str().to_owned()).collect();
        let rows: Vec<(String, String)> = sqlx::query_as(
            "SELECT customer, owner FROM objects WHERE install = $2 AND workspace = $1 AND owner IS NOT NULL
                AND customer IN (SELECT value FROM json_each($3)) ORDER BY at",
        )
        .bind(workspace.as_str())
        .bind(install.as_str())
        .bind(words::written(&ids))
        .fetch_all(&self.0.readers)
        .await?;
        let pairs = rows.into_iter();
        Ok(pairs
            .map(|(id, owner)| (CustomerId::new(id), owner))
            .collect())
    }

    /// How many objects there are that a run made.
    pub async fn backfilled_count(&self, run: i64) -> Result<u64, StoreError> {
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM objects WHERE backfill = $1")
            .bind(run)
            .fetch_one(&self.0.readers)
            .await?;
        Ok(count.unsigned_abs())
    }

    /// Some of the objects that a run made: their external ids, and the helpdesk's.
    pub async fn backfilled(
        &self,
        run: i64,
        most: usize,
    ) -> Result<Vec<(String, String)>, StoreError> {
        Ok(sqlx::query_as(
            "SELECT external_id, coalesce(object, '') FROM objects WHERE backfill = $1 LIMIT $2",
        )
        .bind(run)
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .fetch_all(&self.0.readers)
        .await?)
    }

    /// These objects of a workspace are gone.
    pub async fn drop_objects(
        &self,
        workspace: &WorkspaceId,
        external_ids: &[String],
    ) -> Result<(), StoreError> {
        let mut write = self
            .write(Point::BackfillUndone, Lasting::Acknowledged)
            .await?;
        sqlx::query(
            "DELETE FROM objects WHERE workspace = $1 AND external_id IN (SELECT value FROM json_each($2))",
        )
        .bind(workspace.as_str())
        .bind(words::written(external_ids))
        .execute(write.conn())
        .await?;
        write.commit().await
    }
}

async fn release(
    write: &mut Write,
    workspace: &WorkspaceId,
    external_ids: &[String],
) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM backfill_claims
         WHERE workspace = $1 AND external_id IN (SELECT value FROM json_each($2))",
    )
    .bind(workspace.as_str())
    .bind(words::written(external_ids))
    .execute(write.conn())
    .await?;
    Ok(())
}
