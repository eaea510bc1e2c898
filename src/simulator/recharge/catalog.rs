//! The endpoints of what a shop offers beside subscriptions: discounts, plans, collections, and metafields of anything.
//!
//! They are read only here. Sorting by `updated_at` is accepted for all of them, as an exporter does it.

use super::filters::{Filter, Kind};
use super::resource::{
    CREATED_MAX, CREATED_MIN, ID_AND_UPDATED, IDS, Resource, UPDATED_MAX, UPDATED_MIN, integer,
    text,
};

pub(super) const DISCOUNTS: Resource = Resource {
    plural: "discounts",
    singular: Some("discount"),
    scope: Some("read_discounts"),
    filters: &[
        text("discount_code", "code"),
        text("discount_type", "value_type"),
        IDS,
        Filter::new(
            "status",
            Kind::Word(&["enabled", "disabled", "fully_disabled"]),
            "status",
        ),
        CREATED_MIN,
        CREATED_MAX,
        UPDATED_MIN,
        UPDATED_MAX,
    ],
    required: None,
    either: None,
    sorts: ID_AND_UPDATED,
    includes: &[],
    list_includes: false,
};

pub(super) const PLANS: Resource = Resource {
    plural: "plans",
    // No source shows a call for one plan.
    singular: None,
    scope: Some("read_products"),
    filters: &[
        text("external_product_id", "external_product_id.ecommerce"),
        IDS,
        text("type", "type"),
        UPDATED_MIN,
        UPDATED_MAX,
    ],
    required: None,
    either: None,
    sorts: ID_AND_UPDATED,
    includes: &[],
    list_includes: false,
};

pub(super) const COLLECTIONS: Resource = Resource {
    plural: "collections",
    singular: Some("collection"),
    scope: Some("read_products"),
    filters: &[IDS, UPDATED_MIN, UPDATED_MAX],
    required: None,
    either: None,
    sorts: ID_AND_UPDATED,
    includes: &[],
    list_includes: false,
};

pub(super) const METAFIELDS: Resource = Resource {
    plural: "metafields",
    // One is not served by its id: which scope it needs depends on its owner.
    singular: None,
    scope: None,
    filters: &[
        Filter::new(
            "owner_resource",
            Kind::Word(&[
                "address",
                "charge",
                "customer",
                "order",
                "store",
                "subscription",
            ]),
            "owner_resource",
        ),
        integer("owner_id", "owner_id"),
        text("namespace", "namespace"),
    ],
    required: Some("owner_resource"),
    either: None,
    sorts: ID_AND_UPDATED,
    includes: &[],
    list_includes: false,
};

/// The scope that reads metafields of an owner.
pub(super) fn scope_of_owner(owner_resource: &str) -> &'static [&'static str] {
    match owner_resource {
        "address" | "customer" => &["read_customers"],
        "charge" | "order" => &["read_orders"],
        "store" => &["read_store"],
        "subscription" => &["read_subscriptions"],
        _ => &[],
    }
}
