//! `kustomer`: Kustomer's own steps.

mod app;
mod backfill;
mod outbox;
mod register;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::opened::Opened;
use super::{Configured, Failure, typed};
use crate::domain::access::Settings;
use crate::domain::org::Org;
use crate::domain::secret::Secret;
use crate::helpdesk::Place;
use crate::helpdesk::kustomer::Choices;
use crate::push::kustomer::Client;
use crate::store::WorkspaceRecord;

pub use outbox::leaving;
pub use register::left_behind;

/// `sidecard kustomer`
#[derive(Debug, Args)]
pub struct Kustomer {
    #[command(subcommand)]
    which: Which,
}

#[derive(Debug, Subcommand)]
enum Which {
    /// Print the private app that is registered at Kustomer, as JSON
    App(app::App),
    /// Register it, and read back what its parts are called in the org
    Register(register::Register),
    /// What Kustomer is still to be told, and what it did not take
    Outbox(outbox::Outbox),
    /// Put the subscriptions that there are on the timelines, once
    Backfill(backfill::Backfill),
}

impl Kustomer {
    /// Runs it.
    pub async fn run(self) -> Result<ExitCode, Failure> {
        match self.which {
            Which::App(app) => app.run().await,
            Which::Register(register) => register.run().await,
            Which::Outbox(outbox) => outbox.run().await,
            Which::Backfill(backfill) => backfill.run().await,
        }
    }
}

/// Which workspace.
#[derive(Debug, Args)]
struct Joined {
    /// The workspace: its id, or its name
    #[arg(long, value_name = "ID")]
    workspace: String,
    #[command(flatten)]
    configured: Configured,
}

/// Which workspace, and which version of the app.
#[derive(Debug, Args)]
struct Chosen {
    #[command(flatten)]
    joined: Joined,
    /// The app's version; one that is registered can't be registered again
    #[arg(long, value_name = "VERSION", default_value = crate::helpdesk::kustomer::definition::VERSION, value_parser = version)]
    app_version: String,
}

impl Joined {
    /// The workspace, which must be Kustomer's.
    async fn open(&self) -> Result<(Opened, WorkspaceRecord), Failure> {
        chosen_workspace(&self.configured, &self.workspace).await
    }
}

impl Chosen {
    /// The workspace, which must be Kustomer's.
    async fn open(&self) -> Result<(Opened, WorkspaceRecord), Failure> {
        self.joined.open().await
    }

    /// The app's definition, with the addresses of this service in it.
    fn definition(
        &self,
        opened: &Opened,
        record: &WorkspaceRecord,
    ) -> Result<serde_json::Value, Failure> {
        let url = opened.config.server.public_url.as_ref();
        let url = url.ok_or_else(|| {
            Failure::Misfit(
                "the app holds this service's address, and `server.public_url` is not set\n  hint: set it to the address at which Kustomer reaches this service".into(),
            )
        })?;
        let url = url.as_str().trim_end_matches('/');
        let place = Place {
            public_url: Some(url),
            workspace: &record.id,
            secret: None,
            settings: &Settings::default(),
        };
        Ok(crate::helpdesk::kustomer::definition::definition(
            &place,
            &self.app_version,
        ))
    }
}

/// A workspace by its id or its name, which must be Kustomer's.
async fn chosen_workspace(
    configured: &Configured,
    workspace: &str,
) -> Result<(Opened, WorkspaceRecord), Failure> {
    let opened = configured.open().await?;
    let record = opened.workspace(workspace).await?;
    if record.helpdesk != "kustomer" {
        return Err(Failure::Usage {
                message: format!(
                    "the workspace is joined to another kind of helpdesk: {}",
                    record.helpdesk
                ),
                hint: "`sidecard workspace list` shows which is Kustomer's; `workspace add --helpdesk kustomer` makes one".into(),
            });
    }
    Ok((opened, record))
}

/// The org and its key, as the workspace has them.
fn credentials(record: &WorkspaceRecord) -> Result<(Org, Secret<String>), Failure> {
    let settings = record.settings.helpdesk.settings();
    let choices = Choices(&settings);
    let id = &record.id;
    let org = choices.org().ok_or_else(|| {
        Failure::Misfit(format!(
            "the workspace has no org\n  hint: sidecard workspace set {id} --set org=acme"
        ))
    })?;
    let key = choices.api_key().ok_or_else(|| Failure::Misfit(format!(
        "the workspace has no API key\n  hint: sidecard workspace set {id} --set-stdin api_key, with the key on standard input"
    )))?;
    Ok((org, Secret::new(key.to_owned())))
}

fn client(opened: &Opened, org: &Org, key: &Secret<String>) -> Result<Client, Failure> {
    let config = &opened.config.kustomer;
    let base = config.base_url.of(org.as_str()).ok_or_else(|| {
        Failure::Misfit(
            "`kustomer.base_url` and the org make no address\n  hint: compare both with `config.example.toml`"
                .into(),
        )
    })?;
    Client::new(base, key, config.timeout).map_err(|error| {
        Failure::Misfit(format!(
            "{error}\n  hint: check `kustomer.base_url` and the key"
        ))
    })
}

/// Asks for the org's name: nobody types that by accident.
fn confirm(org: &Org, to: &str) -> Result<(), Failure> {
    match typed::answer(&format!("Type the org's name to {to} ({org}): "))? {
        Some(answer) if answer == org.as_str() => Ok(()),
        Some(_) => Err(Failure::Failed(
            "nothing was done: that is not the org's name\n  hint: run it again".into(),
        )),
        None => Err(Failure::Usage {
            message: "nobody is there to confirm it".into(),
            hint: "run it on a terminal, or with `--yes`".into(),
        }),
    }
}

/// `MAJOR.MINOR.PATCH`, perhaps with what is not released yet behind a dash.
fn version(text: &str) -> Result<String, String> {
    let (plain, pre) = text.split_once('-').unwrap_or((text, "0"));
    let is_number =
        |part: &str| (1..=9).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let is_pre = !pre.is_empty() && pre.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.');
    if plain.split('.').count() == 3 && plain.split('.').all(is_number) && is_pre {
        Ok(text.to_owned())
    } else {
        Err("write three numbers, like `1.0.1`".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_has_three_numbers() {
        for good in ["1.0.0", "0.10.2", "1.0.0-rc.1"] {
            assert_eq!(version(good).unwrap(), good);
        }
        for bad in ["1.0", "1.0.0.0", "v1.0.0", "1.0.x", "1.0.0-", ""] {
            assert!(version(bad).is_err(), "{bad}");
        }
    }
}
