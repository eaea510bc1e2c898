//! Install -> what the provider says of its shop: asked once, and again daily.

use std::sync::{Arc, Weak};
use std::time::Duration;

use chrono::TimeDelta;

use super::Inner;
use super::per_install::PerInstall;
use super::upstream::{CoalescedFetches, Fallback, FetchContext, Joined, Priority};
use crate::clock::{Clock, Deadline};
use crate::domain::access::Connected;
use crate::domain::day::Instant;
use crate::domain::install::{Install, InstallName, ShopProfile};
use crate::domain::links::Links;

const KNOWN: TimeDelta = TimeDelta::hours(24);
/// After a failure: long enough to cost nothing, short enough that dates are soon in the shop's own time.
const AGAIN: TimeDelta = TimeDelta::minutes(5);

type Asked = Arc<(Arc<ShopProfile>, Instant, bool)>;

/// What every account of an install has in common. Made once for each install and profile, so that whatever was made
/// for one of its cards is found again by it.
pub struct Ground {
    pub install: Arc<Install>,
    pub profile: Arc<ShopProfile>,
    pub links: Arc<Links>,
    /// What it was made of, besides the profile.
    of: Weak<Connected>,
}

/// The memory of shop profiles.
pub struct Shops {
    known: PerInstall<Asked>,
    grounds: PerInstall<Arc<Ground>>,
    /// How often each was forgotten.
    forgotten: PerInstall<u64>,
    /// By install, and how often it was forgotten before.
    pub flights: CoalescedFetches<(InstallName, u64), Asked>,
}

impl Shops {
    pub fn new(clock: &Clock) -> Self {
        Self {
            known: PerInstall::default(),
            grounds: PerInstall::default(),
            forgotten: PerInstall::default(),
            flights: CoalescedFetches::new(clock),
        }
    }
}

impl Shops {
    /// The profile is asked for again at the next look.
    pub fn forget(&self, install: &InstallName) {
        self.forgotten
            .put(install, self.times_forgotten(install) + 1);
        self.known.remove(install);
    }

    fn times_forgotten(&self, install: &InstallName) -> u64 {
        self.forgotten.of(install).unwrap_or_default()
    }
}

impl super::Lookups {
    /// Asks for the shop's profile ahead of the first card.
    pub async fn warm(&self, install: &Arc<Connected>) {
        let deadline = self.0.clock.deadline(Duration::from_secs(20));
        self.0.shop(install, &deadline).await;
    }
}

impl Inner {
    /// The shop's profile. Waits only for the very first one; a later one is asked for behind.
    pub async fn shop(
        self: &Arc<Self>,
        install: &Arc<Connected>,
        deadline: &Deadline,
    ) -> Arc<ShopProfile> {
        let name = &install.install.name;
        let known = self.shops.known.of(name);
        // What the store knows stands in until the provider has been asked: after a restart nobody waits for this.
        let stored = || {
            let is_known = install.profile != ShopProfile::default();
            is_known.then(|| Arc::new(install.profile.clone()))
        };
        let at_once = known
            .as_ref()
            .map(|known| Arc::clone(&known.0))
            .or_else(stored);
        let is_due = known.as_deref().is_none_or(|(_, at, ok)| {
            let age = self.clock.now() - *at;
            age > if *ok { KNOWN } else { AGAIN }
        });
        if !is_due || self.upstream.failures.credentials_rejected(name).is_some() {
            return at_once.unwrap_or_default();
        }
        let before = at_once.clone();
        let began = self.shops.times_forgotten(name);
        let start = |waiters| {
            let inner = Arc::clone(self);
            let context = FetchContext {
                install: Arc::clone(install),
                workspace: None,
                waiters,
            };
            async move { inner.fetch_shop(&context, began, before).await }
        };
        let (key, runtime) = ((name.clone(), began), &self.upstream.runtime);
        let flights = &self.shops.flights;
        let boarding = match at_once {
            Some(_) => flights.join_or_start_job(key, runtime, Priority::Setup, || None, start),
            None => flights.join_or_start(key, runtime, Fallback::None, || None, start),
        };
        match (boarding, at_once) {
            (_, Some(known)) => known,
            (Joined::Ready(landed), None) => Arc::clone(&landed.0),
            (Joined::Pending(flight), None) => Box::pin(flight.wait(deadline))
                .await
                .map(|landed| Arc::clone(&landed.0))
                .unwrap_or_default(),
        }
    }

    /// What the accounts of an install stand on, with this profile.
    pub fn ground(&self, connected: &Arc<Connected>, profile: Arc<ShopProfile>) -> Arc<Ground> {
        let name = &connected.install.name;
        if let Some(ground) = self.shops.grounds.of(name)
            && Weak::as_ptr(&ground.of) == Arc::as_ptr(connected)
            && ground.profile == profile
        {
            return ground;
        }
        let provider = self.upstream.provider(connected.install.provider.as_str());
        let links = provider
            .map(|provider| provider.links(&connected.install, &profile))
            .unwrap_or_default();
        let ground = Arc::new(Ground {
            install: Arc::new(connected.install.clone()),
            profile,
            links: Arc::new(links),
            of: Arc::downgrade(connected),
        });
        self.shops.grounds.put(name, Arc::clone(&ground));
        ground
    }

    async fn fetch_shop(
        &self,
        context: &FetchContext,
        began: u64,
        before: Option<Arc<ShopProfile>>,
    ) -> Asked {
        let name = &context.install.install.name;
        let profile = match self.upstream.open_session(context, false) {
            Ok(session) => session
                .provider
                .shop(&session.credentials)
                .await
                .map_err(|error| {
                    tracing::warn!(
                        install = name.as_str(),
                        error = error.label(),
                        "the shop's profile can't be had: dates are shown in UTC"
                    );
                }),
            Err(_) => Err(()),
        };
        let ok = profile.is_ok();
        let profile = profile.ok().map(Arc::new).or(before).unwrap_or_default();
        let asked: Asked = Arc::new((profile, self.clock.now(), ok));
        // What was asked before the install began anew, or its shop changed, may be of another one.
        if self.shops.times_forgotten(name) == began {
            self.shops.known.put(name, Arc::clone(&asked));
        }
        asked
    }
}
