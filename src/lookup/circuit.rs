//! Whether an install's provider answers at all.
//!
//! While it does not, asking would only make agents wait: the circuit is open, and every caller gets the last known card at
//! once. After a while one flight may try; one answer closes the circuit again.
//!
//! It opens when connections fail in a row, or when flights fail for several customers within a minute and none succeeds in
//! between: customers whose data the provider can't read block nobody else.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::faults::About;
use crate::clock::{Clock, Stopwatch};
use crate::domain::install::InstallName;

/// Connections that fail in a row before no more are tried.
const CONNECTIONS: u32 = 3;
/// Failed flights, about how many different customers or subjects, within which time.
const FAILURES: usize = 5;
const SUBJECTS: usize = 3;
const WINDOW: Duration = Duration::from_secs(60);
/// How long it stays open the first time; each time twice as long, up to the longest. A dead provider can keep the one who
/// tries waiting for the 5 seconds of a connection, and its return is to be seen within 10.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(4);
/// By how much that varies, so that many do not try at once.
const JITTER: f64 = 0.2;

/// The circuits of all installs.
#[derive(Clone)]
pub struct Circuits(Arc<Shared>);

struct Shared {
    start: Stopwatch,
    installs: Mutex<HashMap<InstallName, Circuit>>,
}

#[derive(Default)]
struct Circuit {
    /// Connections that failed in a row.
    connections: u32,
    failures: VecDeque<(Duration, About)>,
    open: Option<Open>,
}

struct Open {
    until: Duration,
    /// How long it stays open the next time.
    longer: Duration,
    /// Whether somebody is trying.
    is_tried: bool,
}

/// What whoever may ask holds while asking.
pub struct Entry {
    circuits: Circuits,
    /// The install, when this is the one try.
    tries: Option<InstallName>,
}

impl Circuits {
    pub fn new(clock: &Clock) -> Self {
        Self(Arc::new(Shared {
            start: clock.start(),
            installs: Mutex::default(),
        }))
    }

    /// Whether asking now would be in vain.
    pub fn is_shut_to(&self, install: &InstallName) -> bool {
        let now = self.0.start.elapsed();
        self.lock()
            .get(install)
            .and_then(|circuit| circuit.open.as_ref())
            .is_some_and(|open| open.is_tried || now < open.until)
    }

    /// The installs whose circuits are open.
    pub fn open(&self) -> Vec<InstallName> {
        let mut all: Vec<_> = self
            .lock()
            .iter()
            .filter(|(_, circuit)| circuit.open.is_some())
            .map(|(name, _)| name.clone())
            .collect();
        all.sort();
        all
    }

    /// Asks to be let in; `None` while it is open and nobody may try, or somebody does.
    pub fn enter(&self, install: &InstallName) -> Option<Entry> {
        let now = self.0.start.elapsed();
        let mut installs = self.lock();
        let tries = match installs.get_mut(install).and_then(|c| c.open.as_mut()) {
            None => None,
            Some(open) if open.is_tried || now < open.until => return None,
            Some(open) => {
                open.is_tried = true;
                Some(install.clone())
            }
        };
        drop(installs);
        Some(Entry {
            circuits: self.clone(),
            tries,
        })
    }

    /// No connection came about.
    pub fn no_connection(&self, install: &InstallName) {
        self.change(install, |circuit, now| {
            circuit.connections += 1;
            if circuit.connections >= CONNECTIONS || circuit.open.is_some() {
                circuit.open(install, now);
            }
        });
    }

    /// There was a connection; `is_good` when it brought an answer, too.
    pub fn connected(&self, install: &InstallName, is_good: bool) {
        self.change(install, |circuit, _| {
            circuit.connections = 0;
            if is_good && circuit.open.take().is_some() {
                circuit.failures.clear();
                tracing::info!(install = install.as_str(), "its provider answers again");
            }
        });
    }

    /// A flight brought nothing, because the provider could not be asked.
    pub fn failed(&self, install: &InstallName, about: &About) {
        self.change(install, |circuit, now| {
            if circuit.open.is_some() {
                return circuit.open(install, now);
            }
            circuit.failures.push_back((now, about.clone()));
            while circuit.failures.len() > FAILURES {
                circuit.failures.pop_front();
            }
            let recent = circuit.failures.iter().filter(|(at, _)| now - *at < WINDOW);
            let (count, subjects) =
                recent.fold((0, HashSet::new()), |(count, mut all), (_, about)| {
                    all.insert(about);
                    (count + 1, all)
                });
            if count >= FAILURES && subjects.len() >= SUBJECTS {
                circuit.open(install, now);
            }
        });
    }

    /// A flight brought something.
    pub fn succeeded(&self, install: &InstallName) {
        if let Some(circuit) = self.lock().get_mut(install) {
            circuit.failures.clear();
        }
    }

    /// The install starts anew.
    pub fn forget(&self, install: &InstallName) {
        self.lock().remove(install);
    }

