//! How full the outbox is, and what in it is not tried any more.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::super::Store;
use super::super::error::StoreError;
use super::super::time::instant;
use crate::domain::day::Instant;
use crate::domain::id::{CustomerId, WorkspaceId};

/// An entry that is not tried any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedEntry {
    /// What it is about, at the helpdesk.
    pub external_id: String,
    /// Whose it is at the provider.
    pub customer: CustomerId,
    /// Why.
    pub reason: String,
    /// When it was put in.
    pub queued_at: Instant,
}

/// How full the outbox is, of one workspace or of all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutboxDepth {
    /// Entries that wait.
    pub waiting: u64,
    /// Entries that are not tried any more.
    pub parked: u64,
    /// When the oldest that waits was put in.
    pub oldest: Option<Instant>,
}

impl Store {
    /// The workspaces, former ones too, of which something waits or is parked.
    pub async fn outbox_workspaces(&self) -> Result<Vec<(WorkspaceId, OutboxDepth)>, StoreError> {
        let rows = sqlx::query(
            "SELECT workspace, count(*) - count(parked) AS waiting, count(parked) AS parked,
                min(CASE WHEN parked IS NULL THEN queued_at END) AS oldest
             FROM outbox GROUP BY workspace ORDER BY workspace",
        )
        .fetch_all(&self.0.readers)
        .await?;
        let depth = |row: &SqliteRow| {
            let depth = OutboxDepth {
                waiting: row.try_get::<i64, _>("waiting")?.unsigned_abs(),
                parked: row.try_get::<i64, _>("parked")?.unsigned_abs(),
                oldest: row.try_get::<Option<i64>, _>("oldest")?.map(instant),
            };
            Ok((
                WorkspaceId::new(row.try_get::<String, _>("workspace")?),
                depth,
            ))
        };
        rows.iter().map(depth).collect()
    }

    /// How full the outbox of one workspace is.
    pub async fn outbox_depth(&self, workspace: &WorkspaceId) -> Result<OutboxDepth, StoreError> {
        let all = self.outbox_workspaces().await?;
        let found = all.into_iter().find(|(id, _)| id == workspace);
        Ok(found.map(|(_, depth)| depth).unwrap_or_default())
    }

    /// The entries of a workspace that are not tried any more, the oldest first; at most so many.
    pub async fn parked_entries(
        &self,
        workspace: &WorkspaceId,
        most: u32,
    ) -> Result<Vec<ParkedEntry>, StoreError> {
        let rows = sqlx::query(
            "SELECT external_id, customer, parked, queued_at FROM outbox
             WHERE workspace = $1 AND parked IS NOT NULL ORDER BY number LIMIT $2",
        )
        .bind(workspace.as_str())
        .bind(i64::from(most))
        .fetch_all(&self.0.readers)
        .await?;
        let parked = |row: &SqliteRow| {
            Ok(ParkedEntry {
                external_id: row.try_get("external_id")?,
                customer: CustomerId::new(row.try_get::<String, _>("customer")?),
                reason: row.try_get("parked")?,
                queued_at: instant(row.try_get("queued_at")?),
            })
        };
        rows.iter().map(parked).collect()
    }
}
