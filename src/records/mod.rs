//! Records: one row per object, one pure rule for what is written, and the customer that the rows add up to.
//!
//! | file | is |
//! |---|---|
//! | `rule` | what one observation does to one row |
//! | `customer` | all rows of one customer, and what is known of how complete and up to date they are |
//! | `observe` | what an observation of one customer does to their rows |
//! | `compose` | rows -> the customer that a card shows |
//! | `contradiction` | whether the rows contradict each other because an event changed one of them alone |
//! | `implied` | what each webhook topic implies for the customer's other objects |
//!
//! Nothing here does I/O or reads a clock. The store asks these functions inside its write transactions.

mod compose;
mod contradiction;
mod customer;
mod implied;
mod observe;
mod rule;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

pub use compose::{Known, compose};
pub use customer::{CustomerRows, Freshness, GONE_AFTER};
pub use implied::{Implied, implied};
pub use observe::{Changes, Observed, observe};
pub use rule::{Commit, Decision, LAG, Moment, Row, Source};
