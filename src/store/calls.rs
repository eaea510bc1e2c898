//! The last calls of each workspace, without personal data: for "it shows nothing".

use std::collections::BTreeSet;

use sqlx::Row;

use super::Store;
use super::error::StoreError;
use super::points::Point;
use super::time::{instant, micros};
use super::write::Lasting;
use crate::domain::day::Instant;
use crate::domain::id::WorkspaceId;

/// So many are kept of each workspace.
pub const MOST_CALLS: i64 = 20;

/// A call of a helpdesk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// At which workspace.
    pub workspace: WorkspaceId,
    /// When.
    pub at: Instant,
    /// What kind (`BASIC`).
    pub kind: String,
    /// What became of its signature or secret (`good`).
    pub verdict: String,
    /// What was found, and behind a blank how many people (`found 1`); `None` for a call that was refused.
    pub outcome: Option<String>,
    /// How long it took.
    pub duration_ms: i64,
    /// The likely cause of a refusal, as a word, and behind a blank what it is about (`signed_ahead 7`).
    pub cause: Option<String>,
}

impl Store {
    /// Notes calls, in one go; those of workspaces that are gone are left out.
    pub async fn record_calls(&self, calls: &[Call]) -> Result<(), StoreError> {
        if calls.is_empty() {
            return Ok(());
        }
        let mut write = self.write(Point::Called, Lasting::Again).await?;
        for call in calls {
            sqlx::query(
                "INSERT INTO calls (workspace, at, kind, verdict, outcome, duration_ms, cause)
                 SELECT id, $2, $3, $4, $5, $6, $7 FROM workspaces WHERE id = $1",
            )
            .bind(call.workspace.as_str())
            .bind(micros(call.at))
            .bind(&call.kind)
            .bind(&call.verdict)
            .bind(&call.outcome)
            .bind(call.duration_ms)
            .bind(&call.cause)
            .execute(write.conn())
            .await?;
        }
        let workspaces: BTreeSet<&WorkspaceId> = calls.iter().map(|call| &call.workspace).collect();
        for workspace in workspaces {
            sqlx::query(
                "DELETE FROM calls WHERE workspace = $1 AND id <= (
                    SELECT id FROM calls WHERE workspace = $1 ORDER BY id DESC LIMIT 1 OFFSET $2)",
            )
            .bind(workspace.as_str())
            .bind(MOST_CALLS)
            .execute(write.conn())
            .await?;
        }
        write.commit().await
    }

    /// The last calls of a workspace, newest first.
    pub async fn calls_of(&self, workspace: &WorkspaceId) -> Result<Vec<Call>, StoreError> {
        let rows =
            sqlx::query("SELECT * FROM calls WHERE workspace = $1 ORDER BY id DESC LIMIT $2")
                .bind(workspace.as_str())
                .bind(MOST_CALLS)
                .fetch_all(&self.0.readers)
                .await?;
        let call = |row: &sqlx::sqlite::SqliteRow| {
            Ok(Call {
                workspace: workspace.clone(),
                at: instant(row.try_get("at")?),
                kind: row.try_get("kind")?,
                verdict: row.try_get("verdict")?,
                outcome: row.try_get("outcome")?,
                duration_ms: row.try_get("duration_ms")?,
                cause: row.try_get("cause")?,
            })
        };
        rows.iter().map(call).collect()
    }
}
