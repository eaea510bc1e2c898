//! Kustomer's REST API, as far as Sidecard uses it: one [`Client`] for each org.
//!
//! `talk` makes requests, and turns what comes back, or does not, into a value or a [`Trouble`] · `limits` what Kustomer
//! says of its limits, and how fast one may go · `objects` customers and the objects on their timelines · `bulk` many
//! objects at once · `lists` many things found with one call · `apps` registering an app and reading its names back.
//!
//! Nothing here repeats a call: who calls knows whether a write may be made twice. There is no upsert and no idempotency
//! key at Kustomer, so a write without an answer ([`Trouble::is_unsettled`]) is settled by looking for its external id.

mod apps;
mod bulk;
mod limits;
mod lists;
mod objects;
mod talk;
#[cfg(test)]
mod tests;
mod trouble;

pub use apps::App;
pub use bulk::{Done, MOST};
pub use limits::{Limits, Pace};
pub use lists::{MOST_ADDRESSES, ObjectsPage};
pub use objects::{Kept, NewCustomer, Object};
pub use talk::{Client, SetupError};
pub use trouble::{Complaint, Trouble};
