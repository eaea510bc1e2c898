//! What failed a moment ago.
//!
//! While a provider is down every look at a customer would start a new flight and wait for its failure. A failure is
//! remembered for a moment, per subject and customer, so that the next callers get the last known card at once. That an
//! install's credentials are refused is remembered for the install.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::TimeDelta;
use moka::sync::Cache;

use super::circuit::Circuits;
use super::fetch::Fault;
use super::per_install::PerInstall;
use crate::clock::Clock;
use crate::domain::answer::Reason;
use crate::domain::day::Instant;
use crate::domain::id::CustomerId;
use crate::domain::install::InstallName;
use crate::domain::question::SubjectKey;

/// How long a failure stands in for another try.
const REMEMBERED: TimeDelta = TimeDelta::seconds(3);
/// How long refused credentials are not tried again.
const REFUSED: TimeDelta = TimeDelta::seconds(30);
/// More failures than that at once are no longer told apart; the oldest are forgotten.
const MOST: u64 = 10_000;

/// What a failure is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum About {
    /// Finding who this is.
    Subject(InstallName, SubjectKey),
    /// Reading this customer.
    Customer(InstallName, CustomerId),
}

impl About {
    fn install(&self) -> &InstallName {
        match self {
            Self::Subject(install, _) | Self::Customer(install, _) => install,
        }
    }
}

/// Whether refused credentials are worth another try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TryAgain {
    Now,
    Later,
}

/// The memory of failures.
pub struct Faults {
    clock: Clock,
    recent: Cache<About, (Instant, Reason)>,
    refused: PerInstall<Instant>,
    /// Whether the providers answer at all.
    pub circuits: Circuits,
}

impl Faults {
    pub fn new(clock: &Clock) -> Self {
        let hygiene = Duration::from_secs(600);
        Self {
            clock: clock.clone(),
            recent: Cache::builder()
                .max_capacity(MOST)
                .time_to_live(hygiene)
                .build(),
            refused: PerInstall::default(),
            circuits: Circuits::new(clock),
        }
    }

    /// Why asking now would be in vain; `None` when it is worth a try.
    pub fn standing(&self, about: &About) -> Option<Reason> {
        if self.circuits.is_shut_to(about.install()) {
            return Some(Reason::Unreachable);
        }
        let now = self.clock.now();
        let (at, reason) = self.recent.get(about)?;
        (now - at < REMEMBERED).then_some(reason)
    }

    /// Whether the last word on this install's credentials was a refusal, and if so, whether it is time to try again.
    pub fn is_refused(&self, install: &InstallName) -> Option<TryAgain> {
        let at = self.refused.of(install)?;
        Some(if self.clock.now() - at < REFUSED {
            TryAgain::Later
        } else {
            TryAgain::Now
        })
    }

    /// A failure. From a flight that sent nothing, nothing was learned.
    pub fn note(&self, install: &InstallName, about: About, fault: &Fault) {
        if fault.reason == Reason::Reconnect {
            self.refused(install);
        } else if fault.calls > 0 {
            if fault.is_down {
                self.circuits.failed(install, &about);
            }
            // While the circuit is open it speaks for all; when it closes, everybody is worth a try again.
            if !self.circuits.is_shut_to(install) {
                self.recent.insert(about, (self.clock.now(), fault.reason));
            }
        }
    }

    /// A success: the provider answers, with these credentials.
    pub fn clear(&self, install: &InstallName, about: &About) {
        self.recent.invalidate(about);
        self.circuits.succeeded(install);
        self.accepted(install);
    }

    /// The install's credentials were refused.
    pub fn refused(&self, install: &InstallName) {
        self.refused.put(install, self.clock.now());
    }

    /// They were refused some time ago: before the next card the provider is asked.
    pub fn doubted(&self, install: &InstallName) {
        self.refused.put(install, Instant::UNIX_EPOCH);
    }

    /// The installs whose credentials are refused.
    pub fn all_refused(&self) -> BTreeSet<InstallName> {
        self.refused.installs().into_iter().collect()
    }

    /// The install's credentials are good.
    pub fn accepted(&self, install: &InstallName) {
        self.refused.remove(install);
    }
}
