//! Install -> what the provider says of its shop: asked once, and again daily.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use moka::sync::Cache;

use super::Inner;
use super::errand::Errand;
use super::flight::{Boarding, Flights};
use crate::clock::{Clock, Deadline};
use crate::domain::access::Connected;
use crate::domain::day::Instant;
use crate::domain::install::{InstallName, ShopProfile};

const KNOWN: TimeDelta = TimeDelta::hours(24);
/// After a failure: long enough to cost nothing, short enough that dates are soon in the shop's own time.
const AGAIN: TimeDelta = TimeDelta::minutes(5);

type Asked = Arc<(ShopProfile, Instant, bool)>;

/// The memory of shop profiles.
pub struct Shops {
    known: Cache<InstallName, Asked>,
    pub flights: Flights<InstallName, Asked>,
}

impl Shops {
    pub fn new(clock: &Clock) -> Self {
        Self {
            known: Cache::new(10_000),
            flights: Flights::new(clock),
        }
    }
}

impl Shops {
    /// The profile is asked for again at the next look.
    pub fn forget(&self, install: &InstallName) {
        self.known.invalidate(install);
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
    ) -> ShopProfile {
        let name = &install.install.name;
        let known = self.shops.known.get(name);
        // What the store knows stands in until the provider has been asked: after a restart nobody waits for this.
        let stored = (install.profile != ShopProfile::default()).then(|| install.profile.clone());
        let at_once = known.as_ref().map(|known| known.0.clone()).or(stored);
        let is_due = known.as_deref().is_none_or(|(_, at, ok)| {
            let age = self.clock.now() - *at;
            age > if *ok { KNOWN } else { AGAIN }
        });
        if !is_due || self.faults.is_refused(name).is_some() {
            return at_once.unwrap_or_default();
        }
        let before = at_once.clone();
        let boarding = self.shops.flights.join_or_start(
            name.clone(),
            &self.runtime,
            || None,
            |passengers| {
                let inner = Arc::clone(self);
                passengers.is_a_sweep();
                let errand = Errand {
                    install: Arc::clone(install),
                    workspace: None,
                    passengers,
                };
                async move { inner.fetch_shop(&errand, before).await }
            },
        );
        match (boarding, at_once) {
            (_, Some(known)) => known,
            (Boarding::Landed(landed), None) => landed.0.clone(),
            (Boarding::On(flight), None) => flight
                .land(deadline)
                .await
                .map(|landed| landed.0.clone())
                .unwrap_or_default(),
        }
    }

    async fn fetch_shop(&self, errand: &Errand, before: Option<ShopProfile>) -> Asked {
        let name = &errand.install.install.name;
        let profile = match self.depart(errand, false) {
            Ok(trip) => trip.provider.shop(&trip.with).await.map_err(|error| {
                tracing::warn!(
                    install = name.as_str(),
                    error = error.label(),
                    "the shop's profile can't be had: dates are shown in UTC"
                );
            }),
            Err(_) => Err(()),
        };
        let ok = profile.is_ok();
        let profile = profile.ok().or(before).unwrap_or_default();
        let asked: Asked = Arc::new((profile, self.clock.now(), ok));
        self.shops.known.insert(name.clone(), Arc::clone(&asked));
        asked
    }
}
