//! The objects that the simulator holds: one table per collection, each by id.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::clients::Clients;
use super::json::Json;
use super::lag::{Earlier, History};
use super::stamps::DateMoves;
use super::tokens::Token;

/// The collections, by the name of their envelope and, with `.json` behind it, of their file.
pub(super) const COLLECTIONS: [&str; 14] = [
    "customers",
    "subscriptions",
    "charges",
    "addresses",
    "orders",
    "onetimes",
    "payment_methods",
    "events",
    "webhooks",
    "delivery_schedules",
    "discounts",
    "plans",
    "collections",
    "metafields",
];

/// Everything that is served.
#[derive(Debug, Default)]
pub(super) struct Tables {
    collections: BTreeMap<&'static str, BTreeMap<i64, Json>>,
    /// What belongs to a customer, by collection: so that one customer's change does not look at everybody's charges.
    belongings: BTreeMap<(&'static str, i64), BTreeSet<i64>>,
    /// The last id of each collection: the id of a thing that is gone is not given out again.
    last_ids: BTreeMap<&'static str, i64>,
    pub(super) store: Option<Json>,
    /// The only tokens that are let in; without any list every well-formed one is.
    pub(super) tokens: Option<Vec<Token>>,
    /// Whose the webhooks are, and what signs them.
    pub(super) clients: Clients,
    /// When each cancelled subscription would have been charged next: a reactivation goes back to that date.
    pub(super) dates_before_cancelling: BTreeMap<i64, String>,
    /// What objects were before, for reads that lag.
    pub(super) history: History,
    /// What happens to a subscription when only its next date moves.
    pub(super) date_moves: DateMoves,
}

/// Why an object cannot be put or removed.
#[derive(Debug, thiserror::Error)]
pub(super) enum PutError {
    #[error("unknown collection: `{0}`")]
    Collection(String),
    #[error("object without an integer `id` in: `{0}`")]
    Id(&'static str),
    #[error("nothing with that id in `{0}`: {1}")]
    Missing(&'static str, i64),
    #[error("charge that is neither queued nor to be tried again: {0}")]
    Settled(i64),
    #[error("not an object of members")]
    Members,
}

/// A collection's name as the table of names writes it.
pub(super) fn collection(name: &str) -> Option<&'static str> {
    COLLECTIONS.into_iter().find(|known| *known == name)
}

/// The id under which an object is kept. A delivery schedule has none of its own: it is its customer's.
pub(super) fn id_of(collection: &str, object: &Json) -> Option<i64> {
    let path = if collection == "delivery_schedules" {
        "customer.id"
    } else {
        "id"
    };
    object.at(path).first().and_then(|id| id.as_i64())
}

/// The customer that an object belongs to.
pub(super) fn customer_of(collection: &str, id: i64, object: &Json) -> Option<i64> {
    if collection == "customers" {
        return Some(id);
    }
    let direct = object.get("customer_id").and_then(Json::as_i64);
    direct.or_else(|| object.get("customer")?.get("id")?.as_i64())
}

impl Tables {
    pub(super) fn find(&self, collection: &str, id: i64) -> Option<&Json> {
        self.collections.get(collection)?.get(&id)
    }

    pub(super) fn all(&self, collection: &str) -> impl Iterator<Item = (i64, &Json)> {
        self.collections
            .get(collection)
            .into_iter()
            .flat_map(|table| table.iter().map(|(id, object)| (*id, object)))
    }

    /// One customer's objects, by id.
    pub(super) fn of_customer(
        &self,
        collection: &'static str,
        customer: i64,
    ) -> impl Iterator<Item = (i64, &Json)> {
        let ids = self.belongings.get(&(collection, customer));
        ids.into_iter()
            .flatten()
            .filter_map(move |id| Some((*id, self.find(collection, *id)?)))
    }

    pub(super) fn insert(&mut self, collection: &'static str, id: i64, object: Json) {
        let old = self.replace(collection, id, object);
        self.history.note(collection, id, old.as_ref());
    }

    /// Takes an object out, if it is there.
    pub(super) fn take(&mut self, collection: &'static str, id: i64) -> Option<Json> {
        let object = self.withdraw(collection, id)?;
        self.history.note(collection, id, Some(&object));
        Some(object)
    }

    /// Lets `read` see every object as it was at an instant, as far as its history is known.
    pub(super) fn as_of<T>(&mut self, at: DateTime<Utc>, read: impl FnOnce(&Self) -> T) -> T {
        let earlier = self.history.as_of(at);
        let present = self.exchange(earlier);
        let result = read(self);
        self.exchange(present);
        result
    }

    /// Puts these objects in place of others, which come back.
    fn exchange(&mut self, objects: Vec<Earlier>) -> Vec<Earlier> {
        let exchanged = objects.into_iter().map(|(collection, id, object)| {
            let other = match object {
                Some(object) => self.replace(collection, id, object),
                None => self.withdraw(collection, id),
            };
            (collection, id, other)
        });
        exchanged.collect()
    }

    fn replace(&mut self, collection: &'static str, id: i64, object: Json) -> Option<Json> {
        let customer = customer_of(collection, id, &object);
        let table = self.collections.entry(collection).or_default();
        let old = table.insert(id, object);
        let before = old
            .as_ref()
            .and_then(|old| customer_of(collection, id, old));
        if before != customer {
            self.disown(collection, id, before);
        }
        if let Some(customer) = customer {
            let owned = self.belongings.entry((collection, customer));
            owned.or_default().insert(id);
        }
        let last = self.last_ids.entry(collection).or_default();
        *last = (*last).max(id);
        old
    }

    fn withdraw(&mut self, collection: &'static str, id: i64) -> Option<Json> {
        let object = self.collections.get_mut(collection)?.remove(&id)?;
        self.disown(collection, id, customer_of(collection, id, &object));
        Some(object)
    }

    fn disown(&mut self, collection: &'static str, id: i64, customer: Option<i64>) {
        let owned = customer.and_then(|c| self.belongings.get_mut(&(collection, c)));
        if let Some(owned) = owned {
            owned.remove(&id);
        }
    }

    /// An id that nothing in the collection has or had.
    pub(super) fn next_id(&self, collection: &'static str) -> i64 {
        self.last_ids.get(collection).map_or(1, |last| last + 1)
    }

    /// Every object, to be changed in place; not to be given to another customer.
    pub(super) fn objects_mut(&mut self) -> impl Iterator<Item = &mut Json> {
        self.collections
            .values_mut()
            .flat_map(BTreeMap::values_mut)
            .chain(self.store.as_mut())
    }
}
