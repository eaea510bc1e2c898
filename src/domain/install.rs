//! An install: one merchant's connection to a provider.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use super::day::Zone;
use super::money::Currency;
use super::shop::Shop;
use super::web_url::WebUrl;

/// The unchanging name of an install; by default its shop's. It is part of nearly every key, so clones share the text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InstallName(Arc<str>);

/// A text that can't name an install.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "not a name for an install: 1 to 63 lower-case letters, digits and hyphens, like `acme-usa`"
)]
pub struct InstallNameError;

impl InstallName {
    /// Parses a name.
    pub fn parse(text: &str) -> Result<Self, InstallNameError> {
        let text = text.trim();
        let letters = text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if letters && (1..=63).contains(&text.len()) {
            Ok(Self(text.into()))
        } else {
            Err(InstallNameError)
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&Shop> for InstallName {
    fn from(shop: &Shop) -> Self {
        Self(shop.as_str().into())
    }
}

impl fmt::Display for InstallName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is known of an install without its credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Install {
    /// Its name.
    pub name: InstallName,
    /// The provider it connects to (`recharge`).
    pub provider: String,
    /// The merchant's shop.
    pub shop: Shop,
    /// Whom agents ask when it must be reconnected ("Dana, #cx-tools").
    pub contact: Option<String>,
    /// The merchant's own form of the dashboard's links, in place of the provider's: for customers …
    pub customer_link: Option<String>,
    /// … and for subscriptions. Both are templates with `{id}` and `{shop}`.
    pub subscription_link: Option<String>,
    /// Whether links into the dashboard may be shown: the shop is proven, or an admin has followed one and found it right.
    pub shows_links: bool,
}

/// What the provider says of the merchant's shop itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ShopProfile {
    /// Where the shop's days begin and end.
    pub zone: Zone,
    /// The currency it sells in.
    pub currency: Option<Currency>,
    /// The provider's dashboard for this shop, when it has an address of its own.
    pub portal: Option<WebUrl>,
    /// The shop that the credentials belong to.
    pub shop: Option<Shop>,
}
