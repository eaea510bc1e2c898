//! Webhook registration: every topic that changes a card, at one address each.
//!
//! Ours are the ids that are recorded in this store, and addresses with the install's own hook id: a process registered them
//! and died before it could record them. Other programs' webhooks are counted and never touched.
//!
//! | file | does |
//! |---|---|
//! | `job` | one install's turn: the lease, then a visit |
//! | `visit` | one look at an install's provider: registers missing webhooks and removes superfluous ones |
//! | `plan` | decides what to do, from the listed and the recorded webhooks; pure |
//! | `standing` | an install's webhooks as people see them |
//! | `reach` | whether the provider reaches us |
//! | `withdrawal` | removes our webhooks at the provider: the install goes, or its token |

mod job;
mod plan;
mod reach;
mod standing;
mod visit;
mod withdrawal;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::task::{Id, JoinError, JoinSet};

use self::job::{Job, is_due};
use self::visit::Failed;
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

/// How often the installs are checked for work.
const EVERY: Duration = Duration::from_secs(5);
/// How often the provider is asked although nothing is known to have changed.
const DAILY: TimeDelta = TimeDelta::hours(24);
/// After a start the provider is asked sooner: the process may have been down.
const AT_START: TimeDelta = TimeDelta::hours(1);
/// Maximum installs that are visited at once. A visit makes one call at a time.
const MAX_VISITS: usize = 32;

/// The wait after a failure that passes by itself. A provider's longer pause is up to the rate limiter.
const AFTER_SHORTAGE: TimeDelta = TimeDelta::seconds(30);

/// Keeps the webhooks registered. Installs are visited side by side, so that none waits for a slow provider of another.
pub struct Registrar {
    store: Store,
    lookups: Lookups,
    providers: Providers,
    clock: Clock,
    public_url: Option<String>,
    /// This process among those that share the store.
    holder: Arc<str>,
    changes: Option<i64>,
    installs: Vec<InstallRecord>,
    visits: JoinSet<Done>,
    /// The install of each running visit.
    visited: HashMap<Id, InstallName>,
    /// Installs that were checked since the start.
    checked: HashSet<InstallName>,
    /// When an install is visited again after a failure, and the basis that failed.
    later: HashMap<InstallName, (String, Instant)>,
    is_first: bool,
    failing: bool,
}

/// A finished visit.
struct Done {
    basis: String,
    result: Result<(), Failed>,
}

impl Registrar {
    /// For the service at this public address, which has no slash at its end.
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
            holder: random_hex(8).into(),
            changes: None,
            installs: Vec::new(),
            visits: JoinSet::new(),
            visited: HashMap::new(),
            checked: HashSet::new(),
            later: HashMap::new(),
            is_first: true,
            failing: false,
        }
    }

    /// Starts the visits that are due every few seconds, for as long as the process runs.
    pub async fn run(mut self) {
        loop {
            let next = self.clock.deadline(EVERY);
            match self.round().await {
                Ok(()) => self.failing = false,
                Err(error) if !std::mem::replace(&mut self.failing, true) => {
                    tracing::error!(%error, "webhook registration can't read the store");
                }
                Err(_) => {}
            }
            loop {
                tokio::select! {
                    biased;
                    Some(done) = self.visits.join_next_with_id() => self.finish(done),
                    () = next.passed() => break,
                }
            }
        }
    }

    async fn round(&mut self) -> Result<(), StoreError> {
        let changes = self.store.changes().await?;
        if self.changes != Some(changes) {
            self.installs = self.store.installs().await?;
            self.changes = Some(changes);
        }
        if std::mem::take(&mut self.is_first) {
            self.log_installs_without_webhooks();
        }
        for record in self.installs.clone() {
            if self.visits.len() == MAX_VISITS {
                break;
            }
            if let Some(job) = self.job(&record).await? {
                let visit = self.visits.spawn(async move {
                    let result = job.run().await;
                    let basis = job.basis;
                    Done { basis, result }
                });
                self.visited.insert(visit.id(), record.name);
            }
        }
        Ok(())
    }

    fn log_installs_without_webhooks(&self) {
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

    /// The install's visit, if one is due and none is running.
    async fn job(&mut self, record: &InstallRecord) -> Result<Option<Job>, StoreError> {
        let provider = self.providers.get(record.provider.as_str()).cloned();
        let (Some(provider), Some(base)) = (provider, self.public_url.clone()) else {
            return Ok(None);
        };
        if off(record, Some(&base)).is_some() || record.must_reconnect() {
            return Ok(None);
        }
        let (name, now) = (&record.name, self.clock.now());
        let basis = format!("{base} {}", record.token_replaced_at.timestamp_micros());
        let later = self.later.get(name);
        let waits = later.is_some_and(|(failed, until)| *failed == basis && now < *until);
        if waits || self.visited.values().any(|visited| visited == name) {
            return Ok(None);
        }
        let is_new = self.checked.insert(name.clone());
        let longest = if is_new { AT_START } else { DAILY };
        let is_due = is_due(&self.store, name, &basis, now, longest).await?;
        let has_old = self.store.hooks(name).await?;
        let has_old = has_old.iter().any(|hook| !is_at(hook, &base));
        if !is_due && !has_old {
            return Ok(None);
        }
        Ok(Some(Job {
            store: self.store.clone(),
            clock: self.clock.clone(),
            with: match &record.token {
                Ok(token) => self.lookups.setup_credentials(name, &*provider, token),
                Err(_) => Credentials::new(String::new().into()),
            },
            provider,
            record: record.clone(),
            base,
            basis,
            holder: Arc::clone(&self.holder),
            longest,
        }))
    }

    fn finish(&mut self, done: Result<(Id, Done), JoinError>) {
        let (id, done) = match done {
            Ok((id, done)) => (id, Some(done)),
            Err(error) => (error.id(), None),
        };
        let Some(install) = self.visited.remove(&id) else {
            return;
        };
        let Some(Done { basis, result }) = done else {
            tracing::error!(install = install.as_str(), "webhook registration panicked");
            return;
        };
        let wait = match result {
            Ok(()) => {
                self.later.remove(&install);
                return;
            }
            Err(Failed::Store(error)) => {
                tracing::error!(
                    install = install.as_str(),
                    %error,
                    "webhook registration can't use the store; retrying"
                );
                AFTER_SHORTAGE
            }
            Err(Failed::Provider(error)) => {
                tracing::warn!(
                    install = install.as_str(),
                    error = error.label(),
                    detail = %error,
                    "webhook registration failed; retrying"
                );
                wait(&error)
            }
        };
        self.later.insert(install, (basis, self.clock.now() + wait));
    }
}

fn wait(error: &ProviderError) -> TimeDelta {
    match error {
        ProviderError::RateLimited { .. } | ProviderError::NotSent { .. } => AFTER_SHORTAGE,
        ProviderError::Refused => TimeDelta::hours(1),
        _ => TimeDelta::minutes(5),
    }
}

/// Returns whether a webhook's address is at this base.
fn is_at(hook: &HookRecord, base: &str) -> bool {
    let rest = hook.address.strip_prefix(base);
    rest.is_some_and(|rest| rest.starts_with('/'))
}
