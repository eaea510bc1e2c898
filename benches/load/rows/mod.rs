//! The rows of the table.

pub mod agents;
pub mod any_input;
pub mod faults;
pub mod measured;
pub mod one_email;
pub mod outage;
pub mod shares;
pub mod soak;
