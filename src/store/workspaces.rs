//! Workspaces: helpdesks joined to installs, each with its secret.

use std::fmt;

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::columns::{PREVIOUS_SECRET, SECRET, SETTINGS};
use super::error::StoreError;
use super::points::Point;
use super::seal::{Opened, SealError};
use super::time::{instant, micros};
use super::write::{Lasting, Write};
use super::{Store, words};
use crate::domain::day::Instant;
use crate::domain::id::WorkspaceId;
use crate::domain::install::InstallName;
use crate::domain::secret::{Secret, random_hex};

/// What a kind of helpdesk needs besides: a header's name, an organisation, an API key. Sealed as a whole, and not printed.
#[derive(Clone, PartialEq, Default)]
pub struct HelpdeskSettings(pub serde_json::Value);

impl fmt::Debug for HelpdeskSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// What may change of a workspace.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WorkspaceSettings {
    /// What admins call it.
    pub name: Option<String>,
    /// What its helpdesk needs besides; null when it can't be opened.
    pub helpdesk: HelpdeskSettings,
    /// Sites that may show its page in a frame.
    pub frame_ancestors: Vec<String>,
    /// How far ahead a signed address may expire, in seconds.
    pub longest_expiry: i64,
    /// Whether it answers at all.
    pub enabled: bool,
    /// The installs it is joined to, in order.
    pub installs: Vec<InstallName>,
}

/// A workspace to add.
#[derive(Debug, Clone)]
pub struct NewWorkspace {
    /// The helpdesk whose routes it answers on.
    pub helpdesk: String,
    /// What may change later.
    pub settings: WorkspaceSettings,
    /// A secret that the helpdesk chose; without one, 256 random bits.
    pub secret: Option<Secret<String>>,
}

/// A workspace as it is stored.
#[derive(Debug, Clone)]
pub struct WorkspaceRecord {
    /// Its id: random, and part of its address.
    pub id: WorkspaceId,
    /// The helpdesk whose routes it answers on.
    pub helpdesk: String,
    /// What may change.
    pub settings: WorkspaceSettings,
    /// Its secret.
    pub secret: Opened<Secret<String>>,
    /// The secret before it, and until when it is still accepted.
    pub previous: Option<(Opened<Secret<String>>, Instant)>,
    /// When it was added.
    pub created_at: Instant,
    /// When it last changed.
    pub updated_at: Instant,
}

