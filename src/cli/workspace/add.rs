//! `workspace add`

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::settings::{Typed, refuse};
use crate::cli::opened::Opened;
use crate::cli::{Configured, Failure};
use crate::domain::access::Settings;
use crate::domain::id::WorkspaceId;
use crate::domain::install::InstallName;
use crate::domain::secret::Secret;
use crate::helpdesk::{self, Helpdesk, Place, Step, embed};
use crate::store::{HelpdeskSettings, NewWorkspace, WorkspaceSettings};

#[derive(Debug, Args)]
pub struct Add {
    /// A shop that it shows; repeatable
    #[arg(long = "install", required = true, value_name = "NAME")]
    installs: Vec<String>,
    /// The kind of helpdesk: json, embed, gladly or kustomer
    #[arg(long)]
    helpdesk: String,
    /// What you call it
    #[arg(long)]
    name: Option<String>,
    /// A site that may show the card in a frame, like https://acme.desk.example; repeatable
    #[arg(long = "frame-ancestor", value_name = "ORIGIN", value_parser = embed::frame_ancestor)]
    frame_ancestors: Vec<String>,
    /// How far ahead a signed address may expire, at most 24h
    #[arg(long, default_value = "1h", value_name = "DURATION", value_parser = super::expiry)]
    expiry: i64,
    #[command(flatten)]
    settings: Typed,
    /// Read the secret from the first line of standard input, above those of `--set-stdin`, where the helpdesk chose it
    #[arg(long)]
    secret_stdin: bool,
    /// Print `{"id","helpdesk","url","secret"}` for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    configured: Configured,
}

impl Add {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let helpdesk = named(&self.helpdesk)?;
        let mut problems = Vec::new();
        let installs = super::installs(&self.installs, &mut problems);
        let read = self.settings.spelled_out().read(
            helpdesk,
            &Settings::default(),
            self.secret_stdin,
            &mut problems,
        )?;
        refuse(problems)?;
        let opened = self.configured.open().await?;
        let new = NewWorkspace {
            helpdesk: helpdesk.name().into(),
            settings: WorkspaceSettings {
                name: self.name,
                frame_ancestors: self.frame_ancestors,
                longest_expiry: self.expiry,
                enabled: true,
                installs,
                helpdesk: HelpdeskSettings::of(&read.settings),
            },
            secret: read.secret,
        };
        let (id, secret) = opened.store.add_workspace(&new, opened.clock.now()).await?;
        let installs: Vec<&str> = new
            .settings
            .installs
            .iter()
            .map(InstallName::as_str)
            .collect();
        let detail = format!("{}: {}", helpdesk.name(), installs.join(", "));
        opened
            .note("workspace.add", ("workspace", id.as_str()), detail)
            .await?;
        if self.json {
            print_json(&opened, helpdesk, &id, &secret);
            return Ok(ExitCode::SUCCESS);
        }
        anstream::println!(
            "workspace {id} ({}) shows {}",
            helpdesk.title(),
            installs.join(", ")
        );
        let place = Place {
            public_url: Some(&opened.address()),
            workspace: &id,
            secret: Some(&secret),
            settings: &read.settings,
        };
        print_steps(&helpdesk.setup(&place));
        if opened.config.server.public_url.is_none() {
            anstream::println!(
                "`server.public_url` is not set: the address above is this machine's own"
            );
        }
        if helpdesk.name() == "embed" && new.settings.frame_ancestors.is_empty() {
            anstream::println!(
                "no site may show it in a frame yet: sidecard workspace set {id} --frame-ancestor https://…"
            );
        }
        anstream::println!("next: sidecard serve, unless it is running");
        Ok(ExitCode::SUCCESS)
    }
}

/// The helpdesk of this name.
pub fn named(name: &str) -> Result<&'static dyn Helpdesk, Failure> {
    helpdesk::named(name).ok_or_else(|| {
        let names: Vec<String> = helpdesk::ALL
            .iter()
            .map(|helpdesk| format!("`{}`", helpdesk.name()))
            .collect();
        Failure::Usage {
            message: format!("there is no such helpdesk: `{name}`"),
            hint: format!("write one of {}", names.join(", ")),
        }
    })
}

/// What programs need to know.
pub fn print_json(
    opened: &Opened,
    helpdesk: &dyn Helpdesk,
    id: &WorkspaceId,
    secret: &Secret<String>,
) {
    let printed = json!({
        "id": id.as_str(),
        "helpdesk": helpdesk.name(),
        "url": format!("{}/ask/{}/{id}", opened.address(), helpdesk.name()),
        "secret": secret.reveal(),
    });
    anstream::println!("{printed}");
}

/// What somebody does at the helpdesk, with what to copy.
pub fn print_steps(steps: &[Step]) {
    for (number, step) in (1..).zip(steps) {
        anstream::println!("  {number}. {}", step.text);
        if let Some((label, value)) = &step.copy {
            let value = value.reveal();
            // What has several lines is copied as it stands, without a margin.
            if value.contains('\n') {
                anstream::println!("     {label}:\n{value}");
            } else {
                anstream::println!("     {label}: {value}");
            }
        }
    }
}
