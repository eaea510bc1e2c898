//! Sidecard shows a support agent, inside the helpdesk's ticket, what the customer subscribes to at Recharge.
//!
//! # The way of a question
//!
//! A helpdesk's request comes through one door, `web::ask`. The workspace in its address says which protocol of
//! [`helpdesk`] verifies it and reads the [`domain::question::Question`]. [`lookup`] answers it for every install of the
//! workspace, side by side: from memory while that is fresh, else by a flight that asks a [`provider`], which is
//! [`recharge`]. The [`domain::answer::Answer`] becomes a card or JSON in [`views`], and goes back in the helpdesk's form.
//!
//! # The map
//!
//! Imports point inward; `tests/it/architecture.rs` holds the last column, and who may name which outside crate.
//!
//! | module | is | may use |
//! |---|---|---|
//! | [`domain`] | the things themselves: plain values, no I/O, no clock | nothing |
//! | [`clock`] | the only reader of time | domain |
//! | [`config`] | the configuration file and every problem in it | nothing |
//! | [`telemetry`] | log lines and metrics | config, clock |
//! | [`provider`] | the port to systems that hold subscriptions, and how asking can fail | domain |
//! | [`recharge`] | Recharge behind that port: talk, wire types, mapping, hooks, links | provider, domain |
//! | [`connect`] | connecting a shop: what was typed, checked before it is saved | provider, domain |
//! | [`records`] | one row per object, the one rule for writing it, and the customer that rows add up to | domain |
//! | [`store`] | what outlives a request: SQL and encryption | records, domain |
//! | [`lookup`] | question -> answer: who is it, is the card up to date, else fetch it within the rate limit | provider, store, records, domain, clock, telemetry |
//! | [`upkeep`] | what keeps the store true: hooks registered and applied, outages made good, backfills, what is too old removed | provider, lookup, store, push, records, domain, clock |
//! | [`views`] | answers as HTML and JSON, and every word that people read (in `views/`) | domain |
//! | [`helpdesk`] | the helpdesks' protocols, one file each | domain, views |
//! | [`push`] | what is sent to helpdesks by ourselves: objects on Kustomer's timelines | helpdesk, store, views, domain, clock, telemetry |
//! | [`web`] | the doors: HTTP in, HTTP out; the admin pages | helpdesk, lookup, connect, store, provider, upkeep, views, domain, clock, telemetry |
//! | [`simulator`] | look-alikes of outside systems; share nothing with us | nothing |
//! | [`app`] | the composition root: makes everything, joins it, runs it | web, helpdesk, lookup, connect, store, recharge, push, provider, upkeep, views, domain, clock, config, telemetry |
//! | [`cli`] | the commands | app, connect, helpdesk, provider, push, store, upkeep, simulator, views, domain, clock, config, telemetry |
//!
//! # Where to look first
//!
//! A new field on the card: `recharge::wire`, `recharge::map`, a type in [`domain`], then `views/`. A new helpdesk: one
//! file in [`helpdesk`] and a line in `helpdesk::ALL`. Why was Recharge asked? `lookup::identify` and `lookup::card`. Why
//! not? `lookup::upstream`. A new metric: `telemetry::Metrics` for what happens, `web::ops` for what is.

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod connect;
pub mod domain;
pub mod helpdesk;
pub mod lookup;
pub mod provider;
pub mod push;
pub mod recharge;
pub mod records;
pub mod simulator;
pub mod store;
pub mod telemetry;
pub mod upkeep;
#[path = "../views/mod.rs"]
pub mod views;
pub mod web;
