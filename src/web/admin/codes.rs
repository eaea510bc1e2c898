//! Codes of authenticators (RFC 6238): six digits, half a minute, one step of grace to either side.

use totp_rs::{Builder, Totp};

use super::door::Door;
use super::reply::Failure;
use crate::domain::day::Instant;
use crate::domain::secret::{Secret, random_hex};

/// Seconds that a code counts for.
const STEP: u64 = 30;

impl Door {
    /// Whether this is a code of the person's authenticator that nobody has used yet; from now on it is used.
    pub async fn accepts(
        &self,
        person: &str,
        key: &Secret<String>,
        code: &str,
    ) -> Result<bool, Failure> {
        match step(key, code, self.now()) {
            Some(step) => Ok(self.admin.store.use_code(person, step).await?),
            None => Ok(false),
        }
    }
}

/// Which half minute's code of this key it is, now; `None`: none of them.
fn step(key: &Secret<String>, code: &str, now: Instant) -> Option<i64> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let seconds = u64::try_from(now.timestamp()).ok()?;
    let step = step_of(&totp(key)?, &code, seconds)?;
    i64::try_from(step).ok()
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
    fn the_vectors_of_the_rfc_are_known_in_their_time_and_a_step_around() {
        let key = Secret::new("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ".to_owned());
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (20_000_000_000, "353130"),
        ] {
            let its = seconds / 30;
            assert_eq!(step(&key, code, at(seconds + 90)), None);
            assert_eq!(step(&key, code, at(seconds + 29)), Some(its));
            let spaced = format!(" {} {}", &code[..3], &code[3..]);
            assert_eq!(step(&key, &spaced, at(seconds)), Some(its));
        }
        assert_eq!(step(&key, "", at(59)), None);
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
