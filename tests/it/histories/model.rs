//! Every state that each thing has had and since when, and how much of that was acknowledged.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sidecard::domain::charge::Charge;
use sidecard::domain::customer::Customer;
use sidecard::domain::day::Instant;
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
pub struct Life {
    /// Each with the time since when it is so.
    pub states: Vec<(Instant, State)>,
    pub gone_at: Option<Instant>,
    /// The newest state of which a hook was acknowledged.
    pub told: Option<usize>,
    pub told_gone: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum State {
    Customer(Customer),
    Subscription(Box<Subscription>),
    Charge(Box<Charge>),
}

impl State {
    fn has(&self, address: &str) -> bool {
        matches!(self, Self::Customer(customer) if customer.email.as_deref() == Some(address))
    }

    pub fn stamp(&self) -> Option<Instant> {
        match self {
            Self::Customer(customer) => customer.stamp(),
            Self::Subscription(subscription) => subscription.stamp(),
            Self::Charge(charge) => charge.stamp(),
        }
    }
}

impl Life {
    pub fn is_gone(&self) -> bool {
        self.gone_at.is_some()
    }
}

/// One customer.
#[derive(Debug, Default)]
pub struct Model {
    pub lives: BTreeMap<Thing, Life>,
}

const LISTS: [(&str, &str); 2] = [("subscriptions", "subscription"), ("charges", "charge")];

impl Model {
    /// Something has changed at Recharge: this is the truth since now. Returns the hooks that are sent of it.
    pub fn learn(&mut self, truth: &Value, since: Instant) -> Vec<Sent> {
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
            if life.states.last().is_some_and(|(_, last)| *last == state) {
                continue;
            }
            life.states.push((since, state));
            sent.push(Sent {
                topic: updated(name),
                body: json!({ *name: row }),
                about: thing.clone(),
                state: Some(life.states.len() - 1),
            });
        }
        for (thing, life) in &mut self.lives {
            if now.contains_key(thing) || life.is_gone() {
                continue;
            }
            life.gone_at = Some(since);
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
        let Some(life) = self.customer().filter(|life| !life.is_gone()) else {
            return false;
        };
        let has = |(_, state): &(Instant, State)| state.has(address);
        let first = life
            .states
            .iter()
            .rposition(|state| !has(state))
            .map(|last| last + 1);
        let told = first.is_none_or(|first| life.told.is_some_and(|told| told >= first));
        life.states.last().is_some_and(has) && told
    }

    /// Whether the customer has this address, or had it.
    pub fn was_ever_at(&self, address: &str) -> bool {
        let life = self.customer();
        life.is_some_and(|life| life.states.iter().any(|(_, state)| state.has(address)))
    }
}

/// Cards count the subscriptions themselves.
pub fn uncounted(customer: &Customer) -> Customer {
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

/// The topic of its deletion, and the name of its envelope.
pub fn deleted(list: &str) -> (&'static str, &'static str) {
    match list {
        "customers" => ("customer/deleted", "customer"),
        "subscriptions" => ("subscription/deleted", "subscription"),
        _ => ("charge/deleted", "charge"),
    }
}
