//! A helpdesk's profile and a customer: what a link between them says, and how one comes about by itself.

use std::sync::Arc;

use super::asking::Lookup;
use crate::domain::answer::{Outcome, Unlinking};
use crate::domain::customer::Customer;
use crate::domain::question::{MatchedBy, Question, Subject};

impl Lookup<'_> {
    /// A link that an address brought about says no more than that address, for as long as it is the customer's, and as far
    /// as is known nobody else's.
    pub(super) async fn by_address(&self, question: &Question, outcome: &mut Outcome) {
        let Outcome::Found {
            snapshot: card,
            matched_by,
            ..
        } = outcome
        else {
            return;
        };
        let (own, resolutions) = (card.customer.email.as_ref(), &self.inner.resolutions);
        let mut is_own = false;
        for subject in question.subjects() {
            let Subject::Email(email) = subject else {
                continue;
            };
            let key = resolutions.key(self.name(), &subject.key());
            let Some(resolution) = resolutions.read(&key).await else {
                continue;
            };
            let mut named = resolution.customers.iter();
            if named.any(|customer| customer.id != card.customer.id) {
                return;
            }
            is_own |= !resolution.customers.is_empty() && own.is_some_and(|own| email.matches(own));
        }
        if is_own {
            *matched_by = MatchedBy::Email;
        }
    }

    /// Ties the profile to the customer who was found by an address, behind the answer.
    pub(super) fn link(&self, profile: &str, outcome: &Outcome) {
        let Outcome::Found {
            snapshot,
            matched_by: MatchedBy::Email,
            stale: None,
        } = outcome
        else {
            return;
        };
        let links = Arc::clone(&self.inner.links.stored);
        let (install, workspace) = (self.name().clone(), self.workspace.clone());
        let (profile, customer) = (profile.to_owned(), snapshot.customer.id.clone());
        self.inner.upstream.runtime.spawn(async move {
            links
                .keep_auto(&install, &workspace, &profile, &customer)
                .await;
        });
    }
}

/// What is shown where an agent has said that the profile is none of those who match.
pub(super) fn unlinked(outcome: Outcome, unlinking: Unlinking) -> Outcome {
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
