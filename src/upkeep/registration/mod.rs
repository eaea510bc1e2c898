//! Where providers send hooks: every topic that changes a card, at one address each.
//!
//! Ours are the ids that are recorded in this store, and what has the install's own hook id in its address: it was
//! registered by a process that died before it could record it. What is others' is counted and never touched.
//!
//! | file | does |
//! |---|---|
//! | `plan` | what is to be done, from what is listed and what is recorded; pure |
//! | `standing` | what there is to say of an install's hooks, to people |
//! | `reach` | whether the provider reaches us |
//! | `withdrawal` | ours are removed at the provider: the install goes, or its token |

mod plan;
mod reach;
mod standing;
mod withdrawal;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;

use self::plan::{Look, Plan};
use super::Providers;
use crate::clock::Clock;
use crate::domain::day::Instant;
use crate::domain::install::InstallName;
use crate::domain::secret::random_hex;
use crate::provider::{Credentials, Provider, ProviderError, Topic, Webhook};
use crate::store::{HookRecord, HookTopic, InstallRecord, Registration, Store, StoreError};

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
/// How long the new address may go without a hook before the old one is removed.
const UNPROVEN: TimeDelta = TimeDelta::hours(1);
/// An address is let go by the provider after it has failed for so long: so long before it was seen to be gone hooks may
/// have been lost.
const FAILING: TimeDelta = TimeDelta::hours(48);
/// So many of one topic are all that a token can have.
const MOST_OF_A_TOPIC: usize = 10;

