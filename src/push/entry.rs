//! One entry of the outbox: told, or not told for a reason that says what becomes of it.

use std::sync::Arc;

use super::aside::Failed;
use super::desk::Desk;
use super::object::{Ground, Marked, object};
use super::source::Source;
use super::timeline::{Found, Person};
use crate::clock::Clock;
use crate::domain::access::Connected;
use crate::domain::email::{Email, FingerprintKey};
use crate::domain::id::CustomerId;
use crate::domain::subscription::Subscription;
use crate::domain::timeline::customer_external_id;
use crate::store::{LinkKind, OutboxEntry, Placed, Profile, Standing, Store, StoreError, Task};
use crate::telemetry::Metrics;

/// What telling is done with.
pub struct House {
    pub store: Store,
    pub source: Arc<dyn Source>,
    pub clock: Clock,
    pub metrics: Arc<Metrics>,
    pub key: FingerprintKey,
}

/// What became of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is told, and gone.
    Told,
    /// It is tried again later, or not any more. The next one may do better.
    Later,
    /// The helpdesk does not answer.
    Silence,
    /// The helpdesk refuses the key.
    Refused,
}

impl House {
    /// Tells an entry, and settles it.
    pub async fn tell(&self, desk: &Desk, entry: &OutboxEntry) -> Result<Outcome, StoreError> {
        let told = match &entry.task {
            Task::Read => self.read(entry).await,
            Task::Remove(object) => self.remove(desk, entry, object.as_deref()).await,
            Task::Put(Ok(subscription)) => self.put(desk, entry, subscription).await,
            Task::Put(Err(_)) => Err(Failed::Never("what was to be told can't be opened")),
        };
        match told {
            Ok(what) => {
                let waited = self.clock.now() - entry.queued_at;
                self.metrics.told(what, waited.to_std().unwrap_or_default());
                Ok(Outcome::Told)
            }
            Err(failed) => self.failed(desk, entry, failed).await,
        }
    }

