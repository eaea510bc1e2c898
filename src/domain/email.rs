//! Email addresses: as typed, as a key, and as a fingerprint for logs.

mod address;

use std::fmt;

use hmac::digest::Key;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use thiserror::Error;

use super::id::WorkspaceId;
use super::secret::Secret;

/// An address as it was typed, and as it is read. Printing it shows `[email]`.
///
/// Helpdesks send what customers wrote, so this is lenient: a display name, `mailto:`, quotation marks and invisible characters
/// around the address are dropped. It needs one `@` between two parts, and no white space or control characters. Whether the
/// mailbox exists is for the provider to say.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Email {
    typed: String,
    address: String,
}

/// Two addresses are the same person's when their keys are equal: in one Unicode form and without the case of ASCII letters.
/// Nothing else is folded: a `+tag`, a dot or another letter that looks alike may well be another customer.
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
    /// Parses one address.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        Ok(Self {
            address: address::read(text)?,
            typed: text.trim().to_owned(),
        })
    }

    /// The text as typed, trimmed: for a helpdesk that compares it with its own.
    pub fn as_typed(&self) -> &str {
        &self.typed
    }

    /// The address alone, as it was spelled.
    pub fn as_str(&self) -> &str {
        &self.address
    }

    /// The key that makes two addresses one.
    pub fn key(&self) -> EmailKey {
        EmailKey(folded(&self.address))
    }

    /// The spellings to ask a provider for: as typed, and in lower case. Whether Recharge's filter minds the case is not
    /// established, so both are asked. Letters with accents have two Unicode forms, which a filter may tell apart: both.
    pub fn spellings(&self) -> Vec<String> {
        let typed = &self.address;
        let composed = address::composed(typed);
        // Of a letter whose accent stands apart the letter alone would be folded: that is another one than with its accent.
        let lower = composed.to_ascii_lowercase();
        let forms = [
            typed.clone(),
            address::decomposed(typed),
            address::decomposed(&lower),
            composed,
            lower,
        ];
        let mut all: Vec<String> = Vec::new();
        for form in forms {
            if !all.contains(&form) {
                all.push(form);
            }
        }
        all
    }

    /// Whether this text is the same address.
    pub fn matches(&self, other: &str) -> bool {
        // Nearly always, and without a copy of either.
        (self.address.is_ascii() && other.trim().eq_ignore_ascii_case(&self.address))
            || address::read(other).is_ok_and(|other| folded(&other) == folded(&self.address))
    }
}

fn folded(address: &str) -> String {
    address::composed(address).to_ascii_lowercase()
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
            Email::parse("Kim <kim@acme.example>, Lea <lea@acme.example>"),
            Err(EmailError::Shape),
            "two people"
        );
        assert_eq!(Email::parse("Kim <>"), Err(EmailError::Empty));
        assert_eq!(Email::parse("\u{200b}"), Err(EmailError::Empty));
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
    fn an_address_is_read_in_every_form_in_which_it_is_pasted() {
        for text in [
            "kim@acme.example\u{200b}",
            "\u{feff}kim@acme.example",
            "\u{202a}kim@acme\u{ad}.example\u{202c}",
            "\u{2068}kim\u{200d}@acme.example\u{2069}",
            "\u{a0}kim@acme.example\r\n",
            "kim@acme.example\u{fe0f}\u{e0020}",
            "Kim Example <kim@acme.example>",
            "\"Example, Kim\" <kim@acme.example>;",
            "lea@acme.example <kim@acme.example>",
            "<kim@acme.example>",
            "mailto:kim@acme.example",
            "MAILTO:kim%40acme.example?subject=Hi&cc=lea@acme.example",
            "Kim <mailto:kim@acme.example>",
            "'kim@acme.example',",
            "“kim@acme.example”",
            "kim\u{ff20}acme.example",
            "kim\u{fe6b}acme\u{3002}example",
        ] {
            let email = Email::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
            assert_eq!(email.as_str(), "kim@acme.example", "{text:?}");
            assert_eq!(email.as_typed(), text.trim());
            assert_eq!(email.spellings(), ["kim@acme.example"]);
            assert!(Email::parse("KIM@acme.example").unwrap().matches(text));
        }
        // Only a link is decoded.
        let percent = Email::parse("kim%40x@acme.example").unwrap();
        assert_eq!(percent.as_str(), "kim%40x@acme.example");
        let plus = Email::parse("mailto:kim%2Bshop@acme.example").unwrap();
        assert_eq!(plus.as_str(), "kim+shop@acme.example");
    }

    #[test]
    fn letters_that_look_alike_are_not_joined() {
        for (one, other) in [
            ("\u{212a}im@acme.example", "kim@acme.example"),
            ("\u{212b}sa@acme.example", "\u{e5}sa@acme.example"),
            ("\u{130}da@acme.example", "ida@acme.example"),
            ("\u{131}da@acme.example", "ida@acme.example"),
            ("le\u{17f}@acme.example", "les@acme.example"),
            ("\u{c9}va@acme.example", "\u{e9}va@acme.example"),
            ("E\u{301}va@acme.example", "e\u{301}va@acme.example"),
            ("\u{ff4b}im@acme.example", "kim@acme.example"),
            ("k\u{456}m@acme.example", "kim@acme.example"),
        ] {
            let (one, other) = (Email::parse(one).unwrap(), Email::parse(other).unwrap());
            assert_ne!(one.key(), other.key());
            assert!(!one.matches(other.as_str()) && !other.matches(one.as_str()));
            assert!(!one.spellings().contains(&other.as_str().to_owned()));
        }
    }

    #[test]
    fn both_unicode_forms_of_a_letter_are_one_address_and_asked_for() {
        let (composed, apart) = ("jos\u{e9}@acme.example", "jose\u{301}@acme.example");
        for (text, other) in [(composed, apart), (apart, composed)] {
            let email = Email::parse(text).unwrap();
            assert!(email.matches(other) && email.matches("JOS\u{e9}@acme.example"));
            assert!(!email.matches("jos\u{c9}@acme.example"));
            assert!(!email.matches("josE\u{301}@acme.example"));
            assert_eq!(email.spellings(), [text, other]);
        }
        let typed = Email::parse("Jos\u{e9}@acme.example").unwrap();
        assert_eq!(typed.spellings().len(), 4);
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
                prop_assert!(email.matches(email.as_str()));
                prop_assert_eq!(Email::parse(email.as_str()).unwrap().key(), email.key());
                prop_assert!((1..=5).contains(&email.spellings().len()));
                prop_assert!(email.spellings().iter().all(|spelling| email.matches(spelling)));
            }
        }

        #[test]
        fn ordinary_addresses_parse(name in "[A-Za-z0-9._%+-]{1,40}", domain in "[a-z0-9-]{1,20}\\.example") {
            let typed = format!("{name}@{domain}");
            prop_assert_eq!(Email::parse(&typed).unwrap().key(), Email::parse(&typed.to_ascii_uppercase()).unwrap().key());
        }
    }
}
