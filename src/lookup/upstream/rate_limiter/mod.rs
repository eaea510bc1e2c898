//! A token's permits: how many calls it may make now, and the queue for them.
//!
//! | file | is |
//! |---|---|
//! | `limiter` | one token's rate limiter |
//! | `bucket` | a model of the provider's leaky bucket, corrected by every answer |
//! | `queue` | the requests that wait for permits, and which is next |
//! | `registry` | the rate limiters of all tokens |

mod bucket;
mod limiter;
mod queue;
mod registry;

pub use self::bucket::SentCall;
pub use self::limiter::{PermitRequest, RateLimiter, RateLimiterReading, Reservation};
pub use self::registry::RateLimiters;
