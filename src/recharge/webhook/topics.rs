//! What is worth a hook.

use crate::provider::Topic;

const CUSTOMERS: &[&str] = &["read_customers", "write_customers"];
const SUBSCRIPTIONS: &[&str] = &["read_subscriptions", "write_subscriptions"];
const ORDERS: &[&str] = &["read_orders", "write_orders"];
const STORE: &[&str] = &["read_store", "store_info"];

const fn topic(
    name: &'static str,
    scopes: &'static [&'static str],
    changes: &'static str,
) -> Topic {
    Topic {
        name,
        scopes,
        changes,
    }
}

/// Every topic that changes a card, and the two that change the shop itself. What an address or a one-time product changes
/// on a card, a charge says too, in a hook of its own. Of orders only the prepaid ones count, which are moved without a
/// charge.
pub const TOPICS: [Topic; 26] = [
    topic("subscription/created", SUBSCRIPTIONS, "subscriptions"),
    topic("subscription/updated", SUBSCRIPTIONS, "subscriptions"),
    topic("subscription/activated", SUBSCRIPTIONS, "subscriptions"),
    topic("subscription/cancelled", SUBSCRIPTIONS, "subscriptions"),
    topic("subscription/deleted", SUBSCRIPTIONS, "subscriptions"),
    topic("subscription/skipped", SUBSCRIPTIONS, "subscriptions"),
    topic("subscription/unskipped", SUBSCRIPTIONS, "subscriptions"),
    topic("subscription/swapped", SUBSCRIPTIONS, "subscriptions"),
    topic("subscription/paused", SUBSCRIPTIONS, "subscriptions"),
    topic("charge/created", ORDERS, "charges"),
    topic("charge/updated", ORDERS, "charges"),
    topic("charge/paid", ORDERS, "charges"),
    topic("charge/failed", ORDERS, "charges"),
    topic("charge/max_retries_reached", ORDERS, "charges"),
    topic("charge/refunded", ORDERS, "charges"),
    topic("charge/uncaptured", ORDERS, "charges"),
    topic("charge/deleted", ORDERS, "charges"),
    topic("order/updated", ORDERS, "prepaid deliveries"),
    topic("customer/created", CUSTOMERS, "customers"),
    topic("customer/updated", CUSTOMERS, "customers"),
    topic("customer/activated", CUSTOMERS, "customers"),
    topic("customer/deactivated", CUSTOMERS, "customers"),
    topic("customer/payment_method_updated", CUSTOMERS, "customers"),
    topic("customer/deleted", CUSTOMERS, "customers"),
    topic("store/updated", STORE, "the shop's time zone and currency"),
    topic("recharge/uninstalled", STORE, "the connection itself"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    use crate::domain::event::Change;
    use crate::recharge::webhook::event;

    #[test]
    fn each_is_listed_once_and_means_something() {
        let names: HashSet<&str> = TOPICS.iter().map(|topic| topic.name).collect();
        assert_eq!(names.len(), TOPICS.len());
        let bodies: [&[u8]; 3] = [
            br#"{"subscription":{"id":1}}"#,
            br#"{"order":{"id":1,"is_prepaid":true,"customer":{"id":7}}}"#,
            br#"{"store":{}}"#,
        ];
        for topic in &TOPICS {
            let means_something = bodies.iter().any(|body| {
                event(topic.name, body).is_ok_and(|event| event.change != Change::Nothing)
            });
            assert!(means_something, "{}", topic.name);
        }
    }
}
