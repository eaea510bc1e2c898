//! The calls of a flight, round by round.

use std::sync::Arc;

use super::{Inner, Resolution};
use crate::domain::access::Connected;
use crate::domain::answer::Reason;
use crate::domain::customer::Customer;
use crate::domain::day::Instant;
use crate::domain::email::Email;
use crate::domain::id::CustomerId;
use crate::domain::question::Subject;
use crate::domain::renderings::Renderings;
use crate::domain::snapshot::{Snapshot, order};
use crate::provider::{Credentials, Need, Provider, ProviderError};

/// Why a flight brought nothing, and how many calls it cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    pub reason: Reason,
    pub calls: u32,
}

/// What a snapshot's flight brought.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// `None`: the provider has no such customer any more.
    pub snapshot: Option<Arc<Snapshot>>,
    /// What was learned of the address by which the customer was asked for.
    pub resolution: Option<Arc<Resolution>>,
    pub calls: u32,
}

/// How a snapshot's flight comes by the customer's own record.
#[derive(Debug, Clone)]
pub enum Seed {
    /// It has just been read.
    Row(Box<Customer>, Instant),
    /// By the address that led here. The same one call also tells whether the address still names this customer, and
    /// this customer alone.
    Email(Email),
    /// By its id.
    Id,
}

impl Inner {
    fn provider(&self, install: &Connected) -> Result<&Arc<dyn Provider>, Fault> {
        // An install of a provider that this binary does not have: a newer one wrote the store.
        self.providers
            .get(install.install.provider.as_str())
            .ok_or(Fault {
                reason: Reason::Unreachable,
                calls: 0,
            })
    }

    fn credentials(install: &Connected) -> Credentials {
        Credentials::new(install.token.clone())
    }

    /// Who is it? One round.
    pub async fn fetch_resolution(
        &self,
        install: &Connected,
        subject: &Subject,
    ) -> Result<(Arc<Resolution>, u32), Fault> {
        let provider = self.provider(install)?;
        let with = Self::credentials(install);
        let as_of = self.clock.now();
        match provider.customers(&with, subject).await {
            Ok(customers) => Ok((
                Arc::new(resolution(subject, customers, as_of)),
                with.tally.calls(),
            )),
            Err(error) => Err(self.fault(provider, &with, error).await),
        }
    }

    /// Everything about one customer: one round; two when something is prepaid, or when the address has moved on.
    pub async fn fetch_snapshot(
        &self,
        install: &Connected,
        customer: &CustomerId,
        seed: Seed,
    ) -> Result<Fetched, Fault> {
        let provider = self.provider(install)?;
        let with = Self::credentials(install);
        match self.read_customer(provider, &with, customer, seed).await {
            Ok((snapshot, resolution)) => Ok(Fetched {
                snapshot: snapshot.map(Arc::new),
                resolution,
                calls: with.tally.calls(),
            }),
            Err(error) => Err(self.fault(provider, &with, error).await),
        }
    }

    async fn read_customer(
        &self,
        provider: &Arc<dyn Provider>,
        with: &Credentials,
        id: &CustomerId,
        seed: Seed,
    ) -> Result<(Option<Snapshot>, Option<Arc<Resolution>>), ProviderError> {
        let now = self.clock.now();
        let (expected, as_of) = match &seed {
            Seed::Row(row, read_at) => (row.subscriptions_total, now.min(*read_at)),
            Seed::Email(_) | Seed::Id => (None, now),
        };
        let record = async {
            match &seed {
                Seed::Row(row, _) => Ok((Some((**row).clone()), None)),
                Seed::Email(email) => {
                    let subject = Subject::Email(email.clone());
                    let rows = provider.customers(with, &subject).await?;
                    let own = rows.iter().find(|row| row.id == *id).cloned();
                    Ok((own, Some(Arc::new(resolution(&subject, rows, now)))))
                }
                Seed::Id => Ok((by_id(provider, with, id).await?, None)),
            }
        };
        let subscriptions = async {
            match expected {
                Some(0) => Ok(Vec::new()),
                _ => provider.subscriptions(with, id).await,
            }
        };
        // Charges alone may be missing: without them the card still says what somebody subscribes to.
        let charges = async { Ok(provider.charges(with, id).await) };
        let ((mut customer, resolution), mut subscriptions, charges) =
            futures_util::future::try_join3(record, subscriptions, charges).await?;

        if customer.is_none() && matches!(seed, Seed::Email(_)) {
            // The address belongs to somebody else now; a link may still lead here.
            customer = by_id(provider, with, id).await?;
        }
        let Some(customer) = customer else {
            return Ok((None, resolution));
        };
        let deliveries = if subscriptions.iter().any(|s| s.is_prepaid) {
            provider
                .deliveries(with, id)
                .await
                .map_err(|error| noted("deliveries", error))
                .ok()
        } else {
            Some(Vec::new())
        };
        order(&mut subscriptions);
        let charges = charges.map_err(|error| noted("charges", error)).ok();
        Ok((
            Some(Snapshot {
                customer,
                subscriptions,
                charges,
                deliveries,
                as_of,
                renderings: Renderings::default(),
            }),
            resolution,
        ))
    }

    /// What a failed call means for an agent. A refusal is believed only when the token itself is refused too, or lacks
    /// what is needed: a single call can be refused for reasons of its own.
    async fn fault(
        &self,
        provider: &Arc<dyn Provider>,
        with: &Credentials,
        error: ProviderError,
    ) -> Fault {
        let reason = match &error {
            ProviderError::Refused => match provider.token(with).await {
                Err(ProviderError::Refused) => Reason::Reconnect,
                _ => Reason::Unreachable,
            },
            ProviderError::Forbidden => match provider.token(with).await {
                Ok(token) if lacks_nothing(provider, &token.scopes) => Reason::Unreachable,
                Ok(_) | Err(ProviderError::Refused) => Reason::Reconnect,
                Err(_) => Reason::Unreachable,
            },
            ProviderError::RateLimited { .. } => Reason::RateLimited,
            ProviderError::NotFound
            | ProviderError::Declined { .. }
            | ProviderError::Unreachable { .. }
            | ProviderError::Broken { .. } => Reason::Unreachable,
        };
        tracing::warn!(
            provider = provider.name(),
            error = error.label(),
            detail = %error,
            reason = reason.as_str(),
            "a provider's call failed"
        );
        Fault {
            reason,
            calls: with.tally.calls(),
        }
    }
}

fn lacks_nothing(provider: &Arc<dyn Provider>, scopes: &[String]) -> bool {
    let mut needed = provider
        .scopes()
        .iter()
        .filter(|scope| scope.need == Need::Needed);
    needed.all(|scope| scope.is_among(scopes))
}

async fn by_id(
    provider: &Arc<dyn Provider>,
    with: &Credentials,
    id: &CustomerId,
) -> Result<Option<Customer>, ProviderError> {
    let rows = provider
        .customers(with, &Subject::Customer(id.clone()))
        .await?;
    Ok(rows.into_iter().find(|row| row.id == *id))
}

fn noted(part: &'static str, error: ProviderError) -> ProviderError {
    tracing::warn!(part, error = error.label(), detail = %error, "a part of a snapshot is missing");
    error
}

fn resolution(subject: &Subject, customers: Vec<Customer>, as_of: Instant) -> Resolution {
    let asked = match subject {
        Subject::Email(email) => email.spellings().into_iter().collect(),
        _ => Default::default(),
    };
    Resolution {
        customers: customers.into(),
        asked,
        as_of,
    }
}
