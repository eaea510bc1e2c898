//! A look-alike of Recharge's Admin REST API, version 2021-11, on a local port.
//!
//! It serves list bodies from files with Recharge's paths, filters, cursors, scopes, limits and refusals, and it misbehaves
//! on request. What is known about Recharge is cited where it is used; what is not known is a choice, and says so there.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use sidecard::simulator::recharge::{Options, start};
//!
//! let recharge = start(Options::default()).await?;
//! println!("GET {}/customers?email=kim@acme.example", recharge.base_url());
//! recharge.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! # The way of a request
//!
//! `server` reads it · `simulator` logs it, counts it in its token's `bucket`, draws from the `faults` · `api` checks
//! `tokens`, version, `routes` and scope, and answers with a page (`listing`, of a `resources` row) or one of the
//! `objects` · back in `simulator` the answer is held, delayed or spoiled · `server` sends it, with the accidents of
//! `connection`.
//!
//! # Data
//!
//! `customers.json`, `subscriptions.json`, `charges.json`, `addresses.json`, `orders.json`, `onetimes.json`,
//! `payment_methods.json`, `events.json`, `webhooks.json`, `discounts.json`, `plans.json`, `collections.json` and
//! `metafields.json` are the API's own list bodies, `store.json` is the body of
//! `GET /store`. `delivery_schedules.json` (`{"delivery_schedules":[{"customer":{"id":1},"deliveries":[]}]}`) holds bodies
//! of `GET /customers/{id}/delivery_schedule`. `tokens.json`
//! (`{"tokens":[{"token":"…","name":"…","scopes":["read_customers"],"client_secret":"…"}]}`) lists the only tokens that are
//! let in; without it every well-formed one is, with all read scopes. Of the built-in tokens only `A merchant who changes
//! things` has write scopes. Files of one name in several folders are joined.
//!
//! # Changes and webhooks
//!
//! Subscriptions, charges, customers, addresses and onetimes change by Recharge's own endpoints, with what follows: stamps,
//! queued charges, dates, counts. Each change, by the API or by the controls, goes to every webhook of a topic that it
//! fires, signed in both of Recharge's schemes with the `client_secret` of the token that registered it (a token without
//! one, and a token of no list: [`CLIENT_SECRET`]). An address that fails is tried 20 times over 48 hours by the
//! simulator's clock, and then its webhook is deleted. [`Hooks`] says what goes wrong on the way.
//!
//! The way of a change: `actions` (the endpoint) or `control` make a `changes::Change` · `topics` says what it fires ·
//! `posting` makes `hooks::deliveries` of that · `hooks::courier` sends it. The clock brings about no change by itself: a
//! charge date that passes is a call of `process`, or a `PATCH` of the charge.
//!
//! # Faults by address
//!
//! Whoever asks about `rate-limited@…`, `server-error@…`, `unauthorized@…`, `broken-json@…`, `truncated@…`, `reset@…`,
//! `silent@…`, `slow-6s@…`, `slow-300ms@…`, `expired-cursor@…`, `early-end@…`, `repeated-row@…` or `empty-page@…` meets that fault: by `email=` (such a customer need not exist), and by
//! `customer_id=`, `external_customer_id=`, `ids=` or the path of a customer who has such an address. Only calls about that
//! person fail: `/token_information` still vouches for the token that `unauthorized@…` seems to have lost.
//!
//! # Controls
//!
//! [`Running`] has them as methods, and the same are below `/_sim`: `GET` and `DELETE /_sim/requests`, `PUT /_sim/faults`
//! (body: `429=0.1,lag=30s`), `POST /_sim/strike/expired-cursor/1/charges`, `POST /_sim/hold`, `POST /_sim/release`, `PUT /_sim/clock` (body: `2026-11-20T10:15:02Z`),
//! `POST /_sim/revoke`, `POST /_sim/uninstall`, `PUT`, `PATCH` and `DELETE /_sim/{collection}/{id}`, `GET` and
//! `DELETE /_sim/deliveries`, `PUT /_sim/hooks` (body: `duplicate=0.1`), `PUT /_sim/date-moves` (body: `silent`), `POST /_sim/deliveries/hold` and `…/release`,
//! `POST /_sim/charges/{id}/fail` (body: nothing, or `{"error":"…","error_type":"…"}`),
//! `POST /_sim/charges/{id}/max-retries`, `POST /_sim/send/{resource}/{event}` (any body), `GET /_sim/truth/{customer id}`, and every action of the API without a
//! token below `/_sim/act`: `POST /_sim/act/subscriptions/585000001/cancel`.

mod actions;
mod amount;
mod answer;
mod api;
mod behavior;
mod bucket;
mod catalog;
mod chance;
mod changes;
mod changing;
mod charges;
mod clients;
mod clock;
mod connection;
mod control;
mod cursor;
mod data;
mod faults;
mod filters;
mod fixtures;
mod hooks;
mod include;
mod json;
mod lag;
mod listing;
mod log;
mod objects;
mod options;
mod posting;
mod request;
mod resource;
mod resources;
mod routes;
mod running;
mod server;
mod shift;
mod simulator;
mod stamps;
mod tables;
#[cfg(test)]
mod tests;
mod tokens;
mod topics;

pub use clients::CLIENT_SECRET;
pub use data::DataError;
pub use faults::{Faults, FaultsError};
pub use fixtures::FIXTURES_AS_OF;
pub use hooks::{Delivery, Fate, Hooks, HooksError, LostWebhook, Tally, signatures};
pub use log::LoggedRequest;
pub use options::{Data, Now, Options};
pub use running::Running;
pub use server::{StartError, start};
pub use stamps::DateMoves;