impl Store {
    /// Adds a workspace; returns its id and its secret.
    pub async fn add_workspace(
        &self,
        new: &NewWorkspace,
        now: Instant,
    ) -> Result<(WorkspaceId, Secret<String>), StoreError> {
        let id = WorkspaceId::new(random_hex(16));
        let secret = new.secret.clone();
        let secret = secret.unwrap_or_else(|| Secret::new(random_hex(32)));
        let mut write = self
            .write(Point::WorkspaceAdded, Lasting::Acknowledged)
            .await?;
        sqlx::query(
            "INSERT INTO workspaces (id, helpdesk, settings, secret, created_at, updated_at,
                frame_ancestors, longest_expiry, enabled)
             VALUES ($1, $2, $3, $4, $5, $5, '[]', 0, 0)",
        )
        .bind(id.as_str())
        .bind(&new.helpdesk)
        .bind(self.seal_settings(&id, &new.settings.helpdesk)?)
        .bind(self.seal_text(&SECRET, id.as_str(), &secret)?)
        .bind(micros(now))
        .execute(write.conn())
        .await?;
        write_settings(&mut write, &id, &new.settings, now).await?;
        write.raise().await?;
        write.commit().await?;
        Ok((id, secret))
    }

    /// All workspaces, the oldest first.
    pub async fn workspaces(&self) -> Result<Vec<WorkspaceRecord>, StoreError> {
        let mut tx = self.0.readers.begin().await?;
        self.workspaces_in(&mut tx).await
    }

    /// The workspace of this id.
    pub async fn workspace(&self, id: &WorkspaceId) -> Result<Option<WorkspaceRecord>, StoreError> {
        let mut tx = self.0.readers.begin().await?;
        self.workspace_in(&mut tx, id).await
    }

    /// Changes a workspace's settings: `change` is handed those that are there. `false`: there is no such workspace.
    pub async fn set_workspace(
        &self,
        id: &WorkspaceId,
        now: Instant,
        change: impl FnOnce(&mut WorkspaceSettings) + Send,
    ) -> Result<bool, StoreError> {
        let mut write = self
            .write(Point::WorkspaceSet, Lasting::Acknowledged)
            .await?;
        let Some(record) = self.workspace_in(write.conn(), id).await? else {
            return Ok(false);
        };
        let mut settings = record.settings.clone();
        change(&mut settings);
        // What could not be opened is not written over by what was shown in its place.
        if settings.helpdesk != record.settings.helpdesk {
            sqlx::query("UPDATE workspaces SET settings = $2 WHERE id = $1")
                .bind(id.as_str())
                .bind(self.seal_settings(id, &settings.helpdesk)?)
                .execute(write.conn())
                .await?;
        }
        write_settings(&mut write, id, &settings, now).await?;
        write.raise().await?;
        write.commit().await?;
        Ok(true)
    }

    /// Gives a workspace a new secret, of its helpdesk's choice or a random one, and honours the old one until
    /// `old_until`. `None`: there is no such workspace.
    pub async fn rotate_secret(
        &self,
        id: &WorkspaceId,
        secret: Option<Secret<String>>,
        old_until: Instant,
        now: Instant,
    ) -> Result<Option<Secret<String>>, StoreError> {
        let secret = secret.unwrap_or_else(|| Secret::new(random_hex(32)));
        let mut write = self
            .write(Point::WorkspaceRotated, Lasting::Acknowledged)
            .await?;
        let Some(record) = self.workspace_in(write.conn(), id).await? else {
            return Ok(None);
        };
        let old = record
            .secret
            .ok()
            .filter(|old| *old != secret && old_until > now);
        let previous = old
            .map(|old| self.seal_text(&PREVIOUS_SECRET, id.as_str(), &old))
            .transpose()?;
        sqlx::query(
            "UPDATE workspaces SET secret = $2, previous_secret = $3, previous_until = $4, updated_at = $5
             WHERE id = $1",
        )
        .bind(id.as_str())
        .bind(self.seal_text(&SECRET, id.as_str(), &secret)?)
        .bind(&previous)
        .bind(previous.as_ref().map(|_| micros(old_until)))
        .bind(micros(now))
        .execute(write.conn())
        .await?;
        write.raise().await?;
        write.commit().await?;
        Ok(Some(secret))
    }

    /// Removes a workspace with its links and calls. `false`: there was none.
    pub async fn remove_workspace(&self, id: &WorkspaceId) -> Result<bool, StoreError> {
        let mut write = self
            .write(Point::WorkspaceRemoved, Lasting::Acknowledged)
            .await?;
        for sql in [
            "DELETE FROM workspace_installs WHERE workspace = $1",
            "DELETE FROM links WHERE workspace = $1",
            "DELETE FROM calls WHERE workspace = $1",
        ] {
            sqlx::query(sql)
                .bind(id.as_str())
                .execute(write.conn())
                .await?;
        }
        let removed = sqlx::query("DELETE FROM workspaces WHERE id = $1")
            .bind(id.as_str())
            .execute(write.conn())
            .await?;
        write.raise().await?;
        write.commit().await?;
        Ok(removed.rows_affected() > 0)
    }

    fn seal_settings(
        &self,
        id: &WorkspaceId,
        settings: &HelpdeskSettings,
    ) -> Result<Vec<u8>, StoreError> {
        let text = Secret::new(settings.0.to_string());
        self.seal_text(&SETTINGS, id.as_str(), &text)
    }

    pub(super) async fn workspaces_in(
        &self,
        conn: &mut SqliteConnection,
    ) -> Result<Vec<WorkspaceRecord>, StoreError> {
        let rows = sqlx::query("SELECT * FROM workspaces ORDER BY created_at, id")
            .fetch_all(&mut *conn)
            .await?;
        let mut records = Vec::with_capacity(rows.len());
        for row in &rows {
            records.push(self.workspace_from(conn, row).await?);
        }
        Ok(records)
    }

    async fn workspace_in(
        &self,
        conn: &mut SqliteConnection,
        id: &WorkspaceId,
    ) -> Result<Option<WorkspaceRecord>, StoreError> {
        let row = sqlx::query("SELECT * FROM workspaces WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(&mut *conn)
            .await?;
        match row {
            Some(row) => self.workspace_from(conn, &row).await.map(Some),
            None => Ok(None),
        }
    }

    async fn workspace_from(
        &self,
        conn: &mut SqliteConnection,
        row: &SqliteRow,
    ) -> Result<WorkspaceRecord, StoreError> {
        let id: String = row.try_get("id")?;
        let keys = &self.0.keys;
        let joined: Vec<String> = sqlx::query_scalar(
            "SELECT install FROM workspace_installs WHERE workspace = $1 ORDER BY place, install",
        )
        .bind(&id)
        .fetch_all(conn)
        .await?;
        let settings = keys
            .open(&SETTINGS, &[&id], row.try_get("settings")?)
            .and_then(|json| serde_json::from_slice(&json).map_err(|_| SealError::Content));
        let secret = keys.open_text(&SECRET, &[&id], row.try_get("secret")?);
        let previous: Option<Vec<u8>> = row.try_get("previous_secret")?;
        let until: Option<i64> = row.try_get("previous_until")?;
        Ok(WorkspaceRecord {
            helpdesk: row.try_get("helpdesk")?,
            settings: WorkspaceSettings {
                name: row.try_get("name")?,
                helpdesk: HelpdeskSettings(settings.unwrap_or_default()),
                frame_ancestors: words::read(row.try_get("frame_ancestors")?),
                longest_expiry: row.try_get("longest_expiry")?,
                enabled: row.try_get::<i64, _>("enabled")? != 0,
                installs: joined
                    .iter()
                    .filter_map(|name| InstallName::parse(name).ok())
                    .collect(),
            },
            secret,
            previous: previous.zip(until).map(|(sealed, until)| {
                let opened = keys.open_text(&PREVIOUS_SECRET, &[&id], &sealed);
                (opened, instant(until))
            }),
            created_at: instant(row.try_get("created_at")?),
            updated_at: instant(row.try_get("updated_at")?),
            id: WorkspaceId::new(id),
        })
    }
}

