//! One fetch's access to its provider: permits, retries, credentials.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::circuit_breaker::Admission;
use super::failure::Failure;
use super::gate::{CallObservers, FetchGate};
use super::priority::Priority;
use super::rate_limiter::Reservation;
use super::retry::with_retries;
use super::shared::Upstream;
use super::waiters::Waiters;
use crate::clock::Clock;
use crate::domain::access::Connected;
use crate::domain::answer::Reason;
use crate::domain::id::WorkspaceId;
use crate::domain::install::InstallName;
use crate::domain::secret::Secret;
use crate::provider::{Call, Credentials, Gate, Need, Provider, ProviderError};

/// Maximum time that a background job's call is queued: longer than a provider's longest pause and a turn at the queue's
/// floor, so that only a token that other programs use up makes the job fail.
const MAX_QUEUED: Duration = Duration::from_secs(90);

/// The install that a fetch reads, and the callers that it runs for.
pub struct FetchContext {
    pub install: Arc<Connected>,
    /// The workspace that started the fetch; none for background jobs.
    pub workspace: Option<WorkspaceId>,
    pub waiters: Waiters,
}

/// An open way to the provider, for one fetch.
pub struct Session<'a> {
    upstream: &'a Upstream,
    pub provider: &'a Arc<dyn Provider>,
    pub credentials: Credentials,
    gate: Arc<FetchGate>,
    context: &'a FetchContext,
    _admission: Admission,
}

impl Upstream {
    /// Opens a session unless the install's circuit is open. `continues`: another fetch has sent calls for this one.
    pub fn open_session<'a>(
        &'a self,
        context: &'a FetchContext,
        continues: bool,
    ) -> Result<Session<'a>, Failure> {
        let install = &context.install.install;
        let unreachable = Failure::not_sent(Reason::Unreachable);
        // A newer version may have stored an install whose provider this binary does not know.
        let provider = self
            .provider(install.provider.as_str())
            .ok_or(unreachable)?;
        let breakers = &self.failures.circuit_breakers;
        let admission = breakers.admit(&install.name).ok_or(unreachable)?;
        let token = &context.install.token;
        let observers = self.observers(&install.name, &**provider, token);
        let gate = Arc::new(FetchGate::new(
            context.workspace.clone(),
            context.waiters.clone(),
            observers,
            continues,
        ));
        Ok(Session {
            upstream: self,
            provider,
            credentials: Credentials::through(gate.clone(), token.clone()),
            gate,
            context,
            _admission: admission,
        })
    }

    /// Credentials for a background job of this priority. Each call takes one permit. The queue never rejects it; one that is
    /// queued for longer than [`MAX_QUEUED`] is not sent.
    pub fn job_credentials(
        &self,
        install: &InstallName,
        provider: &dyn Provider,
        token: &Secret<String>,
        priority: Priority,
    ) -> Credentials {
        let waiters = Waiters::new(priority);
        let observers = self.observers(install, provider, token);
        let gate = JobGate {
            gate: FetchGate::new(None, waiters, observers, true),
            clock: self.clock.clone(),
        };
        Credentials::through(Arc::new(gate), token.clone())
    }

    fn observers(
        &self,
        install: &InstallName,
        provider: &dyn Provider,
        token: &Secret<String>,
    ) -> CallObservers {
        let rate = provider.rate(token);
        CallObservers {
            install: install.clone(),
            rate_limiter: self.rate_limiters.of(install, provider.name(), token, rate),
            circuit_breakers: self.failures.circuit_breakers.clone(),
            metrics: Arc::clone(&self.metrics),
        }
    }
}

/// A gate that leaves the queue after [`MAX_QUEUED`].
#[derive(Debug)]
struct JobGate {
    gate: FetchGate,
    clock: Clock,
}

#[async_trait]
impl Gate for JobGate {
    async fn pass(&self) -> Result<Box<dyn Call>, ProviderError> {
        let limit = self.clock.deadline(MAX_QUEUED);
        tokio::select! {
            biased;
            passed = self.gate.pass() => passed,
            () = limit.passed() => Err(ProviderError::NotSent {
                reason: Reason::RateLimited,
            }),
        }
    }
}

impl Session<'_> {
    /// Waits for permits for a round of calls. `followup`: calls that the next fetch will make with the result.
    pub async fn reserve(&self, calls: usize, followup: u32) -> Result<(), ProviderError> {
        let calls = u32::try_from(calls).unwrap_or(u32::MAX);
        self.gate.reserve(calls, followup).await
    }

    /// Takes the permits that are reserved for the next fetch.
    pub fn take_reservation(&self) -> Option<Reservation> {
        self.gate.take_reservation()
    }

    /// Reads, with retries while the circuit is closed.
    pub async fn read<T, F: Future<Output = Result<T, ProviderError>>>(
        &self,
        read: impl FnMut() -> F,
    ) -> Result<T, ProviderError> {
        let name = &self.context.install.install.name;
        let may_retry = || !self.upstream.failures.circuit_breakers.is_open(name);
        with_retries(
            &self.upstream.clock,
            &self.upstream.backoffs,
            may_retry,
            read,
        )
        .await
    }

    /// The failure that an error means for the fetch. A rejection counts only when the token itself is rejected, too, or
    /// lacks a needed scope: a single call can be rejected for reasons of its own.
    pub async fn failure(&self, error: ProviderError) -> Failure {
        let (provider, credentials) = (self.provider, &self.credentials);
        let reason = match &error {
            ProviderError::Refused => match provider.token(credentials).await {
                Err(ProviderError::Refused) => Reason::Reconnect,
                _ => Reason::Unreachable,
            },
            ProviderError::Forbidden => match provider.token(credentials).await {
                Ok(token) if has_needed_scopes(provider, &token.scopes) => Reason::Unreachable,
                Ok(_) | Err(ProviderError::Refused) => Reason::Reconnect,
                Err(_) => Reason::Unreachable,
            },
            ProviderError::RateLimited { .. } => Reason::RateLimited,
            ProviderError::NotSent { reason } => *reason,
            ProviderError::NotFound
            | ProviderError::Declined { .. }
            | ProviderError::Unreachable { .. }
            | ProviderError::Broken { .. } => Reason::Unreachable,
        };
        if !matches!(error, ProviderError::NotSent { .. }) {
            tracing::warn!(
                provider = provider.name(),
                error = error.label(),
                detail = %error,
                reason = reason.as_str(),
                "a provider's call failed"
            );
        }
        Failure {
            reason,
            calls: credentials.tally.calls(),
            is_down: matches!(
                error,
                ProviderError::Unreachable { .. } | ProviderError::Broken { .. }
            ),
        }
    }
}

fn has_needed_scopes(provider: &Arc<dyn Provider>, scopes: &[String]) -> bool {
    let mut needed = provider
        .scopes()
        .iter()
        .filter(|scope| scope.need == Need::Needed);
    needed.all(|scope| scope.is_among(scopes))
}
