//! The name of an organisation at a helpdesk: what stands first in its addresses there.

use std::fmt;

use thiserror::Error;

/// An org's name: letters, digits and dashes. Nothing that could make another host of the address it is put into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Org(String);

/// Not the name of an org.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("an org's name has lower-case letters, digits and dashes only")]
pub struct NotAnOrg;

impl Org {
    /// Reads a name. It is part of a host name, so it keeps to what one may be.
    pub fn parse(text: &str) -> Result<Self, NotAnOrg> {
        let is_letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let fits = (1..=63).contains(&text.len()) && text.bytes().all(is_letter);
        let fits = fits && !text.starts_with('-') && !text.ends_with('-');
        fits.then(|| Self(text.to_owned())).ok_or(NotAnOrg)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Org {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_be_no_other_host() {
        for good in ["acme", "acme-usa", "7"] {
            assert_eq!(Org::parse(good).unwrap().as_str(), good);
        }
        for bad in [
            "",
            "Acme",
            "acme.evil.example/",
            "acme.usa",
            "acme@x",
            "acme/x",
            "acme#",
            "-acme",
            "acme-",
            "acme usa",
            "ácme",
            "{org}",
        ] {
            assert_eq!(Org::parse(bad), Err(NotAnOrg), "{bad}");
        }
        assert!(Org::parse(&"a".repeat(64)).is_err());
    }
}
