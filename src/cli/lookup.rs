//! `lookup`: one customer, on a terminal.

use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::terminal::{Look, render};
use super::{Configured, Failure, demo};
use crate::app::{self, Lookups};
use crate::clock::Clock;
use crate::domain::access::{Access, Connected, Settings, Workspace};
use crate::domain::answer::{Answer, Outcome};
use crate::domain::email::Email;
use crate::domain::id::WorkspaceId;
use crate::domain::install::InstallName;
use crate::domain::question::{Question, Subject};
use crate::simulator::recharge::{Options, start};
use crate::store::InstallRecord;
use crate::views::{Context, json};

/// Somebody at a terminal waits longer than a helpdesk does.
const PATIENCE: Duration = Duration::from_secs(20);

/// `sidecard lookup`
#[derive(Debug, Args)]
pub struct Lookup {
    /// The customer's email address
    email: String,
    /// At this install alone [default: at all of them]
    #[arg(long, value_name = "NAME")]
    install: Option<String>,
    /// The JSON answer, as `/ask/json` gives it
    #[arg(long)]
    json: bool,
    /// Against the built-in simulator: no set-up, invented people
    #[arg(long)]
    demo: bool,
    #[command(flatten)]
    configured: Configured,
}

impl Lookup {
    /// Looks up and prints. Fails when no install could be asked.
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let email = Email::parse(&self.email).map_err(|error| Failure::Usage {
            message: error.to_string(),
            hint: "write one address, like `sidecard lookup kim@acme.example --demo`".into(),
        })?;
        let clock = Clock::system();
        let mut recharge = None;
        let (lookups, installs) = if self.demo {
            let mut config = self.configured.load()?;
            let running = start(Options::default()).await.map_err(Failure::failed)?;
            config.recharge.base_url = demo::configuration(&running)?.recharge.base_url;
            let store = demo::memory_store(&clock).await?;
            demo::connect(&store, demo::SHOP, demo::TOKEN, &clock).await?;
            recharge = Some(running);
            let lookups = app::lookups(&config, &clock, &store).map_err(Failure::failed)?;
            (lookups, connected(&store.installs().await?))
        } else {
            self.connected(&email).await?
        };
        let access = self.access(installs)?;
        let question = Question::about([Subject::Email(email)]).map_err(Failure::failed)?;
        let found = lookups
            .find(&access, &question, &clock.deadline(PATIENCE))
            .await;
        self.print(&found.answer, &Context::at(clock.now()));
        if let Some(recharge) = recharge {
            recharge.stop().await;
        }
        let nobody_could_be_asked = found
            .answer
            .accounts
            .iter()
            .all(|account| matches!(account.outcome, Outcome::Unavailable { .. }));
        Ok(if nobody_could_be_asked {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        })
    }

    /// Lookups over the store, and the installs there.
    async fn connected(&self, email: &Email) -> Result<(Lookups, Vec<Arc<Connected>>), Failure> {
        let opened = self
            .configured
            .open()
            .await
            .map_err(|failure| match failure {
                // Somebody who has set up nothing yet looks around.
                Failure::Misfit(text) => Failure::Misfit(format!(
                    "{text}\n  hint: without any set-up, try the built-in people with `--demo`"
                )),
                other => other,
            })?;
        let records = opened.store.installs().await?;
        let lookups =
            app::lookups(&opened.config, &opened.clock, &opened.store).map_err(Failure::failed)?;
        for record in records.iter().filter(|record| record.must_reconnect()) {
            lookups.doubt_credentials(&record.name);
        }
        let key = opened.store.fingerprint_key();
        let print = Subject::Email(email.clone()).key().fingerprint(&key);
        opened
            .note("lookup.test", ("person", &print.to_string()), "")
            .await?;
        Ok((lookups, connected(&records)))
    }

    /// The installs to ask.
    fn access(&self, mut installs: Vec<Arc<Connected>>) -> Result<Access, Failure> {
        if let Some(name) = &self.install {
            let name = InstallName::parse(name).map_err(|error| Failure::Usage {
                message: format!("{error}: `{name}`"),
                hint: "give the name of an install, like `--install acme-usa`".into(),
            })?;
            installs.retain(|install| install.install.name == name);
        }
        if installs.is_empty() {
            return Err(Failure::Usage {
                message: match &self.install {
                    Some(name) => format!("there is no install of this name: `{name}`"),
                    None => "no shop is connected".into(),
                },
                hint: match &self.install {
                    Some(_) if self.demo => "the built-in one is `acme-usa`",
                    Some(_) => "`sidecard install list` shows those that there are",
                    None => "connect one with `sidecard install add --shop NAME`, or try the built-in people with `--demo`",
                }
                .into(),
            });
        }
        let workspace = Workspace {
            id: WorkspaceId::new("terminal"),
            helpdesk: "terminal".into(),
            secrets: Vec::new(),
            settings: Settings::default(),
            frame_ancestors: Vec::new(),
            longest_expiry: 0,
            enabled: true,
        };
        Ok(Access {
            workspace,
            installs,
        })
    }

    fn print(&self, answer: &Answer, context: &Context) {
        if self.json {
            anstream::println!("{}", json::answer_pretty(answer, context.now));
            return;
        }
        let terminal = std::io::stdout().is_terminal();
        let width = terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0));
        let look = Look {
            colour: terminal && std::env::var_os("NO_COLOR").is_none(),
            links: supports_hyperlinks::on(supports_hyperlinks::Stream::Stdout),
            width: width.clamp(40, 120),
        };
        anstream::print!("{}", render(answer, context, &look));
    }
}

fn connected(records: &[InstallRecord]) -> Vec<Arc<Connected>> {
    let connected = records.iter().map(InstallRecord::connected);
    connected.map(Arc::new).collect()
}
