//! Writing entries, within the transaction of whoever gives cause to them: both or neither.

use chrono::TimeDelta;
use sqlx::{AssertSqlSafe, Row};

use super::super::error::StoreError;
use super::super::objects::Seen;
use super::super::time::micros;
use super::super::write::Write;
use super::wanted::{Batch, Newer, Wanted, What};
use crate::domain::day::Instant;
use crate::domain::id::{CustomerId, WorkspaceId};
use crate::domain::install::InstallName;

/// Whose objects.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) enum Whose<'a> {
    /// A customer's, on all timelines.
    Customer(&'a InstallName, &'a CustomerId),
    /// All of an install's.
    Install(&'a InstallName),
    /// All of a workspace's.
    Workspace(&'a WorkspaceId),
    /// Those of a workspace that are an install's.
    Joined(&'a WorkspaceId, &'a InstallName),
}

impl Whose<'_> {
    /// A condition on `$1` and `$2`, and the two.
    fn condition(&self) -> (&'static str, &str, &str) {
        match self {
            Self::Customer(install, customer) => (
                "install = $1 AND customer = $2",
                install.as_str(),
                customer.as_str(),
            ),
            Self::Install(install) => ("install = $1 AND $2 = ''", install.as_str(), ""),
            Self::Workspace(id) => ("workspace = $1 AND $2 = ''", id.as_str(), ""),
            Self::Joined(id, install) => (
                "workspace = $1 AND install = $2",
                id.as_str(),
                install.as_str(),
            ),
        }
    }
}

/// Puts entries in.
pub(in crate::store) async fn queue(
    write: &mut Write,
    batch: &Batch<'_>,
    now: Instant,
) -> Result<(), StoreError> {
    if let Some(customer) = &batch.settles {
        sqlx::query("DELETE FROM outbox WHERE install = $1 AND customer = $2 AND task = 'read'")
            .bind(batch.install.as_str())
            .bind(customer.as_str())
            .execute(write.conn())
            .await?;
    }
    if !batch.wanted.is_empty() {
        write.ring();
    }
    for wanted in &batch.wanted {
        match &wanted.what {
            What::Put {
                body,
                seen,
                if_newer,
            } => {
                let newer = if *if_newer {
                    let known = known(write, wanted).await?;
                    known.map_or(Newer::Yes, |known| seen.is_newer_than(&known))
                } else {
                    Newer::Yes
                };
                if matches!(newer, Newer::Yes | Newer::Perhaps) {
                    insert(write, batch, wanted, "put", Some((body, seen)), now).await?;
                }
                if matches!(newer, Newer::Perhaps | Newer::Unclear) {
                    let read = batch.read_of(&wanted.workspace, &wanted.customer, now);
                    insert(write, batch, &read, "read", None, now).await?;
                }
            }
            What::Read => insert(write, batch, wanted, "read", None, now).await?,
            What::Remove => insert(write, batch, wanted, "remove", None, now).await?,
        }
    }
    Ok(())
}

/// What is known of a subscription: what waits, else what was told.
async fn known(write: &mut Write, wanted: &Wanted) -> Result<Option<Seen>, StoreError> {
    let row = sqlx::query(
        "SELECT seen, stamp, updated, 0 AS place FROM outbox
            WHERE workspace = $1 AND external_id = $2 AND task = 'put'
         UNION ALL SELECT seen, stamp, updated, 1 FROM objects WHERE workspace = $1 AND external_id = $2
         ORDER BY place LIMIT 1",
    )
    .bind(wanted.workspace.as_str())
    .bind(&wanted.external_id)
    .fetch_optional(write.conn())
    .await?;
    let seen = |row: sqlx::sqlite::SqliteRow| {
        Ok::<_, StoreError>(Seen {
            digest: row.try_get("seen")?,
            stamp: row.try_get("stamp")?,
            updated: row.try_get("updated")?,
        })
    };
    row.map(seen).transpose()
}

