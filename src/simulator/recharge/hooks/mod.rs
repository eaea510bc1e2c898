//! Webhooks on their way: what goes wrong with them, how they are signed, sent, and sent again.

mod courier;
mod deliveries;
mod delivery;
mod handle;
mod mischief;
mod signing;

pub(super) use courier::{Errand, deliver};
pub(super) use deliveries::{Deliveries, Letter, Notice};
pub use delivery::{Delivery, Fate, LostWebhook, Tally};
pub use mischief::{Hooks, HooksError};
pub use signing::signatures;
