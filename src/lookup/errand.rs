//! A flight before and while it is on its way: on whose behalf it goes, whether it may, and with what.

use std::sync::Arc;

use super::Inner;
use super::allowance::{Allowance, Told};
use super::budget::Promise;
use super::circuit::Entry;
use super::fetch::Fault;
use super::passengers::Passengers;
use super::retry::retried;
use crate::domain::access::Connected;
use crate::domain::answer::Reason;
use crate::domain::id::WorkspaceId;
use crate::provider::{Credentials, Provider, ProviderError};

/// On whose behalf a flight goes.
pub struct Errand {
    pub install: Arc<Connected>,
    /// The workspace that began it; none for the house's own work.
    pub workspace: Option<WorkspaceId>,
    pub passengers: Passengers,
}

/// A flight that may go.
pub struct Trip<'a> {
    inner: &'a Inner,
    pub provider: &'a Arc<dyn Provider>,
    pub with: Credentials,
    allowance: Arc<Allowance>,
    errand: &'a Errand,
    _entry: Entry,
}

impl Inner {
    /// Lets a flight go, if the install's circuit does. `carries_on`: another flight has spent calls on this.
    pub fn depart<'a>(&'a self, errand: &'a Errand, carries_on: bool) -> Result<Trip<'a>, Fault> {
        let install = &errand.install.install;
        let stays = Fault {
            reason: Reason::Unreachable,
            calls: 0,
            is_down: false,
        };
        // An install of a provider that this binary does not have: a newer one wrote the store.
        let provider = self.providers.get(install.provider.as_str()).ok_or(stays)?;
        let entry = self.faults.circuits.enter(&install.name).ok_or(stays)?;
        let token = &errand.install.token;
        let rate = provider.rate(token);
        let told = Told {
            install: install.name.clone(),
            budget: self.budgets.of(&install.name, provider.name(), token, rate),
            circuits: self.faults.circuits.clone(),
            metrics: Arc::clone(&self.metrics),
        };
        let allowance = Arc::new(Allowance::new(
            errand.workspace.clone(),
            errand.passengers.clone(),
            told,
            carries_on,
        ));
        Ok(Trip {
            inner: self,
            provider,
            with: Credentials::through(allowance.clone(), token.clone()),
            allowance,
            errand,
            _entry: entry,
        })
    }
}

impl Trip<'_> {
    /// Waits until a round's calls may all be sent. `ahead`: those of the round that another flight will make of it.
    pub async fn reserve(&self, calls: usize, ahead: u32) -> Result<(), ProviderError> {
        let calls = u32::try_from(calls).unwrap_or(u32::MAX);
        self.allowance.reserve(calls, ahead).await
    }

    /// What was kept for the round that will follow.
    pub fn take_promise(&self) -> Option<Promise> {
        self.allowance.take_promise()
    }

    /// Reads, and tries again when that may help and the circuit is closed.
    pub async fn read<T, F: Future<Output = Result<T, ProviderError>>>(
        &self,
        read: impl FnMut() -> F,
    ) -> Result<T, ProviderError> {
        let name = &self.errand.install.install.name;
        let may = || !self.inner.faults.circuits.is_shut_to(name);
        retried(&self.inner.clock, &self.inner.pausing, may, read).await
    }
}
