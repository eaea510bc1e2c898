//! The rate limiters of all tokens.
//!
//! The bucket belongs to the token: two installs with the same token share it. It is found by a keyed fingerprint; the token
//! itself is not kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::limiter::{RateLimiter, RateLimiterReading};
use crate::clock::Clock;
use crate::domain::email::{Fingerprint, FingerprintKey};
use crate::domain::install::InstallName;
use crate::domain::secret::Secret;
use crate::provider::Rate;

/// Above this number, empty and unused rate limiters are dropped.
const MANY: usize = 1_000;

/// The rate limiters of all tokens.
pub struct RateLimiters {
    clock: Clock,
    fingerprints: FingerprintKey,
    tokens: Mutex<HashMap<Fingerprint, Arc<RateLimiter>>>,
    /// The one that each install used last.
    installs: Mutex<HashMap<InstallName, Arc<RateLimiter>>>,
}

impl RateLimiters {
    pub fn new(clock: &Clock) -> Self {
        Self {
            clock: clock.clone(),
            fingerprints: FingerprintKey::random(),
            tokens: Mutex::default(),
            installs: Mutex::default(),
        }
    }

    /// The rate limiter of the install's token; a new one with this rate when there is none yet.
    pub fn of(
        &self,
        install: &InstallName,
        provider: &str,
        token: &Secret<String>,
        rate: Rate,
    ) -> Arc<RateLimiter> {
        let fingerprint = self.fingerprints.of(provider, token.reveal());
        let mut tokens = lock(&self.tokens);
        if tokens.len() >= MANY && !tokens.contains_key(&fingerprint) {
            tokens.retain(|_, limiter| {
                Arc::strong_count(limiter) > 1 || limiter.reading().level > 0.0
            });
        }
        let limiter = tokens
            .entry(fingerprint)
            .or_insert_with(|| Arc::new(RateLimiter::new(&self.clock, rate)));
        let mut installs = lock(&self.installs);
        if !installs
            .get(install)
            .is_some_and(|known| Arc::ptr_eq(known, limiter))
        {
            installs.insert(install.clone(), Arc::clone(limiter));
        }
        Arc::clone(limiter)
    }

    /// The state of every install's rate limiter, for installs that have fetched.
    pub fn readings(&self) -> Vec<(InstallName, RateLimiterReading)> {
        let installs = lock(&self.installs);
        let mut all: Vec<_> = installs
            .iter()
            .map(|(name, limiter)| (name.clone(), limiter.reading()))
            .collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }

    /// The state of one install's rate limiter.
    pub fn reading(&self, install: &InstallName) -> Option<RateLimiterReading> {
        let limiter = lock(&self.installs).get(install).cloned();
        limiter.map(|limiter| limiter.reading())
    }

    /// The number of requests in all queues.
    pub fn waiting(&self) -> usize {
        let tokens = lock(&self.tokens);
        let waiting = tokens.values().map(|limiter| limiter.reading().waiting);
        waiting.map(|counts| counts.iter().sum::<usize>()).sum()
    }

    /// Drops the install's rate limiter: its token was replaced, or it is gone.
    pub fn forget(&self, install: &InstallName) {
        lock(&self.installs).remove(install);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
