//! From a question to a true answer, with as few calls as can be.
//!
//! | file | is |
//! |---|---|
//! | `find` | one question at every install of the workspace: links, subjects, who they name together |
//! | `tie` | what a link between a profile and a customer says, and how one comes about by itself |
//! | `links` | profile -> link: stored, and remembered for when the store can't be read |
//! | `asking` | what one caller's lookup at one install carries along, and what is noted of it |
//! | `resolve` | one subject: from memory, or by a flight |
//! | `person` | one person's card: the three clocks, the deadline, the last known card |
//! | `resolutions` | subject -> customers: remembered, in memory and stored |
//! | `snapshots` | customer -> snapshot: remembered, in memory and stored |
//! | `changes` | what lookups are told of changes, and whom they tell |
//! | `events` | what was told in the last minutes, for flights that are under way |
//! | `hints` | what was told of by its id alone, and may be gone before anybody knows it |
//! | `images` | pictures of products, remembered for when no charge shows one |
//! | `patch` | what an event makes of a snapshot |
//! | `per_install` | one value for each install, read at every look |
//! | `outages` | when hooks may have been missed |
//! | `weight` | what a snapshot and a resolution take in memory |
//! | `shops` | install -> time zone and dashboard of its shop |
//! | `fetch` | the calls of a flight, round by round |
//! | `generations` | the number in every cache key that a change raises |
//! | `upstream` | everything between a lookup and its provider: permits, circuit breakers, retries, coalescing |
//! | `readings` | how things stand, for metrics and pages |
//!
//! What lookups need kept is described by the traits here; the composition root plugs the store into them.

mod asking;
mod changes;
mod events;
mod fetch;
mod find;
mod generations;
mod hints;
mod images;
mod links;
mod outages;
mod patch;
mod per_install;
mod person;
mod readings;
mod resolutions;
mod resolve;
#[cfg(test)]
mod samples;
mod shops;
mod snapshots;
mod tie;
mod upstream;
mod weight;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use tokio::sync::broadcast;

use self::upstream::Upstream;
use crate::clock::Clock;
use crate::domain::answer::Unlinking;
use crate::domain::day::{Instant, SET_BACK};
use crate::domain::id::{CustomerId, ProductId, VariantId, WorkspaceId};
use crate::domain::install::InstallName;
use crate::domain::question::SubjectKey;
use crate::domain::secret::Secret;
use crate::domain::snapshot::Snapshot;
use crate::domain::web_url::WebUrl;
use crate::provider::{Credentials, Provider};
use crate::telemetry::Metrics;

pub use asking::{CacheState, Note};
pub use changes::{Changed, moved};
pub use find::Found;
pub use patch::{Patched, has, patch};
pub use readings::CacheReading;
pub use resolutions::Resolution;
pub use upstream::{Priority, RateLimiterReading};

/// The three clocks of a card, and its room in memory.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Younger: shown as it is.
    pub fresh: Duration,
    /// Up to this: shown, and refreshed behind.
    pub revalidate: Duration,
    /// Up to this: shown, marked, when the provider can't be asked.
    pub stale: Duration,
    /// Bytes that resolutions and snapshots may take in memory.
    pub memory: u64,
}

/// How much of one kind memory holds, and how long at most; and who is told of what it lets go for want of room.
struct Room {
    bytes: u64,
    longest: Duration,
    metrics: Arc<Metrics>,
}

/// The clocks, in the arithmetic of instants.
struct Clocks {
    fresh: TimeDelta,
    revalidate: TimeDelta,
    stale: TimeDelta,
}

impl Clocks {
    fn of(settings: &Settings) -> Self {
        let delta = |setting| TimeDelta::from_std(setting).unwrap_or(TimeDelta::MAX);
        Self {
            fresh: delta(settings.fresh),
            revalidate: delta(settings.revalidate),
            stale: delta(settings.stale),
        }
    }
}

