//! `workspace list`

use std::process::ExitCode;

use clap::Args;

use crate::cli::{Configured, Failure};
use crate::domain::install::InstallName;
use crate::store::WorkspaceRecord;

#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    configured: Configured,
}

impl List {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let opened = self.configured.open().await?;
        let workspaces = opened.store.workspaces().await?;
        if workspaces.is_empty() {
            anstream::println!("there is no workspace");
            anstream::println!("next: sidecard workspace add --install NAME --helpdesk json");
            return Ok(ExitCode::SUCCESS);
        }
        let name = |record: &WorkspaceRecord| record.settings.name.clone().unwrap_or_default();
        let width = workspaces.iter().map(|w| name(w).chars().count()).max();
        let width = width.unwrap_or_default().max(4);
        anstream::println!(
            "{:32}  {:8}  {:width$}  {:9}  SHOWS",
            "ID",
            "HELPDESK",
            "NAME",
            "STATE"
        );
        for record in &workspaces {
            let installs: Vec<&str> = record
                .settings
                .installs
                .iter()
                .map(InstallName::as_str)
                .collect();
            let refused = opened.store.timeline(&record.id).await?.refused_at;
            let state = match (&record.secret, record.settings.enabled) {
                (Err(_), _) => "no secret",
                (_, false) => "disabled",
                (_, true) if refused.is_some() => "reconnect",
                (_, true) => "enabled",
            };
            anstream::println!(
                "{:32}  {:8}  {:width$}  {state:9}  {}",
                record.id.as_str(),
                record.helpdesk,
                name(record),
                installs.join(", ")
            );
        }
        Ok(ExitCode::SUCCESS)
    }
}
