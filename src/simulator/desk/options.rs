//! What the helpdesk is started with.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};

use chrono::{DateTime, Utc};

/// How to start one.
#[derive(Debug, Clone)]
pub struct Options {
    /// The address to listen on; port 0 takes any free one.
    pub listen: SocketAddr,
    /// The agent who is signed in.
    pub agent: String,
    /// How many seconds a signed address is good for.
    pub lasts: i64,
    /// What it takes for the present.
    pub now: Now,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            agent: String::from("Dana Desk"),
            lasts: 3_600,
            now: Now::System,
        }
    }
}

/// What it takes for the present.
#[derive(Debug, Clone, Copy)]
pub enum Now {
    /// The system's time.
    System,
    /// An instant, until it is moved.
    Fixed(DateTime<Utc>),
}

/// Whose card the tickets show: a workspace of the service.
#[derive(Clone)]
pub struct Card {
    /// The service's address, without a path.
    pub service: String,
    /// The workspace's id.
    pub workspace: String,
    /// Its secret. It signs addresses here, and reaches no browser.
    pub secret: String,
}

impl fmt::Debug for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Card({} of {})", self.workspace, self.service)
    }
}