/// How old what was said at a time is, for whether it is still new enough: not at all, when it was said before the clock was
/// set back.
fn age(now: Instant, as_of: Instant) -> TimeDelta {
    let age = now - as_of;
    if age < -SET_BACK { TimeDelta::MAX } else { age }
}

/// A snapshot, and whether something is known to have changed since that it does not have: then it is shown only when the
/// provider can't be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// What the provider said.
    pub snapshot: Arc<Snapshot>,
    /// Whether it has to be read again.
    pub dirty: bool,
}

/// A picture of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The product.
    pub product: ProductId,
    /// Its variant, when that is known.
    pub variant: Option<VariantId>,
    /// Where the picture is.
    pub url: WebUrl,
}

/// What became of a snapshot that was to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    /// It is kept, or is as good as kept: a newer one is there, or none is wanted.
    Done,
    /// Somebody changed what was there in between.
    Overtaken,
}

/// Held from before it is known what is to be stored until it is stored. `None` where nobody waits for that.
pub type Landing = Option<Box<dyn Send>>;

/// Where resolutions and snapshots outlive the process. What can't be read is as good as not there.
#[async_trait]
pub trait Kept: Send + Sync + 'static {
    /// What a provider said of a customer.
    async fn snapshot(&self, install: &InstallName, customer: &CustomerId) -> Option<Remembered>;
    /// The version of what is kept of a customer, which rises with every change; 0 for nothing.
    async fn version(&self, install: &InstallName, customer: &CustomerId) -> i64;
    /// Something is about to be handed over. Taken before looking at what it depends on.
    fn landing(&self) -> Landing {
        None
    }
    /// Keeps it, in place of what was there in this version. `landing` is for as long as that takes.
    async fn keep_snapshot(
        &self,
        install: &InstallName,
        remembered: &Remembered,
        over: i64,
        landing: Landing,
    ) -> Keeping;
    /// Ends when what was about to be handed over so far is stored, or never will be: each [`Landing`] is dropped.
    async fn landed(&self) {}
    /// Removes it again: its install began anew while it was being kept.
    async fn drop_snapshot(&self, install: &InstallName, customer: &CustomerId);
    /// The customer is gone at the provider: removes what is kept of them.
    async fn forget(&self, install: &InstallName, customer: &CustomerId);
    /// Which customers a subject named.
    async fn resolution(
        &self,
        install: &InstallName,
        subject: &SubjectKey,
    ) -> Option<Arc<Resolution>>;
    /// Keeps it, in place of what was there.
    async fn keep_resolution(
        &self,
        install: &InstallName,
        subject: &SubjectKey,
        resolution: &Arc<Resolution>,
    );
    /// Removes it.
    async fn drop_resolution(&self, install: &InstallName, subject: &SubjectKey);
    /// A picture of a product: of this variant, or the next best.
    async fn image(
        &self,
        install: &InstallName,
        product: &ProductId,
        variant: Option<&VariantId>,
    ) -> Option<WebUrl>;
    /// Keeps pictures, in place of those of the same products and variants.
    async fn keep_images(&self, install: &InstallName, images: &[Picture]);
}

/// The ties between helpdesk profiles and customers.
#[async_trait]
pub trait Links: Send + Sync + 'static {
    /// The tie of this profile at this install, if there is one. A profile is known at one workspace alone.
    async fn of(
        &self,
        install: &InstallName,
        workspace: &WorkspaceId,
        profile: &str,
    ) -> Result<Option<Link>, Unread>;
    /// Ties this profile to the one customer who matched. What an agent said of it stands.
    async fn keep_auto(
        &self,
        install: &InstallName,
        workspace: &WorkspaceId,
        profile: &str,
        customer: &CustomerId,
    );
    /// The customer is gone at the provider: nobody is tied to them any more.
    async fn release(&self, install: &InstallName, customer: &CustomerId);
}

