//! JSON that keeps the order of its keys.
//!
//! Recharge answers with `id` first, then foreign ids, then the rest; `serde_json::Value` would sort them, and a body
//! should leave here as it was stored.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Number;

/// Any JSON value, its objects in the order they were written.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    pub(super) fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    pub(super) fn object<const N: usize>(members: [(&str, Json); N]) -> Self {
        Self::Object(
            members
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect(),
        )
    }

    pub(super) fn get(&self, key: &str) -> Option<&Json> {
        match self {
            Self::Object(members) => members.iter().find(|(k, _)| k == key).map(|(_, v)| v),
            _ => None,
        }
    }

    /// The member, or null: for bodies that are put together from another one.
    pub(super) fn member(&self, key: &str) -> Json {
        self.get(key).cloned().unwrap_or(Self::Null)
    }

    /// Every value at a dotted path; a list on the way means each of its elements.
    ///
    /// `line_items.purchase_item_id` of a charge is therefore one value per line item.
    pub(super) fn at<'a>(&'a self, path: &str) -> Vec<&'a Json> {
        let mut found = vec![self];
        for key in path.split('.') {
            found = found
                .into_iter()
                .filter_map(|value| value.get(key))
                .flat_map(|value| match value {
                    Self::List(elements) => elements.iter().collect(),
                    single => vec![single],
                })
                .collect();
        }
        found
    }

    pub(super) fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Number(number) => number.as_i64(),
            _ => None,
        }
    }

    pub(super) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The elements; none if it is no list.
    pub(super) fn elements(&self) -> &[Json] {
        match self {
            Self::List(elements) => elements,
            _ => &[],
        }
    }

    pub(super) fn into_list(self) -> Option<Vec<Json>> {
        match self {
            Self::List(elements) => Some(elements),
            _ => None,
        }
    }

    /// Sets a member; a new one goes to its place in the documented order.
    pub(super) fn set(&mut self, key: &str, value: impl Into<Json>) {
        let Self::Object(members) = self else { return };
        let value = value.into();
        if let Some((_, old)) = members.iter_mut().find(|(k, _)| k == key) {
            *old = value;
            return;
        }
        let place = rank(key, &value);
        let index = members.partition_point(|(k, v)| rank(k, v) < place);
        members.insert(index, (key.to_owned(), value));
    }

    /// The value with every object in Recharge's documented order: `id`, foreign ids alphabetically, the rest
    /// alphabetically (<https://docs.getrecharge.com/docs/api-standards>). For objects whose order nobody wrote down.
    pub(super) fn in_documented_order(self) -> Self {
        match self {
            Self::Object(mut members) => {
                members.sort_by(|(a, x), (b, y)| rank(a, x).cmp(&rank(b, y)));
                Self::Object(
                    members
                        .into_iter()
                        .map(|(key, value)| (key, value.in_documented_order()))
                        .collect(),
                )
            }
            Self::List(elements) => Self::List(
                elements
                    .into_iter()
                    .map(Self::in_documented_order)
                    .collect(),
            ),
            other => other,
        }
    }
}

/// Where a member stands in its object.
fn rank<'a>(key: &'a str, value: &Json) -> (u8, &'a str) {
    let group = match key {
        "id" => 0,
        name if name.ends_with("_id") && !matches!(value, Json::Object(_)) => 1,
        _ => 2,
    };
    (group, key)
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Json {
    fn from(number: i64) -> Self {
        Self::Number(number.into())
    }
}

impl From<serde_json::Value> for Json {
    fn from(value: serde_json::Value) -> Self {
        use serde_json::Value;
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::Number(number) => Self::Number(number),
            Value::String(text) => Self::Text(text),
            Value::Array(elements) => Self::List(elements.into_iter().map(Self::from).collect()),
            Value::Object(members) => {
                Self::Object(members.into_iter().map(|(k, v)| (k, v.into())).collect())
            }
        }
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(number) => number.serialize(serializer),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(elements) => serializer.collect_seq(elements),
            Self::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (key, value) in members {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyJson)
    }
}

struct AnyJson;

impl<'de> Visitor<'de> for AnyJson {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        // Only a number that is not finite has no JSON form, and none can be written in JSON.
        Ok(Number::from_f64(value).map_or(Json::Null, Json::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(Json::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = seq.next_element()? {
            elements.push(element);
        }
        Ok(Json::List(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Json::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_leave_in_the_order_they_came() {
        let text = r#"{"id":1,"customer_id":2,"a":{"z":null,"b":[1.5,"x",true]}}"#;
        assert_eq!(Json::parse(text).unwrap().to_string(), text);
    }

    #[test]
    fn a_path_walks_through_lists() {
        let charge = Json::parse(r#"{"line_items":[{"n":1},{"n":2},{"m":3}]}"#).unwrap();
        let found: Vec<_> = charge
            .at("line_items.n")
            .into_iter()
            .map(Json::as_i64)
            .collect();
        assert_eq!(found, [Some(1), Some(2)]);
    }

    #[test]
    fn an_object_without_an_order_gets_the_documented_one() {
        let value = serde_json::json!({
            "analytics_data": {}, "id": 1, "external_product_id": {"ecommerce": "9"}, "customer_id": 2, "address_id": 3
        });
        assert_eq!(
            Json::from(value).in_documented_order().to_string(),
            r#"{"id":1,"address_id":3,"customer_id":2,"analytics_data":{},"external_product_id":{"ecommerce":"9"}}"#
        );
    }
}
