//! Gladly's request signature (help.gladly.com/developer/docs/request-signing; agreed by gladly/lookup-practice,
//! upsidelab/spree_gladly and three published vectors).

use chrono::NaiveDate;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use super::super::{Cause, Refused, Unverified};
use crate::domain::day::Instant;
use crate::domain::secret::Secret;

const ALGORITHM: &str = "hmac-sha256";
/// The header with the signature, and the one with the stamp.
const AUTHORIZATION: &str = "gladly-authorization";
const TIME: &str = "gladly-time";
/// Gladly publishes no tolerance; its own example of one is five minutes, and a stamp from the future is as odd as an old
/// one.
const SKEW_SECONDS: i64 = 300;
/// What Gladly signs in practice; the second row with Basic (gladly/lookup-practice, README).
const USUALLY_SIGNED: [&str; 7] = [
    "accept",
    "content-type",
    "gladly-correlation-id",
    TIME,
    "x-b3-traceid",
    "authorization",
    "www-authenticate",
];

/// What `Gladly-Authorization` says.
struct Claim<'a> {
    signed_headers: &'a str,
    signature: &'a str,
}

impl<'a> Claim<'a> {
    /// `SigningAlgorithm=hmac-sha256, SignedHeaders=a;b, Signature=<64 lower-case hex digits>`, as strictly as that: one
    /// request has one spelling.
    fn read(text: &'a str) -> Option<Self> {
        let rest = text.strip_prefix("SigningAlgorithm=")?;
        let rest = rest.strip_prefix(ALGORITHM)?;
        let rest = rest.strip_prefix(", SignedHeaders=")?;
        let (signed_headers, signature) = rest.split_once(", Signature=")?;
        let is_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        let hex = signature.len() == 64 && signature.bytes().all(is_hex);
        hex.then_some(Self {
            signed_headers,
            signature,
        })
    }

    /// The names: lower-case, sorted, none twice.
    fn names(&self) -> Option<Vec<&'a str>> {
        let names: Vec<&str> = self.signed_headers.split(';').collect();
        let is_letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let are_names = names
            .iter()
            .all(|name| !name.is_empty() && name.bytes().all(is_letter));
        (are_names && names.is_sorted_by(|a, b| a < b)).then_some(names)
    }
}

/// Whether one of the secrets signed this request, untouched, within five minutes of now.
pub fn verify(
    request: &Unverified<'_>,
    secrets: &[Secret<String>],
    now: Instant,
) -> Result<(), Refused> {
    // Four sources canonicalise a query in four ways. Lookups have none unless somebody puts one into the address.
    if !request.query.is_empty() {
        return Err(Refused(Cause::QueryInAddress));
    }
    let Some(authorization) = request.header_text(AUTHORIZATION) else {
        return Err(Refused(Cause::NoAuthorization));
    };
    let Some((claim, names)) =
        Claim::read(authorization).and_then(|claim| claim.names().map(|names| (claim, names)))
    else {
        return Err(Refused(Cause::UnreadableAuthorization));
    };
    let Some((time, stamp)) = request
        .header_text(TIME)
        .and_then(|text| Some((text, stamp(text)?)))
    else {
        return Err(Refused(Cause::NoTime));
    };
    if !names.contains(&TIME) {
        return Err(Refused(Cause::TimeNotSigned));
    }
    let mut headers = Vec::with_capacity(names.len());
    for name in names {
        match request.header(name) {
            Some(value) => headers.push((name, value)),
            None => {
                let usual = USUALLY_SIGNED.into_iter().find(|usual| *usual == name);
                return Err(Refused(Cause::SignedHeaderMissing(usual)));
            }
        }
    }
    let canonical = canonical(
        request.method,
        request.path,
        &headers,
        claim.signed_headers,
        request.body,
    );
    let digest = hex(&Sha256::digest(canonical));
    // Every secret is tried, whichever fits.
    let matches = secrets.iter().fold(Choice::from(0), |matches, secret| {
        let expected = signature(secret, time, &digest);
        matches | expected.as_bytes().ct_eq(claim.signature.as_bytes())
    });
    let age = now.timestamp() - stamp.timestamp();
    if !bool::from(matches) {
        Err(Refused(Cause::WrongSignature))
    } else if age > SKEW_SECONDS {
        Err(Refused(Cause::SignedLongAgo(age.unsigned_abs() / 60)))
    } else if age < -SKEW_SECONDS {
        Err(Refused(Cause::SignedAhead(age.unsigned_abs() / 60)))
    } else {
        Ok(())
    }
}

