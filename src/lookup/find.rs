//! One question, at every install of the workspace, side by side.

use std::sync::Arc;

use futures_util::future::join_all;

use super::asking::{CacheState, Lookup, Note, Reading};
use super::person::Person;
use super::resolutions::Row;
use super::resolve::{Resolved, resolve, resolve_anew};
use super::tie::unlinked;
use super::upstream::Recheck;
use super::{Inner, Link, Lookups};
use crate::clock::{Clock, Deadline};
use crate::domain::access::{Access, Connected, Workspace};
use crate::domain::answer::{Account, Answer, Outcome, Reason};
use crate::domain::customer::Customer;
use crate::domain::day::Instant;
use crate::domain::id::CustomerId;
use crate::domain::question::{MatchedBy, Question, Subject};

/// An answer, and how it came about.
#[derive(Debug, Clone)]
pub struct Found {
    /// The answer.
    pub answer: Answer,
    /// For the log, one for each account.
    pub notes: Vec<Note>,
}

impl Lookups {
    /// Answers a question at every install of the workspace, by the deadline at the latest.
    pub async fn find(&self, access: &Access, question: &Question, deadline: &Deadline) -> Found {
        self.found(access, question, deadline, Reading::Remembered)
            .await
    }

    /// The same, and what is remembered stands in only when the provider can't be asked.
    pub async fn find_anew(
        &self,
        access: &Access,
        question: &Question,
        deadline: &Deadline,
    ) -> Found {
        self.found(access, question, deadline, Reading::Anew).await
    }

    async fn found(
        &self,
        access: &Access,
        question: &Question,
        deadline: &Deadline,
        reading: Reading,
    ) -> Found {
        let workspace = &access.workspace;
        let lookups = access
            .installs
            .iter()
            .filter(|install| {
                let meant = question.install.as_ref();
                meant.is_none_or(|name| *name == install.install.name)
            })
            .map(|install| {
                self.0
                    .find_at(install, workspace, question, deadline, reading)
            });
        let (accounts, notes) = join_all(lookups).await.into_iter().unzip();
        Found {
            answer: Answer { accounts },
            notes,
        }
    }
}

/// Who a question's subjects name at one install.
enum Who {
    One {
        person: Box<Person>,
        /// Whether every subject was asked for, and names this one or nobody.
        alone: bool,
    },
    Nobody {
        as_of: Instant,
    },
    Several {
        candidates: Arc<[Customer]>,
        as_of: Instant,
        stale: Option<Reason>,
    },
    Unknown(Reason),
}

impl Inner {
    async fn find_at(
        self: &Arc<Self>,
        install: &Arc<Connected>,
        workspace: &Workspace,
        question: &Question,
        deadline: &Deadline,
        reading: Reading,
    ) -> (Account, Note) {
        let name = install.install.name.clone();
        let note = Note {
            install: name,
            cache: CacheState::Hit,
            upstream_calls: 0,
        };
        let mut lookup = Lookup {
            inner: self,
            install,
            workspace: &workspace.id,
            deadline,
            reading,
            note,
            has_flown: false,
            reservations: Vec::new(),
        };
        let (profile, outcome) = tokio::join!(
            self.shop(install, deadline),
            lookup.outcome(question, workspace.links_by_itself()),
        );
        let ground = self.ground(install, profile);
        let account = Account {
            install: Arc::clone(&ground.install),
            zone: ground.profile.zone,
            currency: ground.profile.currency.clone(),
            links: Arc::clone(&ground.links),
            outcome,
        };
        (account, lookup.note)
    }
}

