//! On whose timeline subscriptions are to stand: asked for with few calls. Whoever has an object there already is known;
//! others are searched for by their addresses, a hundred at a time; and only who is not found so is asked for alone.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{Backfill, Source, Stopped};
use crate::domain::customer::Customer;
use crate::domain::email::Email;
use crate::domain::id::CustomerId;
use crate::domain::install::InstallName;
use crate::domain::timeline::customer_external_id;
use crate::push::kustomer::{MOST_ADDRESSES, Trouble};
use crate::push::timeline::Person;
use crate::store::{LinkKind, Profile};

/// Machines may search a hundred times a minute: no more often than this, and others have some left.
const BETWEEN_SEARCHES: Duration = Duration::from_secs(1);

/// Whose timeline it is.
#[derive(Debug, Clone)]
pub struct Owner {
    /// The helpdesk's id; `None`: it knows nobody.
    pub id: Option<String>,
    /// The person, to find them again should the id be gone.
    pub person: Person,
}

impl Backfill {
    /// Finds the owners of these customers' timelines.
    pub(super) async fn owners(
        &self,
        source: &Source,
        customers: &BTreeSet<CustomerId>,
    ) -> Result<HashMap<CustomerId, Owner>, Stopped> {
        if customers.is_empty() {
            return Ok(HashMap::new());
        }
        let ids: Vec<CustomerId> = customers.iter().cloned().collect();
        let install = &source.install.install;
        let known = self
            .store
            .owners_of(&self.workspace, &install.name, &ids)
            .await?;
        // All of them, the known ones too: a person is who is looked for if the owner is gone.
        let read = self.people(source, &ids).await?;
        let mut read: HashMap<CustomerId, Customer> =
            read.into_iter().map(|c| (c.id.clone(), c)).collect();
        let mut owners: HashMap<CustomerId, Owner> = HashMap::with_capacity(ids.len());
        for id in ids {
            let customer = read.remove(&id);
            let email = customer.as_ref().and_then(|c| c.email.as_deref());
            let linked = self
                .store
                .linked_profile(&install.name, &self.workspace, &id);
            let person = Person {
                linked: linked.await?,
                email: email.and_then(|email| Email::parse(email).ok()),
                name: customer.and_then(|customer| customer.name),
                external_id: customer_external_id(&install.provider, &install.name, &id),
            };
            let owner = known.get(&id).cloned();
            owners.insert(id, Owner { id: owner, person });
        }
        self.note_addresses(&install.name, &owners).await?;
        let of_links = |owner: &&mut Owner| owner.id.is_none() && owner.person.linked.is_some();
        for owner in owners.values_mut().filter(of_links) {
            self.stop.is_asked()?;
            let person = &owner.person;
            owner.id = self.insist(|| self.timeline.owner(person)).await?;
        }
        self.search(&mut owners).await?;
        for owner in owners.values_mut().filter(|owner| owner.id.is_none()) {
            self.stop.is_asked()?;
            let person = &owner.person;
            owner.id = self.insist(|| self.timeline.owner(person)).await?;
        }
        self.heed_agents(&install.name, &mut owners).await?;
        Ok(owners)
    }

    /// Reads these customers. One who can't be read holds nobody else up: the request is halved until it is about them
    /// alone, and then, if the provider answers at all, they are left out.
    async fn people(&self, source: &Source, ids: &[CustomerId]) -> Result<Vec<Customer>, Stopped> {
        let mut found = Vec::with_capacity(ids.len());
        let mut left = vec![ids];
        while let Some(ids) = left.pop() {
            let ask = || source.provider.customers_with_ids(&source.with, ids);
            match (self.ask_so_often(0, source, ask).await, ids) {
                (Ok(mut read), _) => found.append(&mut read),
                (Err(Stopped::Provider { .. }), [_]) => {
                    // Also a refusal is believed only when the token itself is refused.
                    self.ask(source, || source.provider.token(&source.with))
                        .await?;
                    match ask().await {
                        Ok(mut read) => found.append(&mut read),
                        Err(error) => {
                            tracing::warn!(%error, "a customer can't be read, and is left out");
                        }
                    }
                }
                (Err(Stopped::Provider { .. }), ids) => {
                    let (one, other) = ids.split_at(ids.len() / 2);
                    left.extend([other, one]);
                }
                (Err(stopped), _) => return Err(stopped),
            }
        }
        Ok(found)
    }

    /// Whoever asks to be forgotten by address is found by these.
    async fn note_addresses(
        &self,
        install: &InstallName,
        owners: &HashMap<CustomerId, Owner>,
    ) -> Result<(), Stopped> {
        let with_address = owners.iter().filter_map(|(id, owner)| {
            let email = owner.person.email.clone();
            Some((id.clone(), email?))
        });
        let addresses: Vec<(CustomerId, Email)> = with_address.collect();
        Ok(self.store.keep_addresses(install, &addresses).await?)
    }

    /// An agent's word on whose a profile is stands above an address.
    async fn heed_agents(
        &self,
        install: &InstallName,
        owners: &mut HashMap<CustomerId, Owner>,
    ) -> Result<(), Stopped> {
        for (customer, owner) in owners {
            let Some(profile) = owner.id.as_deref() else {
                continue;
            };
            let of = Profile {
                install,
                workspace: &self.workspace,
                profile,
            };
            let link = self.store.link_of(of).await?;
            let is_anothers = link.is_some_and(|link| {
                link.kind == LinkKind::Manual && link.customer.as_ref() != Some(customer)
            });
            if is_anothers {
                owner.id = None;
            }
        }
        Ok(())
    }

    async fn search(&self, owners: &mut HashMap<CustomerId, Owner>) -> Result<(), Stopped> {
        let unknown = owners.values().filter(|owner| owner.id.is_none());
        let emails: Vec<Email> = unknown
            .filter_map(|owner| owner.person.email.clone())
            .collect();
        for emails in emails.chunks(MOST_ADDRESSES) {
            // One alone is found sooner by asking for it.
            if emails.len() < 2 || !self.searches.load(Ordering::Relaxed) {
                break;
            }
            self.stop.is_asked()?;
            self.clock.deadline(BETWEEN_SEARCHES).passed().await;
            let client = self.timeline.client();
            let ask = || self.timeline.paced(client.customers_by_emails(emails));
            let found = match self.insist(ask).await {
                Ok(found) => found,
                Err(trouble @ (Trouble::Refused | Trouble::Redirected)) => {
                    return Err(trouble.into());
                }
                Err(trouble) => {
                    tracing::info!(%trouble, "customers can't be searched for: each is asked for alone");
                    self.searches.store(false, Ordering::Relaxed);
                    break;
                }
            };
            for owner in owners.values_mut().filter(|owner| owner.id.is_none()) {
                let email = owner.person.email.as_ref();
                owner.id = email.and_then(|email| found.get(&email.key()).cloned());
            }
        }
        Ok(())
    }
}
