//! What becomes of an entry that is not told: tried again, and when; or not any more.

use chrono::TimeDelta;
use thiserror::Error;

use super::desk::Desk;
use super::entry::{House, Outcome};
use super::kustomer::Trouble;
use crate::domain::answer::Reason;
use crate::store::{OutboxEntry, StoreError};

/// What can't be done as it was asked is tried so often.
const MOST_REFUSALS: u32 = 3;
/// No wait between two tries is longer.
const LONGEST_WAIT: TimeDelta = TimeDelta::minutes(10);
/// What an object, or an org, has had enough of is tried again after this when nothing else was said.
const ENOUGH: TimeDelta = TimeDelta::seconds(60);

/// Why an entry is not told.
#[derive(Debug, Error)]
pub(super) enum Failed {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Kustomer(#[from] Trouble),
    #[error("the customer can't be read at the provider: {0}")]
    Source(&'static str),
    #[error("{0}")]
    Never(&'static str),
}

impl From<Reason> for Failed {
    fn from(reason: Reason) -> Self {
        Self::Source(reason.as_str())
    }
}

impl House {
    /// What becomes of an entry that is not told.
    pub(super) async fn failed(
        &self,
        desk: &Desk,
        entry: &OutboxEntry,
        failed: Failed,
    ) -> Result<Outcome, StoreError> {
        let (now, ticket) = (self.clock.now(), &entry.ticket);
        let again = now + wait(entry.attempts);
        let external_id = &ticket.external_id;
        let trouble = match failed {
            Failed::Store(error) => return Err(error),
            Failed::Source(_) => {
                tracing::info!(external_id, %failed, "not told yet: it is tried again");
                self.store.delay_entry(ticket, again, true).await?;
                return Ok(Outcome::Later);
            }
            Failed::Never(why) => {
                self.park(entry, why).await?;
                return Ok(Outcome::Later);
            }
            Failed::Kustomer(trouble) => trouble,
        };
        self.metrics.not_told(label(&trouble));
        match &trouble {
            Trouble::RateLimited { until, .. } => {
                let until = until.filter(|until| *until > now && *until <= now + ENOUGH * 2);
                let until = until.unwrap_or(now + ENOUGH);
                self.store.delay_entry(ticket, until, false).await?;
                Ok(Outcome::Later)
            }
            Trouble::Unreachable
            | Trouble::Failing(_)
            | Trouble::Unreadable
            | Trouble::Redirected => {
                tracing::info!(external_id, %trouble, "not told yet: it is tried again");
                self.store.delay_entry(ticket, again, true).await?;
                self.note(desk, &trouble).await?;
                Ok(Outcome::Silence)
            }
            Trouble::Refused | Trouble::Forbidden => {
                let text = trouble.to_string();
                self.store
                    .refuse_timeline(&desk.workspace, &text, now)
                    .await?;
                tracing::warn!(workspace = desk.workspace.as_str(), %trouble, "the workspace must be reconnected to Kustomer");
                Ok(Outcome::Refused)
            }
            Trouble::NotFound(_) if entry.attempts + 1 < MOST_REFUSALS => {
                self.store.delay_entry(ticket, again, true).await?;
                Ok(Outcome::Later)
            }
            Trouble::NotFound(_)
            | Trouble::Conflict(_)
            | Trouble::UnknownAttribute(_)
            | Trouble::Invalid(..) => {
                self.note(desk, &trouble).await?;
                self.park(entry, &trouble.to_string()).await?;
                Ok(Outcome::Later)
            }
        }
    }

    async fn park(&self, entry: &OutboxEntry, why: &str) -> Result<(), StoreError> {
        let external_id = &entry.ticket.external_id;
        tracing::warn!(external_id, why, "parked: it can't be told");
        self.store.park_entry(&entry.ticket, why).await
    }

    async fn note(&self, desk: &Desk, trouble: &Trouble) -> Result<(), StoreError> {
        let (text, now) = (trouble.to_string(), self.clock.now());
        self.store.note_trouble(&desk.workspace, &text, now).await
    }
}

/// Soon, and then less and less often.
fn wait(attempts: u32) -> TimeDelta {
    TimeDelta::seconds(1 << attempts.min(10)).min(LONGEST_WAIT)
}

/// A word for metrics.
fn label(trouble: &Trouble) -> &'static str {
    match trouble {
        Trouble::Unreachable => "unreachable",
        Trouble::Failing(_) => "failing",
        Trouble::Unreadable => "unreadable",
        Trouble::RateLimited { .. } => "rate_limited",
        Trouble::Refused | Trouble::Forbidden => "refused",
        Trouble::NotFound(_) => "not_found",
        Trouble::Conflict(_) | Trouble::Invalid(..) | Trouble::UnknownAttribute(_) => "invalid",
        Trouble::Redirected => "redirected",
    }
}
