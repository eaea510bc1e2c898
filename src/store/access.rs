//! What workspaces may use, with everything opened: for the service, which holds it in memory.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::Store;
use super::error::StoreError;
use super::workspaces::WorkspaceRecord;
use crate::domain::access::{Access, Connected, Settings, Workspace};
use crate::domain::day::Instant;
use crate::domain::id::WorkspaceId;
use crate::domain::install::InstallName;

impl Store {
    /// A workspace and what it may use; see [`Store::all_access`].
    pub async fn access(
        &self,
        id: &WorkspaceId,
        now: Instant,
    ) -> Result<Option<Access>, StoreError> {
        let all = self.all_access(now).await?;
        Ok(all.into_iter().find(|access| access.workspace.id == *id))
    }

    /// All workspaces and what they may use.
    ///
    /// What can't be opened opens nothing: a workspace without a readable secret is not enabled and has none, and an
    /// install without a readable token is there with an **empty** token, which no provider accepts
    /// ([`InstallRecord::must_reconnect`] is true of it).
    pub async fn all_access(&self, now: Instant) -> Result<Vec<Access>, StoreError> {
        let mut tx = self.0.readers.begin().await?;
        let rows = sqlx::query("SELECT * FROM installs")
            .fetch_all(&mut *tx)
            .await?;
        let mut installs = HashMap::new();
        for row in &rows {
            let record = self.install_from(row)?;
            installs.insert(record.name.clone(), Arc::new(record.connected()));
        }
        let workspaces = self.workspaces_in(&mut tx).await?;
        Ok(workspaces
            .into_iter()
            .map(|record| access(record, &installs, now))
            .collect())
    }
}

fn access(
    record: WorkspaceRecord,
    installs: &HashMap<InstallName, Arc<Connected>>,
    now: Instant,
) -> Access {
    let previous = record.previous.filter(|(_, until)| *until > now);
    let previous = previous.and_then(|(secret, _)| secret.ok());
    let current = record.secret.ok();
    Access {
        workspace: Workspace {
            id: record.id,
            helpdesk: record.helpdesk,
            enabled: record.settings.enabled && current.is_some(),
            // The old one does not outlive the new one.
            secrets: match current {
                Some(current) => std::iter::once(current).chain(previous).collect(),
                None => Vec::new(),
            },
            settings: settings(&record.settings.helpdesk.0),
            frame_ancestors: record.settings.frame_ancestors,
            longest_expiry: record.settings.longest_expiry,
        },
        installs: record
            .settings
            .installs
            .iter()
            .filter_map(|name| installs.get(name).cloned())
            .collect(),
    }
}

/// Kept as JSON, handed out as names and texts: what a list or null would mean, no helpdesk knows.
fn settings(kept: &Value) -> Settings {
    let mut pairs = Vec::new();
    collect(String::new(), kept, &mut pairs);
    Settings::of(pairs)
}

fn collect(name: String, value: &Value, pairs: &mut Vec<(String, String)>) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_handed_out_as_names_and_texts() {
        let kept = serde_json::json!({"auth": "basic", "enrich": true, "most": 40, "keys": {"status": "x"}, "odd": [1], "no": null});
        let settings = settings(&kept);
        assert_eq!(settings.text("auth"), Some("basic"));
        assert_eq!(settings.text("enrich"), Some("true"));
        assert_eq!(settings.text("most"), Some("40"));
        assert_eq!(settings.text("keys.status"), Some("x"));
        assert_eq!(settings.names().count(), 4);
        assert_eq!(format!("{settings:?}"), "[redacted]");
    }
}