    fn change(&self, install: &InstallName, change: impl FnOnce(&mut Circuit, Duration)) {
        let now = self.0.start.elapsed();
        let mut installs = self.lock();
        change(installs.entry(install.clone()).or_default(), now);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<InstallName, Circuit>> {
        self.0
            .installs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Circuit {
    /// Opens, or stays open for longer.
    fn open(&mut self, install: &InstallName, now: Duration) {
        let longer = match &self.open {
            // The calls of one round fail together: that is one failure.
            Some(open) if !open.is_tried => return,
            Some(open) => open.longer,
            None => {
                tracing::warn!(
                    install = install.as_str(),
                    "its provider does not answer: last known cards are shown"
                );
                FIRST
            }
        };
        let jitter = 1.0 + JITTER * (2.0 * fastrand::f64() - 1.0);
        self.open = Some(Open {
            until: now + longer.mul_f64(jitter),
            longer: (longer * 2).min(LONGEST),
            is_tried: false,
        });
    }
}

impl Drop for Entry {
    /// A try that ended without a word, as when its calls were never sent, leaves the next one free to try.
    fn drop(&mut self) {
        let Some(install) = &self.tries else {
            return;
        };
        let mut installs = self.circuits.lock();
        if let Some(open) = installs.get_mut(install).and_then(|c| c.open.as_mut()) {
            open.is_tried = false;
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

    fn about(customer: u32) -> About {
        About::Customer(acme(), CustomerId::new(customer.to_string()))
    }

    fn made() -> (Clock, Circuits) {
        let clock = Clock::fixed(chrono::DateTime::UNIX_EPOCH);
        let circuits = Circuits::new(&clock);
        (clock, circuits)
    }

    #[test]
    fn connections_that_fail_in_a_row_open_it_and_one_answer_closes_it() {
        let (clock, circuits) = made();
        circuits.no_connection(&acme());
        circuits.no_connection(&acme());
        circuits.connected(&acme(), false);
        circuits.no_connection(&acme());
        circuits.no_connection(&acme());
        assert!(!circuits.is_shut_to(&acme()), "not in a row");
        circuits.no_connection(&acme());
        assert!(circuits.is_shut_to(&acme()) && circuits.enter(&acme()).is_none());
        let other = InstallName::parse("acme-eu").unwrap();
        assert!(!circuits.is_shut_to(&other));

        clock.advance(FIRST.mul_f64(1.0 + JITTER));
        assert!(!circuits.is_shut_to(&acme()));
        let entry = circuits.enter(&acme()).unwrap();
        assert!(circuits.is_shut_to(&acme()), "one at a time");
        assert!(circuits.enter(&acme()).is_none());
        circuits.connected(&acme(), false);
        assert_eq!(circuits.open(), [acme()], "an error is no answer");
        circuits.connected(&acme(), true);
        assert!(circuits.open().is_empty());
        drop(entry);
        assert!(
            circuits
                .enter(&acme())
                .is_some_and(|entry| entry.tries.is_none())
        );
    }

    #[test]
    fn it_stays_open_longer_each_time_but_never_too_long() {
        let (clock, circuits) = made();
        for _ in 0..CONNECTIONS {
            circuits.no_connection(&acme());
        }
        for expected in [1, 2, 4, 4, 4] {
            let least = Duration::from_secs(expected).mul_f64(1.0 - JITTER);
            clock.advance(least - Duration::from_millis(1));
            assert!(circuits.is_shut_to(&acme()), "{expected}");
            clock.advance(
                Duration::from_secs(expected).mul_f64(2.0 * JITTER) + Duration::from_millis(2),
            );
            let entry = circuits.enter(&acme()).unwrap();
            // Three calls of one round.
            for _ in 0..3 {
                circuits.no_connection(&acme());
            }
            circuits.failed(&acme(), &about(1));
            drop(entry);
        }
    }

    #[test]
    fn a_try_without_an_end_leaves_it_to_the_next() {
        let (clock, circuits) = made();
        for _ in 0..CONNECTIONS {
            circuits.no_connection(&acme());
        }
        clock.advance(LONGEST);
        drop(circuits.enter(&acme()).unwrap());
        assert!(circuits.enter(&acme()).is_some());
    }

    #[test]
    fn failures_open_it_only_if_they_are_about_several_and_nothing_succeeds_meanwhile() {
        let (clock, circuits) = made();
        for _ in 0..20 {
            circuits.failed(&acme(), &about(1));
            circuits.failed(&acme(), &about(2));
        }
        assert!(
            !circuits.is_shut_to(&acme()),
            "two bad customers block nobody"
        );
        circuits.succeeded(&acme());
        for customer in 0..4 {
            circuits.failed(&acme(), &about(customer));
        }
        circuits.succeeded(&acme());
        circuits.failed(&acme(), &about(9));
        assert!(!circuits.is_shut_to(&acme()));
        clock.advance(WINDOW);
        for customer in 0..4 {
            circuits.failed(&acme(), &about(customer));
        }
        assert!(!circuits.is_shut_to(&acme()), "the first was too long ago");
        circuits.failed(&acme(), &about(4));
        assert!(circuits.is_shut_to(&acme()));
    }
}
