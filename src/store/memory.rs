//! A store that ends with the process: for the demo, for a single lookup on a terminal, and for tests.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, PoisonError, RwLock};

use super::links::{LinkRecord, Profile};
use crate::domain::access::{Access, Connected, Workspace};
use crate::domain::id::{CustomerId, WorkspaceId};
use crate::domain::install::InstallName;

/// Installs, workspaces, and the links between profiles and customers. Snapshots and resolutions are not here: nothing
/// of this store outlives the memory that lookups have of them anyway.
#[derive(Debug, Default)]
pub struct Memory {
    installs: Shelf<InstallName, Arc<Connected>>,
    workspaces: Shelf<WorkspaceId, Arc<Access>>,
    links: Shelf<(InstallName, WorkspaceId, String), LinkRecord>,
}

#[derive(Debug)]
struct Shelf<K, V>(RwLock<HashMap<K, V>>);

impl<K, V> Default for Shelf<K, V> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<K: Hash + Eq, V: Clone> Shelf<K, V> {
    fn find(&self, key: &K) -> Option<V> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(key)
            .cloned()
    }

    fn put(&self, key: K, value: V) {
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key, value);
    }

    fn retain(&self, keep: impl Fn(&K, &V) -> bool) {
        let mut shelf = self.0.write().unwrap_or_else(PoisonError::into_inner);
        shelf.retain(|key, value| keep(key, value));
    }

    fn all(&self) -> Vec<V> {
        let shelf = self.0.read().unwrap_or_else(PoisonError::into_inner);
        shelf.values().cloned().collect()
    }
}

impl Memory {
    /// Adds an install, or replaces the one of this name.
    pub fn add_install(&self, install: Connected) {
        self.installs
            .put(install.install.name.clone(), Arc::new(install));
    }

    /// Joins a workspace to installs that are there; names of others are left out.
    pub fn add_workspace(&self, workspace: Workspace, installs: &[InstallName]) {
        let installs = installs
            .iter()
            .filter_map(|name| self.installs.find(name))
            .collect();
        self.workspaces.put(
            workspace.id.clone(),
            Arc::new(Access {
                workspace,
                installs,
            }),
        );
    }

    /// All installs, in no special order.
    pub fn installs(&self) -> Vec<Arc<Connected>> {
        self.installs.all()
    }

    /// A workspace and what it may use.
    pub fn access(&self, workspace: &WorkspaceId) -> Option<Arc<Access>> {
        self.workspaces.find(workspace)
    }

    /// Ties a profile to a customer, or to nobody.
    pub fn link(&self, of: Profile<'_>, link: LinkRecord) {
        self.links.put(key(of), link);
    }

    /// The customer is gone: so are the ties to them.
    pub fn release_links(&self, install: &InstallName, customer: &CustomerId) {
        self.links
            .retain(|(name, ..), link| name != install || link.customer.as_ref() != Some(customer));
    }

    /// The tie of a profile, if there is one.
    pub fn link_of(&self, of: Profile<'_>) -> Option<LinkRecord> {
        self.links.find(&key(of))
    }
}

fn key(of: Profile<'_>) -> (InstallName, WorkspaceId, String) {
    (
        of.install.clone(),
        of.workspace.clone(),
        of.profile.to_owned(),
    )
}
