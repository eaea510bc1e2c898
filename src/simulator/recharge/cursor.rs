//! Cursors: base64url without padding of compact JSON, with the filters inside.
//!
//! Recorded: `{"customer_id":1,"starting_before_id":9,"last_value":9,"sort_by":"id-desc","cursor_dir":"next"}`, where
//! `starting_before_id` is the last id of the page it came with. That other orders and the other direction are written
//! likewise is inferred.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::clock::instant;
use super::filters::Applied;
use super::json::Json;
use super::resource::Resource;

/// The order of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sort {
    /// The member that is sorted by; equal ones are sorted by id.
    pub(super) field: String,
    pub(super) descending: bool,
}

impl Sort {
    /// Reads a value of `sort_by`, if the resource can be sorted so.
    pub(super) fn read(text: &str, resource: &Resource) -> Option<Self> {
        if text != "id-desc" && !resource.sorts.contains(&text) {
            return None;
        }
        let (field, direction) = text.rsplit_once('-')?;
        Some(Self {
            field: field.to_owned(),
            descending: direction == "desc",
        })
    }

    fn written(&self) -> String {
        format!(
            "{}-{}",
            self.field,
            if self.descending { "desc" } else { "asc" }
        )
    }

    /// The place of an object that has this value and this id.
    fn place(&self, value: &Json, id: i64) -> Place {
        let rank = match value {
            Json::Number(_) => value.as_i64(),
            Json::Text(text) => instant(text).map(|at| at.timestamp_micros()),
            _ => None,
        };
        Place {
            rank: rank.unwrap_or(i64::MIN),
            id,
        }
    }

    /// The place of an object. One without a value comes before all others, and last when descending.
    pub(super) fn place_of(&self, object: &Json, id: i64) -> Place {
        self.place(&object.member(&self.field), id)
    }
}

/// Where in a list an object stands, ascending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    rank: i64,
    id: i64,
}

/// Which way a cursor leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Next,
    Previous,
}

/// A cursor that was read.
#[derive(Debug)]
pub(super) struct Cursor {
    pub(super) filters: Vec<Applied>,
    pub(super) sort: Sort,
    pub(super) place: Place,
    pub(super) direction: Direction,
}

/// Writes the cursor that leads on from an object.
pub(super) fn write(
    filters: &[Applied],
    sort: &Sort,
    object: &Json,
    id: i64,
    direction: Direction,
) -> String {
    let direction = match direction {
        Direction::Next => "next",
        Direction::Previous => "previous",
    };
    let mut members: Vec<_> = filters
        .iter()
        .map(|applied| (applied.filter.name.to_owned(), applied.in_cursor()))
        .collect();
    members.extend([
        ("starting_before_id".to_owned(), Json::from(id)),
        ("last_value".to_owned(), object.member(&sort.field)),
        ("sort_by".to_owned(), Json::from(sort.written())),
        ("cursor_dir".to_owned(), Json::from(direction)),
    ]);
    URL_SAFE_NO_PAD.encode(Json::Object(members).to_string())
}

/// Reads a cursor; `None` when it is not one, or not one of this resource.
pub(super) fn read(text: &str, resource: &'static Resource) -> Option<Cursor> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let body = Json::parse(std::str::from_utf8(&bytes).ok()?).ok()?;
    let sort = Sort::read(body.get("sort_by")?.as_str()?, resource)?;
    let place = sort.place(
        body.get("last_value")?,
        body.get("starting_before_id")?.as_i64()?,
    );
    let direction = match body.get("cursor_dir")?.as_str()? {
        "next" => Direction::Next,
        "previous" => Direction::Previous,
        _ => return None,
    };
    let Json::Object(members) = body else {
        return None;
    };
    let own = ["starting_before_id", "last_value", "sort_by", "cursor_dir"];
    let filters = members
        .into_iter()
        .filter(|(name, _)| !own.contains(&name.as_str()))
        .map(|(name, value)| {
            let filter = resource.filters.iter().find(|filter| filter.name == name)?;
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            filter.read(&text).ok()
        })
        .collect::<Option<_>>()?;
    Some(Cursor {
        filters,
        sort,
        place,
        direction,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::resources;
    use super::*;

    fn any_value() -> impl Strategy<Value = Value> {
        prop_oneof![
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "(id-desc|updated_at-asc|next|previous|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}|\\PC{0,8})"
                .prop_map(Value::from),
            Just(Value::Null),
            Just(json!([1, {"a": 2}])),
        ]
    }

    proptest! {
        #[test]
        fn any_cursor_is_read_or_refused(
            text in "\\PC{0,60}",
            sort in any_value(), last in any_value(), id in any_value(), direction in any_value(),
            more in prop::collection::vec(("(customer_id|status|ids|\\PC{0,6})", any_value()), 0..3),
        ) {
            let mut members = json!({
                "sort_by": sort, "last_value": last, "starting_before_id": id, "cursor_dir": direction,
            });
            for (name, value) in more {
                members[name] = value;
            }
            let cursor = URL_SAFE_NO_PAD.encode(members.to_string());
            for resource in &resources::RESOURCES {
                let _ = read(&text, resource);
                let _ = read(&cursor, resource);
            }
        }
    }
}
