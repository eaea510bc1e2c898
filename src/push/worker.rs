//! Empties the outbox: at once when something is put in, and once a second what waits for its turn.
//!
//! Each workspace is told by a task of its own, under a lease, so that one node at a time tells its helpdesk, and a
//! helpdesk that does not answer holds no other's up. An entry leaves the outbox after the helpdesk has taken it: a kill in
//! between has it told once more, which finds that all is as it should be.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};

use super::desk::{Dealing, Desk, Desks, Reach};
use super::drain::{Drained, Holder, lease};
use super::entry::House;
use super::source::Source;
use crate::clock::Clock;
use crate::domain::day::Instant;
use crate::domain::id::WorkspaceId;
use crate::domain::secret::random_hex;
use crate::store::{Store, StoreError};
use crate::telemetry::Metrics;

/// How often the outbox is looked into although nothing is known to have been put in.
const EVERY: Duration = Duration::from_secs(1);
/// A helpdesk that does not answer is left alone for a second, then for longer and longer, up to this.
const LONGEST: TimeDelta = TimeDelta::seconds(60);

/// The outbox, and who empties it.
pub struct Push {
    house: Arc<House>,
    reach: Reach,
    /// Closed when the doors are.
    doors: watch::Receiver<()>,
    desks: Desks,
    name: String,
    telling: JoinSet<Ended>,
    places: HashMap<WorkspaceId, Place>,
    failing: bool,
}

/// A workspace, until when its lease is held, and why telling it ended.
type Ended = (WorkspaceId, Option<Instant>, Result<Drained, StoreError>);

/// How a workspace stands with this process.
#[derive(Debug, Default)]
struct Place {
    is_told: bool,
    /// Until when its lease is held.
    held: Option<Instant>,
    /// Not before this.
    not_before: Option<Instant>,
    /// How often in turn its helpdesk did not answer.
    silences: u32,
}

impl Place {
    /// How long a helpdesk that has fallen silent is left alone. `answered`: it did since it was the last time.
    fn left_alone(&mut self, answered: bool) -> TimeDelta {
        self.silences = if answered { 1 } else { self.silences + 1 };
        TimeDelta::seconds(1 << self.silences.min(6)).min(LONGEST)
    }
}

impl Push {
    /// The outbox of this store. It ends when `doors` closes.
    pub fn new(
        store: &Store,
        source: Arc<dyn Source>,
        reach: Reach,
        clock: &Clock,
        metrics: &Arc<Metrics>,
        doors: watch::Receiver<()>,
    ) -> Self {
        Self {
            house: Arc::new(House {
                store: store.clone(),
                source,
                clock: clock.clone(),
                metrics: Arc::clone(metrics),
                key: store.fingerprint_key(),
            }),
            reach,
            doors,
            desks: Desks::default(),
            name: random_hex(8),
            telling: JoinSet::new(),
            places: HashMap::new(),
            failing: false,
        }
    }

    /// Empties it for as long as the doors are open; then what is being told is told to its end, and others may go on.
    pub async fn run(mut self) {
        let mut queued = self.house.store.outbox_queued();
        let (end, ends) = watch::channel(false);
        loop {
            let next = self.house.clock.deadline(EVERY);
            self.look(&ends).await;
            tokio::select! {
                changed = self.doors.changed() => if changed.is_err() {
                    break;
                },
                _ = queued.changed() => {}
                Some(told) = self.telling.join_next() => self.told(told),
                () = next.passed() => {}
            }
        }
        end.send_replace(true);
        while let Some(told) = self.telling.join_next().await {
            self.told(told);
        }
        for (id, place) in &self.places {
            if place.held.is_some() {
                let name = lease(id.as_str());
                let _ = self.house.store.end_lease(&name, &self.name).await;
            }
        }
    }

    /// Begins to tell every workspace something of which is due.
    async fn look(&mut self, ends: &watch::Receiver<bool>) {
        match self.begin(ends).await {
            Ok(()) => self.failing = false,
            // Said once: nothing is lost, and it is tried again every second.
            Err(error) if !std::mem::replace(&mut self.failing, true) => {
                tracing::error!(%error, "helpdesks are not told: the outbox can't be read");
            }
            Err(_) => {}
        }
    }

    async fn begin(&mut self, ends: &watch::Receiver<bool>) -> Result<(), StoreError> {
        let house = &self.house;
        let now = house.clock.now();
        for id in house.store.outbox_due(now).await? {
            let place = self.places.entry(id.clone()).or_default();
            if place.is_told || place.not_before.is_some_and(|at| now < at) {
                continue;
            }
            let dealing = self.desks.of(&id, &house.store, &self.reach, &house.clock);
            let desk: Desk = match dealing.await? {
                Dealing::Tell(desk) => desk,
                Dealing::Wait => {
                    place.not_before = Some(now + TimeDelta::seconds(5));
                    continue;
                }
                Dealing::NotSetUp => {
                    house.store.clear_outbox(&id, false).await?;
                    place.not_before = Some(now + TimeDelta::seconds(5));
                    continue;
                }
                Dealing::Gone => {
                    let entries = house.store.clear_outbox(&id, true).await?;
                    tracing::warn!(
                        workspace = id.as_str(),
                        entries,
                        "objects of a workspace that was removed stay in Kustomer: it had no key to remove them with"
                    );
                    continue;
                }
            };
            place.is_told = true;
            let mut holder = Holder {
                name: self.name.clone(),
                until: place.held,
            };
            let (house, mut ends) = (Arc::clone(house), ends.clone());
            self.telling.spawn(async move {
                let drained = house.drain(&desk, &mut holder, &mut ends).await;
                (desk.workspace, holder.until, drained)
            });
        }
        Ok(())
    }

    /// A workspace was told all, or as much as it takes now.
    fn told(&mut self, told: Result<Ended, JoinError>) {
        let Ok((id, held, drained)) = told else {
            // A mistake of ours. Nobody knows whose task it was, so all end, and all are begun again.
            tracing::error!("telling a helpdesk ended in a panic: it is begun again");
            self.telling.abort_all();
            if self.telling.is_empty() {
                self.places.clear();
            }
            return;
        };
        let place = self.places.entry(id.clone()).or_default();
        (place.is_told, place.held, place.not_before) = (false, held, None);
        let later = match drained {
            Ok(Drained::Empty) => {
                place.silences = 0;
                return;
            }
            Ok(Drained::Silence(answered)) => {
                let wait = place.left_alone(answered);
                tracing::warn!(
                    workspace = id.as_str(),
                    seconds = wait.num_seconds(),
                    "Kustomer does not answer: it is left alone for a while"
                );
                wait
            }
            Ok(Drained::Removed) => TimeDelta::seconds(5),
            Ok(Drained::Refused | Drained::Changed | Drained::Ends) => TimeDelta::zero(),
            Ok(Drained::Others) => TimeDelta::seconds(5),
            Err(error) => {
                tracing::warn!(workspace = id.as_str(), %error, "a helpdesk is not told: the store fails");
                TimeDelta::seconds(1)
            }
        };
        place.not_before = Some(self.house.clock.now() + later);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_helpdesk_is_left_alone_for_longer_only_while_it_answers_nothing_at_all() {
        let mut place = Place::default();
        let mut wait = |answered| place.left_alone(answered).num_seconds();
        assert_eq!([false; 7].map(&mut wait), [2, 4, 8, 16, 32, 60, 60]);
        assert_eq!([true, true, false].map(&mut wait), [2, 2, 4]);
    }
}
