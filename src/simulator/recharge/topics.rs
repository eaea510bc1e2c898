//! Topics of webhooks: which exist, which scope each asks for, and which of them a change fires.
//!
//! The list is that of <https://developer.getrecharge.com/2021-11/webhooks> as read in September 2026. What fires together
//! is not established. Chosen here: what is new or gone, and a subscription that is cancelled or activated, has no
//! `updated` beside it, so that a reader who waits for one is found out; every other change fires `updated`, with the more
//! telling topic in front of it if there is one.

use super::json::Json;

pub(super) const PAYMENT_METHOD_UPDATED: &str = "customer/payment_method_updated";

/// Every topic, by the scope that it asks for.
const TOPICS: [(&str, &[&str]); 8] = [
    (
        "read_customers",
        &[
            "address/created",
            "address/updated",
            "customer/activated",
            "customer/created",
            "customer/deactivated",
            "customer/deleted",
            PAYMENT_METHOD_UPDATED,
            "customer/updated",
        ],
    ),
    (
        "read_orders",
        &[
            "charge/created",
            "charge/deleted",
            "charge/failed",
            "charge/max_retries_reached",
            "charge/paid",
            "charge/refunded",
            "charge/uncaptured",
            "charge/upcoming",
            "charge/updated",
            "order/cancelled",
            "order/created",
            "order/deleted",
            "order/payment_captured",
            "order/processed",
            "order/success",
            "order/upcoming",
            "order/updated",
        ],
    ),
    (
        "read_subscriptions",
        &[
            "bundle_selection/created",
            "bundle_selection/deleted",
            "bundle_selection/updated",
            "onetime/created",
            "onetime/deleted",
            "onetime/updated",
            "subscription/activated",
            "subscription/cancelled",
            "subscription/created",
            "subscription/deleted",
            "subscription/paused",
            "subscription/removed_from_skipped_charge",
            "subscription/skipped",
            "subscription/swapped",
            "subscription/unskipped",
            "subscription/updated",
        ],
    ),
    (
        "read_products",
        &["plan/created", "plan/deleted", "plan/updated"],
    ),
    (
        "read_checkouts",
        &[
            "checkout/completed",
            "checkout/created",
            "checkout/processed",
            "checkout/updated",
        ],
    ),
    ("read_batches", &["async_batch/processed"]),
    (
        "read_gift_purchases",
        &["gift_purchase/created", "gift_purchase/redeemed"],
    ),
    ("read_store", &["recharge/uninstalled", "store/updated"]),
];

/// A topic that exists, and the scope that it asks for.
pub(super) fn known(name: &str) -> Option<(&'static str, &'static str)> {
    TOPICS.into_iter().find_map(|(scope, topics)| {
        let topic = topics.iter().find(|topic| **topic == name)?;
        Some((*topic, scope))
    })
}

/// The collection that holds what a topic is about.
pub(super) fn collection(topic: &str) -> Option<&'static str> {
    Some(match resource(topic) {
        "address" => "addresses",
        "charge" => "charges",
        "customer" => "customers",
        "onetime" => "onetimes",
        "order" => "orders",
        "subscription" => "subscriptions",
        _ => return None,
    })
}

/// What a body of the topic wraps its object in. For `recharge/uninstalled` only the body of its older name
/// `app/uninstalled` is known.
pub(super) fn envelope(topic: &str) -> &str {
    match resource(topic) {
        "recharge" => "app",
        resource => resource,
    }
}

fn resource(topic: &str) -> &str {
    topic
        .split_once('/')
        .map_or(topic, |(resource, _)| resource)
}

/// The topics that the change of one object fires.
pub(super) fn of(
    collection: &str,
    before: Option<&Json>,
    after: Option<&Json>,
) -> Vec<&'static str> {
    if before == after {
        return Vec::new();
    }
    match (collection, before, after) {
        ("subscriptions", before, Some(after)) => subscription(before, after),
        ("subscriptions", Some(_), None) => vec!["subscription/deleted"],
        ("charges", before, Some(after)) => charge(before, after),
        ("charges", Some(_), None) => vec!["charge/deleted"],
        ("customers", before, Some(after)) => customer(before, after),
        ("customers", Some(_), None) => vec!["customer/deleted"],
        // No list of topics has `address/deleted`.
        ("addresses", None, Some(_)) => vec!["address/created"],
        ("addresses", Some(_), Some(_)) => vec!["address/updated"],
        ("orders", before, Some(after)) => order(before, after),
        ("orders", Some(_), None) => vec!["order/deleted"],
        ("onetimes", None, _) => vec!["onetime/created"],
        ("onetimes", Some(_), Some(_)) => vec!["onetime/updated"],
        ("onetimes", Some(_), None) => vec!["onetime/deleted"],
        ("payment_methods", ..) => vec![PAYMENT_METHOD_UPDATED],
        ("store", ..) => vec!["store/updated"],
        _ => Vec::new(),
    }
}

fn subscription(before: Option<&Json>, after: &Json) -> Vec<&'static str> {
    let Some(before) = before else {
        return vec!["subscription/created"];
    };
    let (was, is) = (status(before), status(after));
    if was != is && is == "cancelled" {
        return vec!["subscription/cancelled"];
    }
    if was != is && is == "active" {
        return vec!["subscription/activated"];
    }
    if before.get("external_variant_id") != after.get("external_variant_id") {
        return vec!["subscription/swapped", "subscription/updated"];
    }
    vec!["subscription/updated"]
}

