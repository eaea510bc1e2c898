//! The customers that a question's subjects name together, and the outcome that follows from them.

use std::sync::Arc;

use futures_util::future::join_all;

use super::card::Person;
use super::identify::{Identified, identify};
use super::links::Link;
use super::request::Request;
use crate::domain::answer::{Outcome, Reason};
use crate::domain::customer::Customer;
use crate::domain::day::Instant;
use crate::domain::id::CustomerId;
use crate::domain::question::{MatchedBy, Question, Subject};
use crate::records::Moment;

/// The customers that the subjects of a question name, together.
#[derive(Default)]
struct Named {
    people: Vec<Person>,
    as_of: Option<Instant>,
    stale: Option<Reason>,
    /// Why one of them could not be looked up.
    failed: Option<Reason>,
}

impl Request<'_> {
    /// The card of the one customer that the subjects name. An automatic link stands in where they name none for certain,
    /// while the address that made it is still sent, or when none is sent.
    pub(super) async fn by_subjects(
        &mut self,
        question: &Question,
        link: Option<&Link>,
    ) -> Outcome {
        let named = self.named(question.subjects()).await;
        let stand_in = match link {
            Some(Link::Auto(id, made_for)) if self.still_holds(made_for.as_deref(), question) => {
                Some(id.clone())
            }
            _ => None,
        };
        let as_of = named.as_of.unwrap_or_else(|| self.inner.clock.now());
        let failed = named.failed;
        let is_among = |id: &CustomerId| named.people.iter().any(|person| person.id == *id);
        match (named.people.len(), stand_in) {
            (1, stand_in) => {
                let Some(person) = named.people.into_iter().next() else {
                    return Outcome::NotFound { as_of };
                };
                let is_other = stand_in.is_some_and(|id| id != person.id);
                let mut outcome = self.card(person).await;
                if let Outcome::Found { emails_missing, .. } = &mut outcome {
                    // The address that could not be looked up may be another customer's.
                    *emails_missing = failed.is_some() || is_other && failed.is_some();
                }
                outcome
            }
            (0, Some(id)) => {
                let mut outcome = self.card(Person::known(id, MatchedBy::Link)).await;
                match &mut outcome {
                    Outcome::Found { emails_missing, .. } => *emails_missing = failed.is_some(),
                    // A link whose customer is gone is no answer to a question about an address.
                    Outcome::NotFound { .. } => {
                        if let Some(reason) = failed {
                            return Outcome::Unavailable { reason };
                        }
                    }
                    _ => {}
                }
                outcome
            }
            (0, None) => match failed {
                Some(reason) => Outcome::Unavailable { reason },
                None => Outcome::NotFound { as_of },
            },
            (_, Some(id)) if is_among(&id) => self.card(Person::known(id, MatchedBy::Link)).await,
            _ => {
                let stale = named.stale;
                let ids: Vec<CustomerId> =
                    named.people.into_iter().map(|person| person.id).collect();
                Outcome::Several {
                    candidates: self.candidates(ids).await,
                    as_of,
                    stale,
                }
            }
        }
    }

    /// The records of several customers, the newest first.
    async fn candidates(&self, ids: Vec<CustomerId>) -> Arc<[Customer]> {
        let read = ids.iter().map(|id| self.inner.customer(self.name(), id));
        let known = join_all(read).await.into_iter().zip(&ids);
        let mut candidates: Vec<Customer> = known
            .map(|(known, id)| match known {
                Some(known) => known.customer.clone(),
                None => Customer::bare(id.clone()),
            })
            .collect();
        candidates.sort_by(|a, b| {
            let by_age = b.created_at.cmp(&a.created_at);
            by_age
                .then_with(|| b.id.as_str().len().cmp(&a.id.as_str().len()))
                .then_with(|| b.id.cmp(&a.id))
        });
        candidates.into()
    }

    /// Whether the fetch of the card has just taught that the addresses name another customer, several, or none.
    pub(super) async fn has_moved(&self, question: &Question, outcome: &Outcome) -> bool {
        if !self.has_fetched {
            return false;
        }
        let shown: &[&CustomerId] = match outcome {
            Outcome::Found {
                snapshot,
                matched_by: MatchedBy::Email,
                stale: None,
                ..
            } => &[&snapshot.customer.id],
            Outcome::NotFound { .. } => &[],
            _ => return false,
        };
        let emails = question
            .subjects()
            .iter()
            .filter(|s| matches!(s, Subject::Email(_)));
        let kept = emails.map(async |subject| {
            let key = self.inner.store.subject_key(&subject.key()).into();
            let kept = self.inner.subject(self.name(), subject, &key).await;
            kept.filter(|kept| kept.asked.is_some())
        });
        let kept = join_all(kept).await;
        let kept: Vec<_> = kept.into_iter().flatten().collect();
        let named = || kept.iter().flat_map(|kept| kept.customers.iter());
        let others = named().any(|id| !shown.contains(&id));
        let none = shown.iter().any(|id| !named().any(|named| named == *id));
        !kept.is_empty() && (others || none)
    }

    /// The customers that the subjects name: all looked up side by side, united by id.
    async fn named(&mut self, subjects: &[Subject]) -> Named {
        let lookups = subjects
            .iter()
            .map(|subject| identify(self.inner, self.caller(), subject));
        let identified = join_all(lookups).await;
        let mut named = Named::default();
        for (subject, identified) in subjects.iter().zip(identified) {
            self.note.cache = self.note.cache.max(identified.cache);
            self.note.upstream_calls += identified.upstream_calls;
            self.reservations.extend(identified.reservation.clone());
            named.add(subject, identified);
        }
        named
    }
}

impl Named {
    fn add(&mut self, subject: &Subject, identified: Identified) {
        let kept = match identified.result {
            Ok(kept) => kept,
            Err(reason) => {
                self.failed = Some(reason);
                return;
            }
        };
        let asked = kept.asked;
        if let Some(asked) = asked {
            self.as_of = Some(self.as_of.map_or(asked.at, |at| at.min(asked.at)));
        }
        self.stale = self.stale.or(identified.stale);
        for id in &kept.customers {
            let email = match subject {
                Subject::Email(email) => asked
                    .or(Some(Moment {
                        began: 0,
                        at: Instant::UNIX_EPOCH,
                    }))
                    .map(|at| (email.clone(), at)),
                _ => None,
            };
            match self.people.iter_mut().find(|person| person.id == *id) {
                Some(person) => {
                    // Who was found by an address keeps it: the card is refreshed by it.
                    person.email = person.email.take().or(email);
                    person.read = person.read.or(identified.read);
                }
                None => self.people.push(Person {
                    id: id.clone(),
                    matched_by: subject.matched_by(),
                    email,
                    read: identified
                        .read
                        .filter(|_| !matches!(subject, Subject::Customer(_))),
                }),
            }
        }
    }
}
