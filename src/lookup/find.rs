//! One question, at every install of the workspace, side by side.

use std::sync::Arc;

use futures_util::future::join_all;

use super::card::Person;
use super::identify::identify_again;
use super::links::Link;
use super::request::{CacheState, Note, Options, Request};
use super::upstream::Recheck;
use super::{Inner, Lookups};
use crate::clock::Deadline;
use crate::domain::access::{Access, Connected, Workspace};
use crate::domain::answer::{Account, Answer, Outcome, Reason, Unlinking};
use crate::domain::customer::Customer;
use crate::domain::question::{MatchedBy, Question};

/// An answer, and how it was found.
#[derive(Debug, Clone)]
pub struct Found {
    /// The answer.
    pub answer: Answer,
    /// For the log, one for each account.
    pub notes: Vec<Note>,
}

impl Lookups {
    /// Answers a question at every install of the workspace, by the deadline.
    pub async fn find(&self, access: &Access, question: &Question, deadline: &Deadline) -> Found {
        self.find_with(access, question, deadline, Options::default())
            .await
    }

    /// The same, as the options say.
    pub async fn find_with(
        &self,
        access: &Access,
        question: &Question,
        deadline: &Deadline,
        options: Options,
    ) -> Found {
        let workspace = &access.workspace;
        let lookups = access
            .installs
            .iter()
            .filter(|install| {
                let wanted = question.install.as_ref();
                wanted.is_none_or(|name| *name == install.install.name)
            })
            .map(|install| {
                self.0
                    .find_at(install, workspace, question, deadline, options)
            });
        let (accounts, notes) = join_all(lookups).await.into_iter().unzip();
        Found {
            answer: Answer { accounts },
            notes,
        }
    }
}

impl Inner {
    async fn find_at(
        self: &Arc<Self>,
        install: &Arc<Connected>,
        workspace: &Workspace,
        question: &Question,
        deadline: &Deadline,
        options: Options,
    ) -> (Account, Note) {
        let note = Note {
            install: install.install.name.clone(),
            cache: CacheState::Hit,
            upstream_calls: 0,
        };
        let mut request = Request {
            inner: self,
            install,
            workspace: &workspace.id,
            deadline,
            options,
            note,
            has_fetched: false,
            reservations: Vec::new(),
        };
        let (profile, outcome) = tokio::join!(
            self.shop(install, deadline),
            request.outcome(question, workspace.links_by_itself()),
        );
        let ground = self.ground(install, profile);
        let account = Account {
            install: Arc::clone(&ground.install),
            zone: ground.profile.zone,
            currency: ground.profile.currency.clone(),
            links: Arc::clone(&ground.links),
            outcome,
        };
        (account, request.note)
    }
}

impl Request<'_> {
    async fn outcome(&mut self, question: &Question, may_link: bool) -> Outcome {
        if let Err(reason) = self.check_credentials().await {
            return Outcome::Unavailable { reason };
        }
        let link = match &question.profile {
            None => None,
            Some(profile) => {
                match self
                    .inner
                    .links
                    .of(&self.inner.store, self.name(), self.workspace, profile)
                    .await
                {
                    Ok(link) => link,
                    // An agent may have said that the profile is none of those who match: no card is better than that one.
                    Err(_) => {
                        return Outcome::Unavailable {
                            reason: Reason::Unreachable,
                        };
                    }
                }
            }
        };
        // An agent's own link is the only one that outranks the addresses.
        if let Some(Link::Manual(id)) = &link {
            let outcome = self.card(Person::known(id.clone(), MatchedBy::Link)).await;
            if !matches!(outcome, Outcome::NotFound { .. }) {
                return outcome;
            }
        }
        if self.options.refetch {
            let subjects = question.subjects().iter();
            let asked = subjects.map(|subject| identify_again(self.inner, self.caller(), subject));
            join_all(asked).await;
        }
        let mut outcome = self.by_subjects(question, link.as_ref()).await;
        if self.has_moved(question, &outcome).await {
            // Once, so that it ends.
            outcome = Box::pin(self.by_subjects(question, link.as_ref())).await;
        }
        match (link, &question.profile) {
            (Some(Link::Unlinked(unlinking)), _) => unlinked(outcome, unlinking),
            (Some(Link::Manual(_)), _) | (_, None) => outcome,
            (link, Some(profile)) => {
                if may_link {
                    self.link(profile, link.as_ref(), question, &outcome);
                }
                outcome
            }
        }
    }

    /// Whether the install's credentials are accepted, as far as is known; asks when it is time to ask again.
    async fn check_credentials(&mut self) -> Result<(), Reason> {
        match self
            .inner
            .upstream
            .failures
            .credentials_rejected(self.name())
        {
            None => Ok(()),
            Some(Recheck::Later) => Err(Reason::Reconnect),
            Some(Recheck::Now) => {
                self.note.cache = CacheState::Miss;
                let check = self
                    .inner
                    .upstream
                    .check_credentials(self.install, self.deadline);
                Box::pin(check).await
            }
        }
    }
}

/// The outcome where an agent has said that the profile is none of those who match.
fn unlinked(outcome: Outcome, unlinking: Unlinking) -> Outcome {
    let (candidates, as_of): (Arc<[Customer]>, _) = match outcome {
        Outcome::Found { snapshot, .. } => (Arc::new([snapshot.customer.clone()]), snapshot.as_of),
        Outcome::Several {
            candidates, as_of, ..
        } => (candidates, as_of),
        Outcome::NotFound { as_of } => (Arc::new([]), as_of),
        other => return other,
    };
    Outcome::Unlinked {
        candidates,
        as_of,
        unlinking,
    }
}
