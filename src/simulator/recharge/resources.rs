//! The list endpoints, as one table: paths, scopes, filters, orders and includes.
//!
//! The page of each resource is at <https://developer.rechargepayments.com/2021-11>. Orders are those of the official
//! client <https://storefront.getrecharge.com/client/docs>.

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

const fn many(collection: &'static str, ours: &'static str, theirs: &'static str) -> Include {
    Include {
        name: collection,
        collection,
        ours,
        theirs,
        many: true,
    }
}

const fn one(name: &'static str, collection: &'static str, ours: &'static str) -> Include {
    Include {
        name,
        collection,
        ours,
        theirs: "id",
        many: false,
    }
}

const fn integer(name: &'static str, path: &'static str) -> Filter {
    Filter::new(name, Kind::Integer, path)
}

const fn integers(name: &'static str, path: &'static str) -> Filter {
    Filter::new(name, Kind::Integers, path)
}

const fn text(name: &'static str, path: &'static str) -> Filter {
    Filter::new(name, Kind::Text, path)
}

const fn from(name: &'static str, path: &'static str) -> Filter {
    Filter::new(name, Kind::From, path)
}

const fn until(name: &'static str, path: &'static str) -> Filter {
    Filter::new(name, Kind::Until, path)
}

const IDS: Filter = integers("ids", "id");
const CREATED_MIN: Filter = from("created_at_min", "created_at");
const CREATED_MAX: Filter = until("created_at_max", "created_at");
const UPDATED_MIN: Filter = from("updated_at_min", "updated_at");
const UPDATED_MAX: Filter = until("updated_at_max", "updated_at");
const VARIANT: Filter = text("external_variant_id", "external_variant_id.ecommerce");

const ID_AND_UPDATED: &[&str] = &["id-asc", "id-desc", "updated_at-asc", "updated_at-desc"];
const ID_CREATED_AND_UPDATED: &[&str] = &[
    "id-asc",
    "id-desc",
    "created_at-asc",
    "created_at-desc",
    "updated_at-asc",
    "updated_at-desc",
];

