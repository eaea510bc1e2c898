//! Stops calls to a provider that does not answer.
//!
//! While an install's circuit is open, every caller gets the saved card at once instead of waiting. After a pause one fetch
//! may try (half-open); one good answer closes the circuit.
//!
//! A circuit opens when 3 connections in a row fail, or when 5 fetches for at least 3 customers fail within a minute and
//! none succeeds in between. So customers whose data the provider can't read do not block others.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::failure::Target;
use crate::clock::{Clock, Stopwatch};
use crate::domain::install::InstallName;

/// Failed connections in a row that open the circuit.
const CONNECTIONS: u32 = 3;
/// Failed fetches that open the circuit, for this many targets, within this window.
const FAILURES: usize = 5;
const TARGETS: usize = 3;
const WINDOW: Duration = Duration::from_secs(60);
/// How long the circuit stays open the first time; twice as long each further time, up to the maximum. A dead provider can
/// hold the one attempt for a connection's 5 seconds, and its recovery must be noticed within 10.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const MAX_PAUSE: Duration = Duration::from_secs(4);
/// Random variation of a pause, so that many processes do not try at once.
const JITTER: f64 = 0.2;

/// The circuit breakers of all installs.
#[derive(Clone)]
pub struct CircuitBreakers(Arc<Shared>);

struct Shared {
    start: Stopwatch,
    installs: Mutex<HashMap<InstallName, CircuitBreaker>>,
}

#[derive(Default)]
struct CircuitBreaker {
    /// Failed connections in a row.
    failed_connections: u32,
    failures: VecDeque<(Duration, Target)>,
    open: Option<Open>,
}

struct Open {
    until: Duration,
    /// The pause after the next failed attempt.
    next_pause: Duration,
    /// Half-open: one fetch is trying.
    is_probed: bool,
}

/// Permission to call the provider, held for the length of a fetch.
pub struct Admission {
    breakers: CircuitBreakers,
    /// The install, when this fetch is the half-open circuit's one attempt.
    probes: Option<InstallName>,
}

impl CircuitBreakers {
    pub fn new(clock: &Clock) -> Self {
        Self(Arc::new(Shared {
            start: clock.start(),
            installs: Mutex::default(),
        }))
    }

    /// Returns whether the install's circuit rejects fetches now.
    pub fn is_open(&self, install: &InstallName) -> bool {
        let now = self.0.start.elapsed();
        self.lock()
            .get(install)
            .and_then(|breaker| breaker.open.as_ref())
            .is_some_and(|open| open.is_probed || now < open.until)
    }

    /// The installs whose circuit is open or half-open.
    pub fn open_installs(&self) -> Vec<InstallName> {
        let mut all: Vec<_> = self
            .lock()
            .iter()
            .filter(|(_, breaker)| breaker.open.is_some())
            .map(|(name, _)| name.clone())
            .collect();
        all.sort();
        all
    }

    /// Admits a fetch; `None` while the circuit is open, or half-open with another fetch trying.
    pub fn admit(&self, install: &InstallName) -> Option<Admission> {
        let now = self.0.start.elapsed();
        let mut installs = self.lock();
        let probes = match installs.get_mut(install).and_then(|b| b.open.as_mut()) {
            None => None,
            Some(open) if open.is_probed || now < open.until => return None,
            Some(open) => {
                open.is_probed = true;
                Some(install.clone())
            }
        };
        drop(installs);
        Some(Admission {
            breakers: self.clone(),
            probes,
        })
    }

    /// Records a failed connection.
    pub fn connection_failed(&self, install: &InstallName) {
        self.change(install, |breaker, now| {
            breaker.failed_connections += 1;
            if breaker.failed_connections >= CONNECTIONS || breaker.open.is_some() {
                breaker.open(install, now);
            }
        });
    }

    /// Records a connection; `is_good` when its answer was no error.
    pub fn connected(&self, install: &InstallName, is_good: bool) {
        self.change(install, |breaker, _| {
            breaker.failed_connections = 0;
            if is_good && breaker.open.take().is_some() {
                breaker.failures.clear();
                tracing::info!(
                    install = install.as_str(),
                    "provider answers again; circuit closed"
                );
            }
        });
    }

    /// Records a fetch that got no usable answer.
    pub fn fetch_failed(&self, target: &Target) {
        let install = target.install();
        self.change(install, |breaker, now| {
            if breaker.open.is_some() {
                return breaker.open(install, now);
            }
            breaker.failures.push_back((now, target.clone()));
            while breaker.failures.len() > FAILURES {
                breaker.failures.pop_front();
            }
            let recent = breaker.failures.iter().filter(|(at, _)| now - *at < WINDOW);
            let (count, targets) =
                recent.fold((0, HashSet::new()), |(count, mut all), (_, target)| {
                    all.insert(target);
                    (count + 1, all)
                });
            if count >= FAILURES && targets.len() >= TARGETS {
                breaker.open(install, now);
            }
        });
    }

    /// Records a fetch that succeeded.
    pub fn fetch_succeeded(&self, install: &InstallName) {
        if let Some(breaker) = self.lock().get_mut(install) {
            breaker.failures.clear();
        }
    }

    /// Closes the install's circuit and forgets its failures.
    pub fn reset(&self, install: &InstallName) {
        self.lock().remove(install);
    }

