//! A list endpoint: its path, scope, filters, orders and includes.

use super::filters::{Filter, Kind};

/// A resource that can be listed.
#[derive(Debug)]
pub(super) struct Resource {
    /// The path segment, the envelope of the list and the name of the table.
    pub(super) plural: &'static str,
    /// The envelope of one object; `None` where only the list exists.
    pub(super) singular: Option<&'static str>,
    /// The scope that a token needs, if any.
    pub(super) scope: Option<&'static str>,
    pub(super) filters: &'static [Filter],
    /// A parameter without which a list is refused.
    pub(super) required: Option<&'static str>,
    /// Parameters that exclude each other.
    pub(super) either: Option<(&'static str, &'static str)>,
    /// What may be sorted by, beside the default `id-desc`.
    pub(super) sorts: &'static [&'static str],
    pub(super) includes: &'static [Include],
    /// Whether `include` works on the list, too.
    pub(super) list_includes: bool,
}

/// Other objects that `include=` puts into an object, under its key `include`.
#[derive(Debug)]
pub(super) struct Include {
    pub(super) name: &'static str,
    pub(super) collection: &'static str,
    /// Where the object has the value by which they belong together.
    pub(super) ours: &'static str,
    /// Where the included object has it.
    pub(super) theirs: &'static str,
    /// A list, or one object.
    pub(super) many: bool,
}

pub(super) const fn many(
    collection: &'static str,
    ours: &'static str,
    theirs: &'static str,
) -> Include {
    Include {
        name: collection,
        collection,
        ours,
        theirs,
        many: true,
    }
}

pub(super) const fn one(
    name: &'static str,
    collection: &'static str,
    ours: &'static str,
) -> Include {
    Include {
        name,
        collection,
        ours,
        theirs: "id",
        many: false,
    }
}

pub(super) const fn integer(name: &'static str, path: &'static str) -> Filter {
    Filter::new(name, Kind::Integer, path)
}

pub(super) const fn integers(name: &'static str, path: &'static str) -> Filter {
    Filter::new(name, Kind::Integers, path)
}

pub(super) const fn text(name: &'static str, path: &'static str) -> Filter {
    Filter::new(name, Kind::Text, path)
}

pub(super) const fn from(name: &'static str, path: &'static str) -> Filter {
    Filter::new(name, Kind::From, path)
}

pub(super) const fn until(name: &'static str, path: &'static str) -> Filter {
    Filter::new(name, Kind::Until, path)
}

pub(super) const IDS: Filter = integers("ids", "id");
pub(super) const CREATED_MIN: Filter = from("created_at_min", "created_at");
pub(super) const CREATED_MAX: Filter = until("created_at_max", "created_at");
pub(super) const UPDATED_MIN: Filter = from("updated_at_min", "updated_at");
pub(super) const UPDATED_MAX: Filter = until("updated_at_max", "updated_at");
pub(super) const VARIANT: Filter = text("external_variant_id", "external_variant_id.ecommerce");

pub(super) const ID_AND_UPDATED: &[&str] =
    &["id-asc", "id-desc", "updated_at-asc", "updated_at-desc"];
pub(super) const ID_CREATED_AND_UPDATED: &[&str] = &[
    "id-asc",
    "id-desc",
    "created_at-asc",
    "created_at-desc",
    "updated_at-asc",
    "updated_at-desc",
];
