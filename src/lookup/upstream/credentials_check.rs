//! Asks the provider whether rejected credentials are accepted again.
//!
//! While they are rejected, no card of the install is shown, not even a saved one. Before the next card the provider is
//! asked about the credentials themselves.

use std::sync::Arc;

use super::coalesce::{Fallback, Joined};
use super::session::FetchContext;
use super::shared::Upstream;
use crate::clock::Deadline;
use crate::domain::access::Connected;
use crate::domain::answer::Reason;
use crate::provider::ProviderError;

impl Upstream {
    /// Checks the install's credentials, once for all callers, and remembers the result.
    pub async fn check_credentials(
        self: &Arc<Self>,
        install: &Arc<Connected>,
        deadline: &Deadline,
    ) -> Result<(), Reason> {
        let name = &install.install.name;
        let start = |waiters| {
            let upstream = Arc::clone(self);
            let context = FetchContext {
                install: Arc::clone(install),
                workspace: None,
                waiters,
            };
            async move { upstream.check(&context).await }
        };
        match self.credentials_checks.join_or_start(
            name.clone(),
            &self.runtime,
            Fallback::None,
            || None,
            start,
        ) {
            Joined::Ready(result) => result,
            Joined::Pending(check) => check.wait(deadline).await.unwrap_or(Err(Reason::Reconnect)),
        }
    }

    async fn check(&self, context: &FetchContext) -> Result<(), Reason> {
        let name = &context.install.install.name;
        let session = self
            .open_session(context, false)
            .map_err(|failure| failure.reason)?;
        match session
            .read(|| session.provider.token(&session.credentials))
            .await
        {
            Ok(_) => {
                self.failures.accept_credentials(name);
                Ok(())
            }
            Err(ProviderError::Refused) => {
                self.failures.reject_credentials(name);
                Err(Reason::Reconnect)
            }
            // The last answer holds until there is a new one.
            Err(_) => Err(Reason::Reconnect),
        }
    }
}
