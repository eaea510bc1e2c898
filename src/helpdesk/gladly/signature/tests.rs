//! The published vectors, ones of our own, and every way to be refused.

use serde_json::Value;

use chrono::NaiveDateTime;

use super::*;
use crate::domain::day::Instant;

const KEY: &str = "test-apikey-1";

fn file() -> Value {
    serde_json::from_str(include_str!("../../../../fixtures/signatures/gladly.json")).unwrap()
}

/// A request that owns its parts.
#[derive(Clone)]
struct Sent {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Sent {
    fn of(vector: &Value) -> Self {
        let text = |name: &str| vector[name].as_str().unwrap().to_owned();
        let pairs: Vec<(String, String)> =
            serde_json::from_value(vector["headers"].clone()).unwrap();
        let mut headers: Vec<_> = pairs
            .into_iter()
            .map(|(name, value)| (name, value.into_bytes()))
            .collect();
        let claim = format!(
            "SigningAlgorithm=hmac-sha256, SignedHeaders={}, Signature={}",
            text("signed_headers"),
            text("signature")
        );
        headers.push(("gladly-authorization".into(), claim.into_bytes()));
        Self {
            method: text("method"),
            path: text("path"),
            query: String::new(),
            headers,
            body: text("body").into_bytes(),
        }
    }

    fn verify(&self, keys: &[&str], now: &str) -> Result<(), Cause> {
        let headers: Vec<(&str, &[u8])> = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_slice()))
            .collect();
        let request = Unverified {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            headers: &headers,
            body: &self.body,
        };
        let secrets: Vec<_> = keys.iter().map(|key| Secret::new((*key).into())).collect();
        verify(&request, &secrets, at(now)).map_err(|refused| refused.0)
    }

    /// At the very second of its stamp.
    fn verify_then(&self) -> Result<(), Cause> {
        let time = self.headers.iter().find(|(name, _)| name == "gladly-time");
        let time = String::from_utf8(time.unwrap().1.clone()).unwrap();
        self.verify(&[KEY], &time)
    }

    fn change(mut self, name: &str, change: impl Fn(&str) -> String) -> Self {
        let header = self.headers.iter_mut().find(|(own, _)| own == name);
        let value = &mut header.unwrap().1;
        *value = change(std::str::from_utf8(value).unwrap()).into_bytes();
        self
    }
}

fn at(text: &str) -> Instant {
    NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ")
        .unwrap()
        .and_utc()
}

fn first() -> Sent {
    Sent::of(&file()["published"][0])
}

#[test]
fn every_vector_verifies_and_has_the_digest_that_was_published() {
    let file = file();
    let published = file["published"].as_array().unwrap();
    let own = file["own"].as_array().unwrap();
    assert_eq!((published.len(), own.len()), (3, 3));
    for vector in published.iter().chain(own) {
        let sent = Sent::of(vector);
        assert_eq!(sent.verify_then(), Ok(()), "{}", vector["name"]);
        let names = vector["signed_headers"].as_str().unwrap();
        let headers: Vec<(&str, &[u8])> = names
            .split(';')
            .map(|name| {
                let header = sent.headers.iter().find(|(own, _)| own == name);
                (name, header.unwrap().1.as_slice())
            })
            .collect();
        let canonical = canonical(&sent.method, &sent.path, &headers, names, &sent.body);
        let digest = hex(&Sha256::digest(canonical));
        assert_eq!(digest, vector["canonical_sha256"], "{}", vector["name"]);
    }
}

#[test]
fn five_minutes_either_way_and_not_a_second_more() {
    for (now, expected) in [
        ("20190213T214516Z", Ok(())),
        ("20190213T214316Z", Ok(())),
        ("20190213T213516Z", Ok(())),
        ("20190213T214517Z", Err(Cause::SignedLongAgo(5))),
        ("20190213T213515Z", Err(Cause::SignedAhead(5))),
        ("20190213T214717Z", Err(Cause::SignedLongAgo(7))),
        ("20190213T194016Z", Err(Cause::SignedAhead(120))),
    ] {
        assert_eq!(first().verify(&[KEY], now), expected, "{now}");
    }
}

#[test]
fn another_key_is_refused_and_the_previous_one_is_not() {
    let now = "20190213T214016Z";
    let mismatch = Err(Cause::WrongSignature);
    assert_eq!(first().verify(&["test-apikey-2"], now), mismatch);
    assert_eq!(first().verify(&["test-apikey-2", KEY], now), Ok(()));
    assert_eq!(first().verify(&[KEY, "test-apikey-2"], now), Ok(()));
    assert_eq!(first().verify(&[], now), mismatch);
    assert_eq!(first().verify(&[""], now), mismatch);
}

