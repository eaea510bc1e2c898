//! One flight's way to the provider: its calls come out of the budget, and how they end is told to the budget, to the
//! install's circuit and to the metrics.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::budget::{Budget, Promise, Round, Sent};
use super::circuit::Circuits;
use super::passengers::Passengers;
use crate::domain::answer::Reason;
use crate::domain::id::WorkspaceId;
use crate::domain::install::InstallName;
use crate::provider::{Call, Ended, Gate, ProviderError};
use crate::telemetry::Metrics;

/// The calls of one flight.
pub struct Allowance {
    /// Whose flight it is; none for the house's own work.
    pub workspace: Option<WorkspaceId>,
    pub passengers: Passengers,
    pub told: Arc<Told>,
    /// Reserved calls that have not been sent.
    left: Mutex<u32>,
    /// Whether calls have been spent on it, by this flight or by the one that it carries on.
    has_begun: AtomicBool,
    promise: Mutex<Option<Promise>>,
}

/// Who is told how calls end.
pub struct Told {
    pub install: InstallName,
    pub budget: Arc<Budget>,
    pub circuits: Circuits,
    pub metrics: Arc<Metrics>,
}

impl Allowance {
    /// An allowance of nothing yet.
    pub fn new(
        workspace: Option<WorkspaceId>,
        passengers: Passengers,
        told: Told,
        carries_on: bool,
    ) -> Self {
        Self {
            workspace,
            passengers,
            told: Arc::new(told),
            left: Mutex::default(),
            has_begun: AtomicBool::new(carries_on),
            promise: Mutex::default(),
        }
    }

    /// Waits until a round's calls may all be sent. `ahead`: those of the round that another flight will make of it.
    pub async fn reserve(&self, calls: u32, ahead: u32) -> Result<(), ProviderError> {
        if calls == 0 {
            return Ok(());
        }
        let round = Round {
            workspace: self.workspace.clone(),
            calls,
            ahead,
            carries_on: self.has_begun.load(Ordering::Relaxed),
        };
        let budget = &self.told.budget;
        // Whether the line is too long or nobody waits any more: who hears of it has to try again later.
        let promise =
            budget
                .reserve(round, &self.passengers)
                .await
                .map_err(|_| ProviderError::NotSent {
                    reason: Reason::RateLimited,
                })?;
        *self.left() += calls;
        if promise.is_some() {
            *self.promise.lock().unwrap_or_else(PoisonError::into_inner) = promise;
        }
        Ok(())
    }

    /// What was kept for the round that will follow.
    pub fn take_promise(&self) -> Option<Promise> {
        self.promise
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    fn left(&self) -> std::sync::MutexGuard<'_, u32> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_one(&self) -> bool {
        let mut left = self.left();
        let has_one = *left > 0;
        *left -= u32::from(has_one);
        has_one
    }
}

#[async_trait]
impl Gate for Allowance {
    /// A reserved call, else one more from the line: a further page, another try.
    async fn pass(&self) -> Result<Box<dyn Call>, ProviderError> {
        while !self.take_one() {
            self.reserve(1, 0).await?;
        }
        self.has_begun.store(true, Ordering::Relaxed);
        Ok(Box::new(OnTheWay {
            sent: Some(self.told.budget.send()),
            told: Arc::clone(&self.told),
        }))
    }
}

impl fmt::Debug for Allowance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Allowance").finish_non_exhaustive()
    }
}

impl Drop for Allowance {
    fn drop(&mut self) {
        let left = *self.left();
        self.told.budget.give_back(left);
    }
}

/// A call that was sent.
struct OnTheWay {
    /// `None` once it is over.
    sent: Option<Sent>,
    told: Arc<Told>,
}

impl Call for OnTheWay {
    fn ended(mut self: Box<Self>, endpoint: &'static str, ended: &Ended) {
        let Some(sent) = self.sent.take() else {
            return;
        };
        let Told {
            install,
            budget,
            circuits,
            metrics,
        } = &*self.told;
        let took = budget.end(sent, Some(ended));
        let status = match ended {
            Ended::Answered { status, .. } => {
                circuits.connected(install, *status < 400);
                Some(*status)
            }
            Ended::NoConnection => {
                circuits.no_connection(install);
                None
            }
            Ended::NoAnswer => None,
        };
        metrics.called(endpoint, status, took);
    }
}

impl Drop for OnTheWay {
    fn drop(&mut self) {
        if let Some(sent) = self.sent.take() {
            self.told.budget.end(sent, None);
        }
    }
}
