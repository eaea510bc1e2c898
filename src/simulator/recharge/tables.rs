//! The objects that the simulator holds: one table per collection, each by id.

use std::collections::BTreeMap;

use super::json::Json;
use super::tokens::Token;

/// The collections, by the name of their envelope and, with `.json` behind it, of their file.
pub(super) const COLLECTIONS: [&str; 10] = [
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
];

/// Everything that is served.
#[derive(Debug, Default)]
pub(super) struct Tables {
    collections: BTreeMap<&'static str, BTreeMap<i64, Json>>,
    pub(super) store: Option<Json>,
    /// The only tokens that are let in; without any list every well-formed one is.
    pub(super) tokens: Option<Vec<Token>>,
}

/// Why an object cannot be put or removed.
#[derive(Debug, thiserror::Error)]
pub(super) enum PutError {
    #[error("unknown collection: `{0}`")]
    Collection(String),
    #[error("object without an integer `id` in: `{0}`")]
    Id(&'static str),
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

    pub(super) fn insert(&mut self, collection: &'static str, id: i64, object: Json) {
        self.collections
            .entry(collection)
            .or_default()
            .insert(id, object);
    }

    /// Inserts an object or replaces the one with its id; `store` is one object and has no id to go by.
    pub(super) fn put(&mut self, name: &str, object: Json) -> Result<(), PutError> {
        if name == "store" {
            self.store = Some(object);
            return Ok(());
        }
        let name = collection(name).ok_or_else(|| PutError::Collection(name.to_owned()))?;
        let id = id_of(name, &object).ok_or(PutError::Id(name))?;
        self.insert(name, id, object);
        Ok(())
    }

    pub(super) fn remove(&mut self, name: &str, id: i64) -> Result<(), PutError> {
        let name = collection(name).ok_or_else(|| PutError::Collection(name.to_owned()))?;
        if let Some(table) = self.collections.get_mut(name) {
            table.remove(&id);
        }
        Ok(())
    }

    /// Every object, to be changed in place.
    pub(super) fn objects_mut(&mut self) -> impl Iterator<Item = &mut Json> {
        self.collections
            .values_mut()
            .flat_map(BTreeMap::values_mut)
            .chain(self.store.as_mut())
    }
}
