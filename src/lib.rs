//! Sidecard.

pub mod domain;
pub mod provider;
pub mod recharge;
