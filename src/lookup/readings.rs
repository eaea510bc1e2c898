//! The state of lookups: for metrics, for admin pages, and for the end of the process.

use std::time::Duration;

use super::Lookups;
use super::upstream::RateLimiterReading;
use crate::domain::install::InstallName;

/// What memory holds of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheReading {
    /// How many.
    pub entries: u64,
    /// About how many bytes they take.
    pub bytes: u64,
}

impl Lookups {
    /// The state of the install's rate limiter; `None` before its first fetch.
    pub fn rate_limiter(&self, install: &InstallName) -> Option<RateLimiterReading> {
        self.0.upstream.rate_limiter(install)
    }

    /// The rate limiters of all installs that have fetched. Two installs with one token show the same.
    pub fn rate_limiters(&self) -> Vec<(InstallName, RateLimiterReading)> {
        self.0.upstream.all_rate_limiters()
    }

    /// The installs whose circuit is open.
    pub fn open_circuits(&self) -> Vec<InstallName> {
        self.0.upstream.open_circuits()
    }

    /// What the cache holds: subjects, and customers.
    pub fn cache(&self) -> (CacheReading, CacheReading) {
        self.0.memory.reading()
    }

    /// The number of callers that wait for a fetch.
    pub fn waiting(&self) -> usize {
        self.0.identifying.waiting() + self.0.fetching.waiting() + self.0.completing.waiting()
    }

    /// The number of fetches under way.
    pub fn fetching(&self) -> usize {
        self.0.identifying.running() + self.0.fetching.running() + self.0.completing.running()
    }

    /// The number of tasks of the runtime that fetches run on.
    pub fn tasks(&self) -> usize {
        self.0.upstream.runtime.metrics().num_alive_tasks()
    }

    /// The number of requests that wait for time to pass: queued, or backing off before a retry.
    pub fn paused(&self) -> usize {
        self.0.upstream.paused()
    }

    /// Waits for the fetches under way; those that take longer than this are stopped. For the end of the process.
    pub async fn end(&self, longest: Duration) {
        let limit = self.0.clock.deadline(longest);
        self.0.fetching.shut_down(&limit).await;
        self.0.completing.shut_down(&limit).await;
        self.0.identifying.shut_down(&limit).await;
        self.0.shops.flights.shut_down(&limit).await;
        self.0.upstream.shut_down(&limit).await;
    }
}
