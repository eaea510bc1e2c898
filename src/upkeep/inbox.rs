//! Applies what is in the inbox: at once when something comes, and once a second what waits for its turn.
//!
//! Everything that a batch changes is one transaction, and so is that it was applied. A kill before the commit leaves the
//! webhooks where they were, and they are applied at the next start.

use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::watch;

use super::Providers;
use super::errands::{Errand, ErrandLine, What};
use super::meaning::{Batch, Told, sort};
use crate::clock::Clock;
use crate::domain::day::Instant;
use crate::domain::event::Change;
use crate::domain::install::InstallName;
use crate::lookup::Lookups;
use crate::store::{Aside, Observation, Store, StoreError, Ticket};

/// Webhooks that are applied in one go.
const BATCH: u32 = 256;
/// How often the inbox is looked into although nothing is known to have come.
const EVERY: Duration = Duration::from_secs(1);
/// What can't be applied is parked after so many attempts. What only waits for the provider never is: it can be asked again
/// when an outage is over, or a shop is connected again, however long that takes.
const MOST_ATTEMPTS: u32 = 12;
/// No wait between two attempts is longer.
const LONGEST_WAIT: TimeDelta = TimeDelta::minutes(10);
/// An errand that finds no room is tried again after this.
const FULL: TimeDelta = TimeDelta::minutes(1);

/// The inbox, and what empties it.
pub struct Inbox {
    store: Store,
    lookups: Lookups,
    providers: Providers,
    clock: Clock,
    woken: watch::Receiver<()>,
    errands: ErrandLine,
    /// Whether the store failed the last time.
    failing: bool,
}

impl Inbox {
    /// The inbox of this store. `woken` changes when there is something new in it; what only the provider can tell goes
    /// to `errands`.
    pub fn new(
        store: &Store,
        lookups: &Lookups,
        providers: &Providers,
        clock: &Clock,
        woken: watch::Receiver<()>,
        errands: ErrandLine,
    ) -> Self {
        Self {
            store: store.clone(),
            lookups: lookups.clone(),
            providers: providers.clone(),
            clock: clock.clone(),
            woken,
            errands,
            failing: false,
        }
    }

    /// Empties it, until nobody is there any more to put anything in. Ends between two transactions.
    pub async fn run(mut self) {
        loop {
            let next = self.clock.deadline(EVERY);
            self.empty().await;
            tokio::select! {
                changed = self.woken.changed() => if changed.is_err() {
                    return;
                },
                () = next.passed() => {}
            }
        }
    }

    async fn empty(&mut self) {
        while self.woken.has_changed().is_ok() {
            match self.round().await {
                Ok(0) => {
                    self.failing = false;
                    return;
                }
                Ok(_) => {}
                Err(error) => {
                    // Said once: nothing is lost, and it is tried again every second.
                    if !std::mem::replace(&mut self.failing, true) {
                        tracing::error!(%error, "hooks wait: the inbox can't be emptied");
                    }
                    return;
                }
            }
        }
    }

    /// Applies the next webhooks. Returns how many there were.
    async fn round(&mut self) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let hooks = self.store.waiting_hooks(now, BATCH).await?;
        let count = hooks.len();
        if count == 0 {
            return Ok(0);
        }
        let sorted = sort(&self.store, &self.providers, hooks).await?;
        let mut aside: Vec<(Ticket, Aside)> = Vec::new();
        for (ticket, why) in sorted.unreadable {
            tracing::warn!(
                install = ticket.install.as_str(),
                topic = ticket.topic,
                why,
                "a hook is parked"
            );
            aside.push((ticket, Aside::Parked(why)));
        }
        for (install, batch) in sorted.batches {
            self.apply(&install, batch, now, &mut aside).await?;
        }
        for told in sorted.errands {
            aside.push(self.send(told, now));
        }
        if !aside.is_empty() {
            self.store.set_hooks_aside(&aside).await?;
        }
        Ok(count)
    }

    /// Applies what an install's webhooks say in one transaction. If that fails, each is tried later, so that none stands in
    /// another's way for good.
    async fn apply(
        &self,
        install: &InstallName,
        batch: Batch,
        now: Instant,
        aside: &mut Vec<(Ticket, Aside)>,
    ) -> Result<(), StoreError> {
        let tickets: Vec<Ticket> = batch.told.iter().map(|told| told.ticket.clone()).collect();
        let observation = Observation {
            install,
            customers: &batch.customers,
            asked: &[],
            deleted: &batch.deleted,
            tickets: &tickets,
        };
        match self.store.observe(observation, now).await {
            Ok(stored) => {
                self.lookups.committed(install, stored);
                Ok(())
            }
            Err(error) if error.is_about_the_store() => Err(error),
            Err(error) => {
                tracing::warn!(install = install.as_str(), %error, "webhooks can't be applied");
                let later = batch.told.into_iter();
                aside.extend(later.map(|told| later_or_never(told, now, "applying it fails")));
                Ok(())
            }
        }
    }

    /// What only the provider can tell is asked behind; until it has answered the hook stays in the inbox.
    fn send(&self, told: Told, now: Instant) -> (Ticket, Aside) {
        let what = match &told.event.change {
            Change::Gone(customer) => What::Customer(customer.clone()),
            Change::Uninstalled => What::Token,
            _ => What::Shop,
        };
        let stands = self.errands.join(Errand {
            ticket: told.ticket.clone(),
            what,
        });
        let aside = if stands {
            Aside::Until(now + wait(told.attempts))
        } else {
            Aside::Later(now + FULL)
        };
        (told.ticket, aside)
    }
}

/// When it is tried again: soon, and then less and less often; in the end never.
fn later_or_never(told: Told, now: Instant, why: &'static str) -> (Ticket, Aside) {
    let aside = if told.attempts + 1 >= MOST_ATTEMPTS {
        Aside::Parked(why)
    } else {
        Aside::Until(now + wait(told.attempts))
    };
    (told.ticket, aside)
}

/// How long after so many tries the next one waits.
fn wait(attempts: u32) -> TimeDelta {
    TimeDelta::seconds(15 << attempts.min(10)).min(LONGEST_WAIT)
}
