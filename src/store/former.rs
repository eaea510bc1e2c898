//! Workspaces that are no more what they were: what they have put on timelines that are not theirs any longer is removed
//! there, with the key that they had.

use sqlx::Row;

use super::columns::{FORMER, SETTINGS};
use super::error::StoreError;
use super::outbox::{self, Whose};
use super::time::micros;
use super::write::Write;
use super::{HelpdeskSettings, Store, WorkspaceRecord, WorkspaceSettings};
use crate::domain::access::Settings;
use crate::domain::day::Instant;
use crate::domain::id::WorkspaceId;
use crate::domain::secret::random_hex;

/// Those of a helpdesk's settings that say where its timelines are.
const WHERE: [&str; 2] = ["org", "names.klass"];

impl Store {
    /// The settings of a workspace that was removed, while something is to be removed with them.
    pub async fn former_workspace(&self, id: &WorkspaceId) -> Result<Option<Settings>, StoreError> {
        let sealed: Option<Vec<u8>> =
            sqlx::query_scalar("SELECT settings FROM former_workspaces WHERE id = $1")
                .bind(id.as_str())
                .fetch_optional(&self.0.readers)
                .await?;
        let opened = sealed.and_then(|sealed| {
            let json = self.0.keys.open(&FORMER, &[id.as_str()], &sealed).ok()?;
            serde_json::from_slice(&json).ok()
        });
        Ok(opened.map(|json| HelpdeskSettings(json).settings()))
    }

    /// Has removed what a workspace has put on timelines and which is not to stand there with its new settings. Returns how
    /// many objects that are.
    pub(super) async fn leave(
        &self,
        write: &mut Write,
        before: &WorkspaceRecord,
        after: &WorkspaceSettings,
        now: Instant,
    ) -> Result<u64, StoreError> {
        let id = &before.id;
        let (old, new) = (
            before.settings.helpdesk.settings(),
            after.helpdesk.settings(),
        );
        let is_elsewhere = |name: &&str| {
            let old = old.text(name);
            old.is_some() && old != new.text(name)
        };
        if WHERE.iter().any(is_elsewhere) {
            return self.move_away(write, id, now).await;
        }
        let mut objects = 0;
        let installs = before.settings.installs.iter();
        for install in installs.filter(|install| !after.installs.contains(install)) {
            objects += outbox::remove(write, Whose::Joined(id, install), now).await?;
        }
        Ok(objects)
    }

    /// All that a workspace has put on timelines is removed there, in the name of one that has its old settings; what is
    /// known of timelines and runs is forgotten.
    async fn move_away(
        &self,
        write: &mut Write,
        id: &WorkspaceId,
        now: Instant,
    ) -> Result<u64, StoreError> {
        let former = WorkspaceId::new(random_hex(16));
        let objects = outbox::move_away(write, id, &former, now).await?;
        self.keep_former(write, id, &former, now).await?;
        for sql in [
            "DELETE FROM backfills WHERE workspace = $1",
            "DELETE FROM timelines WHERE workspace = $1",
        ] {
            sqlx::query(sql)
                .bind(id.as_str())
                .execute(write.conn())
                .await?;
        }
        Ok(objects)
    }

    /// Keeps what is needed to remove objects of a workspace that is about to be another, or none: the settings that it has
    /// now, under this id, as long as something is to be done for that.
    pub(super) async fn keep_former(
        &self,
        write: &mut Write,
        id: &WorkspaceId,
        former: &WorkspaceId,
        now: Instant,
    ) -> Result<(), StoreError> {
        let row = sqlx::query(
            "SELECT helpdesk, settings FROM workspaces WHERE id = $1 AND EXISTS
                (SELECT 1 FROM outbox WHERE workspace = $2)",
        )
        .bind(id.as_str())
        .bind(former.as_str())
        .fetch_optional(write.conn())
        .await?;
        let Some(row) = row else { return Ok(()) };
        let sealed = row.try_get("settings")?;
        let Ok(settings) = self.0.keys.open(&SETTINGS, &[id.as_str()], sealed) else {
            return Ok(());
        };
        sqlx::query(
            "INSERT INTO former_workspaces (id, helpdesk, settings, removed_at) VALUES ($1, $2, $3, $4)",
        )
        .bind(former.as_str())
        .bind(row.try_get::<String, _>("helpdesk")?)
        .bind(self.seal(&FORMER, &[former.as_str()], &settings)?)
        .bind(micros(now))
        .execute(write.conn())
        .await?;
        Ok(())
    }
}

/// A workspace that was removed is forgotten with the last thing to be done for it.
pub(super) async fn forget_former(
    write: &mut Write,
    workspace: &WorkspaceId,
) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM former_workspaces WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM outbox WHERE workspace = $1)",
    )
    .bind(workspace.as_str())
    .execute(write.conn())
    .await?;
    Ok(())
}
