//! Addresses that may stand in a card's `href` or `src`.

use std::fmt;

use thiserror::Error;
use url::Url;

/// Longer ones are no product image and no dashboard page.
const LONGEST: usize = 2_048;

/// An absolute `https` address with a host and without a user name. Nothing else can be linked or loaded: HTML escaping
/// does not stop `javascript:`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WebUrl(String);

/// A text that is not such an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a web address: it must begin with `https://` and name a host")]
pub struct WebUrlError;

impl WebUrl {
    /// Parses and normalises.
    pub fn parse(text: &str) -> Result<Self, WebUrlError> {
        if text.len() > LONGEST {
            return Err(WebUrlError);
        }
        let url = Url::parse(text.trim()).map_err(|_| WebUrlError)?;
        let plain = url.scheme() == "https"
            && url.host_str().is_some_and(|host| !host.is_empty())
            && url.username().is_empty()
            && url.password().is_none();
        if plain {
            Ok(Self(url.into()))
        } else {
            Err(WebUrlError)
        }
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WebUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn https_alone_passes() {
        assert_eq!(
            WebUrl::parse(" https://CDN.acme.example/a.png?v=1 ")
                .unwrap()
                .as_str(),
            "https://cdn.acme.example/a.png?v=1"
        );
        for bad in [
            "",
            "javascript:alert(1)",
            "data:text/html,x",
            "http://cdn.acme.example/a.png",
            "//cdn.acme.example/a.png",
            "/a.png",
            "https://",
            "https://user:pass@cdn.acme.example/a.png",
            "vbscript:x",
        ] {
            assert!(WebUrl::parse(bad).is_err(), "{bad}");
        }
        assert!(WebUrl::parse("javascript:alert(1)").is_err());
        assert!(WebUrl::parse(&format!("https://a.example/{}", "x".repeat(3_000))).is_err());
    }

    proptest! {
        #[test]
        fn whatever_passes_is_https(text in "\\PC*") {
            if let Ok(url) = WebUrl::parse(&text) {
                prop_assert!(url.as_str().starts_with("https://"));
                prop_assert!(!url.as_str().contains(['"', '<', '>', ' ']));
            }
        }
    }
}
