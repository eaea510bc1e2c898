//! Sidecard.

pub mod simulator;
