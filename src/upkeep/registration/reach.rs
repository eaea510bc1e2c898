//! Does the provider reach us? It is asked to send a hook, and whether one comes is seen in the store: whoever asks need not
//! be the process that hooks come in at.

use std::time::Duration;

use crate::clock::Clock;
use crate::provider::{Credentials, Provider, ProviderError};
use crate::store::{HookRecord, InstallRecord, Store, StoreError};

/// How long a hook may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often it is looked for.
const EVERY: Duration = Duration::from_millis(50);
/// What is tried, if it is registered: none of these changes a card.
const HARMLESS: [&str; 2] = ["store/updated", "customer/updated"];

/// Whether the provider reaches us.
#[derive(Debug, Clone, PartialEq)]
pub enum Reach {
    /// It does.
    Yes {
        /// So long after it was asked to.
        after: Duration,
    },
    /// Nothing came.
    No {
        /// The address that it was to send to.
        address: String,
        /// How long was waited.
        waited: Duration,
    },
    /// No address is registered that could be tried.
    Nothing,
    /// The provider could not be asked.
    NotAsked(ProviderError),
}

/// Has the provider try one of the install's addresses, and waits for what comes of it.
pub async fn reach(
    store: &Store,
    provider: &dyn Provider,
    record: &InstallRecord,
    clock: &Clock,
) -> Result<Reach, StoreError> {
    let name = &record.name;
    let hooks = store.hooks(name).await?;
    // The newest: after a move that is the address that matters.
    let newest = |topic: Option<&str>| {
        let of_topic = |hook: &&HookRecord| topic.is_none_or(|topic| hook.topic == topic);
        hooks.iter().rfind(of_topic)
    };
    let harmless = HARMLESS.iter().find_map(|topic| newest(Some(topic)));
    let (Some(hook), Ok(token)) = (harmless.or_else(|| newest(None)), &record.token) else {
        return Ok(Reach::Nothing);
    };
    let received = async || {
        let deliveries = store.hook_deliveries(name).await?;
        let own = deliveries.iter().find(|came| came.topic == hook.topic);
        Ok::<u64, StoreError>(own.map_or(0, |came| came.received))
    };
    let before = received().await?;
    let (watch, limit) = (clock.start(), clock.deadline(PATIENCE));
    let with = Credentials::new(token.clone());
    if let Err(error) = provider.try_webhook(&with, &hook.id).await {
        return Ok(Reach::NotAsked(error));
    }
    loop {
        let next = clock.deadline(EVERY);
        if received().await? > before {
            return Ok(Reach::Yes {
                after: watch.elapsed(),
            });
        }
        tokio::select! {
            biased;
            () = limit.passed() => return Ok(Reach::No {
                address: hook.address.clone(),
                waited: PATIENCE,
            }),
            () = next.passed() => {}
        }
    }
}
