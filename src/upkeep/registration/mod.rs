//! Where providers send hooks: every topic that changes a card, at one address each.
//!
//! Ours are the ids that are recorded in this store, and what has the install's own hook id in its address: it was
//! registered by a process that died before it could record it. What is others' is counted and never touched.
//!
//! | file | does |
//! |---|---|
//! | `visit` | one look at an install's provider: what is missing is registered, what is over removed |
//! | `plan` | what is to be done, from what is listed and what is recorded; pure |
//! | `standing` | what there is to say of an install's hooks, to people |
//! | `reach` | whether the provider reaches us |
//! | `withdrawal` | ours are removed at the provider: the install goes, or its token |

mod plan;
mod reach;
mod standing;
mod visit;
mod withdrawal;

use std::collections::HashMap;
use std::time::Duration;

use chrono::TimeDelta;

use self::visit::{Failed, Visit};
use super::Providers;
use crate::clock::Clock;
use crate::domain::day::Instant;
use crate::domain::install::InstallName;
use crate::domain::secret::random_hex;
use crate::lookup::Lookups;
use crate::provider::{Credentials, ProviderError};
use crate::store::{HookRecord, InstallRecord, Store, StoreError};

pub use reach::{Reach, reach};
pub use standing::{Missing, Off, Standing, TopicStanding, off, standing};
pub use withdrawal::{Withdrawn, leave_token, withdraw};

/// How often it is seen whether there is something to do.
const EVERY: Duration = Duration::from_secs(5);
/// How often the provider is asked although nothing is known to have changed.
const DAILY: TimeDelta = TimeDelta::hours(24);
/// A process that begins asks sooner: it may have been away.
const AT_START: TimeDelta = TimeDelta::hours(1);
/// How long one process has the task.
const LEASE: TimeDelta = TimeDelta::minutes(10);

/// Keeps the addresses registered.
pub struct Registrar {
    store: Store,
    lookups: Lookups,
    providers: Providers,
    clock: Clock,
    public_url: Option<String>,
    /// Names this process among those that share the store.
    holder: String,
    changes: Option<i64>,
    installs: Vec<InstallRecord>,
    /// When an install is looked at again after a failure, and what it had failed with.
    later: HashMap<InstallName, (String, Instant)>,
    is_first: bool,
    failing: bool,
}

impl Registrar {
    /// For the service that is reached at this address from outside, which has no slash at its end.
    pub fn new(
        store: &Store,
        lookups: &Lookups,
        providers: &Providers,
        clock: &Clock,
        public_url: Option<String>,
    ) -> Self {
        Self {
            store: store.clone(),
            lookups: lookups.clone(),
            providers: providers.clone(),
            clock: clock.clone(),
            public_url,
            holder: random_hex(8),
            changes: None,
            installs: Vec::new(),
            later: HashMap::new(),
            is_first: true,
            failing: false,
        }
    }

    /// Looks every few seconds whether there is something to do, for as long as the process runs.
    pub async fn run(mut self) {
        loop {
            let next = self.clock.deadline(EVERY);
            match self.round().await {
                Ok(()) => self.failing = false,
                Err(error) if !std::mem::replace(&mut self.failing, true) => {
                    tracing::error!(%error, "webhooks can't be looked after");
                }
                Err(_) => {}
            }
            next.passed().await;
        }
    }

    async fn round(&mut self) -> Result<(), StoreError> {
        let changes = self.store.changes().await?;
        if self.changes != Some(changes) {
            self.installs = self.store.installs().await?;
            self.changes = Some(changes);
        }
        if self.is_first {
            self.say();
        }
        for record in self.installs.clone() {
            self.tend(&record).await?;
        }
        self.is_first = false;
        Ok(())
    }

    /// Which shops have no hooks, in one line.
    fn say(&self) {
        let without: Vec<_> = self
            .installs
            .iter()
            .filter_map(|record| {
                let off = off(record, self.public_url.as_deref())?;
                Some(format!("{}: {}", record.name, off.as_str()))
            })
            .collect();
        if !without.is_empty() {
            tracing::info!(
                shops = without.join(", "),
                "without webhooks: cards of these shops are as new as `cache.fresh` says"
            );
        }
    }

    async fn tend(&mut self, record: &InstallRecord) -> Result<(), StoreError> {
        let provider = self.providers.get(record.provider.as_str()).cloned();
        let (Some(provider), Some(base)) = (provider, self.public_url.clone()) else {
            return Ok(());
        };
        if off(record, Some(&base)).is_some() || record.must_reconnect() {
            return Ok(());
        }
        let (name, now) = (&record.name, self.clock.now());
        let basis = format!("{base} {}", record.token_replaced_at.timestamp_micros());
        let waits = self.later.get(name);
        if waits.is_some_and(|(with, until)| *with == basis && now < *until) {
            return Ok(());
        }
        let is_due = self.is_due(name, &basis, now).await?;
        let has_old = self.store.hooks(name).await?;
        let has_old = has_old.iter().any(|hook| !is_at(hook, &base));
        if !is_due && !has_old {
            return Ok(());
        }
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
            provider: &provider,
            record,
            base: &base,
            with: match &record.token {
                Ok(token) => self.lookups.credentials(name, &*provider, token),
                Err(_) => Credentials::new(String::new().into()),
            },
        };
        // Another process may have done it a moment ago.
        let done = if self.is_due(name, &basis, now).await? {
            visit.look(&basis).await
        } else {
            visit.tidy().await
        };
        self.store.end_lease(&lease, &self.holder).await?;
        match done {
            Ok(()) => {
                self.later.remove(name);
            }
            Err(Failed::Store(error)) => return Err(error),
            Err(Failed::Provider(error)) => {
                let until = self.clock.now() + wait(&error);
                self.later.insert(name.clone(), (basis, until));
                tracing::warn!(
                    install = name.as_str(),
                    error = error.label(),
                    detail = %error,
                    "its webhooks could not be looked after: it is tried again"
                );
            }
        }
        Ok(())
    }

    async fn is_due(
        &self,
        install: &InstallName,
        basis: &str,
        now: Instant,
    ) -> Result<bool, StoreError> {
        let longest = if self.is_first { AT_START } else { DAILY };
        let last = self.store.registration(install).await?;
        Ok(last.is_none_or(|last| {
            last.basis != basis || last.problem.is_some() || now - last.checked_at >= longest
        }))
    }
}

fn wait(error: &ProviderError) -> TimeDelta {
    match error {
        ProviderError::RateLimited { retry_after } => retry_after
            .and_then(|after| TimeDelta::from_std(after).ok())
            .unwrap_or(TimeDelta::seconds(30)),
        ProviderError::NotSent { .. } => TimeDelta::seconds(30),
        ProviderError::Refused => TimeDelta::hours(1),
        _ => TimeDelta::minutes(5),
    }
}

/// Whether an address is at this base.
fn is_at(hook: &HookRecord, base: &str) -> bool {
    let rest = hook.address.strip_prefix(base);
    rest.is_some_and(|rest| rest.starts_with('/'))
}
