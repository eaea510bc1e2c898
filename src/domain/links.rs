//! Addresses of the provider's dashboard pages, for the **View in Recharge** buttons.

use thiserror::Error;

use super::id::{ChargeId, CustomerId, SubscriptionId};
use super::web_url::WebUrl;

/// An https address with `{id}` in it, and perhaps `{shop}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlTemplate(String);

/// A text that is no such template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a link template: it begins with `https://` and has `{{id}}` where the id belongs")]
pub struct UrlTemplateError;

impl UrlTemplate {
    /// Parses a template; `{shop}` is filled in here when a shop is given.
    pub fn parse(text: &str, shop: &str) -> Result<Self, UrlTemplateError> {
        let text = text.trim().replace("{shop}", shop);
        let host_is_fixed = text
            .find("{id}")
            .is_some_and(|at| text[..at].matches('/').count() >= 3);
        if host_is_fixed && WebUrl::parse(&text.replace("{id}", "1")).is_ok() {
            Ok(Self(text))
        } else {
            Err(UrlTemplateError)
        }
    }

    /// Fills in an id. An id with letters that mean something in an address gives no link rather than a wrong one.
    pub fn fill(&self, id: &str) -> Option<WebUrl> {
        let plain = id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        if plain && !id.is_empty() {
            WebUrl::parse(&self.0.replace("{id}", id)).ok()
        } else {
            None
        }
    }
}

/// Where an install's links lead. All `None` when its shop is not proven.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Links {
    /// A customer's page.
    pub customer: Option<UrlTemplate>,
    /// A subscription's page.
    pub subscription: Option<UrlTemplate>,
    /// A charge's page.
    pub charge: Option<UrlTemplate>,
}

impl Links {
    /// The page of a customer.
    pub fn to_customer(&self, id: &CustomerId) -> Option<WebUrl> {
        self.customer.as_ref()?.fill(id.as_str())
    }

    /// The page of a subscription.
    pub fn to_subscription(&self, id: &SubscriptionId) -> Option<WebUrl> {
        self.subscription.as_ref()?.fill(id.as_str())
    }

    /// The page of a charge.
    pub fn to_charge(&self, id: &ChargeId) -> Option<WebUrl> {
        self.charge.as_ref()?.fill(id.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_filled_with_ids_and_nothing_else() {
        let template = UrlTemplate::parse(
            "https://{shop}-sp.admin.rechargeapps.com/merchant/customers/{id}",
            "acme-usa",
        );
        let template = template.unwrap();
        let url = template.fill("176700001").unwrap();
        assert_eq!(
            url.as_str(),
            "https://acme-usa-sp.admin.rechargeapps.com/merchant/customers/176700001"
        );
        assert_eq!(template.fill("../x"), None);
        assert_eq!(template.fill(""), None);
    }

    #[test]
    fn a_template_without_id_or_with_the_id_as_host_is_refused() {
        for bad in [
            "https://a.example/x",
            "http://a.example/{id}",
            "https://{id}.example/",
            "javascript:{id}",
            "",
        ] {
            assert_eq!(
                UrlTemplate::parse(bad, "acme"),
                Err(UrlTemplateError),
                "{bad}"
            );
        }
    }
}
