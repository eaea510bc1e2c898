//! Putting objects on one org's timelines, one call after the other, within the pace that the org allows.
//!
//! Kustomer has no upsert and no idempotency key. What is there is found by its external id; whoever puts the same external
//! id twice at a time gets two objects, so callers see to it that nobody does. A write without an answer is an error here,
//! and is settled by the next try, which begins by looking.

use std::future::Future;
use std::sync::{Mutex, PoisonError};

use chrono::TimeDelta;

use super::kustomer::{Client, Kept, NewCustomer, Pace, Trouble};
use super::object::Marked;
use crate::clock::Clock;
use crate::domain::email::Email;
use crate::domain::secret::Secret;
use crate::helpdesk::kustomer::definition::{ATTRIBUTES, CUSTOMER, MARK};
use crate::store::{ObjectRecord, Standing};

/// How long all calls wait when one was refused though there were some left.
const A_MOMENT: TimeDelta = TimeDelta::seconds(1);

/// The timelines of one org.
#[derive(Debug)]
pub struct Timeline {
    client: Client,
    klass: String,
    creates_customers: bool,
    pace: Mutex<Pace>,
    clock: Clock,
}

/// Somebody on whose timeline objects are to stand.
#[derive(Debug, Clone)]
pub struct Person {
    /// The helpdesk's own id of the profile that they were tied to.
    pub linked: Option<Secret<String>>,
    /// Where they get mail.
    pub email: Option<Email>,
    /// What they are called.
    pub name: Option<String>,
    /// What they are found by at the helpdesk when Sidecard has made them there.
    pub external_id: String,
}

/// What became of an object that was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It is there and says what it should: nothing was written.
    Same(Standing),
    /// It is there, and was written.
    Written(Standing),
    /// There is none; or it was another customer's, and is none any more.
    Missing,
}

/// What became of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Put {
    /// It stands there. Whether it was written.
    There(Standing, bool),
    /// The helpdesk knows nobody whose timeline it could stand on, and nobody is to be created.
    Nobody,
}

impl Timeline {
    /// The timelines that a client reaches, at a pace.
    pub fn new(
        client: Client,
        klass: String,
        creates_customers: bool,
        pace: Pace,
        clock: &Clock,
    ) -> Self {
        Self {
            client,
            klass,
            creates_customers,
            pace: Mutex::new(pace),
            clock: clock.clone(),
        }
    }

    /// What the klass is called in the org.
    pub fn klass(&self) -> &str {
        &self.klass
    }

    /// The client, for calls of other kinds: each in [`Timeline::paced`].
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Makes a call when its turn has come, and learns from its answer how fast the next one may go.
    pub async fn paced<T>(
        &self,
        call: impl Future<Output = Result<T, Trouble>>,
    ) -> Result<T, Trouble> {
        loop {
            let turn = self.pace().go(self.clock.now());
            let Err(wait) = turn else { break };
            self.clock.deadline(wait).passed().await;
        }
        let answer = call.await;
        let now = self.clock.now();
        let mut pace = self.pace();
        match &answer {
            Err(Trouble::RateLimited {
                until,
                of_object: false,
            }) => {
                // Where calls are left it was another limit, of a customer's objects perhaps: the others need not wait.
                let is_another = self.client.limits().remaining.is_some_and(|left| left > 0);
                let until = is_another.then_some(now + A_MOMENT).or(*until);
                pace.refused(until, now);
            }
            // Nothing was said.
            Err(Trouble::Unreachable) => {}
            _ => pace.learn(&self.client.limits(), now),
        }
        answer
    }

    fn pace(&self) -> std::sync::MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts an object on a timeline: where it stands already, else on this person's. One call or none for one that is
    /// known, three to five for the first sight of one.
    pub async fn put(
        &self,
        marked: &Marked,
        known: Option<&ObjectRecord>,
        person: &Person,
    ) -> Result<Put, Trouble> {
        match self.find(marked, known).await? {
            Found::Same(standing) => Ok(Put::There(standing, false)),
            Found::Written(standing) => Ok(Put::There(standing, true)),
            Found::Missing => match self.owner(person).await? {
                Some(owner) => {
                    let standing = self.create(marked, &owner).await?;
                    Ok(Put::There(standing, true))
                }
                None => Ok(Put::Nobody),
            },
        }
    }

