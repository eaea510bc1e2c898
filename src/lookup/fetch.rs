//! Reading one customer from the provider, and storing what was read.
//!
//! A card needs the customer and the subscriptions; charges and deliveries make it whole. While calls are plenty, all of
//! them are sent side by side. When calls are short, the card comes first ([`Inner::fetch`]), and the rest is fetched
//! behind it ([`Inner::fetch_rest`]).

use std::sync::Arc;

use chrono::TimeDelta;

use super::Inner;
use super::identify::own_record;
use super::upstream::{Failure, FetchContext, Session};
use crate::domain::customer::Customer;
use crate::domain::email::Email;
use crate::domain::id::CustomerId;
use crate::domain::install::InstallName;
use crate::domain::object::{Kind, Object};
use crate::domain::question::Subject;
use crate::domain::subscription::Subscription;
use crate::provider::ProviderError;
use crate::records::{Known, Moment, Observed, Source};
use crate::store::Asked;

/// A list that the token may not read is asked for again after this.
const FORBIDDEN: TimeDelta = TimeDelta::hours(24);

/// What a fetch of a customer found.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// `None`: the provider has no such customer.
    pub known: Option<Arc<Known>>,
    pub calls: u32,
}

/// How a fetch comes by the customer's own record.
#[derive(Debug, Clone)]
pub enum Seed {
    /// It was read at this moment, and is stored.
    Read(Moment),
    /// By the address that led here. The same call tells whether the address still names this customer, and nobody else.
    Email(Email),
    /// By its id.
    Id,
}

/// A fetch of one customer.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub customer: CustomerId,
    pub seed: Seed,
}

/// What the calls of a fetch brought.
struct Read {
    customer: Option<Customer>,
    asked: Option<Asked>,
    subscriptions: Result<Vec<Subscription>, ProviderError>,
    rest: Option<Rest>,
}

/// Charges and deliveries, as far as they could be had.
#[derive(Default)]
struct Rest {
    objects: Vec<Object>,
    complete: Vec<Kind>,
    missing: Vec<Kind>,
}

impl Inner {
    /// Fetches a customer and stores what was read. With calls to spare it reads everything in one round.
    pub async fn fetch(
        self: &Arc<Self>,
        context: &FetchContext,
        wanted: Wanted,
    ) -> Result<Fetched, Failure> {
        let name = &context.install.install.name;
        let continues = matches!(wanted.seed, Seed::Read(_));
        let session = self.upstream.open_session(context, continues)?;
        let observed = match self.read(&session, name, &wanted).await {
            Ok(observed) => observed,
            Err(error) => return Err(session.failure(error).await),
        };
        let (observed, asked) = observed;
        let is_gone = observed.gone;
        let stored = self
            .observe(name, vec![observed], asked.into_iter().collect())
            .await;
        let known = stored
            .into_iter()
            .find(|one| one.customer == wanted.customer);
        if let Some(one) = &known
            && one.is_refused
            && one.known.is_none()
            && !is_gone
        {
            // The customer's own record is not stored: it is read, too.
            let wanted = Wanted {
                seed: Seed::Id,
                ..wanted
            };
            drop(session);
            return Box::pin(self.fetch(context, wanted)).await;
        }
        let known = known.and_then(|one| one.known);
        Ok(Fetched {
            known: known.filter(|_| !is_gone),
            calls: session.credentials.tally.calls(),
        })
    }

    /// Fetches what a card lacks that was read when calls were short.
    pub async fn fetch_rest(
        self: &Arc<Self>,
        context: &FetchContext,
        known: &Known,
    ) -> Result<Fetched, Failure> {
        let name = &context.install.install.name;
        let customer = &known.customer.id;
        let session = self.upstream.open_session(context, true)?;
        let is_prepaid = known
            .snapshot
            .as_ref()
            .is_some_and(|snapshot| snapshot.subscriptions.iter().any(|s| s.is_prepaid));
        let read = async {
            session
                .reserve(usize::from(!self.is_forbidden(name, Kind::Charge)), 0)
                .await?;
            let moment = self.moment(name).await;
            let mut rest = self.charges(&session, name, customer).await;
            self.deliveries(&session, name, customer, is_prepaid, &mut rest)
                .await;
            Ok((moment, rest))
        };
        let (moment, rest) = match read.await {
            Ok(read) => read,
            Err(error) => return Err(session.failure(error).await),
        };
        let mut observed = Observed::new(customer.clone(), Source::Read, moment);
        rest.add_to(&mut observed);
        let stored = self.observe(name, vec![observed], Vec::new()).await;
        let known = stored.into_iter().next().and_then(|one| one.known);
        Ok(Fetched {
            known,
            calls: session.credentials.tally.calls(),
        })
    }

