//! The gate of one fetch: its calls need permits, and the rate limiter, the circuit breaker and the metrics learn how each
//! call ended.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::circuit_breaker::CircuitBreakers;
use super::rate_limiter::{PermitRequest, RateLimiter, Reservation, SentCall};
use super::waiters::Waiters;
use crate::domain::answer::Reason;
use crate::domain::id::WorkspaceId;
use crate::domain::install::InstallName;
use crate::provider::{Call, Ended, Gate, ProviderError};
use crate::telemetry::Metrics;

/// The permits of one fetch.
pub struct FetchGate {
    /// The workspace that started the fetch; none for background jobs.
    workspace: Option<WorkspaceId>,
    waiters: Waiters,
    observers: Arc<CallObservers>,
    /// Permits that no call has used yet.
    permits: Mutex<u32>,
    /// This fetch, or the one that it continues, has sent a call.
    has_sent: AtomicBool,
    reservation: Mutex<Option<Reservation>>,
}

/// Everything that learns how a call ended.
pub struct CallObservers {
    pub install: InstallName,
    pub rate_limiter: Arc<RateLimiter>,
    pub circuit_breakers: CircuitBreakers,
    pub metrics: Arc<Metrics>,
}

impl FetchGate {
    /// A gate without permits. `continues`: another fetch has sent calls for this one.
    pub fn new(
        workspace: Option<WorkspaceId>,
        waiters: Waiters,
        observers: CallObservers,
        continues: bool,
    ) -> Self {
        Self {
            workspace,
            waiters,
            observers: Arc::new(observers),
            permits: Mutex::default(),
            has_sent: AtomicBool::new(continues),
            reservation: Mutex::default(),
        }
    }

    /// Waits for the permits of a round. A call for which there is none waits by itself later. `followup`: calls that the next
    /// fetch will make with the result.
    pub async fn reserve(&self, calls: u32, followup: u32) -> Result<(), ProviderError> {
        if calls == 0 {
            return Ok(());
        }
        let request = PermitRequest {
            workspace: self.workspace.clone(),
            calls,
            followup,
            has_sent: self.has_sent.load(Ordering::Relaxed),
        };
        let rate_limiter = &self.observers.rate_limiter;
        // A full queue and a fetch without waiters mean the same to a caller: try again later.
        let granted = rate_limiter
            .acquire(request, &self.waiters)
            .await
            .map_err(|_| ProviderError::NotSent {
                reason: Reason::RateLimited,
            })?;
        *self.permits() += granted.calls;
        if granted.reservation.is_some() {
            *self
                .reservation
                .lock()
                .unwrap_or_else(PoisonError::into_inner) = granted.reservation;
        }
        Ok(())
    }

    /// Takes the permits that are reserved for the next fetch.
    pub fn take_reservation(&self) -> Option<Reservation> {
        self.reservation
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    fn permits(&self) -> MutexGuard<'_, u32> {
        self.permits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_permit(&self) -> bool {
        let mut permits = self.permits();
        let has_one = *permits > 0;
        *permits -= u32::from(has_one);
        has_one
    }
}

#[async_trait]
impl Gate for FetchGate {
    /// Uses a permit of the round, else waits for one more: a further page, a retry.
    async fn pass(&self) -> Result<Box<dyn Call>, ProviderError> {
        while !self.take_permit() {
            self.reserve(1, 0).await?;
        }
        self.has_sent.store(true, Ordering::Relaxed);
        Ok(Box::new(ObservedCall {
            sent: Some(self.observers.rate_limiter.send()),
            observers: Arc::clone(&self.observers),
        }))
    }
}

impl fmt::Debug for FetchGate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FetchGate").finish_non_exhaustive()
    }
}

impl Drop for FetchGate {
    fn drop(&mut self) {
        let unused = *self.permits();
        self.observers.rate_limiter.release(unused);
    }
}

/// A call that was sent.
struct ObservedCall {
    /// `None` once the call has ended.
    sent: Option<SentCall>,
    observers: Arc<CallObservers>,
}

impl Call for ObservedCall {
    fn ended(mut self: Box<Self>, endpoint: &'static str, ended: &Ended) {
        let Some(sent) = self.sent.take() else {
            return;
        };
        let CallObservers {
            install,
            rate_limiter,
            circuit_breakers,
            metrics,
        } = &*self.observers;
        let took = rate_limiter.end(sent, Some(ended));
        let status = match ended {
            Ended::Answered { status, .. } => {
                circuit_breakers.connected(install, *status < 400);
                Some(*status)
            }
            Ended::NoConnection => {
                circuit_breakers.connection_failed(install);
                None
            }
            Ended::NoAnswer => None,
        };
        metrics.called(endpoint, status, took);
    }
}

impl Drop for ObservedCall {
    fn drop(&mut self) {
        if let Some(sent) = self.sent.take() {
            self.observers.rate_limiter.end(sent, None);
        }
    }
}