#[test]
fn whatever_was_touched_is_refused() {
    let mismatch = Err(Cause::WrongSignature);
    let unreadable = Err(Cause::UnreadableAuthorization);
    let missing = |name| Err(Cause::SignedHeaderMissing(Some(name)));
    let no_stamp = Err(Cause::NoTime);
    let authorization = "gladly-authorization";

    let mut body = first();
    body.body.push(b' ');
    assert_eq!(body.verify_then(), mismatch);
    let mut path = first();
    path.path.push('/');
    assert_eq!(path.verify_then(), mismatch);
    let mut method = first();
    method.method = "PUT".into();
    assert_eq!(method.verify_then(), mismatch);
    let value = first().change("x-b3-traceid", |value| value.replace('b', "c"));
    assert_eq!(value.verify_then(), mismatch);

    for gone in ["accept", "content-type", "x-b3-traceid"] {
        let mut sent = first();
        sent.headers.retain(|(name, _)| name != gone);
        assert_eq!(sent.verify_then(), missing(gone), "{gone}");
        // Left out of the list instead, the text that was signed is another one.
        let sent = first().change(authorization, |claim| {
            claim
                .replace(&format!("{gone};"), "")
                .replace(&format!(";{gone}"), "")
        });
        assert_eq!(sent.verify_then(), mismatch, "{gone}");
    }
    for twice in ["accept", "x-b3-traceid"] {
        let mut sent = first();
        let again = sent.headers.iter().find(|(name, _)| name == twice);
        sent.headers.push(again.unwrap().clone());
        assert_eq!(sent.verify_then(), missing(twice), "{twice}");
    }
    // Nobody's own words are kept.
    let odd = first().change(authorization, |claim| {
        claim.replace(", Signature=", ";x-kim-example, Signature=")
    });
    assert_eq!(odd.verify_then(), Err(Cause::SignedHeaderMissing(None)));
    let mut stamps = first();
    stamps
        .headers
        .push(("gladly-time".into(), b"20190213T214016Z".to_vec()));
    assert_eq!(stamps.verify_then(), no_stamp);
    let mut claims = first();
    claims.headers.push(claims.headers[5].clone());
    let two = Err(Cause::NoAuthorization);
    assert_eq!(claims.verify_then(), two);
    let mut none = first();
    none.headers.retain(|(name, _)| name != authorization);
    assert_eq!(none.verify_then(), two);

    let unstamped = first().change(authorization, |claim| claim.replace("gladly-time;", ""));
    let unsigned = Err(Cause::TimeNotSigned);
    assert_eq!(unstamped.verify_then(), unsigned);
    for odd in [
        "2019-02-13T21:40:16Z",
        "20190213T214016Z0",
        "20190213T214016",
        "20190213t214016z",
        "20190230T214016Z",
        "2019213T214016Z",
        "",
    ] {
        let sent = first().change("gladly-time", |_| odd.to_owned());
        assert_eq!(sent.verify(&[KEY], "20190213T214016Z"), no_stamp, "{odd}");
    }
    for (from, to) in [
        ("hmac-sha256", "hmac-sha1"),
        ("hmac-sha256", "HMAC-SHA256"),
        ("Signature=4c", "Signature=4C"),
        ("Signature=4c", "Signature="),
        (", Signature", ",Signature"),
        ("accept;content-type", "content-type;accept"),
        ("accept;content-type", "accept;accept;content-type"),
        ("accept;content-type", "Accept;content-type"),
        ("accept;content-type", ";content-type"),
        ("SigningAlgorithm", "Algorithm"),
    ] {
        let sent = first().change(authorization, |claim| claim.replacen(from, to, 1));
        assert_eq!(sent.verify_then(), unreadable, "{from} -> {to}");
    }
}

#[test]
fn a_query_is_refused_however_it_was_signed() {
    let file = file();
    for signature in file["queries"]["signatures"].as_array().unwrap() {
        let mut sent = Sent::of(&file["own"][0]).change("gladly-authorization", |claim| {
            let (head, _) = claim.split_once("Signature=").unwrap();
            format!("{head}Signature={}", signature.as_str().unwrap())
        });
        sent.path = "/action".into();
        sent.query = file["queries"]["query"].as_str().unwrap().to_owned();
        assert_eq!(sent.verify_then(), Err(Cause::QueryInAddress));
    }
}

#[test]
fn what_is_signed_here_verifies() {
    let headers = sign(
        &Secret::new(KEY.into()),
        "/ask/gladly/x",
        b"{}",
        "vXmSEPjVSWCaCMzvjufxZg",
        at("20261120T101502Z"),
    );
    let sent = Sent {
        method: "POST".into(),
        path: "/ask/gladly/x".into(),
        query: String::new(),
        headers: headers
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.into_bytes()))
            .collect(),
        body: b"{}".to_vec(),
    };
    assert_eq!(sent.verify_then(), Ok(()));
}
