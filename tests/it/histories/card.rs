//! What is wrong with a card: what it may show, by the model.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use sidecard::domain::day::Instant;
use sidecard::domain::snapshot::Snapshot;

use super::Process;
use super::model::{Model, State, Thing, split, uncounted};

/// What no webhook says is learned within ten minutes, by a card's second age. A view may take some seconds more.
pub const LEARNED: TimeDelta = TimeDelta::seconds(605);
/// No card is older, stale or not.
const OLDEST: TimeDelta = TimeDelta::seconds(24 * 3_600 + 5);
/// A list may show what is gone, and hide what is new, this long.
pub const LAG: TimeDelta = TimeDelta::minutes(35);

/// When, and under which conditions, a card is shown.
#[derive(Debug, Clone, Copy)]
pub struct Shown {
    pub process: Process,
    /// Whether it is marked as perhaps too old: then it must not be older than what was acknowledged, by its stamps.
    pub is_stale: bool,
    /// By our own clock.
    pub our_now: Instant,
    /// By Recharge's clock.
    pub now: Instant,
    /// How far lists lagged at most, and whether they did while this card may have been read.
    pub lag: TimeDelta,
    pub is_lagging: bool,
    /// How far our clock was set back.
    pub set_back: TimeDelta,
}

impl Shown {
    /// What was so before this is known, webhook or not.
    pub fn learned(&self) -> Instant {
        self.now - LEARNED - self.lag - self.set_back
    }
}

impl Model {
    /// What is wrong with a card, as it is shown now.
    pub fn complaint(&self, card: &Snapshot, shown: Shown) -> Option<String> {
        let age = shown.our_now - card.as_of;
        if age > OLDEST {
            return Some(format!("it is of {}", card.as_of));
        }
        if !shown.is_stale && (age > LEARNED || age < -LEARNED) {
            return Some(format!("it is of {}, and not stale", card.as_of));
        }
        let untold = self.unacknowledged(card, shown);
        untold.or_else(|| self.overdue(card, shown).filter(|_| !shown.is_stale))
    }

    /// What was not so any more long ago, and is shown all the same.
    fn overdue(&self, card: &Snapshot, shown: Shown) -> Option<String> {
        let at = shown.learned();
        let on_card = on_card(card);
        self.lives.iter().find_map(|(thing, life)| {
            let Some(state) = on_card.get(thing) else {
                let is_read = thing.0 != "charges" || card.charges.is_some();
                let was_there = life.states.first().is_some_and(|(since, _)| *since < at);
                return (is_read && was_there && !life.is_gone())
                    .then(|| format!("{thing:?} has long been there, and is not shown"));
            };
            // A state may come again: a date that moves back.
            let place = life.states.iter().rposition(|(_, known)| known == state)?;
            if let Some((until, _)) = life.states.get(place + 1) {
                return (*until < at)
                    .then(|| format!("{thing:?} has long been otherwise: {state:?}"));
            }
            // Absence from a list counts once the row has not changed for 35 minutes.
            let written = life
                .gone_at?
                .max(life.last_arrival.unwrap_or(life.gone_at?));
            (written + LAG < at).then(|| format!("{thing:?} has long been gone: {state:?}"))
        })
    }

    /// What was acknowledged, and is shown otherwise.
    fn unacknowledged(&self, card: &Snapshot, shown: Shown) -> Option<String> {
        let on_card = on_card(card);
        for (thing, state) in &on_card {
            let Some(life) = self.lives.get(thing) else {
                return Some(format!("{thing:?} is another customer's"));
            };
            let acknowledged = life.acknowledged[shown.process as usize];
            if acknowledged.is_gone && !shown.is_stale {
                return Some(format!(
                    "{thing:?} is shown, and its deletion was acknowledged"
                ));
            }
            let Some(at) = life.states.iter().rposition(|(_, known)| known == state) else {
                return Some(format!("{thing:?} has never been {state:?}"));
            };
            let Some(told) = acknowledged.state else {
                continue;
            };
            let (_, told_state) = &life.states[told];
            let is_older_by_stamp = state.stamp() < told_state.stamp();
            // Stamps that are equal leave it to a read, and a list that lags may win for a while.
            let by_stamp = shown.is_stale || shown.is_lagging;
            if if by_stamp {
                is_older_by_stamp
            } else {
                at < told
            } {
                return Some(format!(
                    "{thing:?} is shown in state {at} of {} (stale: {}): {state:?}\n acknowledged was {told}: {told_state:?}",
                    life.states.len(),
                    shown.is_stale,
                ));
            }
        }
        let missing = self.lives.iter().find(|(thing, life)| {
            let is_read = thing.0 != "charges" || card.charges.is_some();
            let told = life.acknowledged[shown.process as usize].state;
            is_read && told.is_some() && !life.is_gone() && !on_card.contains_key(thing)
        });
        let (thing, _) = missing.filter(|_| !shown.is_stale)?;
        Some(format!("{thing:?} was acknowledged and is not shown"))
    }

    /// What is not as it is now.
    pub fn difference(&self, card: &Snapshot) -> Option<String> {
        let on_card = on_card(card);
        for (thing, life) in &self.lives {
            if thing.0 == "charges" && card.charges.is_none() {
                continue;
            }
            let now = life.now();
            if on_card.get(thing) != now {
                return Some(format!(
                    "{thing:?}: shown is {:?}, the truth is {now:?}",
                    on_card.get(thing)
                ));
            }
        }
        let mut more = on_card
            .keys()
            .filter(|thing| !self.lives.contains_key(thing));
        more.next()
            .map(|thing| format!("{thing:?} is another customer's"))
    }
}

fn on_card(card: &Snapshot) -> BTreeMap<Thing, State> {
    let customer = &card.customer;
    let record = (
        ("customers", customer.id.to_string()),
        State::Customer(uncounted(customer)),
    );
    let subscriptions = card.subscriptions.iter().flat_map(|row| {
        let (state, date) = split(row);
        let id = row.id.to_string();
        [
            (("subscriptions", id.clone()), state),
            (("dates", id), date),
        ]
    });
    let charges = card.charges.iter().flatten().map(|row| {
        let thing = ("charges", row.id.to_string());
        (thing, State::Charge(Box::new(row.clone())))
    });
    std::iter::once(record)
        .chain(subscriptions)
        .chain(charges)
        .collect()
}
