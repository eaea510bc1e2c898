//! Who may ask what, and whose hooks come in where, held in memory, and kept true.
//!
//! Every change of the store raises a counter, in whichever process it is made; once a second that counter is read, and when
//! it has moved everything is loaded anew. Erasures have a counter of their own: when that one has moved, lookups let go of
//! what they remember in memory, and read what is still there from the store.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use crate::clock::Clock;
use crate::domain::access::Access;
use crate::domain::day::Instant;
use crate::domain::id::WorkspaceId;
use crate::domain::install::InstallName;
use crate::lookup::Lookups;
use crate::store::{InstallRecord, Store, StoreError};
use crate::web::{Hooked, Hooks, Workspaces};

/// How often the counter is read.
const EVERY: Duration = Duration::from_secs(1);

/// All workspaces with what they may use, and all installs by hook id.
#[derive(Default)]
pub struct Accesses(RwLock<All>);

#[derive(Default)]
struct All {
    workspaces: HashMap<WorkspaceId, Arc<Access>>,
    hooks: HashMap<String, Arc<Hooked>>,
}

impl Workspaces for Accesses {
    fn access(&self, workspace: &WorkspaceId) -> Option<Arc<Access>> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        all.workspaces.get(workspace).cloned()
    }
}

impl Hooks for Accesses {
    fn hooked(&self, id: &str) -> Option<Arc<Hooked>> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        all.hooks.get(id).cloned()
    }
}

impl Accesses {
    fn replace(&self, all: Vec<Access>, hooks: HashMap<String, Arc<Hooked>>) {
        let workspaces = all
            .into_iter()
            .map(|access| (access.workspace.id.clone(), Arc::new(access)))
            .collect();
        let all = All { workspaces, hooks };
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = all;
    }
}

/// What the store said of an install's credentials.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Credentials {
    /// Accepted as far as is known, and readable.
    good: bool,
    replaced_at: Instant,
}

/// Keeps the accesses true, and the store's word on refused credentials the same as that of lookups.
pub struct Watch {
    store: Store,
    lookups: Lookups,
    clock: Clock,
    accesses: Arc<Accesses>,
    /// The counters when everything was loaded, and when memory was let go.
    changes: i64,
    erasures: i64,
    /// When the first secret that a rotation still honours is honoured no longer.
    overlap_ends: Option<Instant>,
    installs: BTreeMap<InstallName, Credentials>,
    /// Whether the store could not be read the last time.
    failing: bool,
}

impl Watch {
    /// Loads everything for the first time.
    pub async fn begin(
        store: &Store,
        lookups: &Lookups,
        clock: &Clock,
    ) -> Result<Self, StoreError> {
        let mut watch = Self {
            store: store.clone(),
            lookups: lookups.clone(),
            clock: clock.clone(),
            accesses: Arc::default(),
            changes: 0,
            erasures: store.erasures().await?,
            overlap_ends: None,
            installs: BTreeMap::new(),
            failing: false,
        };
        watch.load().await?;
        Ok(watch)
    }

    pub fn accesses(&self) -> Arc<Accesses> {
        Arc::clone(&self.accesses)
    }

    /// Looks once a second, for as long as the process runs.
    pub async fn run(mut self) {
        loop {
            self.clock.deadline(EVERY).passed().await;
            match self.look().await {
                Ok(()) => self.failing = false,
                // Said once: the service goes on with what it knows.
                Err(error) if !self.failing => {
                    self.failing = true;
                    tracing::error!(%error, "changes can't be read from the store");
                }
                Err(_) => {}
            }
        }
    }

    async fn look(&mut self) -> Result<(), StoreError> {
        let overlap_is_over = self.overlap_ends.is_some_and(|end| end <= self.clock.now());
        if overlap_is_over || self.store.changes().await? != self.changes {
            self.load().await?;
        }
        let erasures = self.store.erasures().await?;
        if erasures != self.erasures {
            self.let_go();
            self.erasures = erasures;
        }
        self.lookups.notice_changes().await?;
        // After the loading: a refusal of a token that has been replaced since is no news.
        self.tell_the_store().await
    }

    /// What lookups have learned of credentials since the last look.
    async fn tell_the_store(&mut self) -> Result<(), StoreError> {
        let refused = self.lookups.rejected_installs();
        for (name, credentials) in &mut self.installs {
            if refused.contains(name) && credentials.good {
                self.store.mark_reconnect(name, self.clock.now()).await?;
                credentials.good = false;
                tracing::warn!(
                    install = name.as_str(),
                    "its token is refused: it must be reconnected"
                );
            } else if !refused.contains(name) && !credentials.good {
                self.store.mark_ok(name).await?;
                credentials.good = true;
                tracing::info!(install = name.as_str(), "its token is accepted again");
            }
        }
        Ok(())
    }

    /// Which install somebody was erased at is not told: all of them read from the store again.
    fn let_go(&self) {
        for (name, credentials) in &self.installs {
            self.lookups.start_anew(name);
            if !credentials.good {
                self.lookups.doubt_credentials(name);
            }
        }
    }

    async fn load(&mut self) -> Result<(), StoreError> {
        let now = self.clock.now();
        // Read first: a change that comes in between is loaded once more, not missed.
        self.changes = self.store.changes().await?;
        let all = self.store.all_access(now).await?;
        let workspaces = self.store.workspaces().await?;
        let ends = workspaces
            .iter()
            .filter_map(|record| record.previous.as_ref());
        self.overlap_ends = ends
            .map(|(_, until)| *until)
            .filter(|until| *until > now)
            .min();
        let (mut installs, mut hooks) = (BTreeMap::new(), HashMap::new());
        let refused = self.lookups.rejected_installs();
        for record in self.store.installs().await? {
            let credentials = Credentials {
                good: !record.must_reconnect(),
                replaced_at: record.token_replaced_at,
            };
            let before = self.installs.get(&record.name);
            // Whoever says so, a card is shown again only when the provider accepts them.
            if !credentials.good && !refused.contains(&record.name) {
                self.lookups.doubt_credentials(&record.name);
            } else if credentials.good && before != Some(&credentials) {
                // Also one that was not there before: somebody may have asked while its namesake went.
                self.lookups.start_anew(&record.name);
            }
            hooks.insert(record.hook_id.clone(), Arc::new(hooked(&record)));
            installs.insert(record.name, credentials);
        }
        for gone in self
            .installs
            .keys()
            .filter(|name| !installs.contains_key(*name))
        {
            self.lookups.start_anew(gone);
        }
        self.installs = installs;
        self.accesses.replace(all, hooks);
        Ok(())
    }
}

/// A secret that can't be opened signs nothing.
fn hooked(record: &InstallRecord) -> Hooked {
    let secrets = record.client_secrets.iter().cloned();
    Hooked {
        install: record.name.clone(),
        provider: record.provider.clone(),
        secrets: secrets.filter_map(Result::ok).collect(),
    }
}
