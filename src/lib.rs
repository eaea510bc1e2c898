//! Sidecard.

pub mod domain;
