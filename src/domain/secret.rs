//! Values that must not be printed.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

/// A token, a key, a name: something that no log line may hold. Prints `[redacted]`; leaves memory when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Wraps a value.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Each call is a place to check by eye.
    pub fn reveal(&self) -> &T {
        &self.0
    }
}

impl Secret<String> {
    /// Whether somebody knows this secret. Takes the same time whatever they say: digests are compared, so that not even
    /// the length shows.
    pub fn is(&self, presented: &str) -> bool {
        Sha256::digest(self.0.as_bytes())
            .ct_eq(&Sha256::digest(presented.as_bytes()))
            .into()
    }
}

/// Quotation marks that come along when a token is copied from a configuration file or a document, in pairs.
const QUOTES: [(char, char); 7] = [
    ('"', '"'),
    ('\'', '\''),
    ('`', '`'),
    ('“', '”'),
    ('„', '“'),
    ('‘', '’'),
    ('«', '»'),
];

/// A pasted secret without the white space and the quotation marks around it; and whether there were any marks, so that the
/// person who pasted it can be told.
pub fn unquoted(pasted: &str) -> (&str, bool) {
    let (mut text, mut is_quoted) = (pasted.trim(), false);
    while let Some(inner) = QUOTES
        .iter()
        .find_map(|(open, close)| text.strip_prefix(*open)?.strip_suffix(*close))
    {
        (text, is_quoted) = (inner.trim(), true);
    }
    (text, is_quoted)
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<T: Zeroize> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

/// Random bytes from the operating system, as lower-case hex: ids and secrets. 16 bytes are 128 bit.
pub fn random_hex(bytes: usize) -> String {
    let mut buffer = vec![0; bytes];
    match getrandom::fill(&mut buffer) {
        Ok(()) => base16ct::lower::encode_string(&buffer),
        // A machine without randomness can keep no secret; there is nothing sensible to go on with.
        Err(error) => panic!("the operating system gives no random bytes: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_debug_nor_display_shows_the_value() {
        let secret = Secret::new(String::from("sk_fake"));
        assert_eq!(format!("{secret:?} {secret}"), "[redacted] [redacted]");
        assert_eq!(secret.reveal(), "sk_fake");
    }

    #[test]
    fn only_the_secret_itself_is_recognised() {
        let secret = Secret::new(String::from("sk_fake"));
        assert!(secret.is("sk_fake"));
        assert!(!secret.is("sk_fak") && !secret.is("sk_fake ") && !secret.is(""));
    }

    #[test]
    fn quotation_marks_around_a_pasted_secret_go() {
        for (pasted, secret) in [
            ("\"fake-token\"", "fake-token"),
            (" 'fake-token'\n", "fake-token"),
            ("“fake-token”", "fake-token"),
            ("`\"fake-token\"`", "fake-token"),
            ("\" fake-token \"", "fake-token"),
            ("\"\"", ""),
        ] {
            assert_eq!(unquoted(pasted), (secret, true), "{pasted}");
        }
        for plain in [
            "fake-token",
            "fake\"token",
            "\"fake-token",
            "fake-token'",
            "",
        ] {
            assert_eq!(unquoted(plain), (plain, false), "{plain}");
        }
    }
}
