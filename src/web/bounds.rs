//! How large a request's head may be, and how often a workspace may ask.

use std::num::NonZeroU32;

use actix_web::HttpResponse;
use actix_web::dev::ServiceRequest;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use super::respond;
use crate::clock::{Clock, Stopwatch};
use crate::domain::id::WorkspaceId;
use crate::helpdesk::{Helpdesk, Problem, json::Json};

/// The longest address. One with five emails, each as long as can be, has 2 kB.
const LONGEST_ADDRESS: usize = 8 * 1_024;
/// Address and headers together.
const LARGEST_HEAD: usize = 16 * 1_024;

/// How often each workspace may ask.
pub struct Rate(Limiter);

type Limiter = RateLimiter<
    WorkspaceId,
    HashMapStateStore<WorkspaceId>,
    Ticks,
    NoOpMiddleware<std::time::Duration>,
>;

/// Our clock, as the limiter wants it.
#[derive(Clone)]
struct Ticks(Stopwatch);

impl governor::clock::Clock for Ticks {
    type Instant = std::time::Duration;

    fn now(&self) -> Self::Instant {
        self.0.elapsed()
    }
}

impl Rate {
    /// So many requests a second in the long run, and so many at once.
    pub fn new(clock: &Clock, per_second: NonZeroU32, burst: NonZeroU32) -> Self {
        Self(RateLimiter::new(
            Quota::per_second(per_second).allow_burst(burst),
            HashMapStateStore::default(),
            Ticks(clock.start()),
        ))
    }

    /// Whether the workspace may ask once more now.
    pub fn allows(&self, workspace: &WorkspaceId) -> bool {
        self.0.check_key(workspace).is_ok()
    }
}

/// The refusal of a request whose head is too large.
pub fn refusal(request: &ServiceRequest) -> Option<HttpResponse> {
    let address = request
        .uri()
        .path_and_query()
        .map_or(0, |address| address.as_str().len());
    let headers: usize = request
        .headers()
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    let is_too_large = address > LONGEST_ADDRESS || address + headers > LARGEST_HEAD;
    is_too_large.then(|| respond(Json.problem(Problem::HeadTooLarge)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn each_workspace_has_its_own_share_and_it_comes_back_with_time() {
        let clock = Clock::fixed(chrono::DateTime::UNIX_EPOCH);
        let number = |n| NonZeroU32::new(n).unwrap();
        let rate = Rate::new(&clock, number(2), number(3));
        let (a, b) = (WorkspaceId::new("a"), WorkspaceId::new("b"));
        let allowed = |id| (0..10).filter(|_| rate.allows(id)).count();
        assert_eq!((allowed(&a), allowed(&b)), (3, 3));
        clock.advance(Duration::from_secs(1));
        assert_eq!(allowed(&a), 2);
    }
}
