//! `simulate`: a simulator alone, for whoever builds against Recharge or Kustomer.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::{Failure, asked_to_stop};
use crate::simulator::kustomer;
use crate::simulator::recharge::{Data, DateMoves, Faults, Hooks, Now, Options, start};

/// `sidecard simulate`
#[derive(Debug, Args)]
pub struct Simulate {
    #[command(subcommand)]
    which: Which,
}

#[derive(Debug, Subcommand)]
enum Which {
    /// Recharge's Admin API, version 2021-11, with its webhooks
    Recharge(Recharge),
    /// Kustomer's API for customers, objects and apps, and its agents' page
    Kustomer(Kustomer),
}

#[derive(Debug, Args)]
struct Kustomer {
    /// Where it listens; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:8791", value_name = "ADDR")]
    listen: SocketAddr,
    /// A folder with `customers.json` [default: the built-in people]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// How long each answer takes
    #[arg(long, default_value = "0ms", value_parser = humantime::parse_duration, value_name = "DURATION")]
    latency: Duration,
    /// How many calls the org has in a minute
    #[arg(long, default_value_t = 1_000, value_name = "CALLS")]
    limit: u32,
    /// What goes wrong and how often, as in `429=0.1,500=0.05,lost=0.01,seed=7`
    #[arg(
        long,
        default_value = "",
        hide_default_value = true,
        value_name = "FAULTS"
    )]
    fault: String,
}

#[derive(Debug, Args)]
struct Recharge {
    /// Where it listens; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:8790", value_name = "ADDR")]
    listen: SocketAddr,
    /// A folder with `customers.json`, `subscriptions.json` and so on [default: the built-in people]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// How long each answer takes
    #[arg(long, default_value = "0ms", value_parser = humantime::parse_duration, value_name = "DURATION")]
    latency: Duration,
    /// How many calls a token may have outstanding
    #[arg(long, default_value_t = 40, value_name = "CALLS")]
    bucket: u32,
    /// How many calls a second drain from it
    #[arg(long, default_value_t = 2.0, value_name = "CALLS")]
    leak: f64,
    /// What goes wrong and how often, as in `429=0.1,500=0.05,reset=0.01,slow=0.1:6s,lag=30s`
    #[arg(
        long,
        default_value = "",
        hide_default_value = true,
        value_name = "FAULTS"
    )]
    fault: String,
    /// What goes wrong with webhooks, as in `reorder=0.2,duplicate=0.1,delay=0.1:30s,drop=0.05,seed=7`
    #[arg(
        long,
        default_value = "",
        hide_default_value = true,
        value_name = "MISCHIEF"
    )]
    hooks: String,
    /// What happens when only a next charge date moves: `stamped`, `unstamped` or `silent`
    #[arg(long, default_value = "unstamped", value_name = "HOW")]
    date_moves: DateMoves,
}

impl Simulate {
    /// Serves until it is asked to stop.
    pub async fn run(self) -> Result<ExitCode, Failure> {
        match self.which {
            Which::Recharge(recharge) => recharge.run().await,
            Which::Kustomer(kustomer) => kustomer.run().await,
        }
    }
}

impl Kustomer {
    async fn run(self) -> Result<ExitCode, Failure> {
        let faults: kustomer::Faults = self
            .fault
            .parse()
            .map_err(|error| misfit("--fault", error))?;
        let options = kustomer::Options {
            listen: self.listen,
            data: self
                .data
                .map_or(kustomer::Data::Fixtures, kustomer::Data::Folder),
            latency: self.latency,
            limit: self.limit,
            faults,
            ..kustomer::Options::default()
        };
        let running = kustomer::start(options).await.map_err(Failure::failed)?;
        let base = running.base_url();
        anstream::println!("Kustomer simulator on {base}");
        anstream::println!("  an agent's page      {base}/agent");
        anstream::println!("  requests so far      GET {base}/_sim/requests");
        anstream::println!("  workflow events      GET {base}/_sim/events");
        anstream::println!("  ctrl-c ends it");
        asked_to_stop().await;
        running.stop().await;
        Ok(ExitCode::SUCCESS)
    }
}

impl Recharge {
    async fn run(self) -> Result<ExitCode, Failure> {
        let faults: Faults = match self.fault.as_str() {
            "" => Faults::default(),
            spec => spec.parse().map_err(|error| misfit("--fault", error))?,
        };
        let hooks: Hooks = self
            .hooks
            .parse()
            .map_err(|error| misfit("--hooks", error))?;
        let options = Options {
            listen: self.listen,
            data: self.data.map_or(Data::Fixtures, Data::Folder),
            latency: self.latency,
            bucket: self.bucket,
            leak: self.leak,
            faults,
            hooks,
            now: Now::System,
            date_moves: self.date_moves,
        };
        let running = start(options).await.map_err(Failure::failed)?;
        anstream::println!("Recharge simulator on {}", running.base_url());
        anstream::println!(
            "  requests so far   GET {}/_sim/requests",
            running.base_url()
        );
        anstream::println!(
            "  webhooks so far   GET {}/_sim/deliveries",
            running.base_url()
        );
        anstream::println!("  ctrl-c ends it");
        asked_to_stop().await;
        running.stop().await;
        Ok(ExitCode::SUCCESS)
    }
}

/// What was typed can't be read; the error has its own hint.
fn misfit(flag: &str, error: impl std::fmt::Display) -> Failure {
    Failure::Misfit(format!("`{flag}` can't be understood: {error}"))
}