/// Every list endpoint.
pub(super) static RESOURCES: [Resource; 9] = [
    Resource {
        plural: "customers",
        singular: Some("customer"),
        scope: Some("read_customers"),
        filters: &[
            text("email", "email"),
            text("hash", "hash"),
            text("external_customer_id", "external_customer_id.ecommerce"),
            IDS,
            CREATED_MIN,
            CREATED_MAX,
            UPDATED_MIN,
            UPDATED_MAX,
        ],
        either: None,
        sorts: ID_CREATED_AND_UPDATED,
        includes: &[
            many("addresses", "id", "customer_id"),
            many("payment_methods", "id", "customer_id"),
            many("subscriptions", "id", "customer_id"),
        ],
        // No source shows `include` on the list of customers.
        list_includes: false,
    },
    Resource {
        plural: "subscriptions",
        singular: Some("subscription"),
        scope: Some("read_subscriptions"),
        filters: &[
            integer("customer_id", "customer_id"),
            integer("address_id", "address_id"),
            integers("address_ids", "address_id"),
            VARIANT,
            IDS,
            Filter::new(
                "status",
                Kind::Word(&["active", "cancelled", "expired"]),
                "status",
            ),
            CREATED_MIN,
            CREATED_MAX,
            UPDATED_MIN,
            UPDATED_MAX,
        ],
        either: Some(("address_id", "address_ids")),
        sorts: ID_CREATED_AND_UPDATED,
        includes: &[
            one("address", "addresses", "address_id"),
            one("customer", "customers", "customer_id"),
        ],
        list_includes: true,
    },
    Resource {
        plural: "charges",
        singular: Some("charge"),
        scope: Some("read_orders"),
        filters: &[
            integer("address_id", "address_id"),
            integer("customer_id", "customer.id"),
            text("discount_code", "discounts.code"),
            integer("discount_id", "discounts.id"),
            text("external_order_id", "external_order_id.ecommerce"),
            IDS,
            integer("purchase_item_id", "line_items.purchase_item_id"),
            integers("purchase_item_ids", "line_items.purchase_item_id"),
            Filter::new("scheduled_at", Kind::Day, "scheduled_at"),
            from("scheduled_at_min", "scheduled_at"),
            until("scheduled_at_max", "scheduled_at"),
            from("processed_at_min", "processed_at"),
            until("processed_at_max", "processed_at"),
            CREATED_MIN,
            CREATED_MAX,
            UPDATED_MIN,
            UPDATED_MAX,
            Filter::new(
                "status",
                Kind::Words(&[
                    "success",
                    "queued",
                    "error",
                    "skipped",
                    "refunded",
                    "partially_refunded",
                    "pending_manual_payment",
                    "pending",
                ]),
                "status",
            ),
        ],
        either: None,
        sorts: &[
            "id-asc",
            "id-desc",
            "updated_at-asc",
            "updated_at-desc",
            "scheduled_at-asc",
            "scheduled_at-desc",
        ],
        includes: &[
            one("customer", "customers", "customer.id"),
            many("payment_methods", "customer.id", "customer_id"),
            many("subscriptions", "line_items.purchase_item_id", "id"),
        ],
        list_includes: true,
    },
    Resource {
        plural: "addresses",
        singular: Some("address"),
        scope: Some("read_customers"),
        filters: &[
            integer("customer_id", "customer_id"),
            IDS,
            integer("discount_id", "discounts.id"),
            text("discount_code", "discounts.code"),
            CREATED_MIN,
            CREATED_MAX,
            UPDATED_MIN,
            UPDATED_MAX,
        ],
        either: None,
        sorts: ID_AND_UPDATED,
        includes: &[
            one("customer", "customers", "customer_id"),
            many("payment_methods", "payment_method_id", "id"),
            many("subscriptions", "id", "address_id"),
        ],
        list_includes: true,
    },
    Resource {
        plural: "orders",
        singular: Some("order"),
        scope: Some("read_orders"),
        filters: &[
            integer("address_id", "address_id"),
            integer("charge_id", "charge.id"),
            integer("customer_id", "customer.id"),
            text(
                "external_customer_id",
                "customer.external_customer_id.ecommerce",
            ),
            text("external_order_id", "external_order_id.ecommerce"),
            Filter::new(
                "has_external_order",
                Kind::Present,
                "external_order_id.ecommerce",
            ),
            IDS,
            integer("purchase_item_id", "line_items.purchase_item_id"),
            from("scheduled_at_min", "scheduled_at"),
            until("scheduled_at_max", "scheduled_at"),
            CREATED_MIN,
            CREATED_MAX,
            UPDATED_MIN,
            UPDATED_MAX,
            Filter::new(
                "status",
                Kind::Words(&[
                    "success",
                    "error",
                    "queued",
                    "cancelled",
                    "pending_charge_status",
                ]),
                "status",
            ),
            Filter::new("type", Kind::Word(&["checkout", "recurring"]), "type"),
        ],
        either: None,
        sorts: &[
            "id-asc",
            "id-desc",
            "updated_at-asc",
            "updated_at-desc",
            "processed_at-asc",
            "processed_at-desc",
            "scheduled_at-asc",
            "scheduled_at-desc",
        ],
        includes: &[one("customer", "customers", "customer.id")],
        list_includes: true,
    },
    Resource {
        plural: "onetimes",
        singular: Some("onetime"),
        scope: Some("read_subscriptions"),
        filters: &[
            integer("address_id", "address_id"),
            integers("address_ids", "address_id"),
            integer("customer_id", "customer_id"),
            VARIANT,
            IDS,
            Filter::new("include_cancelled", Kind::Reveal, "is_cancelled"),
            CREATED_MIN,
            CREATED_MAX,
            UPDATED_MIN,
            UPDATED_MAX,
        ],
        either: Some(("address_id", "address_ids")),
        sorts: ID_CREATED_AND_UPDATED,
        includes: &[
            one("address", "addresses", "address_id"),
            one("customer", "customers", "customer_id"),
        ],
        list_includes: true,
    },
    Resource {
        plural: "payment_methods",
        singular: Some("payment_method"),
        scope: Some("read_payment_methods"),
        filters: &[
            integer("customer_id", "customer_id"),
            text("processor_name", "processor_name"),
            text(
                "processor_payment_method_token",
                "processor_payment_method_token",
            ),
        ],
        either: None,
        sorts: &[],
        includes: &[many("addresses", "id", "payment_method_id")],
        list_includes: true,
    },
    Resource {
        plural: "events",
        singular: None,
        scope: Some("read_events"),
        filters: &[
            CREATED_MIN,
            CREATED_MAX,
            integer("customer_id", "customer_id"),
            text("object_type", "object_type"),
            integer("object_id", "object_id"),
            Filter::new("verbs", Kind::Texts, "verb"),
            text("origin", "source.origin"),
        ],
        either: None,
        sorts: &[],
        includes: &[],
        list_includes: false,
    },
    Resource {
        plural: "webhooks",
        singular: Some("webhook"),
        // Each webhook needs the read scope of its own topic; its list needs none.
        scope: None,
        filters: &[],
        either: None,
        sorts: &[],
        includes: &[],
        list_includes: false,
    },
];
