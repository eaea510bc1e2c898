//! Times in which hooks may have been missed. What was read before the end of one may lack a change that nobody will tell
//! of: it is shown only when the provider can't be asked.

use std::collections::HashMap;

use super::per_install::PerInstall;
use super::{Lookups, Remembered};
use crate::domain::day::Instant;
use crate::domain::install::InstallName;

/// The end of the last one, by install.
#[derive(Default)]
pub struct Outages(PerInstall<Instant>);

impl Outages {
    /// Whether what was read at this time may lack something.
    pub fn cover(&self, install: &InstallName, read_at: Instant) -> bool {
        self.0.of(install).is_some_and(|end| read_at < end)
    }

    /// A snapshot, as dirty as it is by that.
    pub fn marked(&self, install: &InstallName, mut remembered: Remembered) -> Remembered {
        remembered.dirty |= self.cover(install, remembered.snapshot.as_of);
        remembered
    }
}

impl Lookups {
    /// Hooks of these installs may have been missed until then: what was read before is not fresh. Of all others nothing is
    /// missing.
    pub fn not_fresh_before(&self, ends: HashMap<InstallName, Instant>) {
        self.0.snapshots.outages.0.replace(ends);
    }
}
