//! How things stand: for metrics, for the pages of admins, and for the end of the process.

use std::time::Duration;

use super::Lookups;
use super::budget::BudgetReading;
use crate::domain::install::InstallName;

/// What memory holds of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheReading {
    /// How many.
    pub entries: u64,
    /// About how many bytes they take.
    pub bytes: u64,
}

impl Lookups {
    /// How the install's budget stands; `None` when it has asked for nothing yet.
    pub fn budget(&self, install: &InstallName) -> Option<BudgetReading> {
        self.0.budgets.reading(install)
    }

    /// The budgets of all installs that have asked for anything. Two installs with one token show the same.
    pub fn budgets(&self) -> Vec<(InstallName, BudgetReading)> {
        self.0.budgets.readings()
    }

    /// The installs whose provider does not answer, so that nobody waits for it.
    pub fn open_circuits(&self) -> Vec<InstallName> {
        self.0.faults.circuits.open()
    }

    /// What memory holds: resolutions, and snapshots.
    pub fn cache(&self) -> (CacheReading, CacheReading) {
        (self.0.resolutions.reading(), self.0.snapshots.reading())
    }

    /// How many callers are waiting for a flight now.
    pub fn waiting(&self) -> usize {
        self.0.resolutions.flights.waiting() + self.0.snapshots.flights.waiting()
    }

    /// How many flights are under way now.
    pub fn flying(&self) -> usize {
        self.0.resolutions.flights.running() + self.0.snapshots.flights.running()
    }

    /// How many tasks the runtime that flights run on has now.
    pub fn tasks(&self) -> usize {
        self.0.runtime.metrics().num_alive_tasks()
    }

    /// How many rounds and calls wait for time to pass: in a line, or before another try.
    pub fn paused(&self) -> usize {
        let in_line = self.0.budgets.waiting();
        in_line + self.0.pausing.count()
    }

    /// Lets the flights under way land; those that take longer than this are stopped. For the end, when nobody asks any
    /// more.
    pub async fn end(&self, longest: Duration) {
        let limit = self.0.clock.deadline(longest);
        self.0.snapshots.flights.end(&limit).await;
        self.0.resolutions.flights.end(&limit).await;
        self.0.shops.flights.end(&limit).await;
        self.0.refusals.end(&limit).await;
    }
}
