//! One process at a time: whoever is at it holds a lease, and makes it longer for as long as it lives.

use std::future::Future;
use std::time::Duration;

use chrono::TimeDelta;

use super::{Backfill, Stopped};
use crate::store::StoreError;

/// A process that dies holds a run up for so long.
const LEASE: TimeDelta = TimeDelta::seconds(30);
/// How often it is made longer.
const BEAT: Duration = Duration::from_secs(10);
/// How often one that waits for the lease looks again.
const LOOK: Duration = Duration::from_secs(2);

impl Backfill {
    /// Does something that one process at a time is to do.
    pub(super) async fn alone<T>(
        &self,
        work: impl Future<Output = Result<T, Stopped>>,
    ) -> Result<T, Stopped> {
        self.take_lease().await?;
        let done = tokio::select! {
            done = work => done,
            stopped = self.hold_lease() => Err(stopped),
        };
        self.end_lease().await;
        done
    }

    fn lease_name(&self) -> String {
        format!("backfill {}", self.workspace)
    }

    /// Waits for the lease for as long as a process that has died can hold it.
    async fn take_lease(&self) -> Result<(), Stopped> {
        let until = self.clock.now() + LEASE + TimeDelta::seconds(5);
        while !self.lease().await? {
            self.stop.is_asked()?;
            if self.clock.now() >= until {
                return Err(Stopped::Elsewhere);
            }
            self.wait(LOOK, "for another process that was at it").await;
        }
        Ok(())
    }

    /// Makes the lease longer again and again, for as long as nobody else has it.
    async fn hold_lease(&self) -> Stopped {
        loop {
            self.clock.deadline(BEAT).passed().await;
            match self.lease().await {
                Ok(true) => {}
                Ok(false) => return Stopped::Elsewhere,
                Err(error) => return error.into(),
            }
        }
    }

    async fn lease(&self) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let name = self.lease_name();
        self.store
            .lease(&name, &self.holder, now + LEASE, now)
            .await
    }

    async fn end_lease(&self) {
        let ended = self.store.end_lease(&self.lease_name(), &self.holder).await;
        if let Err(error) = ended {
            // It ends by itself.
            tracing::warn!(%error, "the lease of the backfill can't be given back");
        }
    }
}
