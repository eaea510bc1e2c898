//! Sidecard.

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod helpdesk;
pub mod lookup;
pub mod provider;
pub mod recharge;
pub mod simulator;
pub mod store;
pub mod telemetry;
#[path = "../views/mod.rs"]
pub mod views;
pub mod web;
