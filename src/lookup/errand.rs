//! A flight before and while it is on its way: on whose behalf it goes, whether it may, and with what.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::allowance::{Allowance, Told};
use super::budget::Promise;
use super::circuit::Entry;
use super::fetch::Fault;
use super::passengers::Passengers;
use super::retry::retried;
use super::{Inner, Lookups};
use crate::clock::Clock;
use crate::domain::access::Connected;
use crate::domain::answer::Reason;
use crate::domain::id::WorkspaceId;
use crate::domain::install::InstallName;
use crate::domain::secret::Secret;
use crate::provider::{Call, Credentials, Gate, Provider, ProviderError};

/// So long the house's own work stands in line for one call.
const IN_LINE: Duration = Duration::from_secs(20);

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
        let told = self.told(&install.name, &**provider, token);
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

    fn told(&self, install: &InstallName, provider: &dyn Provider, token: &Secret<String>) -> Told {
        let rate = provider.rate(token);
        Told {
            install: install.clone(),
            budget: self.budgets.of(install, provider.name(), token, rate),
            circuits: self.faults.circuits.clone(),
            metrics: Arc::clone(&self.metrics),
        }
    }
}

impl Lookups {
    /// For the house's own work at an install, beside lookups: each call stands in the last lane of the token's budget, and
    /// how it ends is heard like any other's. One that stands there for too long is not sent, so that no install keeps the
    /// work at others waiting.
    pub fn credentials(
        &self,
        install: &InstallName,
        provider: &dyn Provider,
        token: &Secret<String>,
    ) -> Credentials {
        let passengers = Passengers::default();
        passengers.is_a_sweep();
        let told = self.0.told(install, provider, token);
        let gate = Impatient {
            allowance: Allowance::new(None, passengers, told, false),
            clock: self.0.clock.clone(),
        };
        Credentials::through(Arc::new(gate), token.clone())
    }
}

/// Leaves the line after a while.
#[derive(Debug)]
struct Impatient {
    allowance: Allowance,
    clock: Clock,
}

#[async_trait]
impl Gate for Impatient {
    async fn pass(&self) -> Result<Box<dyn Call>, ProviderError> {
        let limit = self.clock.deadline(IN_LINE);
        tokio::select! {
            biased;
            passed = self.allowance.pass() => passed,
            () = limit.passed() => Err(ProviderError::NotSent {
                reason: Reason::RateLimited,
            }),
        }
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
