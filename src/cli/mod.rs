//! The commands. Each is a file; this one parses the command line and maps what comes of it to exit codes.

mod admin;
mod backup;
mod check;
mod demo;
mod forget;
mod install;
mod keys;
mod kustomer;
mod lookup;
mod opened;
pub mod preview;
mod serve;
mod simulate;
pub mod terminal;
mod typed;
mod unlink;
mod workspace;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use thiserror::Error;

use crate::config::{Config, Problems};
use crate::telemetry;

/// Subscription cards from Recharge, inside the helpdesk's ticket.
#[derive(Debug, Parser)]
#[command(name = "sidecard", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Everything at once, no account needed: a simulated Recharge, one shop, cards to open
    Demo(demo::Demo),
    /// The service
    Serve(serve::Serve),
    /// Connect a merchant's shop
    Install(install::Install),
    /// Join a helpdesk to one or more shops
    Workspace(workspace::Workspace),
    /// Kustomer's own steps: the app, its registration, and the backfill of its timelines
    Kustomer(kustomer::Kustomer),
    /// Look one customer up: a readable card, or JSON
    Lookup(lookup::Lookup),
    /// Remove the link between a helpdesk profile and its customer
    Unlink(unlink::Unlink),
    /// A simulator alone
    Simulate(simulate::Simulate),
    /// Check configuration, keys, store and every shop: all problems at once, each with what to do
    Check(Configured),
    /// The keys that seal what is stored
    Keys(keys::Keys),
    /// Erase one person everywhere, and print what went
    Forget(forget::Forget),
    /// Write a consistent copy of the store, also while it is in use
    Backup(backup::Backup),
    /// The admin pages
    Admin(admin::Admin),
    /// Write every card in every state as HTML files, to look at
    Preview(preview::Preview),
}

/// For commands that read the configuration.
#[derive(Debug, Args)]
struct Configured {
    /// The configuration file [default: sidecard.toml if it is there, else the built-in defaults]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Configured {
    fn load(&self) -> Result<Config, Failure> {
        // One that is not text is none of ours.
        let environment: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let config = Config::load(self.config.as_deref(), &environment)?;
        telemetry::start(&config.log);
        Ok(config)
    }

    fn named(&self) -> String {
        match &self.config {
            Some(file) => format!("`{}`", file.display()),
            None if Path::new(crate::config::DEFAULT_FILE).exists() => {
                format!("`{}`", crate::config::DEFAULT_FILE)
            }
            None => String::from("the built-in defaults"),
        }
    }
}

/// Why a command ended without having done its work.
#[derive(Debug, Error)]
enum Failure {
    /// The configuration, or what was typed, is wrong, perhaps in several places: exit code 2.
    #[error("{0}")]
    Configuration(#[from] Problems),
    /// What was typed is wrong: exit code 2.
    #[error("error: {message}\n  hint: {hint}")]
    Usage {
        /// What is wrong.
        message: String,
        /// What to write instead.
        hint: String,
    },
    /// What is configured or was typed does not fit what is there: exit code 2. The text has its own hint.
    #[error("error: {0}")]
    Misfit(String),
    /// It was tried and did not work: exit code 1. The text has its own hint.
    #[error("error: {0}")]
    Failed(String),
}

impl Failure {
    fn failed(error: impl std::fmt::Display) -> Self {
        Self::Failed(error.to_string())
    }

    /// What it says of one of several things: `error: acme-usa: …`.
    fn about(&self, what: impl std::fmt::Display) -> String {
        let text = self.to_string();
        let text = text.strip_prefix("error: ").unwrap_or(&text);
        format!("error: {what}: {text}")
    }

    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Configuration(_) | Self::Usage { .. } | Self::Misfit(_) => ExitCode::from(2),

            Self::Failed(_) => ExitCode::from(1),
        }
    }
}

/// Parses and runs a command line. 0: done; 1: failed; 2: wrong usage or configuration.
pub async fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are errors to clap, and no failures.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let done = match cli.command {
        Command::Demo(demo) => demo.run().await,
        Command::Serve(serve) => serve.run().await,
        Command::Install(install) => install.run().await,
        Command::Workspace(workspace) => workspace.run().await,
        Command::Kustomer(kustomer) => kustomer.run().await,
        Command::Keys(keys) => keys.run().await,
        Command::Forget(forget) => forget.run().await,
        Command::Backup(backup) => backup.run().await,
        Command::Admin(admin) => admin.run().await,
        Command::Lookup(lookup) => lookup.run().await,
        Command::Unlink(unlink) => unlink.run().await,
        Command::Simulate(simulate) => simulate.run().await,
        Command::Check(configured) => check::run(&configured).await,
        Command::Preview(preview) => preview.run().await,
    };
    // Before the failure, so that what led to it stands above it.
    telemetry::end();
    match done {
        Ok(code) => code,
        Err(failure) => {
            anstream::eprintln!("{failure}");
            failure.exit_code()
        }
    }
}

/// Ends when somebody asks the process to: ctrl-c, or the platform's stop signal.
async fn asked_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
