//! Sidecard.

pub mod clock;
pub mod config;
pub mod domain;
pub mod lookup;
pub mod provider;
pub mod recharge;
