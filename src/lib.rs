//! Sidecard.

pub mod domain;
pub mod provider;
