//! Profile -> link: read at every lookup; the last one read stands in while the store can't be read.
//!
//! An agent may have said that a profile is none of those who match. So a link that is not known is not as good as none.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use thiserror::Error;

use super::Inner;
use super::per_install::PerInstall;
use super::request::Request;
use crate::domain::answer::{Outcome, Unlinking};
use crate::domain::id::{CustomerId, WorkspaceId};
use crate::domain::install::InstallName;
use crate::domain::question::{MatchedBy, Question, Subject};
use crate::store::{LinkKind, LinkRecord, Profile, Store};

/// So many are remembered: some hundred bytes each.
const MOST: u64 = 10_000;

/// The install with the number of its beginning, the workspace, and the profile.
type Key = (InstallName, u64, WorkspaceId, String);

/// A link between a helpdesk's profile and a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// Made by Sidecard, because exactly this customer had the address; with the address's key in the store.
    Auto(CustomerId, Option<String>),
    /// Made by an agent.
    Manual(CustomerId),
    /// An agent said that the profile is none of those that match.
    Unlinked(Unlinking),
}

/// The store can't be read now. The reason is in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the store can't be read")]
pub struct Unread;

/// The memory of links.
pub struct KnownLinks {
    memory: Cache<Key, Option<Link>>,
    epochs: PerInstall<u64>,
}

impl KnownLinks {
    pub fn new(longest: Duration) -> Self {
        Self {
            memory: Cache::builder()
                .max_capacity(MOST)
                .time_to_live(longest)
                .build(),
            epochs: PerInstall::default(),
        }
    }

    /// The link of a profile: as it is stored, else as it was when it was last read.
    pub async fn of(
        &self,
        store: &Store,
        install: &InstallName,
        workspace: &WorkspaceId,
        profile: &str,
    ) -> Result<Option<Link>, Unread> {
        // Before the read: a person may be erased meanwhile, and is not to be remembered.
        let epoch = self.epochs.of(install).unwrap_or_default();
        let key = || {
            (
                install.clone(),
                epoch,
                workspace.clone(),
                profile.to_owned(),
            )
        };
        let of = Profile {
            install,
            workspace,
            profile,
        };
        match store.link_of(of).await {
            Ok(record) => {
                let link = record.map(link);
                self.memory.insert(key(), link.clone());
                Ok(link)
            }
            Err(error) => {
                tracing::warn!(%error, "a link can't be read");
                self.memory.get(&key()).ok_or(Unread)
            }
        }
    }

    /// Forgets the links of an install.
    pub fn forget(&self, install: &InstallName) {
        let epoch = self.epochs.of(install).unwrap_or_default();
        self.epochs.put(install, epoch + 1);
    }
}

impl Request<'_> {
    /// Whether the address that made an automatic link is still sent, or none is.
    pub(super) fn still_holds(&self, made_for: Option<&str>, question: &Question) -> bool {
        let mut emails = question
            .subjects()
            .iter()
            .filter(|subject| matches!(subject, Subject::Email(_)))
            .peekable();
        if emails.peek().is_none() {
            return true;
        }
        // Links of earlier versions don't say which address made them.
        let Some(made_for) = made_for else {
            return true;
        };
        emails.any(|email| self.inner.store.subject_key(&email.key()) == made_for)
    }

    /// Links the profile to the customer who was found by an address, behind the answer.
    pub(super) fn link(
        &self,
        profile: &str,
        before: Option<&Link>,
        question: &Question,
        outcome: &Outcome,
    ) {
        let Outcome::Found {
            snapshot,
            matched_by: MatchedBy::Email,
            stale: None,
            emails_missing: false,
        } = outcome
        else {
            return;
        };
        let own = snapshot.customer.email.as_deref();
        let emails = question
            .subjects()
            .iter()
            .filter_map(|subject| match subject {
                Subject::Email(email) => Some(email),
                _ => None,
            });
        let mut emails = emails.filter(|email| own.is_none_or(|own| email.matches(own)));
        let Some(email) = emails.next() else { return };
        let made_for = self
            .inner
            .store
            .subject_key(&Subject::Email(email.clone()).key());
        let id = &snapshot.customer.id;
        if matches!(before, Some(Link::Auto(linked, of)) if linked == id && of.as_deref() == Some(&*made_for))
        {
            return;
        }
        self.inner
            .link_behind(self.name(), self.workspace, profile, id, made_for);
    }
}

impl Inner {
    /// Links a profile to a customer who has its address, behind the answer.
    pub fn link_behind(
        self: &Arc<Self>,
        install: &InstallName,
        workspace: &WorkspaceId,
        profile: &str,
        customer: &CustomerId,
        made_for: String,
    ) {
        let inner = Arc::clone(self);
        let (install, workspace) = (install.clone(), workspace.clone());
        let profile = profile.to_owned();
        let link = LinkRecord::auto(customer.clone(), made_for, self.clock.now());
        self.upstream.runtime.spawn(async move {
            let of = Profile {
                install: &install,
                workspace: &workspace,
                profile: &profile,
            };
            match inner.store.link(of, &link).await {
                Ok(true) => inner.upstream.metrics.linked_automatically(),
                // An agent has linked or unlinked the profile in between.
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "a link is not stored"),
            }
        });
    }
}

fn link(record: LinkRecord) -> Link {
    let LinkRecord {
        customer,
        kind,
        agent,
        at,
        made_for,
        ..
    } = record;
    match (customer, kind) {
        (Some(customer), LinkKind::Auto) => Link::Auto(customer, made_for),
        (Some(customer), LinkKind::Manual) => Link::Manual(customer),
        (None, _) => Link::Unlinked(Unlinking { agent, at }),
    }
}
