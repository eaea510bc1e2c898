//! `workspace`: join a helpdesk to one or more installs.

mod add;
mod change;
mod list;
mod settings;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::Failure;
use super::opened::Opened;
use crate::config::Problem;
use crate::domain::id::WorkspaceId;
use crate::domain::install::InstallName;
use crate::store::WorkspaceRecord;

/// `sidecard workspace`
#[derive(Debug, Args)]
pub struct Workspace {
    #[command(subcommand)]
    which: Which,
}

#[derive(Debug, Subcommand)]
enum Which {
    /// Join a helpdesk to one or more shops, and print what to paste there; the secret is shown this once
    Add(add::Add),
    /// The workspaces that there are
    List(list::List),
    /// Change what a workspace shows, and where
    Set(change::Set),
    /// The settings of a workspace, or those that a helpdesk has
    Settings(settings::Show),
    /// Give a workspace a new secret; the old one stays good for a while
    Rotate(change::Rotate),
    /// Let a workspace answer nobody
    Disable(change::Named),
    /// Let it answer again
    Enable(change::Named),
    /// Remove a workspace with its links
    Remove(change::Named),
}

impl Workspace {
    /// Runs it.
    pub async fn run(self) -> Result<ExitCode, Failure> {
        match self.which {
            Which::Add(add) => add.run().await,
            Which::List(list) => list.run().await,
            Which::Set(set) => set.run().await,
            Which::Settings(show) => show.run().await,
            Which::Rotate(rotate) => rotate.run().await,
            Which::Disable(named) => named.enable(false).await,
            Which::Enable(named) => named.enable(true).await,
            Which::Remove(named) => named.remove().await,
        }
    }
}

impl Opened {
    /// The workspace of this id, or the only one of this name.
    pub async fn workspace(&self, text: &str) -> Result<WorkspaceRecord, Failure> {
        if let Some(record) = self.store.workspace(&WorkspaceId::new(text)).await? {
            return Ok(record);
        }
        let mut named = self.store.workspaces().await?;
        named.retain(|record| record.settings.name.as_deref() == Some(text));
        match (named.pop(), named.is_empty()) {
            (Some(record), true) => Ok(record),
            (Some(_), false) => Err(Failure::Usage {
                message: format!("several workspaces have this name: `{text}`"),
                hint: "give the id; `sidecard workspace list` shows it".into(),
            }),
            (None, _) => Err(Failure::Usage {
                message: format!("there is no such workspace: `{text}`"),
                hint: "`sidecard workspace list` shows those that there are".into(),
            }),
        }
    }
}

/// The installs of these names; those that are no names go to `problems`.
fn installs(names: &[String], problems: &mut Vec<Problem>) -> Vec<InstallName> {
    let mut installs = Vec::new();
    for name in names {
        match InstallName::parse(name) {
            Ok(install) => installs.push(install),
            Err(error) => problems.push(Problem {
                message: format!("{error}: `{name}`"),
                hint: String::from("`sidecard install list` shows the names that there are"),
            }),
        }
    }
    installs
}

/// How far ahead a signed address may expire.
fn expiry(text: &str) -> Result<i64, String> {
    let wrong = "write a duration of at most a day, like `1h` or `24h`";
    let seconds = humantime::parse_duration(text)
        .map_err(|_| wrong)?
        .as_secs();
    match i64::try_from(seconds) {
        Ok(seconds @ 1..=86_400) => Ok(seconds),
        _ => Err(wrong.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expiry_is_a_day_at_most() {
        assert_eq!(expiry("1h"), Ok(3_600));
        assert_eq!(expiry("24h"), Ok(86_400));
        assert!(expiry("25h").is_err() && expiry("0s").is_err() && expiry("x").is_err());
    }
}