    /// Looks for an object, and writes it when it says something else.
    pub async fn find(
        &self,
        marked: &Marked,
        known: Option<&ObjectRecord>,
    ) -> Result<Found, Trouble> {
        if let Some((record, standing)) =
            known.and_then(|known| Some((known, known.standing.as_ref()?)))
        {
            if customer_of(marked) != Some(record.customer.as_str()) {
                // The provider says that it is somebody else's now. Its owner can't be changed.
                self.remove(Some(&standing.object), &record.external_id)
                    .await?;
                return Ok(Found::Missing);
            }
            if record.mark == marked.mark {
                return Ok(Found::Same(standing.clone()));
            }
            if let Some(written) = self.write(&standing.object, marked).await? {
                if written.owner != standing.owner && standing.owner.is_some() {
                    tracing::info!(
                        external_id = record.external_id,
                        "an object was moved to another customer in Kustomer: it stays there"
                    );
                }
                return Ok(Found::Written(written));
            }
        }
        let external_id = &marked.object.external_id;
        let call = self.client.object(&self.klass, external_id);
        let Some(kept) = self.paced(call).await? else {
            return Ok(Found::Missing);
        };
        let of_another = kept.custom.get(CUSTOMER).and_then(|id| id.as_str());
        if of_another.is_some_and(|id| Some(id) != customer_of(marked)) {
            let call = self.client.delete_object(&self.klass, &kept.id);
            self.paced(call).await?;
            return Ok(Found::Missing);
        }
        if kept.custom.get(MARK).and_then(|mark| mark.as_str()) == Some(&marked.mark) {
            return Ok(Found::Same(standing(kept)));
        }
        let written = self.write(&kept.id, marked).await?;
        Ok(written.map_or(Found::Missing, Found::Written))
    }

    /// The helpdesk's customer who is this person: whom Sidecard has made, else who has the address, else one that is made
    /// now, where the workspace wants that. `None`: nobody.
    pub async fn owner(&self, person: &Person) -> Result<Option<String>, Trouble> {
        if let Some(linked) = &person.linked {
            let call = self.client.customer_by_id(linked.reveal());
            if let Some(there) = self.paced(call).await? {
                return Ok(Some(there));
            }
        }
        let call = self.client.customer_by_external_id(&person.external_id);
        if let Some(made) = self.paced(call).await? {
            return Ok(Some(made));
        }
        let Some(email) = &person.email else {
            return Ok(None);
        };
        if let Some(found) = self.paced(self.client.customer_by_email(email)).await? {
            return Ok(Some(found));
        }
        if !self.creates_customers {
            return Ok(None);
        }
        let new = NewCustomer {
            name: person.name.as_deref(),
            email,
            external_id: Some(&person.external_id),
        };
        match self.paced(self.client.create_customer(&new)).await {
            // Somebody wrote to the helpdesk at this moment.
            Err(Trouble::Conflict(_)) => self.paced(self.client.customer_by_email(email)).await,
            made => made.map(Some),
        }
    }

    /// Puts an object that is not there on somebody's timeline.
    pub async fn create(&self, marked: &Marked, owner: &str) -> Result<Standing, Trouble> {
        let object = &marked.object;
        let made = self
            .mended(|| self.client.create_object(&self.klass, owner, object))
            .await;
        let trouble = match made {
            Ok(kept) => return Ok(standing(kept)),
            Err(trouble) => trouble,
        };
        // Whether a second one with its external id is refused, and how, is not established. It is looked for once.
        if !matches!(trouble, Trouble::Conflict(_) | Trouble::Invalid(..)) {
            return Err(trouble);
        }
        let call = self.client.object(&self.klass, &object.external_id);
        let Some(kept) = self.paced(call).await? else {
            return Err(trouble);
        };
        let written = self.write(&kept.id, marked).await?;
        written.ok_or(trouble)
    }

    /// Removes an object, by its id if that is known, else by its external id.
    pub async fn remove(&self, object: Option<&str>, external_id: &str) -> Result<(), Trouble> {
        if let Some(id) = object {
            let call = self.client.delete_object(&self.klass, id);
            if self.paced(call).await? {
                return Ok(());
            }
        }
        let call = self.client.object(&self.klass, external_id);
        if let Some(kept) = self.paced(call).await? {
            let call = self.client.delete_object(&self.klass, &kept.id);
            self.paced(call).await?;
        }
        Ok(())
    }

    /// Writes an object anew. `None`: there is none of this id.
    async fn write(&self, id: &str, marked: &Marked) -> Result<Option<Standing>, Trouble> {
        let written = self
            .mended(|| self.client.update_object(&self.klass, id, &marked.object))
            .await;
        match written {
            Ok(kept) => Ok(Some(standing(kept))),
            Err(Trouble::NotFound(_)) => Ok(None),
            Err(trouble) => Err(trouble),
        }
    }

    /// Makes a write. If the klass does not know an attribute, it is taught all of them, and the write is made again:
    /// nothing of it was written.
    async fn mended<F>(&self, write: impl Fn() -> F) -> Result<Kept, Trouble>
    where
        F: Future<Output = Result<Kept, Trouble>>,
    {
        match self.paced(write()).await {
            Err(Trouble::UnknownAttribute(name)) => {
                tracing::warn!(
                    attribute = name,
                    "Kustomer's klass lacks an attribute: it is added"
                );
                let call = self.client.add_attributes(&self.klass, &ATTRIBUTES);
                self.paced(call).await?;
                self.paced(write()).await
            }
            written => written,
        }
    }
}

fn standing(kept: Kept) -> Standing {
    Standing {
        object: kept.id,
        owner: kept.customer,
    }
}

/// Whose the object says it is, at the provider.
fn customer_of(marked: &Marked) -> Option<&str> {
    marked.object.custom.get(CUSTOMER)?.as_str()
}
