//! One install's turn: takes the install's lease, so that one process at a time registers, then visits its provider.

use std::sync::Arc;

use chrono::TimeDelta;

use super::visit::{Failed, Visit};
use crate::clock::Clock;
use crate::domain::day::Instant;
use crate::domain::install::InstallName;
use crate::provider::{Credentials, Provider};
use crate::store::{InstallRecord, Store, StoreError};

/// How long a process holds the lease.
const LEASE: TimeDelta = TimeDelta::minutes(10);

/// Everything that a visit needs.
pub struct Job {
    pub store: Store,
    pub clock: Clock,
    pub provider: Arc<dyn Provider>,
    pub record: InstallRecord,
    pub base: String,
    /// What the registration depends on: the address and the token's age.
    pub basis: String,
    pub with: Credentials,
    pub holder: Arc<str>,
    /// The age at which a registration is checked again.
    pub longest: TimeDelta,
}

impl Job {
    /// Visits the provider, unless another process does.
    pub async fn run(&self) -> Result<(), Failed> {
        let (name, now) = (&self.record.name, self.clock.now());
        let lease = format!("registration {name}");
        if !self
            .store
            .lease(&lease, &self.holder, now + LEASE, now)
            .await?
        {
            return Ok(());
        }
        let visit = Visit {
            store: &self.store,
            clock: &self.clock,
            provider: &self.provider,
            record: &self.record,
            base: &self.base,
            with: self.with.clone(),
        };
        // Another process may have done it a moment ago.
        let result = if is_due(&self.store, name, &self.basis, now, self.longest).await? {
            visit.look(&self.basis).await
        } else {
            visit.tidy().await
        };
        self.store.end_lease(&lease, &self.holder).await?;
        result
    }
}

/// Returns whether the install's webhooks must be checked at the provider.
pub async fn is_due(
    store: &Store,
    install: &InstallName,
    basis: &str,
    now: Instant,
    longest: TimeDelta,
) -> Result<bool, StoreError> {
    let last = store.registration(install).await?;
    Ok(last.is_none_or(|last| {
        last.basis != basis || last.problem.is_some() || now - last.checked_at >= longest
    }))
}
