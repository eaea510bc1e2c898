//! Klasses, and the metadata of their attributes.

use serde_json::{Map, Value, json};

use super::answer::{Answer, Answered};
use super::attributes;
use super::state::State;

/// A kind of object.
#[derive(Debug, Clone)]
pub(super) struct Klass {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) icon: Value,
    pub(super) color: Value,
    /// By attribute: `{"displayName":…}`.
    pub(super) properties: Map<String, Value>,
}

impl Klass {
    fn resource(&self) -> Value {
        json!({
            "type": "klass",
            "id": self.id,
            "attributes": {"name": self.name, "icon": self.icon, "color": self.color, "status": "enabled"},
            "links": {"self": format!("/v1/klasses/{}", self.name)},
        })
    }

    fn metadata(&self) -> Value {
        json!({
            "type": "metadata",
            "id": format!("kobject.{}", self.name),
            "attributes": {"properties": self.properties},
        })
    }
}

/// Letters, digits, `_` and `-`.
pub(super) fn is_klass_name(name: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    !name.is_empty() && name.bytes().all(fits)
}

/// Properties as they are kept: every name ends as its type, and has at least a name for people.
pub(super) fn properties(given: &Value) -> Result<Map<String, Value>, Answer> {
    let given = given.as_object();
    let given = given.ok_or_else(|| Answer::bad_request("`properties` must be an object"))?;
    let mut kept = Map::new();
    for (name, property) in given {
        if attributes::suffix(name).is_none() {
            let title = "Attribute names end as their type";
            return Err(Answer::bad_parameter(name, title, "/properties"));
        }
        if name.ends_with("Id") && !property["target"].is_string() {
            let title = "Attributes that refer to objects need a target";
            return Err(Answer::bad_parameter(name, title, "/properties"));
        }
        kept.insert(name.clone(), property.clone());
    }
    Ok(kept)
}

impl State {
    pub(super) fn klass(&self, name: &str) -> Result<&Klass, Answer> {
        self.klasses
            .get(name)
            .ok_or_else(|| Answer::not_found("klass"))
    }

    pub(super) fn list_klasses(&self) -> Answer {
        let all = self.klasses.values().map(Klass::resource).collect();
        Answer::ok(Value::Array(all))
    }

    pub(super) fn create_klass(&mut self, body: &Value) -> Answered {
        let name = body["name"].as_str().unwrap_or_default();
        if !is_klass_name(name) {
            return Err(Answer::bad_parameter("name", "Invalid name", "/name"));
        }
        if self.klasses.contains_key(name) {
            return Err(Answer::conflict("A klass has this name already"));
        }
        self.put_klass(name, body["icon"].clone(), body["color"].clone(), None);
        Ok(Answer::created(self.klass(name)?.resource()))
    }

    /// Makes a klass, or changes it. Attributes that are there and not given stay.
    pub(super) fn put_klass(
        &mut self,
        name: &str,
        icon: Value,
        color: Value,
        properties: Option<Map<String, Value>>,
    ) -> String {
        let id = match self.klasses.get(name) {
            Some(klass) => klass.id.clone(),
            None => self.next_id(),
        };
        let made = Klass {
            id: id.clone(),
            name: name.to_owned(),
            icon: Value::Null,
            color: Value::Null,
            properties: Map::new(),
        };
        let klass = self.klasses.entry(name.to_owned()).or_insert(made);
        klass.icon = icon;
        klass.color = color;
        klass.properties.extend(properties.unwrap_or_default());
        id
    }

    pub(super) fn metadata(&self, klass: &str) -> Answered {
        Ok(Answer::ok(self.klass(klass)?.metadata()))
    }

    /// Replaces the properties: whether Kustomer replaces or joins them is not established, and this is the one that
    /// harms who did not read them first.
    pub(super) fn put_metadata(&mut self, klass: &str, body: &Value) -> Answered {
        let properties = properties(&body["properties"])?;
        let klass = self.klasses.get_mut(klass);
        let klass = klass.ok_or_else(|| Answer::not_found("klass"))?;
        klass.properties = properties;
        Ok(Answer::ok(klass.metadata()))
    }
}
