//! Times in which webhooks may have been missed. What was read before the end of one may lack a change that no webhook will
//! bring: it counts as stale until it was read again.

use std::collections::HashMap;

use super::Lookups;
use super::per_install::PerInstall;
use crate::domain::day::Instant;
use crate::domain::install::InstallName;

/// The end of the last gap, by install.
#[derive(Default)]
pub struct Gaps(PerInstall<Instant>);

impl Gaps {
    /// Whether what was read at this time may lack something.
    pub fn cover(&self, install: &InstallName, read_at: Instant) -> bool {
        self.0.of(install).is_some_and(|end| read_at < end)
    }
}

impl Lookups {
    /// Webhooks of these installs may have been missed until then: what was read before is not up to date. Nothing is
    /// missing of all others.
    pub fn not_fresh_before(&self, ends: HashMap<InstallName, Instant>) {
        self.0.gaps.0.replace(ends);
    }
}