impl Lookup<'_> {
    async fn outcome(&mut self, question: &Question, links: bool) -> Outcome {
        match self
            .inner
            .upstream
            .failures
            .credentials_rejected(self.name())
        {
            None => {}
            Some(Recheck::Later) => {
                return Outcome::Unavailable {
                    reason: Reason::Reconnect,
                };
            }
            Some(Recheck::Now) => {
                self.note.cache = CacheState::Miss;
                let accepted = self
                    .inner
                    .upstream
                    .check_credentials(self.install, self.deadline);
                if let Err(reason) = Box::pin(accepted).await {
                    return Outcome::Unavailable { reason };
                }
            }
        }
        let mut link = match &question.profile {
            Some(profile) => {
                let links = &self.inner.links;
                match links.of(self.name(), self.workspace, profile).await {
                    Ok(link) => link,
                    // An agent may have said that it is none of those who match: no card is better than that one.
                    Err(_) => {
                        return Outcome::Unavailable {
                            reason: Reason::Unreachable,
                        };
                    }
                }
            }
            None => None,
        };
        if let Some(Link::Auto(id) | Link::Manual(id)) = &link {
            let mut outcome = self.card(Person::known(id.clone(), MatchedBy::Link)).await;
            if matches!(link, Some(Link::Auto(_))) {
                self.by_address(question, &mut outcome).await;
            }
            // A link whose customer is gone does not stand in the way of the address, nor one that came about by itself in the
            // way of another such.
            if !matches!(outcome, Outcome::NotFound { .. }) {
                return outcome;
            }
            link = link.filter(|link| !matches!(link, Link::Auto(_)));
        }
        if self.reading == Reading::Anew {
            let asked = question.subjects().iter();
            join_all(asked.map(|subject| resolve_anew(self.inner, self.caller(), subject))).await;
        }
        let (mut outcome, mut alone) = self.by_subjects(question).await;
        if self.has_moved(question, &outcome) {
            // Once, so that it ends.
            (outcome, alone) = Box::pin(self.by_subjects(question)).await;
        }
        match (link, &question.profile) {
            (Some(Link::Unlinked(unlinking)), _) => unlinked(outcome, unlinking),
            (None, Some(profile)) if links && alone => {
                self.link(profile, &outcome);
                outcome
            }
            _ => outcome,
        }
    }

    /// With whether it is about one customer beyond doubt.
    async fn by_subjects(&mut self, question: &Question) -> (Outcome, bool) {
        let who = self.who(question.subjects()).await;
        let is_alone = matches!(who, Who::One { alone: true, .. });
        let outcome = match who {
            Who::One { person, .. } => self.card(*person).await,
            Who::Nobody { as_of } => Outcome::NotFound { as_of },
            Who::Several {
                candidates,
                as_of,
                stale,
            } => Outcome::Several {
                candidates,
                as_of,
                stale,
            },
            Who::Unknown(reason) => Outcome::Unavailable { reason },
        };
        (outcome, is_alone)
    }

    /// Whether reading the card has just taught that the addresses name somebody else, more than one, or nobody.
    fn has_moved(&self, question: &Question, outcome: &Outcome) -> bool {
        if !self.has_flown {
            return false;
        }
        let shown: &[&CustomerId] = match outcome {
            Outcome::Found {
                snapshot,
                matched_by: MatchedBy::Email,
                stale: None,
            } => &[&snapshot.customer.id],
            Outcome::NotFound { .. } => &[],
            _ => return false,
        };
        let emails = question
            .subjects()
            .iter()
            .filter(|subject| matches!(subject, Subject::Email(_)));
        let resolutions: Vec<_> = emails
            .filter_map(|subject| {
                let key = self.inner.resolutions.key(self.name(), &subject.key());
                self.inner.resolutions.in_memory(&key)
            })
            .collect();
        let named = || {
            resolutions
                .iter()
                .flat_map(|resolution| resolution.customers.iter())
        };
        let others = named().any(|customer| !shown.contains(&&customer.id));
        let nobody = shown
            .iter()
            .any(|id| !named().any(|customer| customer.id == **id));
        // Memory may have let them go in between: nothing is learned from that.
        !resolutions.is_empty() && (others || nobody)
    }

    /// Who the subjects name: all of them asked side by side, united by customer id.
    async fn who(&mut self, subjects: &[Subject]) -> Who {
        let asked = subjects
            .iter()
            .map(|subject| resolve(self.inner, self.caller(), subject));
        let resolved = join_all(asked).await;
        let mut union = Union::default();
        for (subject, resolved) in subjects.iter().zip(resolved) {
            self.note.cache = self.note.cache.max(resolved.cache);
            self.note.upstream_calls += resolved.upstream_calls;
            self.reservations.extend(resolved.reservation.clone());
            union.add(subject, resolved);
        }
        union.who(&self.inner.clock)
    }
}

/// What several subjects came to, together.
#[derive(Default)]
struct Union {
    people: Vec<(Person, Row)>,
    as_of: Option<Instant>,
    stale: Option<Reason>,
    failed: Option<Reason>,
}

impl Union {
    fn add(&mut self, subject: &Subject, resolved: Resolved) {
        let resolution = match resolved.result {
            Ok(resolution) => resolution,
            Err(reason) => {
                self.failed = Some(reason);
                return;
            }
        };
        self.as_of = Some(
            self.as_of
                .map_or(resolution.as_of, |at| at.min(resolution.as_of)),
        );
        self.stale = self.stale.or(resolved.stale);
        for record in Row::all(&resolution) {
            let customer = record.customer();
            let email = match subject {
                Subject::Email(email) => Some((email.clone(), resolution.as_of)),
                _ => None,
            };
            let row = resolved.is_fresh.then(|| record.clone());
            let matched_by = subject.matched_by();
            match self
                .people
                .iter_mut()
                .find(|(other, _)| other.id == customer.id)
            {
                Some((other, _)) => {
                    // Who was found by an address keeps it: it is what the card is refreshed by.
                    other.email = other.email.take().or(email);
                    other.row = other.row.take().or(row);
                }
                None => {
                    let person = Person {
                        id: customer.id.clone(),
                        matched_by,
                        email,
                        row,
                    };
                    self.people.push((person, record));
                }
            }
        }
    }

    fn who(mut self, clock: &Clock) -> Who {
        let as_of = self.as_of.unwrap_or_else(|| clock.now());
        match (self.people.len(), self.failed) {
            // One of several addresses could not be asked for: the card that another one led to is still true.
            (1, failed) => match self.people.pop() {
                Some((person, _)) => Who::One {
                    person: Box::new(person),
                    alone: failed.is_none(),
                },
                None => Who::Nobody { as_of },
            },
            (0, Some(reason)) => Who::Unknown(reason),
            (0, None) => Who::Nobody { as_of },
            _ => {
                let mut candidates: Vec<Customer> = self
                    .people
                    .into_iter()
                    .map(|(_, record)| record.customer().clone())
                    .collect();
                candidates.sort_by(|a, b| {
                    b.created_at
                        .cmp(&a.created_at)
                        .then_with(|| b.id.cmp(&a.id))
                });
                Who::Several {
                    candidates: candidates.into(),
                    as_of,
                    stale: self.stale,
                }
            }
        }
    }
}
