//! What is too old goes: run once in a while.

use super::Store;
use super::error::StoreError;
use super::points::Point;
use super::records::purge_old;
use super::time::micros;
use super::write::Lasting;
use crate::domain::day::Instant;

/// Before when things are too old.
#[derive(Debug, Clone, Copy)]
pub struct Cutoffs {
    /// Customers who were read before this.
    pub cards: Instant,
    /// Everything remembered of customers of installs that have been refused since before this.
    pub refused: Instant,
    /// Audit entries.
    pub audit: Instant,
    /// Hooks that can't be applied; what can't be told to a helpdesk; and what is still to be told to the helpdesk of a
    /// workspace that was removed.
    pub parked: Instant,
    /// What waits to be told to a helpdesk.
    pub untold: Instant,
    /// Hooks about which the provider could never be asked.
    pub unasked: Instant,
    /// Sessions that have not been seen since.
    pub idle: Instant,
}

/// What went, by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Purged {
    /// Customers of whom records were kept.
    pub customers: u64,
    /// Audit entries.
    pub audit: u64,
    /// Hooks that could not be applied.
    pub parked: u64,
    /// Hooks about which the provider could not be asked for so long.
    pub unasked: u64,
    /// What could not be told to a helpdesk.
    pub untold: u64,
    /// Sessions that ended or were idle.
    pub sessions: u64,
    /// One-time links that are used or too old.
    pub setup_links: u64,
    /// Old workspace secrets that are no longer honoured.
    pub secrets: u64,
    /// Old client secrets that are no longer believed.
    pub client_secrets: u64,
}

impl Store {
    /// Removes what is too old. Customers' records go in small transactions of their own.
    pub async fn purge(&self, before: &Cutoffs, now: Instant) -> Result<Purged, StoreError> {
        let customers = purge_old(self, before.cards, before.refused, now).await?;
        let mut write = self.write(Point::Purged, Lasting::Again).await?;
        let mut run = async |sql: &'static str, at: Instant| {
            let gone = sqlx::query(sql).bind(micros(at)).execute(write.conn());
            Ok::<_, StoreError>(gone.await?.rows_affected())
        };
        let idle = run("DELETE FROM sessions WHERE last_seen < $1", before.idle).await?;
        let untold = run(
            "DELETE FROM outbox WHERE (parked IS NOT NULL OR workspace IN (SELECT id FROM former_workspaces))
                AND queued_at < $1",
            before.parked,
        )
        .await?
            + run("DELETE FROM outbox WHERE queued_at < $1", before.untold).await?;
        run(
            "DELETE FROM former_workspaces WHERE removed_at < $1 AND id NOT IN (SELECT workspace FROM outbox)",
            now,
        )
        .await?;
        let ended = run("DELETE FROM sessions WHERE expires <= $1", now).await?;
        let purged = Purged {
            customers,
            untold,
            parked: run(
                "DELETE FROM inbox WHERE parked IS NOT NULL AND received_at < $1",
                before.parked,
            )
            .await?,
            // One that was never tried is not too old: nobody was there to try it.
            unasked: run(
                "DELETE FROM inbox WHERE parked IS NULL AND attempts > 0 AND received_at < $1",
                before.unasked,
            )
            .await?,
            audit: run("DELETE FROM audit WHERE at < $1", before.audit).await?,
            sessions: idle + ended,
            setup_links: run(
                "DELETE FROM setup_links WHERE valid_until <= $1 OR used_at <= $1",
                now,
            )
            .await?,
            secrets: run(
                "UPDATE workspaces SET previous_secret = NULL, previous_until = NULL WHERE previous_until <= $1",
                now,
            )
            .await?,
            client_secrets: run(
                "UPDATE installs SET previous_client_secret = NULL, previous_client_secret_until = NULL
                 WHERE previous_client_secret_until <= $1",
                now,
            )
            .await?,
        };
        if purged.client_secrets > 0 {
            write.raise().await?;
        }
        write.commit().await?;
        Ok(purged)
    }
}
