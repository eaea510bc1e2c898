//! The port to systems that hold subscriptions: what Sidecard asks of one, and how asking can fail.
//!
//! A provider is stateless: credentials come with each call, and one value serves all installs. It has the verbs that
//! lookups need and nothing of the provider's own API.

mod gate;
mod lists;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use thiserror::Error;

use crate::domain::answer::Reason;
use crate::domain::charge::Charge;
use crate::domain::customer::Customer;
use crate::domain::day::Instant;
use crate::domain::event::Event;
use crate::domain::id::CustomerId;
use crate::domain::install::{Install, ShopProfile};
use crate::domain::links::Links;
use crate::domain::question::Subject;
use crate::domain::secret::Secret;
use crate::domain::snapshot::Delivery;
use crate::domain::subscription::{Selection, Subscription};

pub use self::gate::{Call, Ended, Gate, Limit, Rate};
pub use self::lists::{ChangesPage, List, Place, SubscriptionsPage};

/// What a call is made with.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The merchant's API token.
    pub token: Secret<String>,
    /// Counts the calls that are sent with it.
    pub tally: Tally,
    /// Lets each call pass.
    pub gate: Arc<dyn Gate>,
}

impl Credentials {
    /// For a new piece of work that nobody holds back, such as the check of a token. It has sent nothing yet.
    pub fn new(token: Secret<String>) -> Self {
        Self::through(Arc::new(gate::Ungated), token)
    }

    /// For a new piece of work whose calls go through a gate.
    pub fn through(gate: Arc<dyn Gate>, token: Secret<String>) -> Self {
        Self {
            token,
            tally: Tally::default(),
            gate,
        }
    }
}

/// How many calls a piece of work has sent. Clones count together.
#[derive(Debug, Clone, Default)]
pub struct Tally(Arc<AtomicU32>);

impl Tally {
    /// One more call was sent.
    pub fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// How many there were.
    pub fn calls(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What a provider says of the credentials themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenInformation {
    /// The name that the merchant gave the token.
    pub name: Option<String>,
    /// What it may do, in the provider's words.
    pub scopes: Vec<String>,
}

/// Something that cards need a token to be allowed.
#[derive(Debug, PartialEq, Eq)]
pub struct Scope {
    /// The provider's names for it; any of them will do.
    pub names: &'static [&'static str],
    /// What to tick where tokens are made.
    pub tick: &'static str,
    /// How much it is needed.
    pub need: Need,
    /// What an agent misses without it.
    pub costs: &'static str,
}

impl Scope {
    /// Whether a token with these scopes is allowed it.
    pub fn is_among(&self, scopes: &[String]) -> bool {
        self.names
            .iter()
            .any(|name| scopes.iter().any(|scope| scope == name))
    }
}

/// How much something is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// No card without it.
    Needed,
    /// A poorer card without it.
    Wanted,
}

/// Something that a provider tells by a hook.
#[derive(Debug, PartialEq, Eq)]
pub struct Topic {
    /// Its name, which is also the end of the address that it is sent to (`subscription/updated`).
    pub name: &'static str,
    /// What the token must be allowed to be told of it; any of these will do.
    pub scopes: &'static [&'static str],
    /// What it keeps true, in an admin's words.
    pub changes: &'static str,
}

/// An address that a provider sends hooks of one topic to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// The provider's id of it.
    pub id: String,
    /// The topic.
    pub topic: String,
    /// Where they are sent.
    pub address: String,
}

