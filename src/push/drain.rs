//! Telling one workspace's helpdesk what waits for it, a few customers side by side: what is about one customer is told in
//! the order in which it came, so that nobody is created twice and nothing overtakes.

use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::FutureExt;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::desk::Desk;
use super::entry::{House, Outcome};
use crate::domain::day::Instant;
use crate::domain::id::CustomerId;
use crate::domain::install::InstallName;
use crate::store::{OutboxEntry, StoreError};

/// So many entries are told side by side.
const LANES: usize = 4;
/// So many are looked through for one whose customer is free.
const LOOK: u32 = 16;
/// A process that dies holds its workspaces up for so long.
const LEASE: TimeDelta = TimeDelta::seconds(30);
/// A lease with less than this left is made longer: no call takes longer than what is left of it.
const SHORT: TimeDelta = TimeDelta::seconds(20);
/// How often that is looked at while nothing else happens.
const EVERY: Duration = Duration::from_secs(5);
/// After so many failures in a row the helpdesk counts as gone for a while.
const SILENT: u32 = 3;

/// Why telling ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// Nothing waits that is due.
    Empty,
    /// Nothing of what is still done for a workspace that is switched off.
    Removed,
    /// Another node tells this workspace's helpdesk.
    Others,
    /// The helpdesk does not answer; whether it did before, in this go.
    Silence(bool),
    /// It refuses the key.
    Refused,
    /// The workspace has changed: perhaps its timelines are elsewhere by now.
    Changed,
    /// The service ends.
    Ends,
}

/// Who tells, and until when nobody else does.
#[derive(Debug, Clone)]
pub struct Holder {
    /// Names this process among those that share the store.
    pub name: String,
    /// Until when a workspace's lease is held.
    pub until: Option<Instant>,
}

/// The lease of a workspace.
pub fn lease(desk: &str) -> String {
    format!("timeline {desk}")
}

impl House {
    /// Tells what waits, until nothing does. What is under way when the service ends is broken off: the next start finds what
    /// came of it.
    pub async fn drain(
        self: &Arc<Self>,
        desk: &Desk,
        holder: &mut Holder,
        ends: &mut watch::Receiver<bool>,
    ) -> Result<Drained, StoreError> {
        // Tasks of their own: one that is in the middle of writing is not to wait for this one, which may want to write.
        let mut lanes = JoinSet::new();
        let mut busy: HashSet<(InstallName, CustomerId)> = HashSet::new();
        let (mut silent, mut answered) = (0, false);
        let mut end = None;
        loop {
            if *ends.borrow_and_update() {
                return Ok(Drained::Ends);
            }
            if end.is_none() && !self.hold(desk, holder).await? {
                end = Some(Drained::Others);
            }
            if end.is_none() && self.store.changes().await? != desk.changes {
                end = Some(Drained::Changed);
            }
            if end.is_none() {
                for entry in self.next(desk, &busy, LANES - lanes.len()).await? {
                    let who = (entry.install.clone(), entry.customer.clone());
                    busy.insert(who.clone());
                    let (house, desk) = (Arc::clone(self), desk.clone());
                    lanes.spawn(async move { (who, house.told(&desk, &entry).await) });
                }
            }
            if lanes.is_empty() {
                let done = match desk.only_removes {
                    true => Drained::Removed,
                    false => Drained::Empty,
                };
                return Ok(end.unwrap_or(done));
            }
            let next = self.clock.deadline(EVERY);
            tokio::select! {
                Some(told) = lanes.join_next() => {
                    // Nobody knows whose it was: all are begun again.
                    let Ok((who, outcome)) = told else {
                        return Ok(Drained::Silence(answered));
                    };
                    busy.remove(&who);
                    match outcome? {
                        Outcome::Told => (silent, answered) = (0, true),
                        Outcome::Later => {}
                        Outcome::Silence => silent += 1,
                        Outcome::Refused => end = Some(Drained::Refused),
                    }
                    if silent >= SILENT {
                        end = Some(Drained::Silence(answered));
                    }
                }
                // Its sender outlives all that is told.
                _ = ends.changed() => {}
                () = next.passed() => {}
            }
        }
    }

    /// Tells an entry. A mistake of ours that it brings to light is parked with it.
    async fn told(&self, desk: &Desk, entry: &OutboxEntry) -> Result<Outcome, StoreError> {
        let telling = AssertUnwindSafe(self.tell(desk, entry)).catch_unwind();
        match telling.await {
            Ok(told) => told,
            Err(_) => {
                let why = "telling it ends in a mistake of Sidecard's";
                self.store.park_entry(&entry.ticket, why).await?;
                Ok(Outcome::Later)
            }
        }
    }

    /// The next entries whose customers are free: the first of each.
    async fn next(
        &self,
        desk: &Desk,
        busy: &HashSet<(InstallName, CustomerId)>,
        room: usize,
    ) -> Result<Vec<OutboxEntry>, StoreError> {
        if room == 0 {
            return Ok(Vec::new());
        }
        let now = self.clock.now();
        let waiting = self
            .store
            .outbox(&desk.workspace, desk.only_removes, now, LOOK)
            .await?;
        let mut taken = busy.clone();
        let is_free =
            |entry: &OutboxEntry| taken.insert((entry.install.clone(), entry.customer.clone()));
        Ok(waiting.into_iter().filter(is_free).take(room).collect())
    }

    /// Holds the workspace's lease, or makes it longer.
    async fn hold(&self, desk: &Desk, holder: &mut Holder) -> Result<bool, StoreError> {
        let now = self.clock.now();
        if holder.until.is_some_and(|until| until - now > SHORT) {
            return Ok(true);
        }
        let (name, until) = (lease(desk.workspace.as_str()), now + LEASE);
        let held = self.store.lease(&name, &holder.name, until, now).await?;
        holder.until = held.then_some(until);
        Ok(held)
    }
}
