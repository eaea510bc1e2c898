//! The whole service over real HTTP, with the simulator as Recharge and a clock that the tests move.
//!
//! One binary: each further one would be linked anew at every change. Every test has a simulator, a service and a store of
//! its own, on ports of its own.

// A test's panic is its message.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod architecture;
mod ask;
mod commands;
mod faults;
mod flights;
mod gladly;
mod golden;
mod house;
mod lookups;
mod privacy;
mod readme;
mod signatures;
