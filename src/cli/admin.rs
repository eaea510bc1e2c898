//! `admin`: the way in for whoever has none.

use std::io::{IsTerminal, stdout};
use std::process::ExitCode;

use chrono::TimeDelta;
use clap::{Args, Subcommand};

use super::{Configured, Failure};

/// How long a link is good.
const GOOD: TimeDelta = TimeDelta::minutes(15);

/// `sidecard admin`
#[derive(Debug, Args)]
pub struct Admin {
    #[command(subcommand)]
    which: Which,
}

#[derive(Debug, Subcommand)]
enum Which {
    /// Print a link that makes somebody an owner: good once, for 15 minutes; to a terminal only
    Reset(Configured),
}

impl Admin {
    /// Runs it.
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let Which::Reset(configured) = self.which;
        // Into a file or a log it would lie around for others to find.
        if !stdout().is_terminal() {
            return Err(Failure::Usage {
                message: "the link is printed to a terminal only".into(),
                hint: "run `sidecard admin reset` by hand, without a pipe".into(),
            });
        }
        let opened = configured.open().await?;
        let until = opened.clock.now() + GOOD;
        let token = opened.store.make_setup_link(None, until).await?;
        opened.note("admin.reset", ("people", ""), "").await?;
        anstream::println!(
            "http://{}/admin/setup?token={}",
            opened.config.admin.listen,
            token.reveal()
        );
        anstream::println!("good once, until {} UTC", until.format("%H:%M"));
        Ok(ExitCode::SUCCESS)
    }
}