    /// The customer is read, and what is to be told of them goes into the outbox with it.
    async fn read(&self, entry: &OutboxEntry) -> Result<&'static str, Failed> {
        let (install, customer) = (&entry.install, &entry.customer);
        let known = self.store.known(install, customer).await?;
        let now = self.clock.now();
        let is_settled = known.is_some_and(|known| {
            known.snapshot.is_some() && !known.needs_read && known.recheck.is_none_or(|at| at > now)
        });
        if !is_settled && let Some(record) = self.store.install(install).await? {
            let connected = Arc::new(record.connected());
            self.source.read(&connected, customer).await?;
        }
        self.settle(entry, None, false).await?;
        Ok("read")
    }

    async fn remove(
        &self,
        desk: &Desk,
        entry: &OutboxEntry,
        object: Option<&str>,
    ) -> Result<&'static str, Failed> {
        let external_id = &entry.ticket.external_id;
        desk.timeline.remove(object, external_id).await?;
        self.settle(entry, None, true).await?;
        Ok("removed")
    }

    async fn put(
        &self,
        desk: &Desk,
        entry: &OutboxEntry,
        subscription: &Subscription,
    ) -> Result<&'static str, Failed> {
        let Some(record) = self.store.install(&entry.install).await? else {
            self.settle(entry, None, false).await?;
            return Ok("unchanged");
        };
        let connected = Arc::new(record.connected());
        let subscription = self.pictured(entry, subscription).await?;
        let marked = object(
            Ground {
                install: &connected.install,
                links: &self.source.links(&connected),
                currency: connected.profile.currency.as_ref(),
                key: &self.key,
            },
            &entry.customer,
            &subscription,
        );
        let external_id = &entry.ticket.external_id;
        let known = self.store.object(&desk.workspace, external_id).await?;
        let (standing, what) = match desk.timeline.find(&marked, known.as_ref()).await? {
            Found::Same(standing) => (Some(standing), "unchanged"),
            Found::Written(standing) => (Some(standing), "written"),
            Found::Missing => match self.create(desk, &connected, entry, &marked).await? {
                Some(standing) => (Some(standing), "created"),
                None => (None, "nobody"),
            },
        };
        let placed = Placed {
            workspace: &desk.workspace,
            provider: &connected.install.provider,
            install: &entry.install,
            customer: &entry.customer,
            subscription: &subscription,
            standing,
            mark: &marked.mark,
        };
        self.settle(entry, Some(&placed), what != "unchanged")
            .await?;
        Ok(what)
    }

    /// A hook has no picture; the one that was seen with its product stands in.
    async fn pictured(
        &self,
        entry: &OutboxEntry,
        subscription: &Subscription,
    ) -> Result<Subscription, StoreError> {
        let mut subscription = subscription.clone();
        let product = &mut subscription.product;
        if let (None, Some(id)) = (&product.image_url, &product.id) {
            let variant = product.variant_id.as_ref();
            product.image_url = self.store.image(&entry.install, id, variant).await?;
        }
        Ok(subscription)
    }

    /// Puts an object that is not there on its customer's timeline, if the helpdesk knows them.
    async fn create(
        &self,
        desk: &Desk,
        connected: &Arc<Connected>,
        entry: &OutboxEntry,
        marked: &Marked,
    ) -> Result<Option<Standing>, Failed> {
        let Some(person) = self.person(desk, connected, &entry.customer).await? else {
            return Ok(None);
        };
        let Some(owner) = desk.timeline.owner(&person).await? else {
            return Ok(None);
        };
        // An agent's word on whose the profile is stands above an address.
        let link = self
            .store
            .link_of(Profile {
                install: &entry.install,
                workspace: &desk.workspace,
                profile: &owner,
            })
            .await?;
        let is_anothers = link.is_some_and(|link| {
            link.kind == LinkKind::Manual && link.customer.as_ref() != Some(&entry.customer)
        });
        if is_anothers {
            return Ok(None);
        }
        self.note_move(desk, entry, &owner).await?;
        Ok(Some(desk.timeline.create(marked, &owner).await?))
    }

    /// Says so when the customer's other objects stand on another timeline than the one that is theirs by now.
    async fn note_move(
        &self,
        desk: &Desk,
        entry: &OutboxEntry,
        owner: &str,
    ) -> Result<(), StoreError> {
        let others = self
            .store
            .objects_of(&desk.workspace, &entry.install, &entry.customer)
            .await?;
        let mut owners = others
            .iter()
            .filter_map(|other| other.standing.as_ref()?.owner.as_deref());
        if owners.any(|other| other != owner) {
            tracing::info!(
                external_id = entry.ticket.external_id,
                "a customer's address is another customer's in Kustomer now: what stands there stays, and the new one does not stand beside it"
            );
        }
        Ok(())
    }

    /// Who a customer is. `None`: the provider has them no more.
    async fn person(
        &self,
        desk: &Desk,
        connected: &Arc<Connected>,
        customer: &CustomerId,
    ) -> Result<Option<Person>, Failed> {
        let install = &connected.install;
        let Some(record) = self.source.record(connected, customer).await? else {
            return Ok(None);
        };
        let email = record.email.as_deref();
        let linked = self
            .store
            .linked_profile(&install.name, &desk.workspace, customer);
        Ok(Some(Person {
            linked: linked.await?,
            email: email.and_then(|email| Email::parse(email).ok()),
            name: record.name,
            external_id: customer_external_id(&install.provider, &install.name, customer),
        }))
    }

    async fn settle(
        &self,
        entry: &OutboxEntry,
        placed: Option<&Placed<'_>>,
        answered: bool,
    ) -> Result<(), StoreError> {
        let (ticket, now) = (&entry.ticket, self.clock.now());
        let settled = self.store.settle_entry(ticket, placed, answered, now);
        settled.await.map(drop)
    }
}