    fn change(&self, install: &InstallName, change: impl FnOnce(&mut CircuitBreaker, Duration)) {
        let now = self.0.start.elapsed();
        let mut installs = self.lock();
        change(installs.entry(install.clone()).or_default(), now);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<InstallName, CircuitBreaker>> {
        self.0
            .installs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl CircuitBreaker {
    /// Opens the circuit, or keeps it open for longer.
    fn open(&mut self, install: &InstallName, now: Duration) {
        let pause = match &self.open {
            // The calls of one round fail together: that is one failure.
            Some(open) if !open.is_probed => return,
            Some(open) => open.next_pause,
            None => {
                tracing::warn!(
                    install = install.as_str(),
                    "provider does not answer; circuit opened, showing saved cards"
                );
                FIRST_PAUSE
            }
        };
        let jitter = 1.0 + JITTER * (2.0 * fastrand::f64() - 1.0);
        self.open = Some(Open {
            until: now + pause.mul_f64(jitter),
            next_pause: (pause * 2).min(MAX_PAUSE),
            is_probed: false,
        });
    }
}

impl Drop for Admission {
    /// Lets the next fetch try when this one ended without a result, as when its calls were never sent.
    fn drop(&mut self) {
        let Some(install) = &self.probes else {
            return;
        };
        let mut installs = self.breakers.lock();
        if let Some(open) = installs.get_mut(install).and_then(|b| b.open.as_mut()) {
            open.is_probed = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::CustomerId;

    fn acme() -> InstallName {
        InstallName::parse("acme-usa").unwrap()
    }

    fn customer(number: u32) -> Target {
        Target::Customer(acme(), CustomerId::new(number.to_string()))
    }

    fn breakers() -> (Clock, CircuitBreakers) {
        let clock = Clock::fixed(chrono::DateTime::UNIX_EPOCH);
        let breakers = CircuitBreakers::new(&clock);
        (clock, breakers)
    }

    #[test]
    fn opens_after_failed_connections_and_closes_after_one_answer() {
        let (clock, breakers) = breakers();
        breakers.connection_failed(&acme());
        breakers.connection_failed(&acme());
        breakers.connected(&acme(), false);
        breakers.connection_failed(&acme());
        breakers.connection_failed(&acme());
        assert!(!breakers.is_open(&acme()), "not in a row");
        breakers.connection_failed(&acme());
        assert!(breakers.is_open(&acme()) && breakers.admit(&acme()).is_none());
        let other = InstallName::parse("acme-eu").unwrap();
        assert!(!breakers.is_open(&other));

        clock.advance(FIRST_PAUSE.mul_f64(1.0 + JITTER));
        assert!(!breakers.is_open(&acme()));
        let admission = breakers.admit(&acme()).unwrap();
        assert!(breakers.is_open(&acme()), "one attempt at a time");
        assert!(breakers.admit(&acme()).is_none());
        breakers.connected(&acme(), false);
        assert_eq!(
            breakers.open_installs(),
            [acme()],
            "an error does not close it"
        );
        breakers.connected(&acme(), true);
        assert!(breakers.open_installs().is_empty());
        drop(admission);
        assert!(
            breakers
                .admit(&acme())
                .is_some_and(|admission| admission.probes.is_none())
        );
    }

    #[test]
    fn stays_open_longer_each_time_up_to_the_maximum() {
        let (clock, breakers) = breakers();
        for _ in 0..CONNECTIONS {
            breakers.connection_failed(&acme());
        }
        for expected in [1, 2, 4, 4, 4] {
            let least = Duration::from_secs(expected).mul_f64(1.0 - JITTER);
            clock.advance(least - Duration::from_millis(1));
            assert!(breakers.is_open(&acme()), "{expected}");
            clock.advance(
                Duration::from_secs(expected).mul_f64(2.0 * JITTER) + Duration::from_millis(2),
            );
            let admission = breakers.admit(&acme()).unwrap();
            // Three calls of one round.
            for _ in 0..3 {
                breakers.connection_failed(&acme());
            }
            breakers.fetch_failed(&customer(1));
            drop(admission);
        }
    }

    #[test]
    fn an_attempt_without_a_result_lets_the_next_one_try() {
        let (clock, breakers) = breakers();
        for _ in 0..CONNECTIONS {
            breakers.connection_failed(&acme());
        }
        clock.advance(MAX_PAUSE);
        drop(breakers.admit(&acme()).unwrap());
        assert!(breakers.admit(&acme()).is_some());
    }

    #[test]
    fn opens_after_failed_fetches_for_several_customers() {
        let (clock, breakers) = breakers();
        for _ in 0..20 {
            breakers.fetch_failed(&customer(1));
            breakers.fetch_failed(&customer(2));
        }
        assert!(
            !breakers.is_open(&acme()),
            "two bad customers do not block others"
        );
        breakers.fetch_succeeded(&acme());
        for number in 0..4 {
            breakers.fetch_failed(&customer(number));
        }
        breakers.fetch_succeeded(&acme());
        breakers.fetch_failed(&customer(9));
        assert!(!breakers.is_open(&acme()));
        clock.advance(WINDOW);
        for number in 0..4 {
            breakers.fetch_failed(&customer(number));
        }
        assert!(!breakers.is_open(&acme()), "the first was too long ago");
        breakers.fetch_failed(&customer(4));
        assert!(breakers.is_open(&acme()));
    }
}
