//! What is known of each install: few, read at every look, and changed seldom.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use foldhash::quality::RandomState;

use crate::domain::install::InstallName;

/// One value for each install.
pub struct PerInstall<T>(RwLock<HashMap<InstallName, T, RandomState>>);

impl<T> Default for PerInstall<T> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<T: Clone> PerInstall<T> {
    /// Its value.
    pub fn of(&self, install: &InstallName) -> Option<T> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        all.get(install).cloned()
    }

    /// From now on this is its value.
    pub fn put(&self, install: &InstallName, value: T) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        all.insert(install.clone(), value);
    }

    /// It has no value any more.
    pub fn remove(&self, install: &InstallName) {
        // Most have none: whoever reads is not kept waiting for that.
        if self.of(install).is_some() {
            let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
            all.remove(install);
        }
    }

    /// From now on these are all values there are.
    pub fn replace(&self, all: impl IntoIterator<Item = (InstallName, T)>) {
        let all = all.into_iter().collect();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = all;
    }
}
