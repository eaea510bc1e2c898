//! Look-alikes of the outside systems that Sidecard talks to, to develop, demonstrate and test against.
//!
//! A simulator shares no code with the rest of the crate, neither types nor signing, and imports nothing of ours: a
//! mistake in shared code would confirm itself. Simulators do not import each other either.

pub mod desk;
pub mod kustomer;
pub mod recharge;
