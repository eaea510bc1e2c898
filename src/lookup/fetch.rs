//! The calls of a flight, round by round.

use std::sync::Arc;

use super::upstream::{Failure, FetchContext, Reservation, Session};
use super::{Inner, Resolution};
use crate::domain::customer::Customer;
use crate::domain::day::Instant;
use crate::domain::email::Email;
use crate::domain::id::CustomerId;
use crate::domain::question::Subject;
use crate::domain::renderings::Renderings;
use crate::domain::snapshot::{Snapshot, order};
use crate::provider::ProviderError;

/// What a resolution's flight brought.
#[derive(Clone)]
pub struct Known {
    pub resolution: Arc<Resolution>,
    pub calls: u32,
    /// Calls that are kept for the card of the one who was found, for as long as somebody holds this.
    pub reservation: Option<Arc<Reservation>>,
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
        context: &FetchContext,
        subject: &Subject,
    ) -> Result<Known, Failure> {
        let session = self.upstream.open_session(context, false)?;
        // An agent wants the card, too: subscriptions and charges.
        let read = async {
            session.reserve(calls_for(subject), 2).await?;
            let as_of = self.clock.now();
            let customers =
                session.read(|| session.provider.customers(&session.credentials, subject));
            Ok((customers.await?, as_of))
        };
        match read.await {
            Ok((customers, as_of)) => Ok(Known {
                reservation: session
                    .take_reservation()
                    .filter(|_| customers.len() == 1)
                    .map(Arc::new),
                resolution: Arc::new(resolution(subject, customers, as_of)),
                calls: session.credentials.tally.calls(),
            }),
            Err(error) => Err(session.failure(error).await),
        }
    }

    /// Everything about one customer: one round; two when something is prepaid, or when the address has moved on.
    pub async fn fetch_snapshot(
        &self,
        context: &FetchContext,
        customer: &CustomerId,
        seed: Seed,
    ) -> Result<Fetched, Failure> {
        let session = self
            .upstream
            .open_session(context, matches!(seed, Seed::Row(..)))?;
        match self.read_customer(&session, customer, seed).await {
            Ok((snapshot, resolution)) => Ok(Fetched {
                snapshot: snapshot.map(Arc::new),
                resolution,
                calls: session.credentials.tally.calls(),
            }),
            Err(error) => Err(session.failure(error).await),
        }
    }

    async fn read_customer(
        &self,
        session: &Session<'_>,
        id: &CustomerId,
        seed: Seed,
    ) -> Result<(Option<Snapshot>, Option<Arc<Resolution>>), ProviderError> {
        let (provider, with) = (session.provider, &session.credentials);
        let pages =
            |total: Option<u32>| total.map_or(1, |total| total.div_ceil(250).max(1) as usize);
        let round = match &seed {
            Seed::Row(row, _) => pages(row.subscriptions_total) + 1,
            Seed::Email(email) => email.spellings().len() + 2,
            Seed::Id => 3,
        };
        session.reserve(round, 0).await?;
        let now = self.clock.now();
        let as_of = match &seed {
            Seed::Row(_, read_at) => now.min(*read_at),
            Seed::Email(_) | Seed::Id => now,
        };
        let record = async {
            match &seed {
                Seed::Row(row, _) => Ok((Some((**row).clone()), None)),
                Seed::Email(email) => {
                    let subject = Subject::Email(email.clone());
                    let rows = session.read(|| provider.customers(with, &subject)).await?;
                    let own = rows.iter().find(|row| row.id == *id).cloned();
                    Ok((own, Some(Arc::new(resolution(&subject, rows, now)))))
                }
                Seed::Id => Ok((by_id(session, id).await?, None)),
            }
        };
        let subscriptions = async {
            // The customer's own count is a hint alone: Recharge has been seen to count 0 beside subscriptions.
            match session.read(|| provider.subscriptions(with, id)).await {
                // What is listed of a customer who is gone is not established: nothing, perhaps, or this. The record decides.
                Err(error @ (ProviderError::NotFound | ProviderError::Declined { .. })) => {
                    Ok(Err(error))
                }
                read => read.map(Ok),
            }
        };
        // Charges alone may be missing: without them the card still says what somebody subscribes to.
        let charges = async { Ok(session.read(|| provider.charges(with, id)).await) };
        let ((mut customer, resolution), subscriptions, charges) =
            futures_util::future::try_join3(record, subscriptions, charges).await?;

        if customer.is_none() && matches!(seed, Seed::Email(_)) {
            // The address belongs to somebody else now; a link may still lead here.
            customer = by_id(session, id).await?;
        }
        let Some(customer) = customer else {
            return Ok((None, resolution));
        };
        let mut subscriptions = subscriptions?;
        let deliveries = if subscriptions.iter().any(|s| s.is_prepaid) {
            session
                .read(|| provider.deliveries(with, id))
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

/// How many calls finding somebody takes.
fn calls_for(subject: &Subject) -> usize {
    match subject {
        Subject::Email(email) => email.spellings().len(),
        // What it belongs to, and then to whom. The pages on which an order's number is looked for pass one by one.
        Subject::Subscription(_) | Subject::Order(_) => 2,
        Subject::Customer(_) | Subject::ShopifyCustomer(_) => 1,
    }
}

async fn by_id(session: &Session<'_>, id: &CustomerId) -> Result<Option<Customer>, ProviderError> {
    let subject = Subject::Customer(id.clone());
    let rows = session
        .read(|| session.provider.customers(&session.credentials, &subject))
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
