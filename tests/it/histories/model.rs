//! What a card may show: every state that each thing has had, and how much of that was acknowledged.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sidecard::domain::charge::Charge;
use sidecard::domain::customer::Customer;
use sidecard::domain::day::Instant;
use sidecard::domain::snapshot::Snapshot;
use sidecard::domain::subscription::Subscription;
use sidecard::recharge::{read_charges, read_customers, read_subscriptions};

/// The list that a thing is in, and its id.
pub type Thing = (&'static str, String);

/// A hook that was sent, and may arrive.
#[derive(Debug, Clone)]
pub struct Sent {
    pub topic: &'static str,
    pub body: Value,
    pub about: Thing,
    /// Which state of it; `None`: that it is gone.
    state: Option<usize>,
}

/// What one thing has been.
#[derive(Debug, Default)]
struct Life {
    states: Vec<State>,
    is_gone: bool,
    /// The newest state of which a hook was acknowledged.
    told: Option<usize>,
    told_gone: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum State {
    Customer(Customer),
    Subscription(Box<Subscription>),
    Charge(Box<Charge>),
}

impl State {
    fn stamp(&self) -> Option<Instant> {
        match self {
            Self::Customer(customer) => customer.stamp(),
            Self::Subscription(subscription) => subscription.stamp(),
            Self::Charge(charge) => charge.stamp(),
        }
    }
}

/// One customer.
#[derive(Debug, Default)]
pub struct Model {
    lives: BTreeMap<Thing, Life>,
}

const LISTS: [(&str, &str); 2] = [("subscriptions", "subscription"), ("charges", "charge")];

impl Model {
    /// Something has changed at Recharge: this is the truth now. Returns the hooks that are sent of it.
    pub fn learn(&mut self, truth: &Value) -> Vec<Sent> {
        let mut now: BTreeMap<Thing, (&str, Value)> = BTreeMap::new();
        if truth["customer"].is_object() {
            let id = truth["customer"]["id"].to_string();
            now.insert(("customers", id), ("customer", truth["customer"].clone()));
        }
        for (list, name) in LISTS {
            for row in truth[list].as_array().into_iter().flatten() {
                now.insert((list, row["id"].to_string()), (name, row.clone()));
            }
        }
        let mut sent = Vec::new();
        for (thing, (name, row)) in &now {
            let life = self.lives.entry(thing.clone()).or_default();
            let state = state(thing.0, row);
            if life.states.last() == Some(&state) {
                continue;
            }
            life.states.push(state);
            sent.push(Sent {
                topic: updated(name),
                body: json!({ *name: row }),
                about: thing.clone(),
                state: Some(life.states.len() - 1),
            });
        }
        for (thing, life) in &mut self.lives {
            if now.contains_key(thing) || std::mem::replace(&mut life.is_gone, true) {
                continue;
            }
            let (topic, name) = deleted(thing.0);
            // Of what a customer had nothing is told when they are deleted themselves.
            if thing.0 == "customers" || truth["customer"].is_object() {
                let id: u64 = thing.1.parse().unwrap();
                sent.push(Sent {
                    topic,
                    body: json!({ name: {"id": id} }),
                    about: thing.clone(),
                    state: None,
                });
            }
        }
        sent
    }

    /// A hook was acknowledged, and is applied; perhaps it is not of this customer.
    pub fn acknowledge(&mut self, sent: &Sent) {
        let Some(life) = self.lives.get_mut(&sent.about) else {
            return;
        };
        match sent.state {
            Some(state) => life.told = life.told.max(Some(state)),
            None => life.told_gone = true,
        }
    }

    fn customer(&self) -> Option<&Life> {
        let mut lives = self.lives.iter();
        lives
            .find(|(thing, _)| thing.0 == "customers")
            .map(|(_, life)| life)
    }

    /// Whether the customer has this address, and that was told or has never been otherwise.
    pub fn is_known_at(&self, address: &str) -> bool {
        let Some(life) = self.customer().filter(|life| !life.is_gone) else {
            return false;
        };
        let has = |state: &State| matches!(state, State::Customer(c) if c.email.as_deref() == Some(address));
        let first = life
            .states
            .iter()
            .rposition(|state| !has(state))
            .map(|last| last + 1);
        let told = first.is_none_or(|first| life.told.is_some_and(|told| told >= first));
        life.states.last().is_some_and(has) && told
    }

    /// What is wrong with a card, as it is shown. `is_stale`: it is marked as perhaps too old; then it is only not to be older
    /// than what was told by its stamp.
    pub fn complaint(&self, card: &Snapshot, is_stale: bool) -> Option<String> {
        let shown = shown(card);
        for (thing, state) in &shown {
            let Some(life) = self.lives.get(thing) else {
                return Some(format!("{thing:?} is somebody else's"));
            };
            if life.told_gone && !is_stale {
                return Some(format!("{thing:?} is shown, and was told to be gone"));
            }
            let Some(at) = life.states.iter().rposition(|known| known == state) else {
                return Some(format!("{thing:?} has never been {state:?}"));
            };
            let Some(told) = life.told else { continue };
            if is_stale && state.stamp() < life.states[told].stamp() {
                return Some(format!(
                    "{thing:?}: marked, and older than what was told by its stamp"
                ));
            }
            if !is_stale && at < told {
                let (states, told) = (&life.states, &life.states[told]);
                return Some(format!(
                    "{thing:?} is shown in state {at} of {}: {state:?}\n told was {told:?}",
                    states.len()
                ));
            }
        }
        let missing = self.lives.iter().find(|(thing, life)| {
            let is_read = thing.0 != "charges" || card.charges.is_some();
            is_read && life.told.is_some() && !life.is_gone && !shown.contains_key(thing)
        });
        let (thing, _) = missing.filter(|_| !is_stale)?;
        Some(format!("{thing:?} was told and is not shown"))
    }

    /// What is not as it is now.
    pub fn difference(&self, card: &Snapshot) -> Option<String> {
        let shown = shown(card);
        for (thing, life) in &self.lives {
            let now = life.states.last().filter(|_| !life.is_gone);
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

/// Cards count the subscriptions themselves.
fn uncounted(customer: &Customer) -> Customer {
    Customer {
        subscriptions_total: None,
        subscriptions_active: None,
        ..customer.clone()
    }
}

fn state(list: &str, row: &Value) -> State {
    let body = json!({ list: [row] }).to_string();
    let body = body.as_bytes();
    match list {
        "customers" => State::Customer(uncounted(&read_customers(body).unwrap().remove(0))),
        "subscriptions" => {
            State::Subscription(Box::new(read_subscriptions(body).unwrap().remove(0)))
        }
        _ => State::Charge(Box::new(read_charges(body).unwrap().remove(0))),
    }
}

fn updated(name: &str) -> &'static str {
    match name {
        "customer" => "customer/updated",
        "subscription" => "subscription/updated",
        _ => "charge/updated",
    }
}

fn deleted(list: &str) -> (&'static str, &'static str) {
    match list {
        "customers" => ("customer/deleted", "customer"),
        "subscriptions" => ("subscription/deleted", "subscription"),
        _ => ("charge/deleted", "charge"),
    }
}