/// The last word on an external id. What it takes the place of need not be told any more; but what is to be removed of one
/// customer is left alone when it is another's by now.
async fn insert(
    write: &mut Write,
    batch: &Batch<'_>,
    wanted: &Wanted,
    task: &str,
    put: Option<(&Vec<u8>, &Seen)>,
    now: Instant,
) -> Result<(), StoreError> {
    let number = numbers(write, 1).await?;
    let seen = put.map(|(_, seen)| seen);
    let inserted = sqlx::query(
        "INSERT INTO outbox (workspace, external_id, number, install, customer, task, body, object, seen, stamp,
            updated, queued_at, due_at, attempts)
         SELECT id, $2, $3, $4, $5, $6, $7,
            (SELECT object FROM objects WHERE workspace = $1 AND external_id = $2), $8, $9, $10, $11, $12, 0
         FROM workspaces WHERE id = $1 AND enabled = 1
         ON CONFLICT (workspace, external_id) DO UPDATE SET
            number = excluded.number, install = excluded.install, customer = excluded.customer, task = excluded.task,
            body = excluded.body, object = excluded.object, seen = excluded.seen, stamp = excluded.stamp,
            updated = excluded.updated, queued_at = excluded.queued_at, attempts = 0, parked = NULL,
            due_at = CASE WHEN outbox.task = 'read' AND excluded.task = 'read' AND outbox.due_at < excluded.due_at
                THEN outbox.due_at ELSE excluded.due_at END
         WHERE excluded.task <> 'remove' OR outbox.customer = excluded.customer",
    )
    .bind(wanted.workspace.as_str())
    .bind(&wanted.external_id)
    .bind(number)
    .bind(batch.install.as_str())
    .bind(wanted.customer.as_str())
    .bind(task)
    .bind(put.map(|(body, _)| body))
    .bind(seen.map(|seen| &seen.digest))
    .bind(seen.and_then(|seen| seen.stamp))
    .bind(seen.and_then(|seen| seen.updated))
    .bind(micros(now))
    .bind(micros(wanted.due_at.max(now)))
    .execute(write.conn())
    .await?;
    if task == "remove" && inserted.rows_affected() > 0 {
        sqlx::query("DELETE FROM objects WHERE workspace = $1 AND external_id = $2")
            .bind(wanted.workspace.as_str())
            .bind(&wanted.external_id)
            .execute(write.conn())
            .await?;
    }
    Ok(())
}

/// Takes numbers that no entry has ever had; returns the last one.
async fn numbers(write: &mut Write, count: i64) -> Result<i64, StoreError> {
    let last = sqlx::query_scalar(
        "INSERT INTO counters (name, value) VALUES ('outbox', $1)
         ON CONFLICT (name) DO UPDATE SET value = counters.value + excluded.value RETURNING value",
    )
    .bind(count)
    .fetch_one(write.conn())
    .await?;
    Ok(last)
}

/// Whoever is putting something where it was to stand before is done after this.
const UNDER_WAY: TimeDelta = TimeDelta::minutes(2);

/// Has all objects of a workspace removed where they stand, in the name of another one. What waits to be put waits on, and is
/// put wherever the workspace's timelines are by then. Returns how many stand there.
pub(in crate::store) async fn move_away(
    write: &mut Write,
    id: &WorkspaceId,
    former: &WorkspaceId,
    now: Instant,
) -> Result<u64, StoreError> {
    let count: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM objects WHERE workspace = $1 AND object IS NOT NULL",
    )
    .bind(id.as_str())
    .fetch_one(write.conn())
    .await?;
    let waiting: i64 = sqlx::query_scalar("SELECT count(*) FROM outbox WHERE workspace = $1")
        .bind(id.as_str())
        .fetch_one(write.conn())
        .await?;
    let last = numbers(write, count + waiting).await?;
    for sql in [
        "UPDATE outbox SET workspace = $2 WHERE workspace = $1 AND $3 = $3 AND $4 = $4 AND $5 = $5
            AND task = 'remove'",
        "INSERT INTO outbox (workspace, external_id, number, install, customer, task, object, queued_at, due_at, attempts)
         SELECT $2, external_id, $3 + row_number() OVER (ORDER BY external_id), install, customer, 'remove', object, $4, $4, 0
         FROM objects WHERE workspace = $1 AND object IS NOT NULL AND $5 = $5
         ON CONFLICT (workspace, external_id) DO NOTHING",
        "DELETE FROM objects WHERE workspace = $1 AND $2 = $2 AND $3 = $3 AND $4 = $4 AND $5 = $5",
        // What waits may be about to stand there: it is looked for.
        "INSERT INTO outbox (workspace, external_id, number, install, customer, task, queued_at, due_at, attempts)
         SELECT $2, external_id, $5 + row_number() OVER (ORDER BY external_id), install, customer, 'remove', $4, $4, 0
         FROM outbox WHERE workspace = $1 AND $3 = $3 AND task = 'put'
         ON CONFLICT (workspace, external_id) DO NOTHING",
        // As in `remove`: whoever is putting it just now, where it was to stand before, does not settle it.
        "UPDATE outbox SET number = -($5 + turned.place) FROM
            (SELECT external_id, row_number() OVER (ORDER BY number DESC) AS place FROM outbox WHERE workspace = $1) AS turned
         WHERE outbox.workspace = $1 AND outbox.external_id = turned.external_id AND $2 = $2 AND $3 = $3 AND $4 = $4",
    ] {
        sqlx::query(sql)
            .bind(id.as_str())
            .bind(former.as_str())
            .bind(last - count - waiting)
            .bind(micros(now + UNDER_WAY))
            .bind(last - waiting)
            .execute(write.conn())
            .await?;
    }
    write.ring();
    Ok(count.unsigned_abs())
}

