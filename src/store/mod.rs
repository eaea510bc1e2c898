//! What outlives a request: installs, workspaces, links, snapshots and resolutions.
//!
//! Lookups describe what they need kept by traits of their own; the composition root plugs this into them, so that
//! neither knows the other.

mod memory;

pub use memory::Memory;
