//! The calls of a flight, round by round.

use std::sync::Arc;

use super::budget::Promise;
use super::errand::{Errand, Trip};
use super::{Inner, Resolution};
use crate::domain::answer::Reason;
use crate::domain::customer::Customer;
use crate::domain::day::Instant;
use crate::domain::email::Email;
use crate::domain::id::CustomerId;
use crate::domain::question::Subject;
use crate::domain::renderings::Renderings;
use crate::domain::snapshot::{Snapshot, order};
use crate::provider::{Need, Provider, ProviderError};

/// Why a flight brought nothing, and how many calls it cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    pub reason: Reason,
    pub calls: u32,
    /// Whether the provider gave no answer that can be used, as if it were down.
    pub is_down: bool,
}

/// What a resolution's flight brought.
#[derive(Clone)]
pub struct Known {
    pub resolution: Arc<Resolution>,
    pub calls: u32,
    /// Calls that are kept for the card of the one who was found, for as long as somebody holds this.
    pub promise: Option<Arc<Promise>>,
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
    /// Who is it? One round.
    pub async fn fetch_resolution(
        &self,
        errand: &Errand,
        subject: &Subject,
    ) -> Result<Known, Fault> {
        let trip = self.depart(errand, false)?;
        // An agent wants the card, too: subscriptions and charges.
        let read = async {
            trip.reserve(calls_for(subject), 2).await?;
            let as_of = self.clock.now();
            let customers = trip.read(|| trip.provider.customers(&trip.with, subject));
            Ok((customers.await?, as_of))
        };
        match read.await {
            Ok((customers, as_of)) => Ok(Known {
                promise: trip
                    .take_promise()
                    .filter(|_| customers.len() == 1)
                    .map(Arc::new),
                resolution: Arc::new(resolution(subject, customers, as_of)),
                calls: trip.with.tally.calls(),
            }),
            Err(error) => Err(fault(&trip, error).await),
        }
    }

    /// Everything about one customer: one round; two when something is prepaid, or when the address has moved on.
    pub async fn fetch_snapshot(
        &self,
        errand: &Errand,
        customer: &CustomerId,
        seed: Seed,
    ) -> Result<Fetched, Fault> {
        let trip = self.depart(errand, matches!(seed, Seed::Row(..)))?;
        match self.read_customer(&trip, customer, seed).await {
            Ok((snapshot, resolution)) => Ok(Fetched {
                snapshot: snapshot.map(Arc::new),
                resolution,
                calls: trip.with.tally.calls(),
            }),
            Err(error) => Err(fault(&trip, error).await),
        }
    }

    async fn read_customer(
        &self,
        trip: &Trip<'_>,
        id: &CustomerId,
        seed: Seed,
    ) -> Result<(Option<Snapshot>, Option<Arc<Resolution>>), ProviderError> {
        let (provider, with) = (trip.provider, &trip.with);
        let pages = |total: Option<u32>| total.map_or(1, |total| total.div_ceil(250) as usize);
        let round = match &seed {
            Seed::Row(row, _) => pages(row.subscriptions_total) + 1,
            Seed::Email(email) => email.spellings().len() + 2,
            Seed::Id => 3,
        };
        trip.reserve(round, 0).await?;
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
                    let rows = trip.read(|| provider.customers(with, &subject)).await?;
                    let own = rows.iter().find(|row| row.id == *id).cloned();
                    Ok((own, Some(Arc::new(resolution(&subject, rows, now)))))
                }
                Seed::Id => Ok((by_id(trip, id).await?, None)),
            }
        };
        let subscriptions = async {
            let read = match expected {
                Some(0) => Ok(Vec::new()),
                _ => trip.read(|| provider.subscriptions(with, id)).await,
            };
            match read {
                // What is listed of a customer who is gone is not established: nothing, perhaps, or this. The record decides.
                Err(error @ (ProviderError::NotFound | ProviderError::Declined { .. })) => {
                    Ok(Err(error))
                }
                read => read.map(Ok),
            }
        };
        // Charges alone may be missing: without them the card still says what somebody subscribes to.
        let charges = async { Ok(trip.read(|| provider.charges(with, id)).await) };
        let ((mut customer, resolution), subscriptions, charges) =
            futures_util::future::try_join3(record, subscriptions, charges).await?;

        if customer.is_none() && matches!(seed, Seed::Email(_)) {
            // The address belongs to somebody else now; a link may still lead here.
            customer = by_id(trip, id).await?;
        }
        let Some(customer) = customer else {
            return Ok((None, resolution));
        };
        let mut subscriptions = subscriptions?;
        let deliveries = if subscriptions.iter().any(|s| s.is_prepaid) {
            trip.read(|| provider.deliveries(with, id))
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
}

/// What a failed call means for an agent. A refusal is believed only when the token itself is refused too, or lacks
/// what is needed: a single call can be refused for reasons of its own.
async fn fault(trip: &Trip<'_>, error: ProviderError) -> Fault {
    let (provider, with) = (trip.provider, &trip.with);
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
        ProviderError::NotSent { reason } => *reason,
        ProviderError::NotFound
        | ProviderError::Declined { .. }
        | ProviderError::Unreachable { .. }
        | ProviderError::Broken { .. } => Reason::Unreachable,
    };
    if !matches!(error, ProviderError::NotSent { .. }) {
        tracing::warn!(
            provider = provider.name(),
            error = error.label(),
            detail = %error,
            reason = reason.as_str(),
            "a provider's call failed"
        );
    }
    Fault {
        reason,
        calls: with.tally.calls(),
        is_down: matches!(
            error,
            ProviderError::Unreachable { .. } | ProviderError::Broken { .. }
        ),
    }
}

/// How many calls finding somebody takes.
fn calls_for(subject: &Subject) -> usize {
    match subject {
        Subject::Email(email) => email.spellings().len(),
        // What it belongs to, and then to whom. The pages on which an order's number is looked for pass one by one.
        Subject::Subscription(_) | Subject::Order(_) => 2,
        Subject::Customer(_) | Subject::ShopifyCustomer(_) => 1,
    }
}

fn lacks_nothing(provider: &Arc<dyn Provider>, scopes: &[String]) -> bool {
    let mut needed = provider
        .scopes()
        .iter()
        .filter(|scope| scope.need == Need::Needed);
    needed.all(|scope| scope.is_among(scopes))
}

async fn by_id(trip: &Trip<'_>, id: &CustomerId) -> Result<Option<Customer>, ProviderError> {
    let subject = Subject::Customer(id.clone());
    let rows = trip
        .read(|| trip.provider.customers(&trip.with, &subject))
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
