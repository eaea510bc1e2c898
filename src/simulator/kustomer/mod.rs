//! A look-alike of Kustomer on a local port: its REST API as far as an app that puts objects on timelines meets it, and
//! its agents' page with the timeline and the insights panel.
//!
//! What is known about Kustomer is built as it is known; what is not established is a choice, and says so where it is
//! made.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use sidecard::simulator::kustomer::{Options, start};
//!
//! let kustomer = start(Options::default()).await?;
//! println!("agents work at {}/agent", kustomer.base_url());
//! kustomer.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! # The way of a request
//!
//! `server` reads it · `agent` has the agents' page, without a key · `simulator` logs it, draws from the `faults`, and
//! counts it against the `limits` · `api` finds the `routes` row, checks the key's roles (`keys`) and answers from
//! `customers`, `search`, `klasses` (with the rules of typed attributes), `kobjects`, `lists`, `bulk` or `apps` (with the rules of
//! `definition`) · what changes an object fires a workflow event, which is noted.
//!
//! # Data
//!
//! `customers.json`: `{"customers":[{"name":"…","emails":["…"],"externalId":"…"}]}`; `externalId` may be left out.
//!
//! # Controls
//!
//! [`Running`] has them as methods, and some are below `/_sim`: `GET` and `DELETE /_sim/requests`, `GET /_sim/events`,
//! `PUT /_sim/faults` (body: `429=0.1`), `PUT /_sim/clock` (body: `2026-11-20T10:15:02Z`),
//! `PUT /_sim/settings/{app}/{category}/{name}` (body: the text that an admin types).

mod agent;
mod answer;
mod api;
mod apps;
mod attributes;
mod bulk;
mod clock;
mod commands;
mod control;
mod customers;
mod data;
mod definition;
mod events;
mod faults;
mod keys;
mod klasses;
mod kobjects;
mod limits;
mod lists;
mod log;
mod options;
mod request;
mod routes;
mod running;
mod search;
mod server;
mod simulator;
mod state;
#[cfg(test)]
mod tests;

pub use data::DataError;
pub use events::Event;
pub use faults::{Faults, FaultsError};
pub use keys::Key;
pub use log::LoggedRequest;
pub use options::{Data, Now, Options};
pub use running::Running;
pub use server::{StartError, start};
