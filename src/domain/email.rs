//! Email addresses: as typed, as a key, and as a fingerprint for logs.

use std::fmt;

use hmac::digest::Key;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use thiserror::Error;

use super::id::WorkspaceId;
use super::secret::Secret;

/// The longest address that SMTP carries (RFC 5321: 64 + `@` + 255).
const LONGEST: usize = 320;

/// An address as somebody typed it, trimmed. Printing it shows `[email]`.
///
/// Helpdesks send what customers wrote, so this is lenient: one `@` that separates two non-empty parts, no white space, no
/// control characters. Whether the mailbox exists is for the provider to say.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Email {
    typed: String,
}

/// Two addresses are the same person's when their keys are equal: trimmed and lower-cased, nothing else folded (a `+tag`
/// or a dot may well be another customer).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EmailKey(String);

/// Why a text is not an email address. Says what to write; never repeats what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum EmailError {
    /// Nothing there.
    #[error("the email address is empty")]
    Empty,
    /// No `@`, or nothing on one side of it.
    #[error("not an email address: it needs a name, an `@` and a domain, like `kim@acme.example`")]
    Shape,
    /// Blanks, line breaks or control characters inside.
    #[error("not an email address: it has a blank or a control character inside")]
    Blank,
    /// Longer than any mailbox can be.
    #[error("not an email address: longer than 320 characters")]
    TooLong,
}

impl Email {
    /// Parses one address. Surrounding white space is dropped.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(EmailError::Empty);
        }
        if text.len() > LONGEST {
            return Err(EmailError::TooLong);
        }
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(EmailError::Blank);
        }
        match text.rsplit_once('@') {
            Some((name, domain))
                if !name.is_empty() && !domain.is_empty() && !name.contains('@') =>
            {
                Ok(Self {
                    typed: text.to_owned(),
                })
            }
            _ => Err(EmailError::Shape),
        }
    }

    /// The address as typed.
    pub fn as_typed(&self) -> &str {
        &self.typed
    }

    /// What makes two addresses one.
    pub fn key(&self) -> EmailKey {
        EmailKey(self.typed.to_lowercase())
    }

    /// The spellings to ask a provider for: as typed, and lower-cased when that differs. Whether Recharge's filter
    /// minds the case is not established, so both are asked.
    pub fn spellings(&self) -> Vec<String> {
        let lower = self.key().0;
        if lower == self.typed {
            vec![lower]
        } else {
            vec![self.typed.clone(), lower]
        }
    }

    /// Whether this text is the same address, whatever its case.
    pub fn matches(&self, other: &str) -> bool {
        let other = other.trim();
        // Nearly always, and without a copy of either.
        other.eq_ignore_ascii_case(&self.typed) || other.to_lowercase() == self.key().0
    }
}

impl EmailKey {
    /// The folded address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[email]")
    }
}

impl fmt::Debug for EmailKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[email]")
    }
}

/// The key under which personal values become fingerprints. Random per store, so that fingerprints of two deployments
/// can't be compared, nor guessed from a list of addresses.
#[derive(Clone)]
pub struct FingerprintKey(Hmac<Sha256>);

/// A keyed digest of a personal value: equal for equal values, of no use without the key. 16 hex digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Fingerprint(String);

impl FingerprintKey {
    /// A new key, for as long as the process lives.
    pub fn random() -> Self {
        Self::new(super::secret::random_hex(32).into_bytes())
    }

    /// A key from random bytes (32 are asked for).
    pub fn new(bytes: Vec<u8>) -> Self {
        let bytes = Secret::new(bytes);
        // HMAC takes a key of any length, so this does not fail.
        let keyed = Hmac::new_from_slice(bytes.reveal());
        Self(keyed.unwrap_or_else(|_| Hmac::new(&Key::<Hmac<Sha256>>::default())))
    }

