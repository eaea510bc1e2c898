//! What a simulator is started with.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::faults::Faults;
use super::keys::Key;

/// How to start a simulator; [`Options::default`] is a fast, faultless one on a free port of the loopback interface.
#[derive(Debug, Clone)]
pub struct Options {
    /// The address to listen on; port 0 takes any free one.
    pub listen: SocketAddr,
    /// The org's name.
    pub org: String,
    /// The org's id: what private apps get appended to their names.
    pub org_id: String,
    /// The keys that are let in. Without any, every key is, with all roles.
    pub keys: Vec<Key>,
    /// The customers there are.
    pub data: Data,
    /// How long each answer takes.
    pub latency: Duration,
    /// How long after it was asked for the work of a bulk request is done, by the simulator's clock; with the next request
    /// after that. How long Kustomer takes is not established.
    pub bulk_takes: Duration,
    /// Calls that the org may make in 60 seconds.
    pub limit: u32,
    /// Updates of one object in 60 seconds, and creations on one customer without `importedAt`.
    pub object_limit: u32,
    /// Whether a second object or customer with an external id or email that is taken is refused. What Kustomer does is not
    /// established.
    pub refuses_duplicates: bool,
    /// Whether klasses of a private app get the org's id into their names, as its other components do. Not established.
    pub suffixes_klasses: bool,
    /// Faults that strike any request, by probability.
    pub faults: Faults,
    /// What the simulator takes for the present.
    pub now: Now,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            org: String::from("acme"),
            org_id: String::from("5e0fac3e5e0fac3e5e0fac3e"),
            keys: Vec::new(),
            data: Data::Fixtures,
            latency: Duration::ZERO,
            bulk_takes: Duration::ZERO,
            limit: 1_000,
            object_limit: 120,
            refuses_duplicates: true,
            suffixes_klasses: true,
            faults: Faults::default(),
            now: Now::System,
        }
    }
}

/// Where the customers come from.
#[derive(Debug, Clone)]
pub enum Data {
    /// Those that are built into the program.
    Fixtures,
    /// `customers.json` in a folder.
    Folder(PathBuf),
    /// The text of such a file.
    Text(String),
}

/// What the simulator takes for the present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Now {
    /// The computer's clock.
    System,
    /// An instant at which the clock stands until it is moved.
    Fixed(DateTime<Utc>),
}