/// What is stored can't be read now. Why, is logged by whoever tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what is stored can't be read")]
pub struct Unread;

/// A tie between a helpdesk profile and a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// This profile is this customer: an address of theirs was the profile's, and nobody else's.
    Auto(CustomerId),
    /// This profile is this customer: an agent said so.
    Manual(CustomerId),
    /// An agent said that this profile is none of those that match.
    Unlinked(Unlinking),
}

/// Looks customers up. One for the whole process; clones share everything.
#[derive(Clone)]
pub struct Lookups(Arc<Inner>);

struct Inner {
    upstream: Arc<Upstream>,
    links: links::KnownLinks,
    clock: Clock,
    clocks: Clocks,
    resolutions: resolutions::Resolutions,
    snapshots: snapshots::Snapshots,
    images: images::Images,
    shops: shops::Shops,
    epochs: Arc<generations::Epochs>,
    changes: broadcast::Sender<Changed>,
}

impl Lookups {
    /// Lookups over these providers. Call within a Tokio runtime: flights run on it.
    pub fn new(
        providers: impl IntoIterator<Item = Arc<dyn Provider>>,
        kept: Arc<dyn Kept>,
        links: Arc<dyn Links>,
        clock: Clock,
        settings: Settings,
        metrics: Arc<Metrics>,
    ) -> Self {
        // A resolution is a few ids, a snapshot a few kilobytes.
        let for_resolutions = settings.memory / 8;
        let longest = settings.stale;
        let epochs = Arc::default();
        let images = images::Images::new(Arc::clone(&kept), &epochs);
        Self(Arc::new(Inner {
            upstream: Arc::new(Upstream::new(providers, &clock, Arc::clone(&metrics))),
            links: links::KnownLinks::new(links, &epochs, longest),
            clocks: Clocks::of(&settings),
            resolutions: resolutions::Resolutions::new(
                Arc::clone(&kept),
                &clock,
                &epochs,
                Room {
                    bytes: for_resolutions,
                    longest,
                    metrics: Arc::clone(&metrics),
                },
            ),
            snapshots: snapshots::Snapshots::new(
                kept,
                &clock,
                &epochs,
                Room {
                    bytes: settings.memory - for_resolutions,
                    longest,
                    metrics: Arc::clone(&metrics),
                },
            ),
            images,
            shops: shops::Shops::new(&clock),
            epochs,
            changes: broadcast::Sender::new(changes::BEHIND),
            clock,
        }))
    }

    /// An install starts anew: its credentials were replaced, somebody was erased, or another shop took its name. What
    /// memory has of it, and what is under way, is not shown again; what the store has is.
    pub fn start_anew(&self, install: &InstallName) {
        self.0.epochs.raise(install);
        self.0.upstream.reset(install);
        self.0.shops.forget(install);
    }

    /// Credentials for a background job at an install: see [`Upstream::job_credentials`].
    pub fn credentials(
        &self,
        install: &InstallName,
        provider: &dyn Provider,
        token: &Secret<String>,
    ) -> Credentials {
        self.0
            .upstream
            .job_credentials(install, provider, token, Priority::Background)
    }

    /// Credentials for a job that keeps an install working. It goes before refreshes: see [`Priority::Setup`].
    pub fn setup_credentials(
        &self,
        install: &InstallName,
        provider: &dyn Provider,
        token: &Secret<String>,
    ) -> Credentials {
        self.0
            .upstream
            .job_credentials(install, provider, token, Priority::Setup)
    }

    /// The installs whose credentials are rejected, as far as lookups have seen.
    pub fn rejected_installs(&self) -> BTreeSet<InstallName> {
        self.0.upstream.rejected_installs()
    }

    /// Has the install's credentials checked before its next card: another process saw them rejected.
    pub fn doubt_credentials(&self, install: &InstallName) {
        self.0.upstream.failures.doubt_credentials(install);
    }
}