    /// Fingerprints any text; `kind` keeps equal texts of two kinds apart.
    pub fn of(&self, kind: &str, text: &str) -> Fingerprint {
        // Keyed beforehand: half of the work for a text as short as an address.
        let mut mac = self.0.clone();
        mac.update(kind.as_bytes());
        mac.update(b"\n");
        mac.update(text.as_bytes());
        let digest = mac.finalize().into_bytes();
        Fingerprint(base16ct::lower::encode_string(&digest[..8]))
    }

    /// Fingerprints a text of one workspace: equal texts of two workspaces differ.
    pub fn in_workspace(&self, kind: &str, workspace: &WorkspaceId, text: &str) -> Fingerprint {
        self.of(kind, &format!("{workspace}\n{text}"))
    }
}

impl Fingerprint {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl EmailKey {
    /// How this address appears in a log line or a key at rest.
    pub fn fingerprint(&self, key: &FingerprintKey) -> Fingerprint {
        key.of("email", &self.0)
    }
}

impl fmt::Debug for FingerprintKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_address_is_trimmed_and_keeps_its_spelling() {
        let email = Email::parse("  Kim+shop@Acme.example\n").unwrap();
        assert_eq!(email.as_typed(), "Kim+shop@Acme.example");
        assert_eq!(email.key().as_str(), "kim+shop@acme.example");
        assert_eq!(
            email.spellings(),
            ["Kim+shop@Acme.example", "kim+shop@acme.example"]
        );
        assert!(email.matches("KIM+SHOP@acme.example"));
        assert!(!email.matches("kim@acme.example"));
    }

    #[test]
    fn what_is_not_an_address_is_refused_with_its_reason() {
        assert_eq!(Email::parse(" "), Err(EmailError::Empty));
        assert_eq!(Email::parse("kim"), Err(EmailError::Shape));
        assert_eq!(Email::parse("@acme.example"), Err(EmailError::Shape));
        assert_eq!(Email::parse("kim@"), Err(EmailError::Shape));
        assert_eq!(Email::parse("a@b@c"), Err(EmailError::Shape));
        assert_eq!(
            Email::parse("kim example@acme.example"),
            Err(EmailError::Blank)
        );
        assert_eq!(
            Email::parse("kim@acme.example\u{0}"),
            Err(EmailError::Blank)
        );
        assert_eq!(
            Email::parse(&format!("{}@acme.example", "k".repeat(320))),
            Err(EmailError::TooLong)
        );
    }

    #[test]
    fn printing_shows_no_address() {
        let email = Email::parse("kim@acme.example").unwrap();
        assert_eq!(format!("{email:?} {:?}", email.key()), "[email] [email]");
    }

    #[test]
    fn fingerprints_differ_by_key_and_by_kind() {
        let (a, b) = (
            FingerprintKey::new(vec![1; 32]),
            FingerprintKey::new(vec![2; 32]),
        );
        let key = Email::parse("kim@acme.example").unwrap().key();
        assert_eq!(
            key.fingerprint(&a),
            Email::parse("KIM@acme.example")
                .unwrap()
                .key()
                .fingerprint(&a)
        );
        assert_ne!(key.fingerprint(&a), key.fingerprint(&b));
        assert_ne!(a.of("email", "x"), a.of("phone", "x"));
        assert_eq!(key.fingerprint(&a).to_string().len(), 16);
    }

    proptest! {
        #[test]
        fn no_input_panics_and_what_parses_matches_itself(text in "\\PC*") {
            if let Ok(email) = Email::parse(&text) {
                prop_assert!(email.matches(&text));
                prop_assert!(email.matches(email.key().as_str()));
                prop_assert!(Email::parse(email.as_typed()).is_ok());
                prop_assert!((1..=2).contains(&email.spellings().len()));
            }
        }

        #[test]
        fn ordinary_addresses_parse(name in "[A-Za-z0-9._%+-]{1,40}", domain in "[a-z0-9-]{1,20}\\.example") {
            let typed = format!("{name}@{domain}");
            prop_assert_eq!(Email::parse(&typed).unwrap().key(), Email::parse(&typed.to_uppercase()).unwrap().key());
        }
    }
}
