//! What hooks make of what is kept of a customer. Pure.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::meaning::{Customers, Told};
use crate::domain::day::Instant;
use crate::domain::event::{Change, Event, Touched};
use crate::domain::id::CustomerId;
use crate::domain::install::InstallName;
use crate::domain::snapshot::Snapshot;
use crate::lookup::{Patched, has, moved, patch};
use crate::store::{Applying, KeptSnapshot, Telling};

/// What hooks make of what is kept of a customer, which was read with its version. `may_be_gone`: whether what an event
/// brings, and the card does not have, may be gone already.
pub fn applying(
    install: &InstallName,
    customer: &CustomerId,
    kept: (Option<KeptSnapshot>, i64),
    about: &Customers,
    may_be_gone: impl Fn(&Event) -> bool,
) -> Applying {
    // What says itself what it is now goes first: it may decide what a mere hint would leave open.
    let is_hint = |told: &&Told| matches!(told.event.change, Change::Unclear(_));
    let (hints, whole): (Vec<_>, Vec<_>) = about.told.iter().partition(is_hint);
    let told = whole.into_iter().chain(hints);
    let told = told.map(|told| (&told.event, told.received_at));
    let mut applying = changing(install, customer, kept, told, may_be_gone);
    applying.dirty.extend(about.before.iter().cloned());
    // One that the provider has to be asked about stays until it has answered.
    let done = |told: &&Told| !matches!(told.event.change, Change::Gone(_));
    let done = about.told.iter().filter(done);
    applying.tickets = done.map(|told| told.ticket.clone()).collect();
    applying
}

/// What events, each with the time at which it was learned, make of what is kept of a customer; `may_be_gone` as above.
pub fn changing<'a>(
    install: &InstallName,
    customer: &CustomerId,
    (kept, version): (Option<KeptSnapshot>, i64),
    events: impl Iterator<Item = (&'a Event, Instant)>,
    may_be_gone: impl Fn(&Event) -> bool,
) -> Applying {
    let mut applying = Applying {
        install: install.clone(),
        tickets: Vec::new(),
        read: Some((customer.clone(), version)),
        card: None,
        dirty: Vec::new(),
        moved: Vec::new(),
        moved_from_anywhere: Vec::new(),
        told: Vec::new(),
    };
    let mut card = kept.map(|kept| Arc::new(kept.snapshot));
    let mut is_changed = false;
    for (event, at) in events {
        let patched = match &card {
            Some(card) => patched(card, event),
            None => Patched::Unchanged,
        };
        if card.is_none() || patched != Patched::Unchanged {
            let before = card.as_deref();
            applying.moved.extend(moved(event, before));
        }
        if card.is_none() && matches!(event.change, Change::Customer(_)) {
            applying.moved_from_anywhere.push(customer.clone());
        }
        let telling = match &card {
            Some(_) => telling(event, &patched),
            None => unseen(event),
        };
        let told = telling
            .into_iter()
            .map(|telling| (customer.clone(), telling));
        applying.told.extend(told);
        match patched {
            Patched::Unchanged => {}
            Patched::To { snapshot, dirty } => {
                let is_new = card.as_deref().is_some_and(|before| !has(before, event));
                card = Some(Arc::from(snapshot));
                is_changed = true;
                if dirty || is_new && may_be_gone(event) {
                    applying.dirty.push((customer.clone(), at));
                }
            }
            Patched::Dirty => applying.dirty.push((customer.clone(), at)),
        }
    }
    applying.card = card.filter(|_| is_changed);
    applying
}

/// What helpdesks are to be told when an event has made this of a card.
fn telling(event: &Event, patched: &Patched) -> Vec<Telling> {
    match (&event.change, patched) {
        (Change::Subscription { subscription, .. }, Patched::To { snapshot, dirty }) => {
            let mut told = Vec::new();
            let all = &snapshot.subscriptions;
            if let Some(now) = all.iter().find(|now| now.id == subscription.id) {
                let mut now = now.clone();
                now.product.image_url = snapshot.image_of(&now).cloned();
                now.product.sku = snapshot.sku_of(&now).map(str::to_owned);
                // Of a prepaid one it is only not known what ships ahead, which no object tells.
                let is_sure = !dirty || now.is_prepaid;
                told.push(Telling::Now(Box::new(now)));
                told.extend((!is_sure).then_some(Telling::Read));
            }
            told
        }
        (Change::Subscription { .. } | Change::Unclear(_), Patched::Dirty) => vec![Telling::Read],
        _ => Vec::new(),
    }
}

/// The same, of a customer of whom no card is kept.
fn unseen(event: &Event) -> Vec<Telling> {
    match &event.change {
        Change::Subscription { subscription, .. } => vec![Telling::Said(subscription.clone())],
        Change::Unclear(Touched::Customer(_) | Touched::Subscription(_)) => vec![Telling::Read],
        _ => Vec::new(),
    }
}

/// A mistake of ours that an event brings to light costs a call, and not the worker.
fn patched(card: &Snapshot, event: &Event) -> Patched {
    catch_unwind(AssertUnwindSafe(|| patch(card, event))).unwrap_or(Patched::Dirty)
}