    /// Whether a kind that a card lacks could be had with another call now.
    pub fn lacks_something(&self, install: &InstallName, known: &Known) -> bool {
        known
            .missing
            .iter()
            .any(|kind| !self.is_forbidden(install, *kind))
    }

    /// Reads a customer: the calls, round by round.
    async fn read(
        &self,
        session: &Session<'_>,
        name: &InstallName,
        wanted: &Wanted,
    ) -> Result<(Observed, Option<Asked>), ProviderError> {
        let (provider, with, id) = (session.provider, &session.credentials, &wanted.customer);
        let own_calls = match &wanted.seed {
            Seed::Read(_) => 0,
            Seed::Email(email) => email.spellings().len(),
            Seed::Id => 1,
        };
        let all_at_once = self.upstream.has_calls_to_spare(name);
        let wants_charges = all_at_once && !self.is_forbidden(name, Kind::Charge);
        session
            .reserve(own_calls + 1 + usize::from(wants_charges), 0)
            .await?;
        let moment = self.moment(name).await;
        let record = async {
            Ok(match &wanted.seed {
                Seed::Read(_) => (None, None),
                Seed::Email(email) => {
                    let subject = Subject::Email(email.clone());
                    let rows = session.read(|| provider.customers(with, &subject)).await?;
                    let asked = Asked {
                        subject,
                        moment,
                        customers: rows.iter().map(|row| row.id.clone()).collect(),
                    };
                    (rows.into_iter().find(|row| row.id == *id), Some(asked))
                }
                Seed::Id => (by_id(session, id).await?, None),
            })
        };
        let subscriptions = async {
            match session.read(|| provider.subscriptions(with, id)).await {
                // What is listed of a customer who is gone is not established: nothing, or this. The record decides.
                Err(error @ (ProviderError::NotFound | ProviderError::Declined { .. })) => {
                    Ok(Err(error))
                }
                read => read.map(Ok),
            }
        };
        let rest = async {
            Ok(match all_at_once {
                true => Some(self.charges(session, name, id).await),
                false => None,
            })
        };
        let ((customer, asked), subscriptions, rest) =
            futures_util::future::try_join3(record, subscriptions, rest).await?;
        let mut read = Read {
            customer,
            asked,
            subscriptions,
            rest,
        };
        if read.customer.is_none() && matches!(wanted.seed, Seed::Email(_)) {
            // The address belongs to another customer now; a link may still lead here.
            read.customer = by_id(session, id).await?;
        }
        self.observed(session, name, wanted, moment, read).await
    }

    /// What was read, as an observation.
    async fn observed(
        &self,
        session: &Session<'_>,
        name: &InstallName,
        wanted: &Wanted,
        moment: Moment,
        read: Read,
    ) -> Result<(Observed, Option<Asked>), ProviderError> {
        let id = &wanted.customer;
        let mut observed = match (&read.customer, &wanted.seed) {
            (Some(customer), _) => own_record(customer, moment),
            (None, Seed::Read(earlier)) => {
                let mut observed = Observed::new(id.clone(), Source::Read, *earlier);
                observed.complete.push(Kind::Customer);
                observed
            }
            (None, _) => {
                let mut observed = Observed::new(id.clone(), Source::Read, moment);
                observed.gone = true;
                return Ok((observed, read.asked));
            }
        };
        let subscriptions = read.subscriptions?;
        let counted = read
            .customer
            .as_ref()
            .and_then(|customer| customer.subscriptions_total);
        if counted.is_some_and(|counted| subscriptions.len() < counted as usize) {
            // A counter is a hint, and a list may end early: what it lacks is not gone.
            observed.short.push(Kind::Subscription);
        }
        let is_prepaid = subscriptions.iter().any(|s| s.is_prepaid);
        let boxed = subscriptions
            .into_iter()
            .map(Box::new)
            .map(Object::Subscription);
        observed.objects.extend(boxed);
        observed.complete.push(Kind::Subscription);
        match read.rest {
            Some(mut rest) => {
                self.deliveries(session, name, id, is_prepaid, &mut rest)
                    .await;
                rest.add_to(&mut observed);
            }
            None => {
                observed.missing.push(Kind::Charge);
                if is_prepaid {
                    observed.missing.push(Kind::Deliveries);
                }
            }
        }
        Ok((observed, read.asked))
    }

