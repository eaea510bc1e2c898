//! Adding, changing and removing workspaces.

use super::{HelpdeskSettings, NewWorkspace, WorkspaceSettings};
use crate::domain::day::Instant;
use crate::domain::id::WorkspaceId;
use crate::domain::secret::{Secret, random_hex};
use crate::store::columns::{PREVIOUS_SECRET, SECRET, SETTINGS};
use crate::store::error::StoreError;
use crate::store::outbox::{self, Whose};
use crate::store::points::Point;
use crate::store::time::micros;
use crate::store::write::{Lasting, Write};
use crate::store::{Store, words};

impl Store {
    /// Adds a workspace under a random id; returns the id and the secret.
    pub async fn add_workspace(
        &self,
        new: &NewWorkspace,
        now: Instant,
    ) -> Result<(WorkspaceId, Secret<String>), StoreError> {
        let id = WorkspaceId::new(random_hex(16));
        let secret = self.add_workspace_as(&id, new, now).await?;
        Ok((id, secret))
    }

    /// Adds a workspace under an id that is known already, such as one in an address that a helpdesk has. Returns the secret.
    pub async fn add_workspace_as(
        &self,
        id: &WorkspaceId,
        new: &NewWorkspace,
        now: Instant,
    ) -> Result<Secret<String>, StoreError> {
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
        .bind(self.seal_settings(id, &new.settings.helpdesk)?)
        .bind(self.seal_text(&SECRET, id.as_str(), &secret)?)
        .bind(micros(now))
        .execute(write.conn())
        .await?;
        write_settings(&mut write, id, &new.settings, now).await?;
        write.raise().await?;
        write.commit().await?;
        Ok(secret)
    }

    /// Changes a workspace's settings: `change` is handed those that are there. What it has put on timelines goes from there
    /// when its shop is taken out, or the timelines are elsewhere from now on: returns how many objects are about to be
    /// removed. `None`: there is no such workspace.
    pub async fn set_workspace(
        &self,
        id: &WorkspaceId,
        now: Instant,
        change: impl FnOnce(&mut WorkspaceSettings) + Send,
    ) -> Result<Option<u64>, StoreError> {
        let mut write = self
            .write(Point::WorkspaceSet, Lasting::Acknowledged)
            .await?;
        let Some(record) = self.workspace_in(write.conn(), id).await? else {
            return Ok(None);
        };
        let mut settings = record.settings.clone();
        change(&mut settings);
        let objects = self.leave(&mut write, &record, &settings, now).await?;
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
        Ok(Some(objects))
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

    /// Removes a workspace with its links and calls, and what it has put on its helpdesk's timelines: returns how many
    /// objects are about to be removed there, with what is kept of its settings until they are. `None`: there was none.
    pub async fn remove_workspace(
        &self,
        id: &WorkspaceId,
        now: Instant,
    ) -> Result<Option<u64>, StoreError> {
        let mut write = self
            .write(Point::WorkspaceRemoved, Lasting::Acknowledged)
            .await?;
        let objects = outbox::remove(&mut write, Whose::Workspace(id), now).await?;
        self.keep_former(&mut write, id, id, now).await?;
        for sql in [
            "DELETE FROM workspace_installs WHERE workspace = $1",
            "DELETE FROM links WHERE workspace = $1",
            "DELETE FROM calls WHERE workspace = $1",
            "DELETE FROM timelines WHERE workspace = $1",
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
        if removed.rows_affected() == 0 {
            return Ok(None);
        }
        write.raise().await?;
        write.commit().await?;
        Ok(Some(objects))
    }

    fn seal_settings(
        &self,
        id: &WorkspaceId,
        settings: &HelpdeskSettings,
    ) -> Result<Vec<u8>, StoreError> {
        let text = Secret::new(settings.0.to_string());
        self.seal_text(&SETTINGS, id.as_str(), &text)
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
