//! Workspaces: helpdesks joined to installs, each with its secret.

mod changes;

use std::fmt;

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::columns::{PREVIOUS_SECRET, SECRET, SETTINGS};
use super::error::StoreError;
use super::seal::{Opened, SealError};
use super::time::instant;
use super::{Store, words};
use crate::domain::access::Settings;
use crate::domain::day::Instant;
use crate::domain::id::WorkspaceId;
use crate::domain::install::InstallName;
use crate::domain::secret::Secret;

/// What a kind of helpdesk needs besides: a header's name, an organisation, an API key. Sealed as a whole, and not printed.
#[derive(Clone, PartialEq, Default)]
pub struct HelpdeskSettings(pub serde_json::Value);

impl HelpdeskSettings {
    /// From names and texts.
    pub fn of(settings: &Settings) -> Self {
        let texts = settings.names().filter_map(|name| {
            let text = settings.text(name)?;
            Some((name.to_owned(), text.into()))
        });
        Self(serde_json::Value::Object(texts.collect()))
    }

    /// As names and texts: what a list or null would mean, no helpdesk knows.
    pub fn settings(&self) -> Settings {
        let mut pairs = Vec::new();
        collect(String::new(), &self.0, &mut pairs);
        Settings::of(pairs)
    }
}

/// A name within a name is joined by a dot.
fn collect(name: String, value: &serde_json::Value, pairs: &mut Vec<(String, String)>) {
    use serde_json::Value;
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                let dot = if name.is_empty() { "" } else { "." };
                collect(format!("{name}{dot}{field}"), value, pairs);
            }
        }
        Value::String(text) => pairs.push((name, text.clone())),
        Value::Bool(_) | Value::Number(_) => pairs.push((name, value.to_string())),
        Value::Array(_) | Value::Null => {}
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_kept_as_json_and_handed_out_as_names_and_texts() {
        let kept = serde_json::json!({"auth": "basic", "enrich": true, "most": 40, "keys": {"status": "x"}, "odd": [1], "no": null});
        let settings = HelpdeskSettings(kept).settings();
        assert_eq!(settings.text("auth"), Some("basic"));
        assert_eq!(settings.text("enrich"), Some("true"));
        assert_eq!(settings.text("most"), Some("40"));
        assert_eq!(settings.text("keys.status"), Some("x"));
        assert_eq!(settings.names().count(), 4);
        assert_eq!(format!("{settings:?}"), "[redacted]");
        assert_eq!(HelpdeskSettings::of(&settings).settings(), settings);
    }
}
