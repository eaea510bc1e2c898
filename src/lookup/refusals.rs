//! Whether refused credentials are accepted again.
//!
//! While they are refused no card of the install is shown, also none that is remembered. So before the first one is shown
//! again, the provider is asked about the credentials themselves.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::errand::Errand;
use super::flight::{Boarding, InHand};
use super::{Inner, Lookups};
use crate::clock::Deadline;
use crate::domain::access::Connected;
use crate::domain::answer::Reason;
use crate::domain::install::InstallName;
use crate::provider::ProviderError;

impl Lookups {
    /// The installs whose credentials are refused, as far as lookups have seen.
    pub fn refused(&self) -> BTreeSet<InstallName> {
        self.0.faults.all_refused()
    }

    /// The install's credentials were refused, says somebody else. The provider is asked before the next card is shown.
    pub fn doubt(&self, install: &InstallName) {
        self.0.faults.doubted(install);
    }
}

impl Inner {
    /// Asks, once for all who want to know, and remembers the answer.
    pub async fn is_accepted(
        self: &Arc<Self>,
        install: &Arc<Connected>,
        deadline: &Deadline,
    ) -> Result<(), Reason> {
        let name = &install.install.name;
        let start = |passengers| {
            let inner = Arc::clone(self);
            let errand = Errand {
                install: Arc::clone(install),
                workspace: None,
                passengers,
            };
            async move { inner.ask_about_credentials(&errand).await }
        };
        match self.refusals.join_or_start(
            name.clone(),
            &self.runtime,
            InHand::Nothing,
            || None,
            start,
        ) {
            Boarding::Landed(result) => result,
            Boarding::On(flight) => flight
                .land(deadline)
                .await
                .unwrap_or(Err(Reason::Reconnect)),
        }
    }

    async fn ask_about_credentials(&self, errand: &Errand) -> Result<(), Reason> {
        let name = &errand.install.install.name;
        let trip = self.depart(errand, false).map_err(|fault| fault.reason)?;
        match trip.read(|| trip.provider.token(&trip.with)).await {
            Ok(_) => {
                self.faults.accepted(name);
                Ok(())
            }
            Err(ProviderError::Refused) => {
                self.faults.refused(name);
                Err(Reason::Reconnect)
            }
            // The last word stands until there is a new one.
            Err(_) => Err(Reason::Reconnect),
        }
    }
}
