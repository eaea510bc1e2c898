//! What is wrong with a card: what it may show, by the model.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use sidecard::domain::day::Instant;
use sidecard::domain::snapshot::Snapshot;

use super::model::{Model, State, Thing, uncounted};

/// Whatever is not told is learned within ten minutes, by a card's second clock. A look may take some seconds more.
const LEARNED: TimeDelta = TimeDelta::seconds(605);
/// No card is older, marked or not.
const OLDEST: TimeDelta = TimeDelta::seconds(24 * 3_600 + 5);

impl Model {
    /// What is wrong with a card, as it is shown now. `is_stale`: it is marked as perhaps too old; then it is only not to be
    /// older than what was told by its stamp.
    pub fn complaint(&self, card: &Snapshot, is_stale: bool, now: Instant) -> Option<String> {
        if card.as_of < now - OLDEST {
            return Some(format!("it is of {}", card.as_of));
        }
        let told = self.untold(card, is_stale);
        told.or_else(|| self.overdue(card, now - LEARNED).filter(|_| !is_stale))
    }

    /// What was not so any more at that time, and is shown all the same.
    fn overdue(&self, card: &Snapshot, at: Instant) -> Option<String> {
        if card.as_of < at {
            return Some(format!("it is of {}, and not marked", card.as_of));
        }
        let shown = shown(card);
        self.lives.iter().find_map(|(thing, life)| {
            let Some(state) = shown.get(thing) else {
                let is_read = thing.0 != "charges" || card.charges.is_some();
                let was_there = life.states.first().is_some_and(|(since, _)| *since < at);
                return (is_read && was_there && !life.is_gone())
                    .then(|| format!("{thing:?} has long been there, and is not shown"));
            };
            let place = life.states.iter().rposition(|(_, known)| known == state)?;
            let next = life.states.get(place + 1).map(|(since, _)| *since);
            let until = next.or(life.gone_at)?;
            (until < at).then(|| format!("{thing:?} has long been otherwise: {state:?}"))
        })
    }

    /// What was told, and is shown otherwise.
    fn untold(&self, card: &Snapshot, is_stale: bool) -> Option<String> {
        let shown = shown(card);
        for (thing, state) in &shown {
            let Some(life) = self.lives.get(thing) else {
                return Some(format!("{thing:?} is somebody else's"));
            };
            if life.told_gone && !is_stale {
                return Some(format!("{thing:?} is shown, and was told to be gone"));
            }
            let Some(at) = life.states.iter().rposition(|(_, known)| known == state) else {
                return Some(format!("{thing:?} has never been {state:?}"));
            };
            let Some(told) = life.told else { continue };
            if is_stale && state.stamp() < life.states[told].1.stamp() {
                return Some(format!(
                    "{thing:?}: marked, and older than what was told by its stamp"
                ));
            }
            if !is_stale && at < told {
                let (states, told) = (&life.states, &life.states[told].1);
                return Some(format!(
                    "{thing:?} is shown in state {at} of {}: {state:?}\n told was {told:?}",
                    states.len()
                ));
            }
        }
        let missing = self.lives.iter().find(|(thing, life)| {
            let is_read = thing.0 != "charges" || card.charges.is_some();
            is_read && life.told.is_some() && !life.is_gone() && !shown.contains_key(thing)
        });
        let (thing, _) = missing.filter(|_| !is_stale)?;
        Some(format!("{thing:?} was told and is not shown"))
    }

    /// What is not as it is now.
    pub fn difference(&self, card: &Snapshot) -> Option<String> {
        let shown = shown(card);
        for (thing, life) in &self.lives {
            let now = life.states.last().filter(|_| !life.is_gone());
            let now = now.map(|(_, state)| state);
            if shown.get(thing) != now {
                return Some(format!(
                    "{thing:?}: shown is {:?}, the truth is {now:?}",
                    shown.get(thing)
                ));
            }
        }
        let mut more = shown.keys().filter(|thing| !self.lives.contains_key(thing));
        more.next()
            .map(|thing| format!("{thing:?} is somebody else's"))
    }
}

fn shown(card: &Snapshot) -> BTreeMap<Thing, State> {
    let customer = &card.customer;
    let subscriptions = card.subscriptions.iter().map(|row| {
        let id = row.id.to_string();
        (
            ("subscriptions", id),
            State::Subscription(Box::new(row.clone())),
        )
    });
    let charges = card.charges.iter().flatten().map(|row| {
        (
            ("charges", row.id.to_string()),
            State::Charge(Box::new(row.clone())),
        )
    });
    let record = (
        ("customers", customer.id.to_string()),
        State::Customer(uncounted(customer)),
    );
    std::iter::once(record)
        .chain(subscriptions)
        .chain(charges)
        .collect()
}
