//! A helpdesk that shows tickets, with the card in a frame beside them: what a host of the page does, from the signed address
//! to the messages, in a few lines of its own.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use sidecard::simulator::desk::{Card, Options, start};
//!
//! let desk = start(Options::default()).await?;
//! desk.join(Card {
//!     service: "http://127.0.0.1:8787".into(),
//!     workspace: "22222222222222222222222222222222".into(),
//!     secret: "fake-embed-secret".into(),
//! });
//! println!("agents work at {}", desk.base_url());
//! # Ok(())
//! # }
//! ```
//!
//! # Data
//!
//! `fixtures/desk/tickets.json`: `{"tickets":[{"id","name","email"?,"received","subject","text"}]}`. `GET /tickets` lists them;
//! `GET /tickets/{id}` is one, with `card`: the origin of the page, and the address, signed now; null without an email.

mod address;
mod options;
mod server;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::dev::ServerHandle;
use chrono::{DateTime, Utc};

use server::{Desk, Ticket};

pub use options::{Card, Now, Options};
pub use server::{StartError, start};

/// A running helpdesk. Clones are handles on the same one; it stops when the last of them is dropped.
#[derive(Debug, Clone)]
pub struct Running(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    desk: Arc<Desk>,
    address: SocketAddr,
    server: ServerHandle,
}

impl Drop for Inner {
    fn drop(&mut self) {
        // The command is given here; only its completion would have to be awaited.
        drop(self.server.stop(false));
    }
}

impl Running {
    /// Where it listens, as a URL without a path: `http://127.0.0.1:40123`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.0.address)
    }

    /// The tickets show cards of this workspace from now on.
    pub fn join(&self, card: Card) {
        *held(&self.0.desk.card) = Some(card);
    }

    /// The id of the first ticket of this customer.
    pub fn ticket_of(&self, email: &str) -> Option<String> {
        let tickets = held(&self.0.desk.tickets);
        let found = tickets
            .iter()
            .find(|ticket| ticket.email.as_deref() == Some(email));
        found.map(|ticket| ticket.id.clone())
    }

    /// A customer writes; the id of the new ticket.
    pub fn receive(&self, email: &str) -> String {
        let mut tickets = held(&self.0.desk.tickets);
        let id = (2_001 + tickets.len()).to_string();
        tickets.push(Ticket::from(&id, email));
        id
    }

    /// Puts the clock at an instant, where it stands until it is moved again.
    pub fn move_clock(&self, to: DateTime<Utc>) {
        *held(&self.0.desk.now) = Now::Fixed(to);
    }

    /// Stops it, for every handle.
    pub async fn stop(self) {
        self.0.server.stop(false).await;
    }
}

fn held<T>(value: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}
