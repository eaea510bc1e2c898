//! `keys`: what seals at rest.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::opened::Opened;
use super::{Configured, Failure};
use crate::clock::Clock;
use crate::store::{KeyRing, Progress, Resealed};

/// By then a service that runs has looked for changes.
const TAKEN_OVER: Duration = Duration::from_secs(2);

/// `sidecard keys`
#[derive(Debug, Args)]
pub struct Keys {
    #[command(subcommand)]
    which: Which,
}

#[derive(Debug, Subcommand)]
enum Which {
    /// Print one line for the keys file: a new key. The first one in the file seals
    New,
    /// Seal everything anew with the first key of the keys file; can be stopped and run again
    Rotate(Configured),
}

impl Keys {
    /// Runs it.
    pub async fn run(self) -> Result<ExitCode, Failure> {
        match self.which {
            Which::New => {
                // That line alone: it goes into a file.
                println!("{}", KeyRing::new_line(Clock::system().now()));
                Ok(ExitCode::SUCCESS)
            }
            Which::Rotate(configured) => rotate(&configured.open().await?).await,
        }
    }
}

async fn sealed_anew(opened: &Opened) -> Result<Resealed, Failure> {
    let mut told = None;
    let resealed = opened
        .store
        .reseal(|Progress { done, total }| {
            let percent = (done * 100).checked_div(total);
            if percent.is_some() && percent != told {
                told = percent;
                anstream::eprintln!("{done} of {total}");
            }
        })
        .await?;
    Ok(resealed)
}

async fn rotate(opened: &Opened) -> Result<ExitCode, Failure> {
    let keys = KeyRing::read(&opened.config.store.keys_file)?;
    let first = keys.ids().into_iter().next().unwrap_or_default();
    let file = opened.config.store.keys_file.display();
    let mut resealed = sealed_anew(opened).await?;
    if resealed.values > 0 {
        // A service that runs takes the new key over within a second; what it sealed with the old one until then follows.
        opened.clock.deadline(TAKEN_OVER).passed().await;
        let late = sealed_anew(opened).await?;
        resealed.values += late.values;
        resealed.unreadable = late.unreadable;
    }
    let detail = format!("{} values with key {first}", resealed.values);
    opened
        .note("keys.rotate", ("key", &first), detail.clone())
        .await?;
    anstream::println!("sealed anew: {detail}");
    let old: Vec<String> = opened
        .store
        .keys_in_use()
        .await?
        .into_keys()
        .flatten()
        .filter(|id| *id != first)
        .collect();
    let mut spare = keys.ids();
    spare.retain(|id| *id != first && !old.contains(id));
    if !spare.is_empty() {
        anstream::println!(
            "nothing needs these keys any more, but backups made before: {}",
            spare.join(", ")
        );
    }
    if resealed.values == 0 && resealed.unreadable.is_empty() {
        anstream::println!(
            "the first key of {file} seals everything already: to rotate, write a new one (`sidecard keys new`) above it, and run this again; a running `sidecard serve` takes it over"
        );
    }
    if resealed.unreadable.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    let places: Vec<String> = resealed
        .unreadable
        .iter()
        .map(|(place, count)| format!("{place}: {count}"))
        .collect();
    Err(Failure::Failed(format!(
        "some values can't be opened by any key, and stay as they are: {}\n  hint: put the key that sealed them into {file}: {}",
        places.join(", "),
        if old.is_empty() {
            String::from("which one is not known")
        } else {
            old.join(", ")
        }
    )))
}
