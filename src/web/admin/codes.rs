//! Codes of authenticators (RFC 6238): six digits, half a minute, one step of grace to either side.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use totp_rs::{Builder, Totp};

use crate::domain::day::Instant;
use crate::domain::secret::{Secret, random_hex};

/// Seconds that a code counts for.
const STEP: u64 = 30;

/// Remembers the last code that each person used: none is good twice.
#[derive(Default)]
pub struct Codes(Mutex<HashMap<String, u64>>);

impl Codes {
    /// Whether this is a code of the key, now, and newer than the last one that was used.
    pub fn accept(&self, person: &str, key: &Secret<String>, code: &str, now: Instant) -> bool {
        let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        let (Some(totp), Ok(seconds)) = (totp(key), u64::try_from(now.timestamp())) else {
            return false;
        };
        let Some(step) = step_of(&totp, &code, seconds) else {
            return false;
        };
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match used.get(person) {
            Some(last) if *last >= step => false,
            _ => {
                used.insert(person.to_owned(), step);
                true
            }
        }
    }
}

/// Which step's code it is, of the present one and its neighbours.
fn step_of(totp: &Totp, code: &str, seconds: u64) -> Option<u64> {
    let now = seconds / STEP;
    [now.saturating_sub(1), now, now + 1]
        .into_iter()
        .rev()
        .find(|step| Secret::new(totp.generate(step * STEP).to_string()).is(code))
}

/// A new key of 160 bit, in the letters that people type.
pub fn new_key() -> Secret<String> {
    // Hex digits in pairs always are bytes.
    let bytes = base16ct::mixed::decode_vec(random_hex(20)).unwrap_or_default();
    Secret::new(totp_rs::Secret::from(bytes).to_base32())
}

/// The key as phones scan it.
pub fn url(key: &Secret<String>, login: &str) -> Secret<String> {
    let mut url = String::from("otpauth://totp/Sidecard:");
    url.extend(url::form_urlencoded::byte_serialize(login.as_bytes()));
    url.push_str("?issuer=Sidecard&secret=");
    url.push_str(key.reveal());
    Secret::new(url)
}

fn totp(key: &Secret<String>) -> Option<Totp> {
    let secret = totp_rs::Secret::try_from_base32(key.reveal()).ok()?;
    Builder::new().with_secret(secret).build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Instant {
        Instant::from_timestamp(seconds, 0).unwrap()
    }

    /// RFC 6238, appendix B: the secret `12345678901234567890`, SHA-1; the last six digits.
    #[test]
    fn the_vectors_of_the_rfc_are_accepted_once_and_a_step_around() {
        let key = Secret::new("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ".to_owned());
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (20_000_000_000, "353130"),
        ] {
            let codes = Codes::default();
            assert!(!codes.accept("p", &key, code, at(seconds + 90)));
            assert!(codes.accept("p", &key, code, at(seconds + 29)));
            assert!(!codes.accept("p", &key, code, at(seconds)), "a replay");
            assert!(codes.accept(
                "q",
                &key,
                &format!(" {} {}", &code[..3], &code[3..]),
                at(seconds)
            ));
        }
        assert!(!Codes::default().accept("p", &key, "", at(59)));
    }

    #[test]
    fn a_new_key_can_be_used() {
        let key = new_key();
        assert_eq!(key.reveal().len(), 32);
        assert!(totp(&key).is_some());
        assert!(
            url(&key, "dana@acme.example")
                .reveal()
                .starts_with("otpauth://totp/Sidecard:dana%40acme.example?issuer=Sidecard&secret=")
        );
    }
}
