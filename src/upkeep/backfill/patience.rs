//! Waiting where waiting helps: both sides have enough for now, or are down for a moment.

use std::future::Future;
use std::time::Duration;

use super::{Backfill, Source, Stopped};
use crate::provider::ProviderError;
use crate::push::kustomer::Trouble;

/// So often something that fails is tried again, each time after a longer wait: about ten minutes in all.
const TRIES: u32 = 10;
const FIRST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(90);

impl Backfill {
    /// Asks a provider until it answers. Each try stands in the last lane of the token's budget.
    pub(super) async fn ask<T, F>(&self, source: &Source, ask: impl Fn() -> F) -> Result<T, Stopped>
    where
        F: Future<Output = Result<T, ProviderError>>,
    {
        self.ask_so_often(TRIES, source, ask).await
    }

    /// The same, but given up after so many tries more.
    pub(super) async fn ask_so_often<T, F>(
        &self,
        most: u32,
        source: &Source,
        ask: impl Fn() -> F,
    ) -> Result<T, Stopped>
    where
        F: Future<Output = Result<T, ProviderError>>,
    {
        let mut tries = 0;
        loop {
            self.stop.is_asked()?;
            let error = match ask().await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let not_sent = matches!(error, ProviderError::NotSent { .. });
            if !not_sent && (!error.is_passing() || tries >= most) {
                return Err(Stopped::Provider {
                    install: source.install.install.name.clone(),
                    error,
                });
            }
            let wait = match error {
                // Agents go first, for as long as it takes.
                ProviderError::NotSent { .. } => FIRST,
                ProviderError::RateLimited {
                    retry_after: Some(after),
                } => after.min(LONGEST),
                _ => longer(tries),
            };
            tries += u32::from(!not_sent);
            self.wait(wait, "for Recharge").await;
        }
    }

    /// Asks the helpdesk until it answers. Only for what may be asked twice.
    pub(super) async fn insist<T, F>(&self, ask: impl Fn() -> F) -> Result<T, Trouble>
    where
        F: Future<Output = Result<T, Trouble>>,
    {
        let mut tries = 0;
        loop {
            let trouble = match ask().await {
                Ok(answer) => return Ok(answer),
                Err(trouble) => trouble,
            };
            let passes = trouble.is_unsettled() || matches!(trouble, Trouble::RateLimited { .. });
            if !passes || tries >= TRIES {
                return Err(trouble);
            }
            // The pace knows already how long Kustomer wants to be left alone; one object may want it for longer.
            self.wait(longer(tries), "for Kustomer").await;
            tries += 1;
        }
    }
}

fn longer(tries: u32) -> Duration {
    FIRST
        .saturating_mul(2_u32.saturating_pow(tries))
        .min(LONGEST)
}
