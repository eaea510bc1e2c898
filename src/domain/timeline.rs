//! What stands for subscriptions on a helpdesk's timeline, and what it is found again by there.

use super::id::{CustomerId, SubscriptionId};
use super::install::InstallName;

/// What an object is found by at a helpdesk: `recharge:acme-usa:sub:585000001`. Two installs never share one, also where
/// their subscriptions have equal ids.
pub fn external_id(provider: &str, install: &InstallName, subscription: &SubscriptionId) -> String {
    format!("{provider}:{install}:sub:{subscription}")
}

/// The subscription that an external id of this install names.
pub fn subscription_of(
    provider: &str,
    install: &InstallName,
    external_id: &str,
) -> Option<SubscriptionId> {
    let id = external_id.strip_prefix(&format!("{provider}:{install}:sub:"))?;
    Some(SubscriptionId::new(id))
}

/// What a helpdesk's customer that Sidecard made is found by: `recharge:acme-usa:customer:176700001`.
pub fn customer_external_id(
    provider: &str,
    install: &InstallName,
    customer: &CustomerId,
) -> String {
    format!("{provider}:{install}:customer:{customer}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn installs_and_kinds_are_told_apart() {
        let install = InstallName::parse("acme-usa").unwrap();
        assert_eq!(
            external_id("recharge", &install, &SubscriptionId::new("585000001")),
            "recharge:acme-usa:sub:585000001"
        );
        assert_eq!(
            customer_external_id("recharge", &install, &CustomerId::new("176700001")),
            "recharge:acme-usa:customer:176700001"
        );
    }
}
