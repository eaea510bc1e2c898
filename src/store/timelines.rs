//! How telling helpdesks goes, per workspace; and whose subscriptions stand on timelines.

use sqlx::Row;

use super::Store;
use super::error::StoreError;
use super::points::Point;
use super::time::{instant, micros};
use super::write::{Lasting, Write};
use crate::domain::day::Instant;
use crate::domain::email::Email;
use crate::domain::id::{CustomerId, WorkspaceId};
use crate::domain::install::InstallName;

/// How telling one workspace's helpdesk goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TimelineRecord {
    /// Since when the helpdesk refuses the workspace's key.
    pub refused_at: Option<Instant>,
    /// What went wrong last, and when. It names nobody.
    pub trouble: Option<(String, Instant)>,
    /// When it was told something last.
    pub told_at: Option<Instant>,
}

impl Store {
    /// How telling a workspace's helpdesk goes.
    pub async fn timeline(&self, workspace: &WorkspaceId) -> Result<TimelineRecord, StoreError> {
        let row = sqlx::query("SELECT * FROM timelines WHERE workspace = $1")
            .bind(workspace.as_str())
            .fetch_optional(&self.0.readers)
            .await?;
        let Some(row) = row else {
            return Ok(TimelineRecord::default());
        };
        let at =
            |column: &str| Ok::<_, StoreError>(row.try_get::<Option<i64>, _>(column)?.map(instant));
        let trouble: Option<String> = row.try_get("trouble")?;
        Ok(TimelineRecord {
            refused_at: at("refused_at")?,
            trouble: trouble.zip(at("trouble_at")?),
            told_at: at("pushed_at")?,
        })
    }

    /// The helpdesk refuses the workspace's key: it must be reconnected.
    pub async fn refuse_timeline(
        &self,
        workspace: &WorkspaceId,
        trouble: &str,
        now: Instant,
    ) -> Result<(), StoreError> {
        self.keep_trouble(workspace, trouble, now, true).await
    }

    /// Something went wrong with telling a workspace's helpdesk.
    pub async fn note_trouble(
        &self,
        workspace: &WorkspaceId,
        trouble: &str,
        now: Instant,
    ) -> Result<(), StoreError> {
        self.keep_trouble(workspace, trouble, now, false).await
    }

    async fn keep_trouble(
        &self,
        workspace: &WorkspaceId,
        trouble: &str,
        now: Instant,
        is_refused: bool,
    ) -> Result<(), StoreError> {
        let mut write = self.write(Point::TimelineTrouble, Lasting::Again).await?;
        sqlx::query(
            "INSERT INTO timelines (workspace, refused_at, trouble, trouble_at)
             SELECT id, $2, $3, $4 FROM workspaces WHERE id = $1
             ON CONFLICT (workspace) DO UPDATE SET refused_at = coalesce(excluded.refused_at, timelines.refused_at),
                trouble = excluded.trouble, trouble_at = excluded.trouble_at",
        )
        .bind(workspace.as_str())
        .bind(is_refused.then(|| micros(now)))
        .bind(trouble)
        .bind(micros(now))
        .execute(write.conn())
        .await?;
        write.commit().await
    }

    /// Notes whose subscriptions stand on timelines, so that whoever asks to be forgotten by address is found.
    pub(super) async fn keep_address(
        &self,
        write: &mut Write,
        install: &InstallName,
        customer: &CustomerId,
        email: &Email,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO object_customers (install, customer, email) VALUES ($1, $2, $3)
             ON CONFLICT (install, customer) DO UPDATE SET email = excluded.email
             WHERE object_customers.email <> excluded.email",
        )
        .bind(install.as_str())
        .bind(customer.as_str())
        .bind(self.0.rows.email(&email.key()))
        .execute(write.conn())
        .await?;
        Ok(())
    }

    /// Notes whose subscriptions were put on timelines without their card having been read here.
    pub async fn keep_addresses(
        &self,
        install: &InstallName,
        customers: &[(CustomerId, Email)],
    ) -> Result<(), StoreError> {
        let mut write = self
            .write(Point::ObjectsKept, Lasting::Acknowledged)
            .await?;
        for (customer, email) in customers {
            self.keep_address(&mut write, install, customer, email)
                .await?;
        }
        write.commit().await
    }
}

/// A workspace's helpdesk was told something, so it answers, and takes the key.
pub(super) async fn told(
    write: &mut Write,
    workspace: &WorkspaceId,
    now: Instant,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO timelines (workspace, pushed_at) SELECT id, $2 FROM workspaces WHERE id = $1
         ON CONFLICT (workspace) DO UPDATE SET pushed_at = excluded.pushed_at, refused_at = NULL",
    )
    .bind(workspace.as_str())
    .bind(micros(now))
    .execute(write.conn())
    .await?;
    Ok(())
}