fn charge(before: Option<&Json>, after: &Json) -> Vec<&'static str> {
    let (was, is) = (before.map_or("", status), status(after));
    let changed = |key: &str| before.is_some_and(|before| before.get(key) != after.get(key));
    let mut topics = Vec::new();
    if before.is_none() {
        topics.push("charge/created");
    }
    match is {
        "success" if was != is => topics.push("charge/paid"),
        "error" if was != is || changed("charge_attempts") => topics.push("charge/failed"),
        "refunded" | "partially_refunded" if was != is || changed("total_refunds") => {
            topics.push("charge/refunded");
        }
        _ => {}
    }
    let reason = after.get("error_type").and_then(Json::as_str);
    if reason == Some("CLOSED_MAX_RETRIES_REACHED") && changed("error_type") {
        topics.push("charge/max_retries_reached");
    }
    if before.is_some() {
        topics.push("charge/updated");
    }
    topics
}

/// The first active subscription activates a customer, the end of the last one deactivates
/// (<https://docs.getrecharge.com/docs/customers>).
fn customer(before: Option<&Json>, after: &Json) -> Vec<&'static str> {
    let Some(before) = before else {
        return vec!["customer/created"];
    };
    let active = |customer: &Json| {
        let count = customer.get("subscriptions_active_count");
        count.and_then(Json::as_i64).unwrap_or(0) > 0
    };
    match (active(before), active(after)) {
        (false, true) => vec!["customer/activated", "customer/updated"],
        (true, false) => vec!["customer/deactivated", "customer/updated"],
        _ => vec!["customer/updated"],
    }
}

fn order(before: Option<&Json>, after: &Json) -> Vec<&'static str> {
    let (was, is) = (before.map_or("", status), status(after));
    let mut topics = Vec::new();
    if before.is_none() {
        topics.push("order/created");
    }
    match is {
        "success" if was != is => topics.push("order/processed"),
        "cancelled" if was != is => topics.push("order/cancelled"),
        _ => {}
    }
    if before.is_some() {
        topics.push("order/updated");
    }
    topics
}

fn status(object: &Json) -> &str {
    object.get("status").and_then(Json::as_str).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fired(collection: &str, before: &str, after: &str) -> Vec<&'static str> {
        let [before, after] = [before, after].map(|text| Json::parse(text).ok());
        of(collection, before.as_ref(), after.as_ref())
    }

    #[test]
    fn a_change_says_which_topics_it_fires() {
        for (collection, before, after, topics) in [
            (
                "subscriptions",
                "",
                r#"{"status":"active"}"#,
                "subscription/created",
            ),
            (
                "subscriptions",
                r#"{"status":"active"}"#,
                "",
                "subscription/deleted",
            ),
            (
                "subscriptions",
                r#"{"status":"active"}"#,
                r#"{"status":"active"}"#,
                "",
            ),
            (
                "subscriptions",
                r#"{"status":"active"}"#,
                r#"{"status":"cancelled"}"#,
                "subscription/cancelled",
            ),
            (
                "subscriptions",
                r#"{"status":"cancelled"}"#,
                r#"{"status":"active"}"#,
                "subscription/activated",
            ),
            (
                "subscriptions",
                r#"{"status":"active"}"#,
                r#"{"status":"expired"}"#,
                "subscription/updated",
            ),
            (
                "subscriptions",
                r#"{"external_variant_id":{"ecommerce":"1"}}"#,
                r#"{"external_variant_id":{"ecommerce":"2"}}"#,
                "subscription/swapped subscription/updated",
            ),
            (
                "charges",
                "",
                r#"{"status":"success"}"#,
                "charge/created charge/paid",
            ),
            (
                "charges",
                r#"{"status":"queued"}"#,
                r#"{"status":"success"}"#,
                "charge/paid charge/updated",
            ),
            (
                "charges",
                r#"{"status":"error","charge_attempts":1}"#,
                r#"{"status":"error","charge_attempts":2}"#,
                "charge/failed charge/updated",
            ),
            (
                "charges",
                r#"{"status":"error","error_type":null}"#,
                r#"{"status":"error","error_type":"CLOSED_MAX_RETRIES_REACHED"}"#,
                "charge/max_retries_reached charge/updated",
            ),
            (
                "charges",
                r#"{"status":"success"}"#,
                r#"{"status":"refunded"}"#,
                "charge/refunded charge/updated",
            ),
            (
                "customers",
                r#"{"subscriptions_active_count":1}"#,
                r#"{"subscriptions_active_count":0}"#,
                "customer/deactivated customer/updated",
            ),
            (
                "customers",
                r#"{"subscriptions_active_count":0}"#,
                r#"{"subscriptions_active_count":2}"#,
                "customer/activated customer/updated",
            ),
            (
                "customers",
                r#"{"email":"a"}"#,
                r#"{"email":"b"}"#,
                "customer/updated",
            ),
            (
                "orders",
                r#"{"status":"queued"}"#,
                r#"{"status":"cancelled"}"#,
                "order/cancelled order/updated",
            ),
            ("addresses", r#"{"city":"A"}"#, "", ""),
            (
                "payment_methods",
                r#"{"status":"valid"}"#,
                r#"{"status":"invalid"}"#,
                PAYMENT_METHOD_UPDATED,
            ),
            ("store", "", r#"{"name":"A"}"#, "store/updated"),
        ] {
            let wanted: Vec<_> = topics.split_whitespace().collect();
            assert_eq!(
                fired(collection, before, after),
                wanted,
                "{collection}: {before} -> {after}"
            );
        }
    }

    #[test]
    fn every_topic_has_its_scope_and_invented_ones_are_unknown() {
        assert_eq!(known("charge/paid"), Some(("charge/paid", "read_orders")));
        for invented in ["charge/success", "address/deleted", "discount/created", ""] {
            assert_eq!(known(invented), None, "{invented}");
        }
    }
}
