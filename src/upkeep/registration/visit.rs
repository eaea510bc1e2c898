//! One look at an install's provider: what is missing is registered, what is over removed, and what it came to written down.

use std::sync::Arc;

use chrono::TimeDelta;

use super::Missing;
use super::plan::{Look, Plan};
use crate::clock::Clock;
use crate::provider::{Credentials, Provider, ProviderError, Topic, Webhook};
use crate::store::{HookRecord, HookTopic, InstallRecord, Registration, Store, StoreError};

/// How long the new address may go without a hook before the old one is removed.
const UNPROVEN: TimeDelta = TimeDelta::hours(1);
/// An address is let go by the provider after it has failed for so long: so long before it was seen to be gone hooks may
/// have been lost.
const FAILING: TimeDelta = TimeDelta::hours(48);
/// So many of one topic are all that a token can have.
const MOST_OF_A_TOPIC: usize = 10;

/// Why a look did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Provider(#[from] ProviderError),
}

/// One visit at an install's provider.
pub struct Visit<'a> {
    pub store: &'a Store,
    pub clock: &'a Clock,
    pub provider: &'a Arc<dyn Provider>,
    pub record: &'a InstallRecord,
    pub base: &'a str,
    pub with: Credentials,
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
    pub async fn look(&self, basis: &str) -> Result<(), Failed> {
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
    pub async fn tidy(&self) -> Result<(), Failed> {
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
