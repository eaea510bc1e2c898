//! Records: one encrypted row per object of a customer, and how complete and up to date they are.
//!
//! | file | does |
//! |---|---|
//! | `commits` | the commit number of each install, and which customers changed since one |
//! | `rows` | reads and writes rows |
//! | `observe` | the transaction in which observations meet the rule of [`crate::records`] |
//! | `effects` | what an observation changes besides rows: freshness, keys, other customers |
//! | `keys` | which customers an address, an id or an order leads to, and what the provider was asked about |
//! | `erased` | the ids of people who were erased |
//! | `forget` | removes what is stored of a customer, of an install, or what is too old |

mod commits;
mod effects;
mod erased;
mod forget;
mod keys;
mod observe;
mod rows;

pub use commits::ChangedCustomers;
pub use keys::{Asked, KeptSubject};
pub use observe::{Observation, Stored};

pub(super) use commits::{begin_anew, next};
pub(super) use erased::remember as remember_erased;
pub(super) use forget::{forget_customer, forget_install, purge_old};
