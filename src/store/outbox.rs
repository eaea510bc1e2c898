//! The outbox: what is to be told to helpdesks and is not told yet; sealed, and gone with being told.
//!
//! There is one entry for each external id of a workspace, the last word on it: a newer one takes its place, so that none
//! overtakes another. It holds the subscription itself and not only its id, because the card that it came with may be gone
//! (or never have been there: most hooks are about customers whom nobody looks at) before the helpdesk takes it.

mod depth;
mod entries;
mod wanted;

use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use tokio::sync::watch;

use super::backfills::CLAIM;
use super::columns::OUTBOX;
use super::error::StoreError;
use super::points::Point;
use super::seal::{Opened, SealError};
use super::time::{instant, micros};
use super::write::{Lasting, Write};
use super::{Placed, Store, former, frozen, objects, timelines};
use crate::domain::day::Instant;
use crate::domain::id::{CustomerId, WorkspaceId};
use crate::domain::install::InstallName;
use crate::domain::subscription::Subscription;

pub use depth::{OutboxDepth, ParkedEntry};
pub(super) use entries::{Whose, move_away, queue, remove};
pub(super) use wanted::{Telling, Timelines};

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// This subscription is to stand on a timeline.
    Put(Opened<Box<Subscription>>),
    /// The customer is to be read at the provider, which alone can tell what is to stand there.
    Read,
    /// What stands there is to be removed; the helpdesk's id of it, if it is known.
    Remove(Option<String>),
}

/// An entry of the outbox, as it was read. Whoever settles it names it so: one that was replaced in between is another one,
/// and stays.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OutboxTicket {
    /// Of which workspace; it may have been removed.
    pub workspace: WorkspaceId,
    /// What it is about, at the helpdesk.
    pub external_id: String,
    number: i64,
}

/// An entry whose turn it is.
#[derive(Debug, Clone)]
pub struct OutboxEntry {
    /// Names it.
    pub ticket: OutboxTicket,
    /// From which install; it may have been removed.
    pub install: InstallName,
    /// Whose it is at the provider.
    pub customer: CustomerId,
    /// What is to be done.
    pub task: Task,
    /// When it was put in.
    pub queued_at: Instant,
    /// How often it was tried in vain.
    pub attempts: u32,
}