/// Everything but what is sealed.
async fn write_settings(
    write: &mut Write,
    id: &WorkspaceId,
    settings: &WorkspaceSettings,
    now: Instant,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE workspaces SET name = $2, frame_ancestors = $3, longest_expiry = $4, enabled = $5, updated_at = $6
         WHERE id = $1",
    )
    .bind(id.as_str())
    .bind(&settings.name)
    .bind(words::written(&settings.frame_ancestors))
    .bind(settings.longest_expiry)
    .bind(i64::from(settings.enabled))
    .bind(micros(now))
    .execute(write.conn())
    .await?;
    sqlx::query("DELETE FROM workspace_installs WHERE workspace = $1")
        .bind(id.as_str())
        .execute(write.conn())
        .await?;
    for (place, install) in (0_i64..).zip(&settings.installs) {
        let joined = sqlx::query(
            "INSERT INTO workspace_installs (workspace, install, place)
             SELECT $1, name, $3 FROM installs WHERE name = $2
             ON CONFLICT (workspace, install) DO NOTHING RETURNING install",
        )
        .bind(id.as_str())
        .bind(install.as_str())
        .bind(place)
        .fetch_optional(write.conn())
        .await?;
        // The same one twice is joined once.
        if joined.is_none() && !settings.installs[..place as usize].contains(install) {
            return Err(StoreError::NoSuchInstall(install.clone()));
        }
    }
    Ok(())
}
