//! Sidecard.

pub mod cli;
pub mod domain;
#[path = "../views/mod.rs"]
pub mod views;
