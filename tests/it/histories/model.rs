//! One customer as the model sees them: every state that each object has had and since when, and how much of that was
//! acknowledged.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sidecard::domain::charge::Charge;
use sidecard::domain::customer::Customer;
use sidecard::domain::day::{Day, Instant};
use sidecard::domain::subscription::Subscription;
use sidecard::recharge::{read_charges, read_customers, read_subscriptions};

use super::Process;

/// The list that an object is in, and its id. The next date of a subscription counts as an object of its own: it comes
/// from the queued charge.
pub type Thing = (&'static str, String);

/// A webhook that was sent, and may arrive.
#[derive(Debug, Clone)]
pub struct Sent {
    pub topic: &'static str,
    pub body: Value,
    /// The objects that it is about, and which state of them; `None`: that they are gone.
    pub about: Vec<(Thing, Option<usize>)>,
}

impl Sent {
    /// The object itself.
    pub fn subject(&self) -> &Thing {
        &self.about[0].0
    }

    pub fn is_deletion(&self) -> bool {
        self.about[0].1.is_none()
    }
}

/// What one process was told of an object.
#[derive(Debug, Clone, Copy, Default)]
pub struct Acknowledged {
    /// The newest state of which a webhook was acknowledged.
    pub state: Option<usize>,
    pub is_gone: bool,
}

/// What one object has been.
#[derive(Debug, Default)]
pub struct Life {
    /// Each with the time since when it is so, by Recharge's clock.
    pub states: Vec<(Instant, State)>,
    pub gone_at: Option<Instant>,
    /// By process: the one beside the service notices commits later.
    pub acknowledged: [Acknowledged; 2],
    /// When a webhook about it arrived last.
    pub last_arrival: Option<Instant>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum State {
    Customer(Customer),
    /// Without its next date.
    Subscription(Box<Subscription>),
    Charge(Box<Charge>),
    NextDate(Option<Day>),
}

impl State {
    fn has(&self, address: &str) -> bool {
        matches!(self, Self::Customer(customer) if customer.email.as_deref() == Some(address))
    }

    /// `None` of a date, which moves without a newer stamp.
    pub fn stamp(&self) -> Option<Instant> {
        match self {
            Self::Customer(customer) => customer.stamp(),
            Self::Subscription(subscription) => subscription.stamp(),
            Self::Charge(charge) => charge.stamp(),
            Self::NextDate(_) => None,
        }
    }
}

impl Life {
    pub fn is_gone(&self) -> bool {
        self.gone_at.is_some()
    }

    /// The last state, while it is there.
    pub fn now(&self) -> Option<&State> {
        let last = self.states.last().filter(|_| !self.is_gone());
        last.map(|(_, state)| state)
    }
}

/// What is stored of a customer. Only then a webhook is stored, too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kept {
    #[default]
    Nothing,
    /// The customer's own record: they were one of several.
    Record,
    /// Their card was read.
    Card,
}

/// One customer.
#[derive(Debug)]
pub struct Model {
    pub id: i64,
    /// The address that the customer has now, or had in the end.
    pub address: String,
    /// How often the customer moved to an address of their own.
    pub moves: u32,
    /// Whether the customer was there before the history began.
    pub is_old: bool,
    pub lives: BTreeMap<Thing, Life>,
    /// What the service has stored of them: webhooks about anything else are not.
    pub kept: Kept,
    /// Until when nothing is stored of them, by our clock.
    pub erased_until: Option<Instant>,
}

const LISTS: [(&str, &str); 2] = [("subscriptions", "subscription"), ("charges", "charge")];

impl Model {
    pub fn new(id: i64, address: String, is_old: bool) -> Self {
        Self {
            id,
            address,
            moves: 0,
            is_old,
            lives: BTreeMap::new(),
            kept: Kept::Nothing,
            erased_until: None,
        }
    }

    pub fn is_erased(&self) -> bool {
        self.erased_until.is_some()
    }

    /// Something has changed at Recharge: this is the truth since then. Returns the webhooks that are sent of it.
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
            let states = states(thing, row);
            let changed = states
                .into_iter()
                .map(|(thing, state)| {
                    let life = self.lives.entry(thing.clone()).or_default();
                    let is_new = life.states.last().is_none_or(|(_, last)| *last != state);
                    if is_new {
                        life.states.push((since, state));
                    }
                    (is_new, (thing, Some(life.states.len() - 1)))
                })
                .collect::<Vec<_>>();
            if changed.iter().any(|(is_new, _)| *is_new) {
                sent.push(Sent {
                    topic: updated(name),
                    body: json!({ *name: row }),
                    about: changed.into_iter().map(|(_, about)| about).collect(),
                });
            }
        }
        let is_there = truth["customer"].is_object();
        for (thing, life) in &mut self.lives {
            let list = if thing.0 == "dates" {
                "subscriptions"
            } else {
                thing.0
            };
            if now.contains_key(&(list, thing.1.clone())) || life.is_gone() {
                continue;
            }
            life.gone_at = Some(since);
            // Of what a customer had nothing is told when the customer is deleted.
            if thing.0 != "dates" && (thing.0 == "customers" || is_there) {
                let (topic, name) = deleted(thing.0);
                let id: u64 = thing.1.parse().unwrap();
                sent.push(Sent {
                    topic,
                    body: json!({ name: {"id": id} }),
                    about: vec![(thing.clone(), None)],
                });
            }
        }
        sent
    }

    /// A webhook was acknowledged and is applied; perhaps it is not of this customer. `kept` was stored of them when it
    /// came, or would be read from lists that don't lag.
    pub fn acknowledge(&mut self, sent: &Sent, kept: Kept, now: Instant) {
        for (thing, state) in &sent.about {
            let Some(life) = self.lives.get_mut(thing) else {
                continue;
            };
            life.last_arrival = Some(now);
            let needed = if thing.0 == "customers" {
                Kept::Record
            } else {
                Kept::Card
            };
            if self.erased_until.is_some() || kept < needed {
                // It is not stored.
                continue;
            }
            let told = &mut life.acknowledged[Process::Service as usize];
            match state {
                Some(state) => told.state = told.state.max(Some(*state)),
                None => told.is_gone = true,
            }
        }
    }

    /// The process beside the service has noticed every commit.
    pub fn notice(&mut self) {
        for life in self.lives.values_mut() {
            life.acknowledged[Process::Beside as usize] =
                life.acknowledged[Process::Service as usize];
        }
    }

    /// Everything that is stored of the customer is removed, and what was acknowledged with it.
    pub fn forget(&mut self) {
        self.kept = Kept::Nothing;
        for life in self.lives.values_mut() {
            life.acknowledged = Default::default();
        }
    }

    fn record(&self) -> Option<&Life> {
        let mut lives = self.lives.iter();
        lives
            .find(|(thing, _)| thing.0 == "customers")
            .map(|(_, life)| life)
    }

    pub fn is_there(&self) -> bool {
        self.record().is_some_and(|life| !life.is_gone())
    }

    /// Whether the customer has existed since before a time.
    pub fn is_there_since(&self, at: Instant) -> bool {
        let since = self
            .record()
            .and_then(|life| life.states.first())
            .map(|(since, _)| *since);
        self.is_there() && (self.is_old || since.is_some_and(|since| since < at))
    }

    /// Whether the customer has this address, and the process must know that: it was acknowledged, has never been
    /// otherwise, or is so since before `learned`.
    pub fn must_be_found_at(&self, address: &str, process: Process, learned: Instant) -> bool {
        let Some(life) = self.record().filter(|life| !life.is_gone()) else {
            return false;
        };
        let has = |(_, state): &(Instant, State)| state.has(address);
        if !life.states.last().is_some_and(has) {
            return false;
        }
        let first = life
            .states
            .iter()
            .rposition(|state| !has(state))
            .map(|last| last + 1);
        let since = life.states[first.unwrap_or(0)].0;
        if first.is_none() && self.is_old || since < learned {
            return true;
        }
        let told = life.acknowledged[process as usize].state;
        told.is_some_and(|told| told >= first.unwrap_or(0))
    }

    /// Whether the customer has this address, or had it.
    pub fn was_ever_at(&self, address: &str) -> bool {
        let life = self.record();
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

/// A subscription, and its next date.
pub fn split(subscription: &Subscription) -> (State, State) {
    let date = subscription.next_billing_date;
    let dateless = Subscription {
        next_billing_date: None,
        ..subscription.clone()
    };
    (
        State::Subscription(Box::new(dateless)),
        State::NextDate(date),
    )
}

fn states((list, id): &Thing, row: &Value) -> Vec<(Thing, State)> {
    let thing = (*list, id.clone());
    let body = json!({ *list: [row] }).to_string();
    let body = body.as_bytes();
    match *list {
        "customers" => {
            let customer = uncounted(&read_customers(body).unwrap().remove(0));
            vec![(thing, State::Customer(customer))]
        }
        "subscriptions" => {
            let (state, date) = split(&read_subscriptions(body).unwrap().remove(0));
            vec![(thing, state), (("dates", id.clone()), date)]
        }
        _ => {
            let charge = read_charges(body).unwrap().remove(0);
            vec![(thing, State::Charge(Box::new(charge)))]
        }
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
