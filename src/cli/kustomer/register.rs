//! `kustomer register`

use std::process::ExitCode;

use clap::Args;

use super::{Chosen, client, confirm, credentials};
use crate::cli::Failure;
use crate::cli::opened::Opened;
use crate::domain::access::Settings;
use crate::domain::id::WorkspaceId;
use crate::helpdesk::kustomer::{Choices, Names};
use crate::push::kustomer::{App, Client, Trouble};
use crate::store::{HelpdeskSettings, WorkspaceRecord};

#[derive(Debug, Args)]
pub struct Register {
    #[command(flatten)]
    chosen: Chosen,
    /// Don't ask; for scripts
    #[arg(long)]
    yes: bool,
}

/// What came of it.
enum Registered {
    /// The names were told.
    Named(Names),
    /// It is registered; Kustomer tells the names when it is installed.
    Unnamed,
    /// It was registered before; the names are those of what is installed, if it is.
    Before(Option<Names>),
}

impl Register {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let (opened, record) = self.chosen.open().await?;
        let definition = self.chosen.definition(&opened, &record)?;
        let (org, key) = credentials(&record)?;
        let client = client(&opened, &org, &key)?;
        let version = &self.chosen.app_version;
        anstream::eprintln!(
            "version {version} of the app is about to be registered in the org `{org}`."
        );
        anstream::eprintln!(
            "A version that is registered can never be withdrawn, and an app can't be taken out of an org completely:"
        );
        anstream::eprintln!("try it in a sandbox org first.");
        if !self.yes {
            confirm(&org, "register it")?;
        }
        let registered = register(&client, &definition, version).await?;
        let names = match &registered {
            Registered::Named(names) | Registered::Before(Some(names)) => Some(names),
            Registered::Unnamed | Registered::Before(None) => None,
        };
        if let Some(names) = names {
            keep(&opened, &record, names).await?;
        }
        let object = ("workspace", record.id.as_str());
        match registered {
            Registered::Named(names) => {
                opened
                    .note("kustomer.register", object, version.clone())
                    .await?;
                anstream::println!("registered: {} {}", names.app, names.version);
                anstream::println!("  klass    {}", names.klass);
                anstream::println!("  command  {}", names.command);
                anstream::println!(
                    "next: install it in Kustomer's App Directory, and paste the workspace's secret on its settings page"
                );
                Ok(ExitCode::SUCCESS)
            }
            Registered::Unnamed => {
                opened
                    .note("kustomer.register", object, version.clone())
                    .await?;
                anstream::println!("registered; Kustomer did not say what its parts are called");
                anstream::println!(
                    "next: install it in Kustomer's App Directory, then run this command once more: it reads the names"
                );
                Ok(ExitCode::SUCCESS)
            }
            Registered::Before(Some(names)) => {
                anstream::println!(
                    "version {version} was registered before, and nothing was registered now"
                );
                anstream::println!(
                    "the names were read from what is installed: {} {}",
                    names.app,
                    names.version
                );
                Ok(ExitCode::SUCCESS)
            }
            Registered::Before(None) => Err(Failure::Failed(format!(
                "version {version} is registered already\n  hint: install it in Kustomer's App Directory and run this again to read its names; or register a greater one with `--app-version`"
            ))),
        }
    }
}

async fn register(
    client: &Client,
    definition: &serde_json::Value,
    version: &str,
) -> Result<Registered, Failure> {
    match client.register(definition).await {
        Ok(app) => match app.as_ref().and_then(names) {
            Some(names) => Ok(Registered::Named(names)),
            None => Ok(Registered::Unnamed),
        },
        // The answer to the first try may have been lost, or this is the second run, after the installation.
        Err(Trouble::Conflict(_)) => {
            let apps = client.apps().await.map_err(|trouble| failure(&trouble))?;
            let mut found = apps.iter().filter_map(names);
            let found = found.find(|names| names.version == version);
            Ok(Registered::Before(found))
        }
        Err(trouble) => Err(failure(&trouble)),
    }
}

fn names(app: &App) -> Option<Names> {
    Names::among(&app.name, &app.version, &app.klasses, &app.commands)
}

async fn keep(opened: &Opened, record: &WorkspaceRecord, names: &Names) -> Result<(), Failure> {
    opened
        .store
        .set_workspace(&record.id, opened.clock.now(), |settings| {
            let mut kept = settings.helpdesk.settings();
            names.keep(&mut kept);
            settings.helpdesk = HelpdeskSettings::of(&kept);
        })
        .await?;
    Ok(())
}

/// Says what is to be done anew where a workspace has gone to another org, which has registered nothing.
pub fn left_behind(workspace: &WorkspaceId, before: &Settings, after: &Settings) {
    if Choices(before).names().is_some() && Choices(after).names().is_none() {
        anstream::println!(
            "the app is not registered in this org: until it is, there is no card, and nothing is put on timelines"
        );
        anstream::println!("next: sidecard kustomer register --workspace {workspace}");
    }
}

/// What went wrong, and what to do.
fn failure(trouble: &Trouble) -> Failure {
    let said = match trouble {
        Trouble::Invalid(_, complaint) | Trouble::Conflict(complaint) => {
            format!(": {}", complaint.title)
        }
        _ => String::new(),
    };
    let outdated = said.contains("outdated");
    let roles = said.to_lowercase().contains("roles");
    let hint = match trouble {
        Trouble::Refused => {
            "give the workspace another key: `sidecard workspace set ID --set-stdin api_key`; keys work in their own org and region alone"
        }
        Trouble::Forbidden => {
            "make a key with the roles that the set-up steps name (`org.admin.apps` registers): `sidecard workspace add` printed them, and the workspace's admin page has them; a key's roles can't be changed"
        }
        Trouble::NotFound(_) => "check the org's name, and `kustomer.base_url`",
        Trouble::RateLimited { .. } => "the org has used up its calls; wait a minute",
        Trouble::Unreachable | Trouble::Failing(_) | Trouble::Unreadable => {
            "it may be registered all the same: run this again, and see"
        }
        Trouble::Redirected => {
            "check `kustomer.base_url`: a key is never sent where a redirect leads"
        }
        Trouble::Invalid(..) if outdated => {
            "a greater version is registered: give one above it with `--app-version`"
        }
        Trouble::Invalid(..) if roles => {
            "the app's roles changed: raise the first number with `--app-version`"
        }
        Trouble::Invalid(..) | Trouble::UnknownAttribute(_) => {
            "nothing was registered; look at `sidecard kustomer app`, and tell us what Kustomer says"
        }
        Trouble::Conflict(_) => "register a greater version with `--app-version`",
    };
    Failure::Failed(format!("{trouble}{said}\n  hint: {hint}"))
}