    async fn charges(&self, session: &Session<'_>, name: &InstallName, id: &CustomerId) -> Rest {
        let mut rest = Rest::default();
        if self.is_forbidden(name, Kind::Charge) {
            rest.missing.push(Kind::Charge);
            return rest;
        }
        let (provider, with) = (session.provider, &session.credentials);
        match session.read(|| provider.charges(with, id)).await {
            Ok(charges) => {
                rest.objects
                    .extend(charges.into_iter().map(Box::new).map(Object::Charge));
                rest.complete.push(Kind::Charge);
            }
            Err(error) => self.note_missing(name, Kind::Charge, &error, &mut rest),
        }
        rest
    }

    async fn deliveries(
        &self,
        session: &Session<'_>,
        name: &InstallName,
        id: &CustomerId,
        is_prepaid: bool,
        rest: &mut Rest,
    ) {
        if !is_prepaid {
            // None to come: what was known of them is over.
            rest.complete.push(Kind::Deliveries);
            return;
        }
        if self.is_forbidden(name, Kind::Deliveries) {
            rest.missing.push(Kind::Deliveries);
            return;
        }
        let (provider, with) = (session.provider, &session.credentials);
        match session.read(|| provider.deliveries(with, id)).await {
            Ok(deliveries) => {
                rest.objects
                    .push(Object::Deliveries(id.clone(), deliveries));
                rest.complete.push(Kind::Deliveries);
            }
            Err(error) => self.note_missing(name, Kind::Deliveries, &error, rest),
        }
    }

    /// A part of a card that can't be had is missing, and the card is a card without it.
    fn note_missing(&self, name: &InstallName, kind: Kind, error: &ProviderError, rest: &mut Rest) {
        tracing::warn!(
            install = name.as_str(),
            part = kind.as_str(),
            error = error.label(),
            detail = %error,
            "a part of a card is missing"
        );
        if matches!(error, ProviderError::Forbidden) {
            let mut all = self.forbidden.of(name).unwrap_or_default();
            all.retain(|(other, _)| *other != kind);
            all.push((kind, self.clock.now()));
            self.forbidden.put(name, all);
        }
        rest.missing.push(kind);
    }

    /// Whether the token may not read a kind: it is tried again daily.
    fn is_forbidden(&self, name: &InstallName, kind: Kind) -> bool {
        let all = self.forbidden.of(name).unwrap_or_default();
        let at = all.into_iter().find(|(other, _)| *other == kind);
        at.is_some_and(|(_, at)| super::age(self.clock.now(), at) < FORBIDDEN)
    }

    /// The commit number and the time now, for what is read from now on.
    pub async fn moment(&self, name: &InstallName) -> Moment {
        let began = self
            .store
            .commit_number(name)
            .await
            .unwrap_or_else(|error| {
                tracing::warn!(%error, "the store can't be read");
                // Before the first commit of any install: what is read is shown and not stored.
                0
            });
        Moment {
            began,
            at: self.clock.now(),
        }
    }
}

impl Rest {
    fn add_to(self, observed: &mut Observed) {
        observed.objects.extend(self.objects);
        observed.complete.extend(self.complete);
        observed.missing.extend(self.missing);
    }
}

async fn by_id(session: &Session<'_>, id: &CustomerId) -> Result<Option<Customer>, ProviderError> {
    let subject = Subject::Customer(id.clone());
    let rows = session
        .read(|| session.provider.customers(&session.credentials, &subject))
        .await?;
    Ok(rows.into_iter().find(|row| row.id == *id))
}