impl Store {
    /// The entries of a workspace whose turn it is, in the order in which they came; at most so many. `only_removes`:
    /// those alone that remove something. What a backfill is writing just now waits.
    pub async fn outbox(
        &self,
        workspace: &WorkspaceId,
        only_removes: bool,
        now: Instant,
        most: u32,
    ) -> Result<Vec<OutboxEntry>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM outbox WHERE workspace = $1 AND parked IS NULL AND due_at <= $2
                AND (task = 'remove' OR $4 = 0)
                AND NOT EXISTS (SELECT 1 FROM backfill_claims AS claims WHERE claims.workspace = outbox.workspace
                    AND claims.external_id = outbox.external_id AND claims.at > $5)
             ORDER BY number LIMIT $3",
        )
        .bind(workspace.as_str())
        .bind(micros(now))
        .bind(i64::from(most))
        .bind(i64::from(only_removes))
        .bind(micros(now - CLAIM))
        .fetch_all(&self.0.readers)
        .await?;
        rows.iter().map(|row| self.entry(row)).collect()
    }

    /// Customers of an install for whom something waits to be put on a timeline and of whom no record is stored.
    pub async fn unread_owners(
        &self,
        install: &InstallName,
        most: i64,
    ) -> Result<Vec<CustomerId>, StoreError> {
        let ids: Vec<String> = sqlx::query_scalar(
            "SELECT DISTINCT customer FROM outbox WHERE install = $1 AND task = 'put' AND parked IS NULL
                AND NOT EXISTS (SELECT 1 FROM records WHERE records.install = outbox.install
                    AND records.kind = 'customer' AND records.id = outbox.customer)
             ORDER BY customer LIMIT $2",
        )
        .bind(install.as_str())
        .bind(most)
        .fetch_all(&self.0.readers)
        .await?;
        Ok(ids.into_iter().map(CustomerId::new).collect())
    }

    /// Changes whenever something is put into the outbox by this process.
    pub fn outbox_queued(&self) -> watch::Receiver<()> {
        self.0.queued.subscribe()
    }

    /// The workspaces, former ones too, something of which is due.
    pub async fn outbox_due(&self, now: Instant) -> Result<Vec<WorkspaceId>, StoreError> {
        let due: Vec<String> = sqlx::query_scalar(
            "SELECT id FROM (SELECT id FROM workspaces UNION SELECT id FROM former_workspaces) WHERE EXISTS
                (SELECT 1 FROM outbox WHERE workspace = id AND parked IS NULL AND due_at <= $1) ORDER BY id",
        )
        .bind(micros(now))
        .fetch_all(&self.0.readers)
        .await?;
        Ok(due.into_iter().map(WorkspaceId::new).collect())
    }

    /// What was parked is tried again, from the beginning, and so is a key that was refused. Returns how many entries there were.
    pub async fn retry_parked(
        &self,
        workspace: &WorkspaceId,
        now: Instant,
    ) -> Result<u64, StoreError> {
        let mut write = self
            .write(Point::OutboxSetAside, Lasting::Acknowledged)
            .await?;
        let retried = sqlx::query(
            "UPDATE outbox SET parked = NULL, attempts = 0, due_at = $2 WHERE workspace = $1 AND parked IS NOT NULL",
        )
        .bind(workspace.as_str())
        .bind(micros(now))
        .execute(write.conn())
        .await?;
        sqlx::query("UPDATE timelines SET refused_at = NULL WHERE workspace = $1")
            .bind(workspace.as_str())
            .execute(write.conn())
            .await?;
        write.ring();
        write.commit().await?;
        Ok(retried.rows_affected())
    }

    /// What can't be told now is tried again later. `is_try`: it counts as one.
    pub async fn delay_entry(
        &self,
        ticket: &OutboxTicket,
        until: Instant,
        is_try: bool,
    ) -> Result<(), StoreError> {
        self.set_aside(ticket, Some(until), None, is_try).await
    }

    /// What can't be told at all is not tried any more. The reason names nobody.
    pub async fn park_entry(&self, ticket: &OutboxTicket, reason: &str) -> Result<(), StoreError> {
        self.set_aside(ticket, None, Some(reason), true).await
    }

    async fn set_aside(
        &self,
        ticket: &OutboxTicket,
        until: Option<Instant>,
        parked: Option<&str>,
        is_try: bool,
    ) -> Result<(), StoreError> {
        let mut write = self
            .write(Point::OutboxSetAside, Lasting::Acknowledged)
            .await?;
        sqlx::query(
            "UPDATE outbox SET due_at = coalesce($4, due_at), parked = $5, attempts = attempts + $6
             WHERE workspace = $1 AND external_id = $2 AND number = $3",
        )
        .bind(ticket.workspace.as_str())
        .bind(&ticket.external_id)
        .bind(ticket.number)
        .bind(until.map(micros))
        .bind(parked)
        .bind(i64::from(is_try))
        .execute(write.conn())
        .await?;
        write.commit().await
    }

    /// An entry is done; `answered`: the helpdesk was asked for it. What it has put on a timeline is kept with it; `false`: meanwhile it was said that this is to be
    /// removed, and it will be.
    pub async fn settle_entry(
        &self,
        ticket: &OutboxTicket,
        placed: Option<&Placed<'_>>,
        answered: bool,
        now: Instant,
    ) -> Result<bool, StoreError> {
        let seen = placed.map(|placed| self.seen(placed.subscription));
        let mut write = self
            .write(Point::OutboxSettled, Lasting::Acknowledged)
            .await?;
        let mut kept = true;
        if let Some((placed, seen)) = placed.zip(seen.as_ref()) {
            // Where it is gone or turned round, the workspace's timelines are elsewhere by now.
            kept = is_there(&mut write, ticket).await?
                && objects::keep(&mut write, placed, seen, now).await?;
        }
        delete(&mut write, ticket).await?;
        if answered {
            timelines::told(&mut write, &ticket.workspace, now).await?;
        }
        former::forget_former(&mut write, &ticket.workspace).await?;
        write.commit().await?;
        Ok(kept)
    }

    /// Takes out what is to be put or read for a workspace that is not set up to be told anything; with `removes` that
    /// which is to be removed, too. Returns how many entries there were.
    pub async fn clear_outbox(
        &self,
        workspace: &WorkspaceId,
        removes: bool,
    ) -> Result<u64, StoreError> {
        let mut write = self
            .write(Point::OutboxCleared, Lasting::Acknowledged)
            .await?;
        let gone =
            sqlx::query("DELETE FROM outbox WHERE workspace = $1 AND (task <> 'remove' OR $2 = 1)")
                .bind(workspace.as_str())
                .bind(i64::from(removes))
                .execute(write.conn())
                .await?;
        former::forget_former(&mut write, workspace).await?;
        write.commit().await?;
        Ok(gone.rows_affected())
    }

    fn entry(&self, row: &SqliteRow) -> Result<OutboxEntry, StoreError> {
        let workspace: String = row.try_get("workspace")?;
        let external_id: String = row.try_get("external_id")?;
        let install: String = row.try_get("install")?;
        let attempts: i64 = row.try_get("attempts")?;
        let task = match row.try_get("task")? {
            "put" => {
                let sealed: Option<&[u8]> = row.try_get("body")?;
                let place = [workspace.as_str(), &external_id];
                let opened = self
                    .0
                    .keys
                    .open(&OUTBOX, &place, sealed.unwrap_or_default());
                Task::Put(opened.and_then(|bytes| {
                    let thawed = frozen::thaw_subscription(&bytes).map(Box::new);
                    thawed.ok_or(SealError::Content)
                }))
            }
            "remove" => Task::Remove(row.try_get("object")?),
            _ => Task::Read,
        };
        Ok(OutboxEntry {
            ticket: OutboxTicket {
                number: row.try_get("number")?,
                workspace: WorkspaceId::new(workspace),
                external_id,
            },
            install: InstallName::parse(&install).map_err(|_| StoreError::Damaged {
                place: String::from("the store"),
            })?,
            customer: CustomerId::new(row.try_get::<String, _>("customer")?),
            task,
            queued_at: instant(row.try_get("queued_at")?),
            attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
        })
    }
}

/// Whether it is there, or a newer one about the same; one that was turned round counts as older.
async fn is_there(write: &mut Write, ticket: &OutboxTicket) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM outbox WHERE workspace = $1 AND external_id = $2 AND number >= $3";
    let row: Option<i64> = sqlx::query_scalar(sql)
        .bind(ticket.workspace.as_str())
        .bind(&ticket.external_id)
        .bind(ticket.number)
        .fetch_optional(write.conn())
        .await?;
    Ok(row.is_some())
}

async fn delete(write: &mut Write, ticket: &OutboxTicket) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM outbox WHERE workspace = $1 AND external_id = $2 AND number = $3")
        .bind(ticket.workspace.as_str())
        .bind(&ticket.external_id)
        .bind(ticket.number)
        .execute(write.conn())
        .await?;
    Ok(())
}
