//! `install`: connect a merchant's shop.

mod add;
mod check;
mod hooks;
mod list;
mod remove;
mod set;
mod shown;
mod token;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::Failure;

pub use check::recheck;

/// `sidecard install`
#[derive(Debug, Args)]
pub struct Install {
    #[command(subcommand)]
    which: Which,
}

#[derive(Debug, Subcommand)]
enum Which {
    /// Connect a shop: the API token is read from the first line of standard input, the API client secret from the second
    Add(add::Add),
    /// The shops that are connected
    List(list::List),
    /// Ask again whether tokens are accepted, and what they may do; and which webhooks there are
    Check(check::Check),
    /// Change what agents are told, or where links lead
    Set(set::Set),
    /// Replace the API token, and the client secret: read from standard input, checked before the old one goes
    Token(token::Token),
    /// Disconnect a shop: everything of it goes
    Remove(remove::Remove),
}

impl Install {
    /// Runs it.
    pub async fn run(self) -> Result<ExitCode, Failure> {
        match self.which {
            Which::Add(add) => add.run().await,
            Which::List(list) => list.run().await,
            Which::Check(check) => check.run().await,
            Which::Set(set) => set.run().await,
            Which::Token(token) => token.run().await,
            Which::Remove(remove) => remove.run().await,
        }
    }
}
