//! What Sidecard sends to helpdesks by itself.
//!
//! | file | is |
//! |---|---|
//! | `kustomer` | Kustomer's REST API: who is talked to, and how asking can fail |
//! | `object` | a subscription as an object on a timeline: pure |
//! | `timeline` | putting objects on an org's timelines, and removing them |
//! | `source` | what telling needs of the providers |
//! | `desk` | a workspace's timelines, or why it has none |
//! | `entry` | one entry of the outbox, told |
//! | `aside` | what becomes of one that is not told |
//! | `drain` | one workspace's entries, a few side by side, under a lease |
//! | `worker` | the outbox, emptied |

mod aside;
mod desk;
mod drain;
mod entry;
pub mod kustomer;
pub mod object;
mod source;
pub mod timeline;
mod worker;

pub use desk::Reach;
pub use source::Source;
pub use worker::Push;
