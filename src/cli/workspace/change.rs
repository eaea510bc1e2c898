//! `workspace set`, `rotate`, `disable`, `enable`, `remove`

use std::process::ExitCode;
use std::time::Duration;

use chrono::TimeDelta;
use clap::Args;

use super::add::{named, print_json, print_steps};
use super::settings::{Typed, refuse};
use crate::cli::kustomer::{leaving, left_behind};
use crate::cli::{Configured, Failure, typed};
use crate::domain::access::Settings;
use crate::domain::secret::Secret;
use crate::helpdesk::setting::chosen_secret;
use crate::helpdesk::{self, Place, embed};
use crate::store::HelpdeskSettings;

#[derive(Debug, Args)]
pub struct Named {
    /// The workspace: its id, or its name
    workspace: String,
    #[command(flatten)]
    configured: Configured,
}

impl Named {
    pub async fn enable(self, enabled: bool) -> Result<ExitCode, Failure> {
        let opened = self.configured.open().await?;
        let record = opened.workspace(&self.workspace).await?;
        opened
            .store
            .set_workspace(&record.id, opened.clock.now(), |settings| {
                settings.enabled = enabled;
            })
            .await?;
        let word = if enabled { "enable" } else { "disable" };
        let action = format!("workspace.{word}");
        opened
            .note(&action, ("workspace", record.id.as_str()), "")
            .await?;
        anstream::println!("{}: {word}d", record.id);
        Ok(ExitCode::SUCCESS)
    }

    pub async fn remove(self) -> Result<ExitCode, Failure> {
        let opened = self.configured.open().await?;
        let record = opened.workspace(&self.workspace).await?;
        let (store, now) = (&opened.store, opened.clock.now());
        let objects = store.remove_workspace(&record.id, now).await?;
        opened
            .note(
                "workspace.remove",
                ("workspace", record.id.as_str()),
                record.helpdesk,
            )
            .await?;
        anstream::println!("{}: removed, with its links and its secret", record.id);
        leaving(objects.unwrap_or_default());
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Debug, Args)]
pub struct Set {
    /// The workspace: its id, or its name
    workspace: String,
    /// The shops that it shows from now on; repeatable
    #[arg(long = "install", value_name = "NAME")]
    installs: Vec<String>,
    /// What you call it; "" for nothing
    #[arg(long)]
    name: Option<String>,
    /// The sites that may show the card in a frame from now on; repeatable
    #[arg(long = "frame-ancestor", value_name = "ORIGIN", value_parser = embed::frame_ancestor)]
    frame_ancestors: Vec<String>,
    /// How far ahead a signed address may expire, at most 24h
    #[arg(long, value_name = "DURATION", value_parser = super::expiry)]
    expiry: Option<i64>,
    #[command(flatten)]
    settings: Typed,
    #[command(flatten)]
    configured: Configured,
}

