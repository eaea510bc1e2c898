//! Hooks: whether Recharge sent one, and what it means. Pure.
//!
//! - `signature` believes one or not
//! - `meaning` reads a body that was believed, by the topic of its path
//! - `shape` knows a body that is wholly 2021-11 from one that is not
//! - `topics` lists what is worth a hook

mod meaning;
mod shape;
mod signature;
mod topics;

pub use self::meaning::{event, row};
pub use self::signature::verify;
pub use self::topics::TOPICS;
