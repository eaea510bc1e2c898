//! What there is to say of an install's hooks, to people.

use super::is_at;
use crate::domain::day::Instant;
use crate::provider::{Provider, Topic};
use crate::store::{InstallRecord, Store, StoreError};

/// Why an install has no hooks at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Off {
    /// No API client secret, which signs them.
    NoClientSecret,
    /// It can't be opened.
    UnreadableClientSecret,
    /// No `server.public_url` to send them to.
    NoPublicUrl,
}

impl Off {
    /// In a few words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoClientSecret => "no API client secret",
            Self::UnreadableClientSecret => "its API client secret can't be opened",
            Self::NoPublicUrl => "no `server.public_url`",
        }
    }
}

/// Why a topic has no hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The token lacks the scope for it.
    Scope,
    /// The token has as many of that topic as it can have.
    Full,
    /// The provider declines, for a reason that is in the log.
    Declined,
    /// Nobody has looked yet.
    NotYet,
}

impl Missing {
    /// The word for it in the store and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scope => "scope",
            Self::Full => "full",
            Self::Declined => "declined",
            Self::NotYet => "not_yet",
        }
    }

    fn read(word: &str) -> Self {
        match word {
            "scope" => Self::Scope,
            "full" => Self::Full,
            "declined" => Self::Declined,
            _ => Self::NotYet,
        }
    }
}

/// How an install stands with its hooks.
#[derive(Debug, Clone)]
pub struct Standing {
    /// Why there are none, and cards are as new as the clocks say.
    pub off: Option<Off>,
    /// When the provider was asked last.
    pub checked_at: Option<Instant>,
    /// Why that did not come to its end, in a word.
    pub problem: Option<String>,
    /// Every topic that is worth a hook.
    pub topics: Vec<TopicStanding>,
    /// Addresses that look like another Sidecard's.
    pub sidecards: u32,
    /// Addresses of other apps.
    pub others: u32,
}

/// How a topic stands.
#[derive(Debug, Clone)]
pub struct TopicStanding {
    /// The topic.
    pub topic: &'static Topic,
    /// Since when it is registered, or why it is not.
    pub registered: Result<Instant, Missing>,
    /// Whether it is at an older address too, until the new one has proven itself.
    pub is_moving: bool,
    /// When its last hook had vanished.
    pub lost_at: Option<Instant>,
    /// When one came last.
    pub last_delivery: Option<Instant>,
    /// How many came, ever.
    pub received: u64,
}

/// Why an install has no hooks, if it has none.
pub fn off(record: &InstallRecord, public_url: Option<&str>) -> Option<Off> {
    match record.client_secrets.first() {
        None => Some(Off::NoClientSecret),
        Some(Err(_)) => Some(Off::UnreadableClientSecret),
        Some(Ok(_)) if public_url.is_none() => Some(Off::NoPublicUrl),
        Some(Ok(_)) => None,
    }
}

/// How an install stands, by what is stored: no call.
pub async fn standing(
    store: &Store,
    provider: &dyn Provider,
    record: &InstallRecord,
    public_url: Option<&str>,
) -> Result<Standing, StoreError> {
    let name = &record.name;
    let hooks = store.hooks(name).await?;
    let said = store.hook_topics(name).await?;
    let deliveries = store.hook_deliveries(name).await?;
    let last = store.registration(name).await?;
    let base = public_url.unwrap_or_default();
    let topics = provider.topics().iter().map(|topic| {
        let own = || hooks.iter().filter(|hook| hook.topic == topic.name);
        let said = said.iter().find(|said| said.topic == topic.name);
        let delivery = deliveries.iter().find(|came| came.topic == topic.name);
        let why = said.and_then(|said| said.missing.as_deref());
        TopicStanding {
            topic,
            registered: own()
                .map(|hook| hook.created_at)
                .min()
                .ok_or_else(|| why.map_or(Missing::NotYet, Missing::read)),
            is_moving: own().any(|hook| !is_at(hook, base)),
            lost_at: said.and_then(|said| said.lost_at),
            last_delivery: delivery.map(|came| came.last_at),
            received: delivery.map_or(0, |came| came.received),
        }
    });
    Ok(Standing {
        off: off(record, public_url),
        topics: topics.collect(),
        checked_at: last.as_ref().map(|last| last.checked_at),
        problem: last.as_ref().and_then(|last| last.problem.clone()),
        sidecards: last.as_ref().map_or(0, |last| last.sidecards),
        others: last.as_ref().map_or(0, |last| last.others),
    })
}