impl Set {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let opened = self.configured.open().await?;
        let record = opened.workspace(&self.workspace).await?;
        let helpdesk = named(&record.helpdesk)?;
        let mut changes: Vec<String> = [
            ("installs", !self.installs.is_empty()),
            ("name", self.name.is_some()),
            ("frame ancestors", !self.frame_ancestors.is_empty()),
            ("expiry", self.expiry.is_some()),
        ]
        .into_iter()
        .filter(|(_, given)| *given)
        .map(|(what, _)| what.to_owned())
        .collect();
        let typed = self.settings.spelled_out();
        changes.extend(typed.names().map(str::to_owned));
        if changes.is_empty() {
            return Err(Failure::Usage {
                message: "there is nothing to change".into(),
                hint: "give `--install`, `--name`, `--frame-ancestor`, `--expiry` or `--set`"
                    .into(),
            });
        }
        let before = record.settings.helpdesk.settings();
        let mut problems = Vec::new();
        let installs = super::installs(&self.installs, &mut problems);
        let after = typed
            .read(helpdesk, &before, false, &mut problems)?
            .settings;
        refuse(problems)?;
        let objects = opened
            .store
            .set_workspace(&record.id, opened.clock.now(), |settings| {
                if !installs.is_empty() {
                    settings.installs = installs;
                }
                if let Some(name) = self.name {
                    settings.name = Some(name).filter(|name| !name.is_empty());
                }
                if !self.frame_ancestors.is_empty() {
                    settings.frame_ancestors = self.frame_ancestors;
                }
                settings.longest_expiry = self.expiry.unwrap_or(settings.longest_expiry);
                if after != before {
                    settings.helpdesk = HelpdeskSettings::of(&after);
                }
            })
            .await?;
        let changes = changes.join(", ");
        opened
            .note(
                "workspace.set",
                ("workspace", record.id.as_str()),
                changes.clone(),
            )
            .await?;
        anstream::println!("{}: {changes}: saved", record.id);
        leaving(objects.unwrap_or_default());
        let address = opened.address();
        let steps = |settings: &Settings| {
            helpdesk.setup(&Place {
                public_url: Some(&address),
                workspace: &record.id,
                secret: None,
                settings,
            })
        };
        let (old, mut new) = (steps(&before), steps(&after));
        new.retain(|step| !old.contains(step));
        if !new.is_empty() {
            anstream::println!("what is different at the helpdesk now:");
            print_steps(&new);
        }
        left_behind(&record.id, &before, &after);
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Debug, Args)]
pub struct Rotate {
    /// The workspace: its id, or its name
    workspace: String,
    /// How long the old secret stays good
    #[arg(long, default_value = "24h", value_parser = humantime::parse_duration, value_name = "DURATION")]
    overlap: Duration,
    /// Read the new secret from the first line of standard input, where the helpdesk chose it
    #[arg(long)]
    secret_stdin: bool,
    /// Print `{"id","helpdesk","url","secret"}` for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    configured: Configured,
}

impl Rotate {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let opened = self.configured.open().await?;
        let record = opened.workspace(&self.workspace).await?;
        let secret = self.secret_stdin.then(chosen).transpose()?;
        let now = opened.clock.now();
        let until = TimeDelta::from_std(self.overlap)
            .ok()
            .and_then(|overlap| now.checked_add_signed(overlap))
            .ok_or_else(|| Failure::Usage {
                message: "`--overlap` is too long".into(),
                hint: "write a duration like `24h`".into(),
            })?;
        let rotated = opened
            .store
            .rotate_secret(&record.id, secret, until, now)
            .await?;
        let secret = rotated.ok_or_else(|| Failure::Failed(format!(
            "the workspace has just been removed: `{}`\n  hint: add another one with `sidecard workspace add`",
            record.id
        )))?;
        let overlap = humantime::format_duration(self.overlap).to_string();
        let old = if self.overlap.is_zero() {
            String::from("the old one is not accepted any more")
        } else {
            let until = until.format("%Y-%m-%d %H:%M UTC");
            format!("the old one stays good until {until}")
        };
        opened
            .note(
                "workspace.rotate",
                ("workspace", record.id.as_str()),
                format!("overlap {overlap}"),
            )
            .await?;
        let Some(helpdesk) = helpdesk::named(&record.helpdesk) else {
            anstream::println!("{}", secret.reveal());
            return Ok(ExitCode::SUCCESS);
        };
        if self.json {
            print_json(&opened, helpdesk, &record.id, &secret);
        } else {
            anstream::println!("workspace {} has a new secret; {old}", record.id);
            let place = Place {
                public_url: Some(&opened.address()),
                workspace: &record.id,
                secret: Some(&secret),
                settings: &record.settings.helpdesk.settings(),
            };
            print_steps(&helpdesk.setup(&place));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The secret that the helpdesk chose, from standard input.
fn chosen() -> Result<Secret<String>, Failure> {
    let typed = typed::secrets(&["secret"])?.pop();
    let typed = typed.as_ref().map_or("", |typed| typed.reveal());
    chosen_secret(typed).map_err(|hint| Failure::Usage {
        message: "the secret on standard input can't be used".into(),
        hint: hint.into(),
    })
}