/// Has objects removed at the helpdesks, whatever else becomes of those whose they are. Returns how many stand there.
///
/// What waits to be put may stand there already, or be about to: it is looked for, and removed.
pub(in crate::store) async fn remove(
    write: &mut Write,
    whose: Whose<'_>,
    now: Instant,
) -> Result<u64, StoreError> {
    let (condition, first, second) = whose.condition();
    let sql = format!("SELECT count(*) FROM objects WHERE {condition} AND object IS NOT NULL");
    let count: i64 = sqlx::query_scalar(AssertSqlSafe(sql))
        .bind(first)
        .bind(second)
        .fetch_one(write.conn())
        .await?;
    let sql = format!("SELECT count(*) FROM outbox WHERE {condition} AND task = 'put'");
    let waiting: i64 = sqlx::query_scalar(AssertSqlSafe(sql))
        .bind(first)
        .bind(second)
        .fetch_one(write.conn())
        .await?;
    let last = numbers(write, count + waiting).await?;
    // What waited gets a number that no entry has had, below all of them: whoever is putting it just now, however often it was
    // turned round before, does not settle what takes its place.
    for sql in [
        format!(
            "INSERT INTO outbox (workspace, external_id, number, install, customer, task, object, queued_at, due_at, attempts)
             SELECT workspace, external_id, $3 + row_number() OVER (ORDER BY workspace, external_id), install, customer,
                'remove', object, $4, $4, 0
             FROM objects WHERE {condition} AND object IS NOT NULL AND $5 = $5
             ON CONFLICT (workspace, external_id) DO UPDATE SET
                number = excluded.number, task = 'remove', body = NULL, object = excluded.object, seen = NULL,
                stamp = NULL, updated = NULL, queued_at = excluded.queued_at, due_at = excluded.due_at, attempts = 0,
                parked = NULL"
        ),
        format!("DELETE FROM objects WHERE {condition} AND $3 = $3 AND $4 = $4 AND $5 = $5"),
        format!(
            "UPDATE outbox SET number = -($5 + turned.place), task = 'remove', body = NULL, object = NULL, seen = NULL,
                stamp = NULL, updated = NULL, queued_at = $4, due_at = $4, attempts = 0, parked = NULL
             FROM (SELECT workspace AS its_workspace, external_id AS its_id,
                    row_number() OVER (ORDER BY number DESC) AS place
                FROM outbox WHERE {condition} AND task = 'put') AS turned
             WHERE workspace = its_workspace AND external_id = its_id AND $3 = $3"
        ),
        format!("DELETE FROM outbox WHERE {condition} AND $3 = $3 AND $4 = $4 AND $5 = $5 AND task = 'read'"),
    ] {
        sqlx::query(AssertSqlSafe(sql))
            .bind(first)
            .bind(second)
            .bind(last - count - waiting)
            .bind(micros(now))
            .bind(last - waiting)
            .execute(write.conn())
            .await?;
    }
    if let Whose::Customer(install, customer) = whose {
        sqlx::query("DELETE FROM object_customers WHERE install = $1 AND customer = $2")
            .bind(install.as_str())
            .bind(customer.as_str())
            .execute(write.conn())
            .await?;
    }
    if let Whose::Install(install) = whose {
        sqlx::query("DELETE FROM object_customers WHERE install = $1")
            .bind(install.as_str())
            .execute(write.conn())
            .await?;
    }
    write.ring();
    Ok(count.unsigned_abs())
}