/// The headers that Gladly would put on a lookup of this body at this address: for the demo, for tests and measurements.
pub fn sign(
    secret: &Secret<String>,
    path: &str,
    body: &[u8],
    correlation: &str,
    at: Instant,
) -> Vec<(&'static str, String)> {
    let time = stamp_text(at);
    let mut headers = vec![
        ("accept", "application/json".to_owned()),
        ("content-type", "application/json".to_owned()),
        ("gladly-correlation-id", correlation.to_owned()),
        (TIME, time.clone()),
        ("x-b3-traceid", hex(&Sha256::digest(correlation)[..16])),
    ];
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    let signed: Vec<(&str, &[u8])> = headers
        .iter()
        .map(|(name, value)| (*name, value.as_bytes()))
        .collect();
    let canonical = canonical("POST", path, &signed, &names, body);
    let signature = signature(secret, &time, &hex(&Sha256::digest(canonical)));
    headers.push((
        AUTHORIZATION,
        format!("SigningAlgorithm={ALGORITHM}, SignedHeaders={names}, Signature={signature}"),
    ));
    headers
}

/// What is hashed. An empty line stands for the query, and another behind the headers.
fn canonical(
    method: &str,
    path: &str,
    headers: &[(&str, &[u8])],
    names: &str,
    body: &[u8],
) -> Vec<u8> {
    let mut text = Vec::with_capacity(512);
    for line in [method, path, ""] {
        text.extend_from_slice(line.as_bytes());
        text.push(b'\n');
    }
    for (name, value) in headers {
        text.extend_from_slice(name.as_bytes());
        text.push(b':');
        text.extend_from_slice(value.trim_ascii());
        text.push(b'\n');
    }
    text.push(b'\n');
    text.extend_from_slice(names.as_bytes());
    text.push(b'\n');
    text.extend_from_slice(hex(&Sha256::digest(body)).as_bytes());
    text
}

/// The key of a day is made of the secret, and the signature with the key of the day.
fn signature(secret: &Secret<String>, time: &str, digest: &str) -> String {
    let day = time.get(..8).unwrap_or_default();
    let key = mac(secret.reveal().as_bytes(), day.as_bytes());
    let message = format!("{ALGORITHM}\n{time}\n{digest}");
    hex(&mac(&key, message.as_bytes()))
}

fn mac(key: &[u8], message: &[u8]) -> Vec<u8> {
    // HMAC takes a key of any length, so this constructor does not fail.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return Vec::new();
    };
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    base16ct::lower::encode_string(bytes)
}

/// The instant of `20190213T214016Z`, spelled exactly so.
fn stamp(text: &str) -> Option<Instant> {
    let number = |digits: &str| {
        let are_digits = digits.bytes().all(|b| b.is_ascii_digit());
        are_digits.then(|| digits.parse::<u32>().ok()).flatten()
    };
    let (day, time) = text.strip_suffix('Z')?.split_once('T')?;
    if (day.len(), time.len()) != (8, 6) {
        return None;
    }
    let (day, time) = (number(day)?, number(time)?);
    let year = i32::try_from(day / 10_000).ok()?;
    let day = NaiveDate::from_ymd_opt(year, day / 100 % 100, day % 100)?;
    let at = day.and_hms_opt(time / 10_000, time / 100 % 100, time % 100)?;
    Some(at.and_utc())
}

fn stamp_text(at: Instant) -> String {
    at.format("%Y%m%dT%H%M%SZ").to_string()
}

#[cfg(test)]
mod tests;
