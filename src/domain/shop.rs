//! The Shopify subdomain of a merchant, in any spelling that a person pastes.

use std::fmt;

use thiserror::Error;

const DOMAIN: &str = ".myshopify.com";
const ADMIN: &str = "admin.shopify.com/store/";

/// A Shopify subdomain: `acme-usa` of `acme-usa.myshopify.com`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Shop(String);

/// Why a text names no shop; the sentence says what to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ShopError {
    /// Nothing typed.
    #[error("write the shop's Shopify name, like `acme-usa` (the part before `.myshopify.com`)")]
    Empty,
    /// The merchant's public domain, which says nothing of the Shopify name.
    #[error(
        "that is the shop's own domain; write its Shopify name, like `acme-usa`: it stands before `.myshopify.com` in Shopify's Settings > Domains"
    )]
    OwnDomain,
    /// Something else.
    #[error(
        "not a Shopify name: it has letters, digits and hyphens, like `acme-usa` or `acme-usa.myshopify.com`"
    )]
    Shape,
}

impl Shop {
    /// Accepts `acme-usa`, `acme-usa.myshopify.com`, `https://acme-usa.myshopify.com/admin` and
    /// `https://admin.shopify.com/store/acme-usa`.
    pub fn parse(text: &str) -> Result<Self, ShopError> {
        let text = text.trim().to_ascii_lowercase();
        let bare = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"))
            .unwrap_or(&text);
        if bare.is_empty() {
            return Err(ShopError::Empty);
        }
        let name = if let Some(rest) = bare.strip_prefix(ADMIN) {
            until_path(rest)
        } else {
            let host = until_path(bare);
            match host.strip_suffix(DOMAIN) {
                Some(name) => name,
                // A path or a scheme without `.myshopify.com` is another site's address.
                None if host.len() < bare.len() || bare.len() < text.len() => {
                    return Err(other_address(host));
                }
                None => host,
            }
        };
        if name.contains('.') {
            return Err(other_address(name));
        }
        let letters = name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if letters
            && (1..=63).contains(&name.len())
            && !name.starts_with('-')
            && !name.ends_with('-')
        {
            Ok(Self(name.to_owned()))
        } else {
            Err(ShopError::Shape)
        }
    }

    /// The subdomain alone.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `acme-usa.myshopify.com`.
    pub fn domain(&self) -> String {
        format!("{}{DOMAIN}", self.0)
    }
}

fn until_path(text: &str) -> &str {
    text.split(['/', '?', '#']).next().unwrap_or(text)
}

fn other_address(host: &str) -> ShopError {
    if host.contains('.') {
        ShopError::OwnDomain
    } else {
        ShopError::Shape
    }
}

impl fmt::Display for Shop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_spelling_that_people_paste_is_the_same_shop() {
        for text in [
            "acme-usa",
            " ACME-USA ",
            "acme-usa.myshopify.com",
            "acme-usa.myshopify.com/",
            "https://acme-usa.myshopify.com/admin",
            "http://acme-usa.myshopify.com",
            "https://acme-usa.myshopify.com/admin/orders?x=1#y",
            "https://admin.shopify.com/store/acme-usa",
            "admin.shopify.com/store/acme-usa/products",
        ] {
            assert_eq!(Shop::parse(text).unwrap().as_str(), "acme-usa", "{text}");
        }
        assert_eq!(
            Shop::parse("acme-usa").unwrap().domain(),
            "acme-usa.myshopify.com"
        );
    }

    #[test]
    fn the_rest_is_refused_with_what_to_write() {
        assert_eq!(Shop::parse(""), Err(ShopError::Empty));
        assert_eq!(Shop::parse("https://"), Err(ShopError::Empty));
        assert_eq!(Shop::parse("www.acme.example"), Err(ShopError::OwnDomain));
        assert_eq!(
            Shop::parse("https://acme.example/shop"),
            Err(ShopError::OwnDomain)
        );
        assert_eq!(
            Shop::parse("evil.acme-usa.myshopify.com"),
            Err(ShopError::OwnDomain)
        );
        assert_eq!(Shop::parse("acme usa"), Err(ShopError::Shape));
        assert_eq!(Shop::parse("-acme"), Err(ShopError::Shape));
        assert_eq!(Shop::parse("acme/../x"), Err(ShopError::Shape));
        assert_eq!(Shop::parse(&"a".repeat(64)), Err(ShopError::Shape));
    }

    proptest! {
        #[test]
        fn what_passes_can_stand_in_a_host_name(text in "\\PC*") {
            if let Ok(shop) = Shop::parse(&text) {
                prop_assert!(shop.as_str().bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
                prop_assert_eq!(Shop::parse(shop.as_str()).unwrap(), shop);
            }
        }
    }
}
