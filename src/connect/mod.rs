//! Connecting a shop: what somebody typed, read field by field, and checked with the provider before anything is saved.
//!
//! The command line and the admin pages both come here, so that they ask, refuse and explain alike.

mod check;
mod typed;

pub use check::{Checked, Proof, Rejected, ScopeState, check};
pub use typed::{Field, FieldProblem, Typed, Wanted};
