//! From a question to a true answer, with as few calls as possible.
//!
//! | file | does |
//! |---|---|
//! | `find` | one question at every install of the workspace |
//! | `people` | whom the subjects of a question name together |
//! | `identify` | one subject -> customers: from the cache, the store, or the provider |
//! | `card` | one customer's card: three ages, the deadline, the saved card |
//! | `fetch` | the calls that read a customer |
//! | `commit` | storing what fetches observed |
//! | `memory` | the in-memory cache |
//! | `changes` | what commits do to the cache, and whom they are announced to |
//! | `records` | customers' own records for background jobs: one call for many |
//! | `links` | profile -> link |
//! | `gaps` | when webhooks may have been missed |
//! | `shops` | install -> time zone and dashboard of its shop |
//! | `request` | what one lookup carries along, and what is noted of it |
//! | `upstream` | everything between a fetch and its provider: permits, circuit breakers, retries, coalescing |
//! | `per_install`, `weight`, `readings` | one value for each install; sizes in memory; state for metrics and pages |
//!
//! The way of a view whose card is up to date: `find::find` -> `links::of` (only with a profile) -> `people::by_subjects`
//! -> `identify::identify` -> `memory::subject` -> `card::card` -> `memory::customer` -> `card::state` -> `shops::shop` and `ground`.

mod card;
mod changes;
mod commit;
mod fetch;
mod find;
mod gaps;
mod identify;
mod links;
mod memory;
mod people;
mod per_install;
mod readings;
mod records;
mod request;
mod shops;
mod upstream;
mod weight;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use moka::sync::Cache;
use tokio::sync::broadcast;

use self::fetch::Fetched;
use self::identify::Match;
use self::per_install::PerInstall;
use self::upstream::{CoalescedFetches, Failure, Upstream};
use crate::clock::Clock;
use crate::domain::day::{Instant, SET_BACK};
use crate::domain::id::CustomerId;
use crate::domain::install::InstallName;
use crate::domain::object::Kind;
use crate::domain::secret::Secret;
use crate::provider::{Credentials, Provider};
use crate::store::Store;
use crate::telemetry::Metrics;

pub use self::changes::Changed;
pub use self::find::Found;
pub use self::readings::CacheReading;
pub use self::request::{CacheState, Note, Options};
pub use self::upstream::{Priority, RateLimiterReading};

/// The three ages of a card, and its room in memory.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Younger: shown as it is.
    pub fresh: Duration,
    /// Up to this: shown, and refreshed behind.
    pub revalidate: Duration,
    /// Up to this: shown, marked, when the provider can't be asked.
    pub stale: Duration,
    /// Maximum bytes of the cache.
    pub memory: u64,
}

/// The ages, in the arithmetic of instants.
struct Ages {
    fresh: TimeDelta,
    revalidate: TimeDelta,
    stale: TimeDelta,
}

impl Ages {
    fn of(settings: &Settings) -> Self {
        let delta = |setting| TimeDelta::from_std(setting).unwrap_or(TimeDelta::MAX);
        Self {
            fresh: delta(settings.fresh),
            revalidate: delta(settings.revalidate),
            stale: delta(settings.stale),
        }
    }
}

/// The age of what was read at a time. What was read before the clock was set back counts as too old.
fn age(now: Instant, read_at: Instant) -> TimeDelta {
    let age = now - read_at;
    if age < -SET_BACK { TimeDelta::MAX } else { age }
}

/// A customer at an install, with the number of the install's beginning: what began before it is not joined after it.
type CustomerKey = (InstallName, u64, CustomerId);

/// Looks customers up. One for the whole process; clones share everything.
#[derive(Clone)]
pub struct Lookups(Arc<Inner>);

struct Inner {
    store: Store,
    upstream: Arc<Upstream>,
    clock: Clock,
    ages: Ages,
    memory: memory::Memory,
    links: links::KnownLinks,
    gaps: gaps::Gaps,
    shops: shops::Shops,
    /// The fetches under way: of subjects, of customers, and of what cards lack.
    identifying: CoalescedFetches<(InstallName, u64, Arc<str>), Result<Match, Failure>>,
    fetching: CoalescedFetches<CustomerKey, Result<Fetched, Failure>>,
    completing: CoalescedFetches<CustomerKey, Result<Fetched, Failure>>,
    /// When the rest of a card was asked for last.
    rest_tried: Cache<(InstallName, CustomerId), Instant>,
    /// What the token of an install may not read, and when that was learned.
    forbidden: PerInstall<Vec<(Kind, Instant)>>,
    /// One read of records at a time: the next one finds what it brought.
    reading_records: tokio::sync::Mutex<()>,
    noticed: changes::Noticed,
    changes: broadcast::Sender<Changed>,
}

impl Lookups {
    /// Lookups over these providers and this store. Call within a Tokio runtime: fetches run on it.
    pub fn new(
        providers: impl IntoIterator<Item = Arc<dyn Provider>>,
        store: &Store,
        clock: &Clock,
        settings: &Settings,
        metrics: &Arc<Metrics>,
    ) -> Self {
        let longest = settings.stale;
        Self(Arc::new(Inner {
            store: store.clone(),
            upstream: Arc::new(Upstream::new(providers, clock, Arc::clone(metrics))),
            clock: clock.clone(),
            ages: Ages::of(settings),
            memory: memory::Memory::new(settings.memory, longest, metrics),
            links: links::KnownLinks::new(longest),
            gaps: gaps::Gaps::default(),
            shops: shops::Shops::new(clock),
            identifying: CoalescedFetches::new(clock),
            fetching: CoalescedFetches::new(clock),
            completing: CoalescedFetches::new(clock),
            rest_tried: Cache::builder()
                .max_capacity(10_000)
                .time_to_live(Duration::from_secs(600))
                .build(),
            forbidden: PerInstall::default(),
            reading_records: tokio::sync::Mutex::default(),
            noticed: changes::Noticed::default(),
            changes: broadcast::Sender::new(changes::BACKLOG),
        }))
    }

    /// An install begins anew: its credentials were replaced, a person was erased, or another shop took its name. What is
    /// cached of it is not shown again; what is stored is.
    pub fn start_anew(&self, install: &InstallName) {
        self.0.memory.drop_install(install);
        self.0.links.forget(install);
        self.0.forbidden.remove(install);
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
