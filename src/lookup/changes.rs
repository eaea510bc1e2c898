//! Commits -> the cache and the listeners.
//!
//! A commit of this process brings the cache up to date at once ([`Inner::committed`]). Commits of other processes are
//! noticed by the commit numbers, once a second ([`Lookups::notice_changes`]).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::broadcast;

use super::fetch::{Fetched, Seed, Wanted};
use super::upstream::{FetchContext, Joined, NoResult, Priority, Waiters};
use super::{Inner, Lookups};
use crate::domain::access::Connected;
use crate::domain::answer::Reason;
use crate::domain::id::CustomerId;
use crate::domain::install::InstallName;
use crate::domain::question::Subject;
use crate::records::{Commit, Known};
use crate::store::{StoreError, Stored};

/// Changes that a listener may be behind; then it is told that it missed some.
pub const BACKLOG: usize = 1_024;
/// A customer is read in less.
const PATIENCE: Duration = Duration::from_secs(60);

/// A customer's card has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The install.
    pub install: InstallName,
    /// The customer.
    pub customer: CustomerId,
    /// Subjects that may lead to other customers now, by their keys in the store.
    pub subjects: Vec<String>,
}

/// What a commit made of one customer.
#[derive(Debug, Clone)]
pub struct Settled {
    pub customer: CustomerId,
    /// What is known of them now.
    pub known: Option<Arc<Known>>,
    /// Whether nothing may be stored of them.
    pub is_refused: bool,
}

/// The commits of each install, as far as this process has noticed them.
#[derive(Default)]
pub struct Noticed(Mutex<HashMap<InstallName, Seen>>);

#[derive(Clone, Copy, Default)]
struct Seen {
    number: Commit,
    /// Commits of this process since.
    own: Commit,
}

impl Noticed {
    /// This process committed once.
    fn count_own(&self, install: &InstallName) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seen) = all.get_mut(install) {
            seen.own += 1;
        }
    }

    /// Whether another process has committed; then the number after which it did.
    fn others_since(&self, install: &InstallName, number: Commit) -> Option<Commit> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(seen) = all.get_mut(install) else {
            all.insert(install.clone(), Seen { number, own: 0 });
            return None;
        };
        let (before, passed) = (seen.number, number - seen.number);
        let is_own = passed == seen.own;
        *seen = Seen {
            number,
            own: (seen.own - passed).max(0),
        };
        (!is_own).then_some(before)
    }
}

impl Inner {
    /// Brings the cache up to date after a commit of this process.
    pub fn committed(&self, install: &InstallName, stored: Vec<Stored>) -> Vec<Settled> {
        self.noticed.count_own(install);
        let settled = stored.into_iter().map(|one| {
            for key in &one.keys {
                self.memory.drop_subject(install, key);
            }
            let known = one.known.map(Arc::new);
            if one.is_changed || known.is_some() {
                self.memory
                    .replace_customer(install, &one.customer, known.clone());
            }
            Settled {
                customer: one.customer,
                known,
                is_refused: one.is_refused,
            }
        });
        settled.collect()
    }

    /// Tells listeners that a customer's card has changed.
    pub fn announce(&self, install: &InstallName, customer: &CustomerId, subjects: &[String]) {
        // No one may be listening.
        let _ = self.changes.send(Changed {
            install: install.clone(),
            customer: customer.clone(),
            subjects: subjects.to_vec(),
        });
    }
}

impl Lookups {
    /// What a commit of webhooks or of a list changed: brings the cache up to date and tells listeners.
    pub fn committed(&self, install: &InstallName, stored: Vec<Stored>) {
        let changed: Vec<(CustomerId, Vec<String>)> = stored
            .iter()
            .filter(|one| one.is_changed)
            .map(|one| (one.customer.clone(), one.keys.clone()))
            .collect();
        self.0.committed(install, stored);
        for (customer, subjects) in changed {
            self.0.announce(install, &customer, &subjects);
        }
    }

    /// Looks for commits of other processes, and drops what they changed from the cache.
    pub async fn notice_changes(&self) -> Result<(), StoreError> {
        let inner = &self.0;
        for (install, number) in inner.store.commit_numbers().await? {
            let Some(since) = inner.noticed.others_since(&install, number) else {
                continue;
            };
            let changed = inner.store.changed_since(&install, since).await?;
            // Which subjects lead elsewhere is not known.
            inner.memory.drop_subjects(&install);
            match changed {
                Some(changed) => {
                    for customer in changed.customers {
                        inner.memory.drop_customer(&install, &customer);
                        inner.announce(&install, &customer, &[]);
                    }
                }
                None => inner.memory.drop_install(&install),
            }
        }
        Ok(())
    }

    /// A subject's key in the store, which [`Changed::subjects`] names it by.
    pub fn subject_key(&self, subject: &Subject) -> String {
        self.0.store.subject_key(&subject.key())
    }

    /// Customers whose cards change, from now on. A listener that falls behind is told so, and looks again.
    pub fn changes(&self) -> broadcast::Receiver<Changed> {
        self.0.changes.subscribe()
    }

    /// The shop's own settings changed: they are asked for again at the next view.
    pub fn forget_shop(&self, install: &InstallName) {
        self.0.shops.forget(install);
    }

    /// Reads a customer at background priority, whatever is saved. `None`: the provider has no such customer.
    pub async fn reread(
        &self,
        install: &Arc<Connected>,
        customer: &CustomerId,
    ) -> Result<Option<Arc<Known>>, Reason> {
        let inner = &self.0;
        let name = &install.install.name;
        let start = |waiters: Waiters| {
            let inner = Arc::clone(inner);
            let context = FetchContext {
                install: Arc::clone(install),
                workspace: None,
                waiters,
            };
            let wanted = Wanted {
                customer: customer.clone(),
                seed: Seed::Id,
            };
            async move { inner.fetch_noted(&context, wanted).await }
        };
        let key = (name.clone(), inner.memory.beginning(name), customer.clone());
        let joined = inner.fetching.join_or_start_job(
            key,
            &inner.upstream.runtime,
            Priority::Background,
            || None,
            start,
        );
        let result = match joined {
            Joined::Ready(result) => result,
            Joined::Pending(fetch) => fetch
                .wait_in_background(&inner.clock.deadline(PATIENCE))
                .await
                .map_err(NoResult::reason)?,
        };
        match result {
            Ok(Fetched { known, .. }) => {
                inner.announce(name, customer, &[]);
                Ok(known)
            }
            Err(failure) => Err(failure.reason),
        }
    }
}
