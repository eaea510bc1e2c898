//! Recharge's two ways of signing a hook.
//!
//! The newer one is an HMAC-SHA256 over a stamp and the body; the older one, which is still sent beside it, is the plain
//! SHA-256 of secret and body, whatever its header's name says. Which of the two a shop sends is for Recharge to decide, so
//! either is believed; but a newer one that is there and wrong is not made good by an older one.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use crate::domain::day::Instant;
use crate::domain::secret::Secret;
use crate::provider::HookRefused;

const SIGNATURE: &str = "x-recharge-webhook-signature";
const LEGACY: &str = "x-recharge-hmac-sha256";
/// Recharge retries for 48 hours; a stamp from the future is as odd as an old one.
const WINDOW_SECONDS: i64 = 48 * 3_600;
/// A secret and the one it replaces. Fewer are filled up, so that the work tells nothing.
const SECRETS: usize = 2;
/// Signatures of one version in one header: several, should Recharge sign with two secrets during a change of its own.
const MOST_SIGNATURES: usize = 4;

/// What `X-Recharge-Webhook-Signature` says: `t=1767225600,v1=<hex>`.
struct Claim<'a> {
    /// As it is written, for that is what was signed.
    stamp: &'a str,
    at: i64,
    signatures: Vec<&'a str>,
}

impl<'a> Claim<'a> {
    /// By key, in any order: versions to come are passed over.
    fn read(text: &'a str) -> Option<Self> {
        let (mut stamp, mut signatures) = (None, Vec::new());
        for part in text.split(',') {
            let (key, value) = part.trim().split_once('=')?;
            match key {
                "t" if stamp.is_some() => return None,
                "t" => stamp = Some(value),
                "v1" => signatures.push(value),
                _ => {}
            }
        }
        let stamp = stamp?;
        let is_plain = (1..=12).contains(&stamp.len()) && stamp.bytes().all(|b| b.is_ascii_digit());
        let at = stamp.parse().ok().filter(|_| is_plain)?;
        (1..=MOST_SIGNATURES)
            .contains(&signatures.len())
            .then_some(Self {
                stamp,
                at,
                signatures,
            })
    }
}

/// A header that may be there once.
enum Header<'a> {
    Missing,
    Once(&'a str),
    Odd,
}

impl<'a> Header<'a> {
    fn find(headers: &[(&str, &'a [u8])], wanted: &str) -> Self {
        let mut found = headers
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
        match (found.next(), found.next()) {
            (None, _) => Self::Missing,
            (Some((_, value)), None) => std::str::from_utf8(value).map_or(Self::Odd, Self::Once),
            _ => Self::Odd,
        }
    }
}

/// Whether one of the secrets signed this body, untouched, and lately enough where the signature has a stamp.
///
/// Both digests are made for as many secrets in every case, before anything is decided.
pub fn verify(
    headers: &[(&str, &[u8])],
    body: &[u8],
    secrets: &[Secret<String>],
    now: Instant,
) -> Result<(), HookRefused> {
    let (signature, legacy) = (
        Header::find(headers, SIGNATURE),
        Header::find(headers, LEGACY),
    );
    let claim = match signature {
        Header::Once(text) => Claim::read(text),
        _ => None,
    };
    let stamp = claim.as_ref().map_or("0", |claim| claim.stamp);
    let signed: &[&str] = claim.as_ref().map_or(&[], |claim| &claim.signatures);
    let told = match legacy {
        Header::Once(text) => text.trim(),
        _ => "",
    };
    // An empty secret would be one that everybody knows.
    let known = || secrets.iter().filter(|secret| !secret.reveal().is_empty());
    let (mut is_new, mut is_old) = (Choice::from(0), Choice::from(0));
    for secret in known() {
        let (new, old) = digests(secret.reveal(), stamp, body);
        for signature in signed {
            is_new |= new.as_bytes().ct_eq(signature.as_bytes());
        }
        is_old |= old.as_bytes().ct_eq(told.as_bytes());
    }
    for _ in known().count()..SECRETS {
        std::hint::black_box(digests("", stamp, body));
    }
    match (signature, legacy, claim) {
        (Header::Odd, _, _) | (_, Header::Odd, _) => {
            Err(HookRefused("a signature header twice, or no text"))
        }
        (Header::Once(_), _, None) => Err(HookRefused("a signature that can't be read")),
        (Header::Once(_), _, Some(claim)) => {
            let age = now.timestamp() - claim.at;
            if !bool::from(is_new) {
                Err(HookRefused("the signature does not match"))
            } else if age > WINDOW_SECONDS {
                Err(HookRefused("signed more than 48 hours ago"))
            } else if age < -WINDOW_SECONDS {
                Err(HookRefused("signed more than 48 hours ahead of this clock"))
            } else {
                Ok(())
            }
        }
        (Header::Missing, Header::Once(_), _) if bool::from(is_old) => Ok(()),
        (Header::Missing, Header::Once(_), _) => {
            Err(HookRefused("the older signature does not match"))
        }
        (Header::Missing, Header::Missing, _) => Err(HookRefused("no signature")),
    }
}

/// What this secret signs this body with, the newer way and the older one.
fn digests(secret: &str, stamp: &str, body: &[u8]) -> (String, String) {
    let key = secret.as_bytes();
    // HMAC takes a key of any length, so this constructor does not fail; nothing equals the empty text it would give.
    let new = Hmac::<Sha256>::new_from_slice(key).map_or_else(
        |_| String::new(),
        |mut mac| {
            for part in [stamp.as_bytes(), b".", body] {
                mac.update(part);
            }
            hex(&mac.finalize().into_bytes())
        },
    );
    let old = Sha256::new()
        .chain_update(key)
        .chain_update(body)
        .finalize();
    (new, hex(&old))
}

fn hex(bytes: &[u8]) -> String {
    base16ct::lower::encode_string(bytes)
}

#[cfg(test)]
mod tests;
