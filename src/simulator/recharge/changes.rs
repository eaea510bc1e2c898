//! One change of the state: what it touched, and the events that follow from that.

use chrono::{DateTime, Utc};

use super::clock;
use super::json::Json;
use super::stamps::{DateMoves, differs_in_next_date_alone};
use super::tables::{PutError, Tables, collection, id_of};
use super::topics;

/// The name under which the store is touched: it is one object and has no id to go by.
const STORE: &str = "store";

/// A change under way. Nothing outside sees it before it is whole.
pub(super) struct Change<'a> {
    pub(super) tables: &'a mut Tables,
    pub(super) now: DateTime<Utc>,
    touched: Vec<Touched>,
    announced: Vec<(&'static str, &'static str, i64)>,
    only_announced: bool,
}

struct Touched {
    collection: &'static str,
    id: i64,
    before: Option<Json>,
}

/// Something that addresses are told of.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) topic: &'static str,
    pub(super) id: i64,
    /// What the body wraps.
    pub(super) object: Json,
}

impl<'a> Change<'a> {
    pub(super) fn new(tables: &'a mut Tables, now: DateTime<Utc>) -> Self {
        tables.history.set_now(now);
        Self {
            tables,
            now,
            touched: Vec::new(),
            announced: Vec::new(),
            only_announced: false,
        }
    }

    /// The present as bodies write it.
    pub(super) fn stamp(&self) -> String {
        clock::stamp(self.now)
    }

    pub(super) fn find(&self, collection: &str, id: i64) -> Option<&Json> {
        self.tables.find(collection, id)
    }

    /// Changes an object, and stamps it if that made a difference.
    pub(super) fn edit(
        &mut self,
        collection: &'static str,
        id: i64,
        change: impl FnOnce(&mut Json),
    ) {
        let Some(before) = self.find(collection, id) else {
            return;
        };
        let mut object = before.clone();
        change(&mut object);
        if object != *before {
            if self.stamps(collection, before, &object) {
                object.set("updated_at", self.stamp());
            }
            self.keep(collection, id, object);
        }
    }

    /// Keeps a new object under an id of its own; the id comes back.
    pub(super) fn add(&mut self, collection: &'static str, mut object: Json) -> i64 {
        let id = self.tables.next_id(collection);
        object.set("id", id);
        self.keep(collection, id, object);
        id
    }

    /// Inserts an object or replaces the one with its id, as it is.
    pub(super) fn put(&mut self, name: &str, object: Json) -> Result<(), PutError> {
        if name == STORE {
            self.touch(STORE, 0);
            self.tables.store = Some(object);
            return Ok(());
        }
        let name = collection(name).ok_or_else(|| PutError::Collection(name.to_owned()))?;
        let id = id_of(name, &object).ok_or(PutError::Id(name))?;
        self.keep(name, id, object);
        Ok(())
    }

    /// Returns whether a change moves `updated_at`: not for a subscription's next charge date alone.
    fn stamps(&self, collection: &str, before: &Json, after: &Json) -> bool {
        self.tables.date_moves == DateMoves::Stamped
            || collection != "subscriptions"
            || !differs_in_next_date_alone(before, after)
    }

    /// Sets some members of an object, and stamps it as [`Change::edit`] does, unless its own stamp is among them.
    pub(super) fn patch(&mut self, name: &str, id: i64, members: Json) -> Result<(), PutError> {
        let name = collection(name).ok_or_else(|| PutError::Collection(name.to_owned()))?;
        let before = self.find(name, id).cloned();
        let before = before.ok_or(PutError::Missing(name, id))?;
        let mut object = before.clone();
        let stamped = members.get("updated_at").is_some();
        let Json::Object(members) = members else {
            return Err(PutError::Members);
        };
        for (key, value) in members {
            object.set(&key, value);
        }
        if !stamped && self.stamps(name, &before, &object) {
            object.set("updated_at", self.stamp());
        }
        self.keep(name, id, object);
        Ok(())
    }

    /// Removes an object, if it is there.
    pub(super) fn remove(&mut self, collection: &'static str, id: i64) {
        self.touch(collection, id);
        self.tables.take(collection, id);
        if collection == "webhooks" {
            self.tables.clients.lose(id);
        }
    }

    /// Removes an object of which no address is told.
    pub(super) fn remove_silently(&mut self, collection: &'static str, id: i64) {
        self.tables.take(collection, id);
    }

    /// Sends nothing for the objects that changed, only what is announced.
    pub(super) fn only_announced(&mut self) {
        self.only_announced = true;
    }

    /// An event that cannot be told from the objects alone.
    pub(super) fn announce(&mut self, topic: &'static str, collection: &'static str, id: i64) {
        self.announced.push((topic, collection, id));
    }

    /// What follows from the change, in the order in which it was made.
    pub(super) fn events(self) -> Vec<Event> {
        let mut events = Vec::new();
        let silent = self.tables.date_moves == DateMoves::Silent;
        let touched = self.touched.iter().filter(|_| !self.only_announced);
        for Touched {
            collection,
            id,
            before,
        } in touched
        {
            let after = if *collection == STORE {
                self.tables.store.as_ref()
            } else {
                self.find(collection, *id)
            };
            if silent
                && *collection == "subscriptions"
                && let (Some(before), Some(after)) = (before, after)
                && differs_in_next_date_alone(before, after)
            {
                continue;
            }
            for topic in topics::of(collection, before.as_ref(), after) {
                events.extend(event(self.tables, topic, *id, before.as_ref(), after));
            }
        }
        for (topic, collection, id) in &self.announced {
            let object = self.find(collection, *id);
            events.extend(event(self.tables, topic, *id, None, object));
        }
        events
    }

    /// Makes everything as it was before.
    pub(super) fn undo(self) {
        for Touched {
            collection,
            id,
            before,
        } in self.touched
        {
            match before {
                Some(object) if collection == STORE => self.tables.store = Some(object),
                Some(object) => self.tables.insert(collection, id, object),
                None => drop(self.tables.take(collection, id)),
            }
        }
    }

    fn keep(&mut self, collection: &'static str, id: i64, object: Json) {
        self.touch(collection, id);
        self.tables.insert(collection, id, object);
    }

    fn touch(&mut self, collection: &'static str, id: i64) {
        let known = |t: &Touched| t.id == id && t.collection == collection;
        if !self.touched.iter().any(known) {
            let before = if collection == STORE {
                self.tables.store.clone()
            } else {
                self.find(collection, id).cloned()
            };
            self.touched.push(Touched {
                collection,
                id,
                before,
            });
        }
    }
}

/// A deletion carries the id alone; a payment method is told of with its customer, as the topic's name says.
fn event(
    tables: &Tables,
    topic: &'static str,
    id: i64,
    before: Option<&Json>,
    after: Option<&Json>,
) -> Option<Event> {
    if topic == topics::PAYMENT_METHOD_UPDATED {
        let customer = after.or(before)?.get("customer_id")?.as_i64()?;
        let object = tables.find("customers", customer)?.clone();
        return Some(Event {
            topic,
            id: customer,
            object,
        });
    }
    let object = match after {
        Some(object) if !topic.ends_with("/deleted") => object.clone(),
        _ => Json::object([("id", Json::from(id))]),
    };
    Some(Event { topic, id, object })
}
