//! The state that all installs share.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use tokio::runtime::Handle;

use super::coalesce::CoalescedFetches;
use super::failures::Failures;
use super::rate_limiter::{RateLimiterReading, RateLimiters};
use super::retry::Backoffs;
use crate::clock::{Clock, Deadline};
use crate::domain::answer::Reason;
use crate::domain::install::InstallName;
use crate::provider::Provider;
use crate::telemetry::Metrics;

/// Access to the providers, for the whole process.
pub struct Upstream {
    pub(super) providers: HashMap<&'static str, Arc<dyn Provider>>,
    pub(super) rate_limiters: RateLimiters,
    /// Recent failures and circuit breakers.
    pub failures: Failures,
    pub(super) backoffs: Backoffs,
    pub(super) credentials_checks: CoalescedFetches<InstallName, Result<(), Reason>>,
    pub metrics: Arc<Metrics>,
    pub(super) clock: Clock,
    /// The runtime of fetches: not that of a web worker, which drops a task when its client resets the connection.
    pub runtime: Handle,
}

impl Upstream {
    /// Access to these providers. Call within a Tokio runtime: fetches run on it.
    pub fn new(
        providers: impl IntoIterator<Item = Arc<dyn Provider>>,
        clock: &Clock,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            providers: providers
                .into_iter()
                .map(|provider| (provider.name(), provider))
                .collect(),
            rate_limiters: RateLimiters::new(clock),
            failures: Failures::new(clock),
            backoffs: Backoffs::default(),
            credentials_checks: CoalescedFetches::new(clock),
            metrics,
            clock: clock.clone(),
            runtime: Handle::current(),
        }
    }

    /// The provider of this name, if this binary has it.
    pub fn provider(&self, name: &str) -> Option<&Arc<dyn Provider>> {
        self.providers.get(name)
    }

    /// Forgets everything about an install: its credentials were replaced, or another shop took its name.
    pub fn reset(&self, install: &InstallName) {
        self.failures.accept_credentials(install);
        self.failures.circuit_breakers.reset(install);
        self.rate_limiters.forget(install);
    }

    /// The installs whose credentials are rejected.
    pub fn rejected_installs(&self) -> BTreeSet<InstallName> {
        self.failures.rejected_installs()
    }

    /// The installs whose circuit is open.
    pub fn open_circuits(&self) -> Vec<InstallName> {
        self.failures.circuit_breakers.open_installs()
    }

    /// The state of the install's rate limiter; `None` before its first fetch.
    pub fn rate_limiter(&self, install: &InstallName) -> Option<RateLimiterReading> {
        self.rate_limiters.reading(install)
    }

    /// Whether calls are plenty at an install: no one is queued, and a quarter of the bucket is free.
    pub fn has_calls_to_spare(&self, install: &InstallName) -> bool {
        self.rate_limiter(install).is_none_or(|reading| {
            let is_idle = reading.waiting.iter().all(|waiting| *waiting == 0);
            is_idle && reading.capacity - reading.level >= reading.capacity / 4.0
        })
    }

    /// The rate limiters of all installs that have fetched. Two installs with one token show the same.
    pub fn all_rate_limiters(&self) -> Vec<(InstallName, RateLimiterReading)> {
        self.rate_limiters.readings()
    }

    /// The number of requests that wait for time to pass: queued, or backing off before a retry.
    pub fn paused(&self) -> usize {
        self.rate_limiters.waiting() + self.backoffs.count()
    }

    /// Waits for running credentials checks; past the limit they are stopped.
    pub async fn shut_down(&self, limit: &Deadline) {
        self.credentials_checks.shut_down(limit).await;
    }
}
