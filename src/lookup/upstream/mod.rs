//! Everything between a lookup and its provider: permits, circuit breakers, retries, coalescing.
//!
//! | file | is |
//! |---|---|
//! | `shared` | `Upstream`: the state that all installs share |
//! | `session` | one fetch's access to its provider: permits, retries, credentials |
//! | `credentials_check` | asks the provider whether rejected credentials are accepted again |
//! | `coalesce` | one fetch per key, shared by its callers |
//! | `waiters` | the agents that wait for a fetch, and the priority they give it |
//! | `priority` | interactive, refresh, background |
//! | `gate` | passes a fetch's calls through the rate limiter and reports how they ended |
//! | `rate_limiter` | a token's permits and the queue for them |
//! | `retry` | retries reads with backoff |
//! | `circuit_breaker` | stops calls to a provider that does not answer |
//! | `failures` | recent failures, and installs whose credentials were rejected |
//! | `failure` | why a fetch failed, and what it was for |
//!
//! Imports nothing of the rest of `lookup`.

mod circuit_breaker;
mod coalesce;
mod credentials_check;
mod failure;
mod failures;
mod gate;
mod priority;
mod rate_limiter;
mod retry;
mod session;
mod shared;
mod waiters;

pub use self::coalesce::{CoalescedFetches, Fallback, Joined, NoResult};
pub use self::failure::{Failure, Target};
pub use self::failures::Recheck;
pub use self::priority::Priority;
pub use self::rate_limiter::{RateLimiterReading, Reservation};
pub use self::session::{FetchContext, Session};
pub use self::shared::Upstream;
pub use self::waiters::Waiters;
