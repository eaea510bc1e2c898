//! What Sidecard talks about, and nothing of how it comes or goes: no I/O, no async, no clock, no import of ours.
//!
//! Everything here is a plain value. Outside text becomes one of these types at the edge (parse, don't validate), and
//! from then on is known to be well-formed.

pub mod access;
pub mod answer;
pub mod charge;
pub mod customer;
pub mod day;
pub mod email;
pub mod event;
pub mod id;
pub mod install;
pub mod links;
pub mod money;
pub mod object;
pub mod org;
pub mod payment;
pub mod question;
pub mod renderings;
pub mod schedule;
pub mod secret;
pub mod shop;
pub mod snapshot;
pub mod subscription;
pub mod timeline;
pub mod web_url;
