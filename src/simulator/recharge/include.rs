//! `include=`: related objects inside an object, under its key `include`.

use super::json::Json;
use super::request::Request;
use super::resource::{Include, Resource};
use super::tables::Tables;

/// The includes that a request names, without those that the resource does not have: whether Recharge refuses or
/// ignores an unknown one is not established.
pub(super) fn wanted(resource: &'static Resource, request: &Request) -> Vec<&'static Include> {
    let names: Vec<_> = request
        .parameter("include")
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .collect();
    resource
        .includes
        .iter()
        .filter(|include| names.contains(&include.name))
        .collect()
}

/// The object, with what was asked for.
pub(super) fn with(object: &Json, wanted: &[&Include], tables: &Tables) -> Json {
    let mut object = object.clone();
    if wanted.is_empty() {
        return object;
    }
    let included = wanted
        .iter()
        .map(|include| (include.name.to_owned(), related(&object, include, tables)));
    let included = Json::Object(included.collect());
    if let Json::Object(members) = &mut object {
        members.retain(|(key, _)| key != "include");
        // Keys are alphabetical behind the leading ids.
        let ids = members
            .iter()
            .take_while(|(key, _)| key == "id" || key.ends_with("_id"))
            .count();
        let rest = members[ids..].partition_point(|(key, _)| key.as_str() < "include");
        members.insert(ids + rest, ("include".to_owned(), included));
    }
    object
}

fn related(object: &Json, include: &Include, tables: &Tables) -> Json {
    let keys: Vec<_> = object
        .at(include.ours)
        .into_iter()
        .filter_map(Json::as_i64)
        .collect();
    let mut found = tables
        .all(include.collection)
        .filter(|(_, other)| {
            other
                .at(include.theirs)
                .iter()
                .any(|v| v.as_i64().is_some_and(|v| keys.contains(&v)))
        })
        .map(|(_, other)| other.clone());
    if include.many {
        Json::List(found.collect())
    } else {
        found.next().unwrap_or(Json::Null)
    }
}
