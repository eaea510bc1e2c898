//! The budgets of all tokens.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::{Budget, BudgetReading, lock};
use crate::clock::Clock;
use crate::domain::email::{Fingerprint, FingerprintKey};
use crate::domain::install::InstallName;
use crate::domain::secret::Secret;
use crate::provider::Rate;

/// Past so many, buckets that have leaked empty and that nobody holds are forgotten.
const MANY: usize = 1_000;

/// The budgets of all tokens.
pub struct Budgets {
    clock: Clock,
    marks: FingerprintKey,
    tokens: Mutex<HashMap<Fingerprint, Arc<Budget>>>,
    /// Which one an install used last.
    installs: Mutex<HashMap<InstallName, Arc<Budget>>>,
}

impl Budgets {
    pub fn new(clock: &Clock) -> Self {
        Self {
            clock: clock.clone(),
            marks: FingerprintKey::random(),
            tokens: Mutex::default(),
            installs: Mutex::default(),
        }
    }

    /// The budget of the install's token; made with this rate when there is none yet.
    pub fn of(
        &self,
        install: &InstallName,
        provider: &str,
        token: &Secret<String>,
        rate: Rate,
    ) -> Arc<Budget> {
        let mark = self.marks.of(provider, token.reveal());
        let mut tokens = lock(&self.tokens);
        if tokens.len() >= MANY && !tokens.contains_key(&mark) {
            tokens
                .retain(|_, budget| Arc::strong_count(budget) > 1 || budget.reading().level > 0.0);
        }
        let budget = tokens
            .entry(mark)
            .or_insert_with(|| Arc::new(Budget::new(&self.clock, rate)));
        let mut installs = lock(&self.installs);
        if !installs
            .get(install)
            .is_some_and(|known| Arc::ptr_eq(known, budget))
        {
            installs.insert(install.clone(), Arc::clone(budget));
        }
        Arc::clone(budget)
    }

    /// How things stand, for each install that has asked for anything.
    pub fn readings(&self) -> Vec<(InstallName, BudgetReading)> {
        let installs = lock(&self.installs);
        let mut all: Vec<_> = installs
            .iter()
            .map(|(name, budget)| (name.clone(), budget.reading()))
            .collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }

    /// How things stand with this one.
    pub fn reading(&self, install: &InstallName) -> Option<BudgetReading> {
        let budget = lock(&self.installs).get(install).cloned();
        budget.map(|budget| budget.reading())
    }

    /// How many wait in all lines.
    pub fn waiting(&self) -> usize {
        let tokens = lock(&self.tokens);
        let waiting = tokens.values().map(|budget| budget.reading().waiting);
        waiting.map(|lanes| lanes.iter().sum::<usize>()).sum()
    }

    /// The install has another token, or is gone.
    pub fn forget(&self, install: &InstallName) {
        lock(&self.installs).remove(install);
    }
}
