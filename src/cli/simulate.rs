//! `simulate`: a simulator alone, for whoever builds against Recharge.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::{Failure, asked_to_stop};
use crate::simulator::recharge::{Data, Faults, Hooks, Now, Options, start};

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
    /// What goes wrong and how often, as in `429=0.1,500=0.05,reset=0.01,slow=0.1:6s`
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
}

impl Simulate {
    /// Serves until it is asked to stop.
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let Which::Recharge(recharge) = self.which;
        let faults: Faults = match recharge.fault.as_str() {
            "" => Faults::default(),
            spec => spec.parse().map_err(|error| Failure::Usage {
                message: format!("`--fault` can't be understood: {error}"),
                hint: "write names and shares, like `429=0.1,500=0.05,reset=0.01`".into(),
            })?,
        };
        let hooks: Hooks = recharge.hooks.parse().map_err(|error| Failure::Usage {
            message: format!("`--hooks` can't be understood: {error}"),
            hint:
                "write names and shares, like `reorder=0.2,duplicate=0.1,delay=0.1:30s,drop=0.05`"
                    .into(),
        })?;
        let options = Options {
            listen: recharge.listen,
            data: recharge.data.map_or(Data::Fixtures, Data::Folder),
            latency: recharge.latency,
            bucket: recharge.bucket,
            leak: recharge.leak,
            faults,
            hooks,
            now: Now::System,
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
