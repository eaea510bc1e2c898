//! The whole service over real HTTP, with the simulator as Recharge and a clock that the tests move.
//!
//! One binary: each further one would be linked anew at every change. Every test has a simulator, a service and a store of
//! its own, on ports of its own.

// A test's panic is its message.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod admin;
mod architecture;
mod ask;
mod backfill;
mod bounds;
mod browser;
mod budget;
mod changes;
mod charges;
mod commands;
mod durable;
mod embed;
mod faults;
mod field;
mod flights;
mod forgetting;
mod gladly;
mod golden;
mod histories;
mod hooks;
mod house;
mod installs;
mod kept;
mod kustomer;
mod lookups;
mod privacy;
mod push;
mod readme;
mod serve;
mod settings;
mod shop;
mod sidecard;
mod signatures;
mod store;
mod terminal;
mod tickets;
mod unlinking;