/// A system that holds subscriptions.
///
/// Every method is one or more calls over the network. None retries: when to try again is for the caller, who knows the
/// budget and who is waiting.
#[async_trait]
pub trait Provider: Send + Sync + 'static {
    /// Its name in configuration, keys and answers (`recharge`).
    fn name(&self) -> &'static str;

    /// The customers that a subject names, each complete. One call for ids; for an email one for each spelling; a
    /// subscription or an order takes two in turn. No match is an empty list.
    async fn customers(
        &self,
        with: &Credentials,
        subject: &Subject,
    ) -> Result<Vec<Customer>, ProviderError>;

    /// All subscriptions of a customer, in no special order, however many pages they take.
    async fn subscriptions(
        &self,
        with: &Credentials,
        customer: &CustomerId,
    ) -> Result<Vec<Subscription>, ProviderError>;

    /// The newest page of a customer's charges: those to come, and those of the recent past.
    async fn charges(
        &self,
        with: &Credentials,
        customer: &CustomerId,
    ) -> Result<Vec<Charge>, ProviderError>;

    /// The deliveries to come of a customer's prepaid subscriptions.
    async fn deliveries(
        &self,
        with: &Credentials,
        customer: &CustomerId,
    ) -> Result<Vec<Delivery>, ProviderError>;

    /// The shop that the credentials belong to.
    async fn shop(&self, with: &Credentials) -> Result<ShopProfile, ProviderError>;

    /// What the credentials may do. Needs no scope: it tells a refused token from a refused call.
    async fn token(&self, with: &Credentials) -> Result<TokenInformation, ProviderError>;

    /// How many calls a token may make, as far as it says itself. Pure.
    fn rate(&self, token: &Secret<String>) -> Rate;

    /// What cards need a token to be allowed, the most important first.
    fn scopes(&self) -> &'static [Scope];

    /// Why a text can't be one of the provider's tokens, though somebody pasted it as one; `None` for what may be one.
    fn token_misfit(&self, token: &str) -> Option<&'static str>;

    /// What is worth a hook.
    fn topics(&self) -> &'static [Topic];

    /// Whether a hook's untouched body was signed with one of these secrets, lately enough. Every refusal costs the same
    /// work, whatever its cause; without a secret it is a refusal too. Pure.
    fn verify_hook(
        &self,
        headers: &[(&str, &[u8])],
        body: &[u8],
        secrets: &[Secret<String>],
        now: Instant,
    ) -> Result<(), HookRefused>;

    /// What a verified hook means. `topic` is the path's (`subscription/updated`), which nobody signs. Pure.
    fn event(&self, topic: &str, body: &[u8]) -> Result<Event, Unreadable>;

    /// The addresses that the credentials have registered for hooks: ours, and those of whoever else uses them.
    async fn webhooks(&self, with: &Credentials) -> Result<Vec<Webhook>, ProviderError>;

    /// Registers an address for hooks of a topic.
    async fn add_webhook(
        &self,
        with: &Credentials,
        topic: &str,
        address: &str,
    ) -> Result<Webhook, ProviderError>;

    /// Removes a registered address. One that is not there any more is [`ProviderError::NotFound`].
    async fn remove_webhook(&self, with: &Credentials, id: &str) -> Result<(), ProviderError>;

    /// Has the provider send a hook to a registered address, to try it.
    async fn try_webhook(&self, with: &Credentials, id: &str) -> Result<(), ProviderError>;

    /// What has changed, a page of it: one call.
    async fn changes(
        &self,
        with: &Credentials,
        list: List,
        place: &Place,
    ) -> Result<ChangesPage, ProviderError>;

    /// Subscriptions of all customers, a page of them in the order in which they began: one call. Without a place, from the
    /// first one on. None is missed or comes twice because others change meanwhile.
    async fn all_subscriptions(
        &self,
        with: &Credentials,
        selection: &Selection,
        place: Option<&Place>,
    ) -> Result<SubscriptionsPage, ProviderError>;

    /// The customers with these ids, in no special order; those that are not there are left out. One call
    /// for each 250 of them.
    async fn customers_with_ids(
        &self,
        with: &Credentials,
        ids: &[CustomerId],
    ) -> Result<Vec<Customer>, ProviderError>;

    /// Where this install's dashboard pages are. Pure.
    fn links(&self, install: &Install, profile: &ShopProfile) -> Links;
}

/// Why a hook is not believed: a fixed word for the log, never for whoever sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the hook is refused: {0}")]
pub struct HookRefused(pub &'static str);

/// A hook that was signed by the provider and can't be read: a fixed word for the log and for an admin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the hook can't be read: {0}")]
pub struct Unreadable(pub &'static str);

/// Why a call failed: one variant for each thing that a caller does differently. Holds no address, no token and no
/// personal data; `detail` is the provider's own wording where that is known to be harmless, for the log alone.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProviderError {
    /// The credentials were refused (401). Ask [`Provider::token`] before believing it.
    #[error("the credentials were refused")]
    Refused,
    /// The credentials are good and lack a scope (403).
    #[error("the credentials may not do this")]
    Forbidden,
    /// There is no such thing (404).
    #[error("not found")]
    NotFound,
    /// The provider understood and declines (400, 402, 405, 406, 409, 415, 422, 426): asking again gives the same.
    #[error("the call was declined with status {status}: {detail}")]
    Declined {
        /// The HTTP status.
        status: u16,
        /// Field names and codes of the error body.
        detail: String,
    },
    /// Too many calls (429).
    #[error("too many calls")]
    RateLimited {
        /// How long to wait, when the provider says so.
        retry_after: Option<Duration>,
    },
    /// The gate did not let the call pass: nothing was sent, so nothing was learned.
    #[error("not sent: {}", reason.as_str())]
    NotSent {
        /// What that means for an agent.
        reason: Reason,
    },
    /// No connection, a connection cut, or no answer in time.
    #[error("no answer: {detail}")]
    Unreachable {
        /// What kind of failure (`connect`, `timeout`, `cut`).
        detail: &'static str,
    },
    /// An answer that is no answer: a 5xx, a truncated body, something that is not JSON.
    #[error("an answer that can't be used: {detail}")]
    Broken {
        /// What kind (`status 502`, `truncated`, `not JSON`).
        detail: String,
    },
}

impl ProviderError {
    /// Whether asking once more may help at all.
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::RateLimited { .. } | Self::Unreachable { .. } | Self::Broken { .. }
        )
    }

    /// A word for logs and metrics.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Declined { .. } => "declined",
            Self::RateLimited { .. } => "rate_limited",
            Self::NotSent { .. } => "not_sent",
            Self::Unreachable { .. } => "unreachable",
            Self::Broken { .. } => "broken",
        }
    }
}
