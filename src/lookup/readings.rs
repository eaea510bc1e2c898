//! How things stand: for metrics, for the pages of admins, and for the end of the process.

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

    /// What memory holds: resolutions, and snapshots.
    pub fn cache(&self) -> (CacheReading, CacheReading) {
        (self.0.resolutions.reading(), self.0.snapshots.reading())
    }

    /// How many callers are waiting for a flight now.
    pub fn waiting(&self) -> usize {
        self.0.resolutions.flights.waiting() + self.0.snapshots.flights.waiting()
    }

    /// How many flights are under way now.
    pub fn flying(&self) -> usize {
        self.0.resolutions.flights.running() + self.0.snapshots.flights.running()
    }

    /// How many tasks the runtime that flights run on has now.
    pub fn tasks(&self) -> usize {
        self.0.upstream.runtime.metrics().num_alive_tasks()
    }

    /// The number of requests that wait for time to pass: queued, or backing off before a retry.
    pub fn paused(&self) -> usize {
        self.0.upstream.paused()
    }

    /// Lets the flights under way land; those that take longer than this are stopped. For the end, when nobody asks any
    /// more.
    pub async fn end(&self, longest: Duration) {
        let limit = self.0.clock.deadline(longest);
        self.0.snapshots.flights.shut_down(&limit).await;
        self.0.resolutions.flights.shut_down(&limit).await;
        self.0.shops.flights.shut_down(&limit).await;
        self.0.upstream.shut_down(&limit).await;
    }
}