/// Keeps the addresses registered.
pub struct Registrar {
    store: Store,
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
        providers: &Providers,
        clock: &Clock,
        public_url: Option<String>,
    ) -> Self {
        Self {
            store: store.clone(),
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
        let mut visit = Visit {
            store: &self.store,
            clock: &self.clock,
            provider: &provider,
            record,
            base: &base,
            with: record
                .token
                .clone()
                .map(Credentials::new)
                .unwrap_or_else(|_| Credentials::new(String::new().into())),
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

/// Why a look did not come to its end.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Provider(#[from] ProviderError),
}

fn wait(error: &ProviderError) -> TimeDelta {
    match error {
        ProviderError::RateLimited { retry_after } => retry_after
            .and_then(|after| TimeDelta::from_std(after).ok())
            .unwrap_or(TimeDelta::seconds(30)),
        ProviderError::Refused => TimeDelta::hours(1),
        _ => TimeDelta::minutes(5),
    }
}

/// One visit at an install's provider.
struct Visit<'a> {
    store: &'a Store,
    clock: &'a Clock,
    provider: &'a Arc<dyn Provider>,
    record: &'a InstallRecord,
    base: &'a str,
    with: Credentials,
}

impl Visit<'_> {
    fn look_with<'a>(&'a self, scopes: &'a [String]) -> Look<'a> {
        Look {
            provider: self.provider.name(),
            base: self.base,
            hook_id: &self.record.hook_id,
            topics: self.provider.topics(),
            scopes,
            token_since: self.record.token_replaced_at,
            now: self.clock.now(),
        }
    }

    /// Lists what is there, registers what is missing, and writes down what it came to.
    async fn look(&mut self, basis: &str) -> Result<(), Failed> {
        let name = &self.record.name;
        let mut came_to = Registration {
            basis: basis.to_owned(),
            checked_at: self.clock.now(),
            problem: None,
            sidecards: 0,
            others: 0,
        };
        let mut topics = Vec::new();
        let looked = self.register(&mut came_to, &mut topics).await;
        if let Err(Failed::Provider(error)) = &looked {
            came_to.problem = Some(error.label().to_owned());
        }
        if !matches!(looked, Err(Failed::Store(_))) {
            self.store
                .keep_registration(name, &came_to, &topics)
                .await?;
        }
        looked?;
        self.tidy().await
    }

    async fn register(
        &self,
        came_to: &mut Registration,
        said: &mut Vec<HookTopic>,
    ) -> Result<(), Failed> {
        let name = &self.record.name;
        let scopes = self.provider.token(&self.with).await?.scopes;
        let all = self.provider.webhooks(&self.with).await?;
        let look = self.look_with(&scopes);
        let plan = look.plan(&self.store.hooks(name).await?, &all);
        (came_to.sidecards, came_to.others) = (plan.sidecards, plan.others);
        if plan.sidecards > 0 {
            tracing::warn!(
                install = name.as_str(),
                webhooks = plan.sidecards,
                "another Sidecard seems to use this token"
            );
        }
        for hook in &plan.listed {
            self.store.record_hook(name, hook).await?;
        }
        said.extend(
            plan.forbidden
                .iter()
                .map(|topic| missing(topic, Missing::Scope)),
        );
        // At once, and once more when all is registered again: cards that are read in between may lack something too.
        self.open_gap(&plan).await?;
        for topic in &plan.create {
            let address = look.address(topic.name);
            match self
                .provider
                .add_webhook(&self.with, topic.name, &address)
                .await
            {
                Ok(made) => self.made(made, topic.name, &address).await?,
                Err(ProviderError::Forbidden) => said.push(missing(topic, Missing::Scope)),
                Err(ProviderError::Declined { detail, .. }) => {
                    let why = declined(topic, &all);
                    tracing::warn!(
                        install = name.as_str(),
                        topic = topic.name,
                        why = why.as_str(),
                        detail,
                        "a webhook can't be registered"
                    );
                    said.push(missing(topic, why));
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.note_losses(&plan, said).await?;
        tracing::info!(
            install = name.as_str(),
            registered = plan.create.len(),
            there = plan.listed.len(),
            lost = plan.lost.len(),
            "its webhooks are looked after"
        );
        Ok(())
    }

    async fn made(&self, made: Webhook, topic: &str, address: &str) -> Result<(), StoreError> {
        let now = self.clock.now();
        let hook = HookRecord {
            id: made.id,
            topic: topic.to_owned(),
            address: address.to_owned(),
            created_at: now,
            seen_at: now,
        };
        self.store.record_hook(&self.record.name, &hook).await
    }

    /// What was lost, or left with an older token, may have kept something from us until now. Only then is it forgotten: a
    /// process that dies before finds it missing again.
    async fn note_losses(&self, plan: &Plan, said: &mut Vec<HookTopic>) -> Result<(), StoreError> {
        let (name, now) = (&self.record.name, self.clock.now());
        self.open_gap(plan).await?;
        for hook in &plan.lost {
            tracing::warn!(
                install = name.as_str(),
                topic = hook.topic,
                "its webhook had vanished, and is registered again"
            );
            match said.iter_mut().find(|said| said.topic == hook.topic) {
                Some(said) => said.lost_at = Some(now),
                None => said.push(HookTopic {
                    topic: hook.topic.clone(),
                    missing: None,
                    lost_at: Some(now),
                }),
            }
        }
        for hook in plan.lost.iter().chain(&plan.left).chain(&plan.over) {
            self.store.forget_hook(name, &hook.id).await?;
        }
        Ok(())
    }

    async fn open_gap(&self, plan: &Plan) -> Result<(), StoreError> {
        let gone = || plan.lost.iter().chain(&plan.left);
        if let Some(since) = gone().map(|hook| hook.seen_at - FAILING).min() {
            let deletions = gone().any(|hook| hook.topic.ends_with("/deleted"));
            let until = self.clock.now();
            self.store
                .open_gap(&self.record.name, (since, until), deletions)
                .await?;
        }
        Ok(())
    }

    /// Removes at the provider what is ours and not needed any more.
    async fn tidy(&self) -> Result<(), Failed> {
        let (name, now) = (&self.record.name, self.clock.now());
        let ours = self.store.hooks(name).await?;
        let deliveries = self.store.hook_deliveries(name).await?;
        let is_proven = |current: &HookRecord| {
            let came = deliveries.iter().any(|delivery| {
                delivery.topic == current.topic && delivery.last_at > current.created_at
            });
            came || now - current.created_at >= UNPROVEN
        };
        for hook in self.look_with(&[]).superfluous(&ours, is_proven) {
            match self.provider.remove_webhook(&self.with, &hook.id).await {
                Ok(()) | Err(ProviderError::NotFound) => {
                    self.store.forget_hook(name, &hook.id).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// Whether an address is at this base.
fn is_at(hook: &HookRecord, base: &str) -> bool {
    let rest = hook.address.strip_prefix(base);
    rest.is_some_and(|rest| rest.starts_with('/'))
}

fn missing(topic: &Topic, why: Missing) -> HookTopic {
    HookTopic {
        topic: topic.name.to_owned(),
        missing: Some(why.as_str().to_owned()),
        lost_at: None,
    }
}

/// In which words a provider says that there are too many is not established; how many there are is.
fn declined(topic: &Topic, all: &[Webhook]) -> Missing {
    let same = all.iter().filter(|webhook| webhook.topic == topic.name);
    if same.count() >= MOST_OF_A_TOPIC {
        Missing::Full
    } else {
        Missing::Declined
    }
}
