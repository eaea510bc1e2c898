//! Applies what is in the inbox: at once when something comes, and once a second what waits for its turn.
//!
//! Everything that a batch changes is one transaction, and so is that it was applied. A kill before the commit leaves the
//! hooks where they were, and they are applied at the next start.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::watch;

use super::Providers;
use super::change::applying;
use super::errands::{Errand, ErrandLine, What};
use super::meaning::{Customers, Told, sort};
use super::pictures::Before;
use crate::clock::Clock;
use crate::domain::day::Instant;
use crate::domain::event::Change;
use crate::domain::id::CustomerId;
use crate::domain::install::InstallName;
use crate::lookup::{Lookups, Remembered};
use crate::store::{Applying, Aside, Store, StoreError, Ticket};

/// So many hooks are applied in one transaction.
const BATCH: u32 = 256;
/// How often the inbox is looked into although nothing is known to have come.
const EVERY: Duration = Duration::from_secs(1);
/// What can't be applied is parked after so many tries. What only waits for the provider never is: it can be asked again
/// when an outage is over, or a shop is connected again, however long that takes.
const MOST_ATTEMPTS: u32 = 12;
/// No wait between two attempts is longer.
const LONGEST_WAIT: TimeDelta = TimeDelta::minutes(10);
/// Who finds no room in the line of errands looks for it again after this.
const FULL: TimeDelta = TimeDelta::minutes(1);

/// The inbox, and who empties it.
pub struct Inbox {
    store: Store,
    lookups: Lookups,
    providers: Providers,
    clock: Clock,
    woken: watch::Receiver<()>,
    errands: ErrandLine,
    /// Those of which lookups know, and which are not applied yet.
    announced: HashSet<Ticket>,
    /// Whether the store failed the last time.
    failing: bool,
}

/// Some hooks that change one customer's card together, and what they change.
struct Worked {
    applying: Applying,
    customer: Option<CustomerId>,
    /// Whether the card need not be read again.
    is_clean: bool,
    told: Vec<Told>,
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
            announced: HashSet::new(),
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

    /// Applies the next hooks. Returns how many there were.
    async fn round(&mut self) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let hooks = self.store.waiting_hooks(now, BATCH).await?;
        let count = hooks.len();
        if count == 0 {
            return Ok(0);
        }
        let sorted = sort(
            &self.store,
            &self.lookups,
            &mut self.announced,
            &self.providers,
            hooks,
        )
        .await?;
        self.lookups.landed().await;
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
        let mut all = Vec::new();
        all.extend(sorted.nobodys.into_iter().map(Worked::nothing));
        let mut errands = sorted.shops;
        for ((install, customer), about) in sorted.customers {
            let gone = |told: &&Told| matches!(told.event.change, Change::Gone(_));
            errands.extend(about.told.iter().filter(gone).cloned());
            all.push(self.work_out(&install, customer, about).await?);
        }
        self.apply(all, now, &mut aside).await?;
        for told in errands {
            aside.push(self.send(told, now));
        }
        if !aside.is_empty() {
            self.store.set_hooks_aside(&aside).await?;
        }
        Ok(count)
    }

    /// What becomes of a customer's card.
    async fn work_out(
        &self,
        install: &InstallName,
        customer: CustomerId,
        about: Customers,
    ) -> Result<Worked, StoreError> {
        let kept = self.store.snapshot_and_version(install, &customer).await?;
        let is_dirty = kept.0.as_ref().is_some_and(|kept| kept.dirty);
        let before = Before::of(kept.0.as_ref());
        let mut applying = applying(install, &customer, kept, &about, |event| {
            let (change, seen) = (&event.change, event.stamp);
            self.lookups.may_be_gone(install, change, seen)
        });
        let events = about.told.iter().map(|told| &told.event);
        before
            .fill(&self.lookups, install, &mut applying, events)
            .await;
        Ok(Worked {
            is_clean: !is_dirty && applying.dirty.is_empty(),
            applying,
            customer: Some(customer),
            told: about.told,
        })
    }

    /// Applies in one go; if that fails, one by one, so that none stands in another's way.
    async fn apply(
        &mut self,
        all: Vec<Worked>,
        now: Instant,
        aside: &mut Vec<(Ticket, Aside)>,
    ) -> Result<(), StoreError> {
        if all.is_empty() {
            return Ok(());
        }
        let batch: Vec<&Applying> = all.iter().map(|worked| &worked.applying).collect();
        match self.store.apply_hooks(&batch, now).await {
            Ok(applied) => {
                for (worked, applied) in all.iter().zip(applied) {
                    self.settled(worked, applied);
                }
                Ok(())
            }
            Err(error) if error.is_about_the_store() => Err(error),
            Err(error) => {
                tracing::warn!(%error, "hooks can't be applied together: they are tried one by one");
                for worked in all {
                    match self.store.apply_hooks(&[&worked.applying], now).await {
                        Ok(applied) => self.settled(&worked, applied == [true]),
                        Err(error) if error.is_about_the_store() => return Err(error),
                        Err(error) => {
                            tracing::warn!(install = worked.applying.install.as_str(), %error, "a hook can't be applied");
                            let later = worked.told.into_iter();
                            aside.extend(
                                later.map(|told| later_or_never(told, now, "applying it fails")),
                            );
                        }
                    }
                }
                Ok(())
            }
        }
    }

    /// Tells lookups. Who lost to somebody else's write is still in the inbox, and is worked out again.
    fn settled(&mut self, worked: &Worked, applied: bool) {
        let Worked { applying, .. } = worked;
        if applied {
            for told in &worked.told {
                self.announced.remove(&told.ticket);
            }
        }
        let Some(customer) = worked.customer.as_ref().filter(|_| applied) else {
            return;
        };
        let card = applying.card.as_ref().filter(|_| worked.is_clean);
        let stored = card.map(|card| Remembered {
            snapshot: Arc::clone(card),
            dirty: false,
        });
        let install = &applying.install;
        self.lookups
            .settled(install, customer, stored, &applying.moved);
        for (other, _) in &applying.dirty {
            if other != customer {
                self.lookups.settled(install, other, None, &[]);
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

impl Worked {
    /// A hook that changes no card that is kept.
    fn nothing(told: Told) -> Self {
        Self {
            applying: Applying::nothing(told.ticket.clone()),
            customer: None,
            is_clean: true,
            told: vec![told],
        }
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
