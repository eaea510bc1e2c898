//! What can be asked for, and where it is.

use url::Url;

use crate::domain::id::CustomerId;

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub enum Endpoint<'a> {
    /// A list.
    Customers,
    /// What will be sent to a customer. The id must be digits.
    DeliverySchedule(&'a CustomerId),
    /// A list.
    Subscriptions,
    /// A list.
    Charges,
    /// A list.
    Orders,
    /// The store, for tokens with that scope.
    Store,
    /// The store in short, for all tokens.
    Root,
    /// The token itself.
    TokenInformation,
    /// A list.
    Webhooks,
    /// One address. The id must be digits.
    Webhook(&'a str),
    /// Trying it, likewise.
    WebhookTest(&'a str),
}

impl Endpoint<'_> {
    /// Its path without ids, for logs.
    pub fn template(self) -> &'static str {
        match self {
            Self::Customers => "/customers",
            Self::DeliverySchedule(_) => "/customers/{id}/delivery_schedule",
            Self::Subscriptions => "/subscriptions",
            Self::Charges => "/charges",
            Self::Orders => "/orders",
            Self::Store => "/store",
            Self::Root => "/",
            Self::TokenInformation => "/token_information",
            Self::Webhooks => "/webhooks",
            Self::Webhook(_) => "/webhooks/{id}",
            Self::WebhookTest(_) => "/webhooks/{id}/test",
        }
    }

    /// The key of the list or object in the answer.
    pub fn envelope(self) -> &'static str {
        match self {
            Self::Customers => "customers",
            Self::DeliverySchedule(_) => "deliveries",
            Self::Subscriptions => "subscriptions",
            Self::Charges => "charges",
            Self::Orders => "orders",
            Self::Store | Self::Root => "store",
            Self::TokenInformation => "token_information",
            Self::Webhooks => "webhooks",
            Self::Webhook(_) | Self::WebhookTest(_) => "webhook",
        }
    }

    /// Its address under the base.
    pub fn url(self, base: &Url) -> Url {
        let mut url = base.clone();
        // Only addresses without a host have no segments; `Client::new` refuses those.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty();
            match self {
                Self::DeliverySchedule(customer) => {
                    path.extend(["customers", customer.as_str(), "delivery_schedule"]);
                }
                Self::Webhook(id) => {
                    path.extend(["webhooks", id]);
                }
                Self::WebhookTest(id) => {
                    path.extend(["webhooks", id, "test"]);
                }
                Self::Root => {
                    path.push("");
                }
                other => {
                    path.push(other.template().trim_start_matches('/'));
                }
            }
        }
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_built_under_the_base() {
        let id = CustomerId::new("176700001");
        for (base, endpoint, url) in [
            ("https://a.example", Endpoint::Root, "https://a.example/"),
            (
                "https://a.example",
                Endpoint::Store,
                "https://a.example/store",
            ),
            (
                "https://a.example/base",
                Endpoint::Charges,
                "https://a.example/base/charges",
            ),
            (
                "https://a.example",
                Endpoint::WebhookTest("7"),
                "https://a.example/webhooks/7/test",
            ),
            (
                "https://a.example/base/",
                Endpoint::DeliverySchedule(&id),
                "https://a.example/base/customers/176700001/delivery_schedule",
            ),
        ] {
            let built = endpoint.url(&base.parse().unwrap());
            assert_eq!(built.as_str(), url);
        }
    }
}
