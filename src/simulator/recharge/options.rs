//! What a simulator is started with.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::faults::Faults;
use super::hooks::Hooks;
use super::stamps::DateMoves;

/// How to start a simulator; [`Options::default`] is a fast, faultless one on a free port of the loopback interface.
#[derive(Debug, Clone)]
pub struct Options {
    /// The address to listen on; port 0 takes any free one.
    pub listen: SocketAddr,
    /// The customers, subscriptions and so on that it serves.
    pub data: Data,
    /// How long each answer takes.
    pub latency: Duration,
    /// Calls that fit into a token's bucket (<https://docs.getrecharge.com/docs/api-rate-limits>).
    pub bucket: u32,
    /// Calls that leak out of a token's bucket per second.
    pub leak: f64,
    /// Faults that strike any request, by probability.
    pub faults: Faults,
    /// What goes wrong with webhooks.
    pub hooks: Hooks,
    /// What the simulator takes for the present.
    pub now: Now,
    /// What happens to a subscription when nothing but its next charge date moves.
    pub date_moves: DateMoves,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            data: Data::Fixtures,
            latency: Duration::ZERO,
            bucket: 40,
            leak: 2.0,
            faults: Faults::default(),
            hooks: Hooks::default(),
            now: Now::System,
            date_moves: DateMoves::default(),
        }
    }
}

/// Where the data comes from. Every body is what the API's own list answers, such as `{"customers":[…]}`.
#[derive(Debug, Clone)]
pub enum Data {
    /// The bodies that are built into the program.
    Fixtures,
    /// Every file of a known name below a folder, joined by id.
    Folder(PathBuf),
    /// File names and their text, as if they had been found in a folder.
    Bodies(Vec<(String, String)>),
}

/// What the simulator takes for the present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Now {
    /// The computer's clock. Built-in data is shifted by whole days, to read as if it had been written today.
    System,
    /// An instant at which the clock stands until it is moved. Data is served exactly as written.
    Fixed(DateTime<Utc>),
}
