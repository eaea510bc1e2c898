//! Recent failures, and installs whose credentials were rejected.
//!
//! While a provider is down, every view of a customer would start a new fetch and wait for it to fail. So a failure is
//! remembered for 3 seconds per target, and the next callers get the saved card at once. Rejected credentials are
//! remembered per install. Both by the monotonic clock: a wall clock that is set back makes neither last longer.

use std::collections::{BTreeSet, HashMap};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use moka::sync::Cache;

use super::circuit_breaker::CircuitBreakers;
use super::failure::{Failure, Target};
use crate::clock::{Clock, Stopwatch};
use crate::domain::answer::Reason;
use crate::domain::install::InstallName;

/// How long a failure answers for the next attempts.
const REMEMBERED: Duration = Duration::from_secs(3);
/// How long rejected credentials are not tried again.
const REJECTED: Duration = Duration::from_secs(30);
/// Maximum failures remembered at once; the oldest are dropped.
const MAX_FAILURES: u64 = 10_000;

/// When rejected credentials may be checked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recheck {
    Now,
    Later,
}

/// Remembers failures.
pub struct Failures {
    clock: Clock,
    recent: Cache<Target, (Stopwatch, Reason)>,
    /// Installs whose credentials were rejected, and since when; `None`: some time ago.
    rejected: RwLock<HashMap<InstallName, Option<Stopwatch>>>,
    pub circuit_breakers: CircuitBreakers,
}

impl Failures {
    pub fn new(clock: &Clock) -> Self {
        let hygiene = Duration::from_secs(600);
        Self {
            clock: clock.clone(),
            recent: Cache::builder()
                .max_capacity(MAX_FAILURES)
                .time_to_live(hygiene)
                .build(),
            rejected: RwLock::default(),
            circuit_breakers: CircuitBreakers::new(clock),
        }
    }

    /// Why a fetch would fail now; `None` when it is worth an attempt.
    pub fn recent(&self, target: &Target) -> Option<Reason> {
        if self.circuit_breakers.is_open(target.install()) {
            return Some(Reason::Unreachable);
        }
        let (since, reason) = self.recent.get(target)?;
        (since.elapsed() < REMEMBERED).then_some(reason)
    }

    /// When to check the install's credentials again; `None` when they were not rejected.
    pub fn credentials_rejected(&self, install: &InstallName) -> Option<Recheck> {
        let rejected = self.rejected.read().unwrap_or_else(PoisonError::into_inner);
        let since = rejected.get(install)?.as_ref();
        let is_recent = since.is_some_and(|since| since.elapsed() < REJECTED);
        Some(if is_recent {
            Recheck::Later
        } else {
            Recheck::Now
        })
    }

    /// Records a failure. A fetch that sent nothing proves nothing.
    pub fn record(&self, target: Target, failure: &Failure) {
        let install = target.install();
        if failure.reason == Reason::Reconnect {
            self.reject_credentials(install);
        } else if failure.calls > 0 {
            if failure.is_down {
                self.circuit_breakers.fetch_failed(&target);
            }
            // An open circuit answers for all targets; once it closes, each one is worth an attempt.
            if !self.circuit_breakers.is_open(install) {
                self.recent
                    .insert(target, (self.clock.start(), failure.reason));
            }
        }
    }

    /// Records a success: the provider answers and accepts the credentials.
    pub fn clear(&self, target: &Target) {
        self.recent.invalidate(target);
        self.circuit_breakers.fetch_succeeded(target.install());
        self.accept_credentials(target.install());
    }

    /// The provider rejected the install's credentials.
    pub fn reject_credentials(&self, install: &InstallName) {
        self.set_rejected(install, Some(self.clock.start()));
    }

    /// The credentials were rejected some time ago: they are checked before the next card.
    pub fn doubt_credentials(&self, install: &InstallName) {
        self.set_rejected(install, None);
    }

    /// The installs whose credentials are rejected.
    pub fn rejected_installs(&self) -> BTreeSet<InstallName> {
        let rejected = self.rejected.read().unwrap_or_else(PoisonError::into_inner);
        rejected.keys().cloned().collect()
    }

    /// The provider accepts the install's credentials.
    pub fn accept_credentials(&self, install: &InstallName) {
        // Most installs are not in the map: readers need not wait for that.
        let is_rejected = self.credentials_rejected(install).is_some();
        if is_rejected {
            let mut rejected = self
                .rejected
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            rejected.remove(install);
        }
    }

    fn set_rejected(&self, install: &InstallName, since: Option<Stopwatch>) {
        let mut rejected = self
            .rejected
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        rejected.insert(install.clone(), since);
    }
}
