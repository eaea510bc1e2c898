use super::*;
use chrono::{DateTime, TimeDelta};

const SECRET: &str = "rc_client_secret_example";
const BODY: &[u8] = br#"{"subscription":{"id":585061940,"status":"cancelled"}}"#;
const OLD: &str = "38c949ccd244aef6b6a0c78b2ccdcb448a0d86ce81891dca4796cf4aa49f1403";
const AT: i64 = 1_767_225_600;
const NEW: &str = "e262f53a5d34caae35052e417dea79271af88f6bdb250fbdd9648a92ef82545f";

/// What is wrong, the headers, the body, the secrets and the time.
type Case<'a> = (
    &'a str,
    &'a [(&'a str, &'a str)],
    &'a [u8],
    &'a [&'a str],
    Instant,
);

fn at(seconds: i64) -> Instant {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

fn secrets(texts: &[&str]) -> Vec<Secret<String>> {
    texts
        .iter()
        .map(|text| Secret::new((*text).into()))
        .collect()
}

fn verified(headers: &[(&str, &str)], body: &[u8], known: &[&str], now: Instant) -> bool {
    let headers: Vec<(&str, &[u8])> = headers
        .iter()
        .map(|(name, value)| (*name, value.as_bytes()))
        .collect();
    verify(&headers, body, &secrets(known), now).is_ok()
}

fn newer(t: i64, v1: &str) -> String {
    format!("t={t},v1={v1}")
}

#[test]
fn both_published_vectors_are_believed() {
    let header = newer(AT, NEW);
    for headers in [
        vec![(SIGNATURE, header.as_str())],
        vec![("X-Recharge-Webhook-Signature", header.as_str())],
        vec![(LEGACY, OLD)],
        vec![("X-Recharge-Hmac-Sha256", OLD)],
        vec![(LEGACY, OLD), (SIGNATURE, header.as_str())],
    ] {
        assert!(verified(&headers, BODY, &[SECRET], at(AT)), "{headers:?}");
    }
}

#[test]
fn the_newer_header_is_read_by_key() {
    let other = "0".repeat(64);
    for header in [
        format!("v1={NEW},t={AT}"),
        format!("t={AT}, v1={NEW}"),
        format!("t={AT},v1={NEW},v2=abc"),
        format!("t={AT},v2=abc=def,v1={NEW}"),
        format!("t={AT},v1={other},v1={NEW}"),
    ] {
        assert!(
            verified(&[(SIGNATURE, &header)], BODY, &[SECRET], at(AT)),
            "{header}"
        );
    }
    for header in [
        String::new(),
        "t".into(),
        NEW.into(),
        format!("v1={NEW}"),
        format!("t={AT}"),
        format!("t={AT},v2={NEW}"),
        format!("t={AT},t={AT},v1={NEW}"),
        format!("t=+{AT},v1={NEW}"),
        format!("t=0{AT},v1={NEW}"),
        format!("t=,v1={NEW}"),
        format!("t={AT},v1="),
        format!("t={AT},v1={}", NEW.to_uppercase()),
        format!("t={AT},v1={}", &NEW[..63]),
        format!("t={AT},v1={NEW}0"),
        format!("t={AT},v1={NEW},"),
        format!("t={AT};v1={NEW}"),
        format!("T={AT},V1={NEW}"),
        format!("t=9999999999999999999,v1={NEW}"),
        format!("t={AT}{}", format!(",v1={NEW}").repeat(5)),
    ] {
        assert!(
            !verified(&[(SIGNATURE, &header)], BODY, &[SECRET], at(AT)),
            "{header}"
        );
        let both = [(SIGNATURE, header.as_str()), (LEGACY, OLD)];
        assert!(
            !verified(&both, BODY, &[SECRET], at(AT)),
            "no way back: {header}"
        );
    }
}

#[test]
fn no_forged_altered_stale_or_doubled_hook_is_believed() {
    let header = newer(AT, NEW);
    let (new, old) = ((SIGNATURE, header.as_str()), (LEGACY, OLD));
    let longer = [BODY, b" "].concat();
    let swapped = newer(AT, OLD);
    let moved = newer(AT + 1, NEW);
    let day = 24 * 3_600;
    let cases: [Case; 22] = [
        ("no header", &[], BODY, &[SECRET], at(AT)),
        (
            "an empty older one",
            &[(LEGACY, "")],
            BODY,
            &[SECRET],
            at(AT),
        ),
        ("another body, newer", &[new], b"{}", &[SECRET], at(AT)),
        ("another body, older", &[old], b"{}", &[SECRET], at(AT)),
        ("a longer body, newer", &[new], &longer, &[SECRET], at(AT)),
        ("a longer body, older", &[old], &longer, &[SECRET], at(AT)),
        ("no body, newer", &[new], b"", &[SECRET], at(AT)),
        ("another secret, newer", &[new], BODY, &["other"], at(AT)),
        ("another secret, older", &[old], BODY, &["other"], at(AT)),
        ("two other secrets", &[new, old], BODY, &["a", "b"], at(AT)),
        ("no secret, newer", &[new], BODY, &[], at(AT)),
        ("no secret, older", &[old], BODY, &[], at(AT)),
        (
            "another stamp",
            &[(SIGNATURE, &moved)],
            BODY,
            &[SECRET],
            at(AT),
        ),
        (
            "the older in place of the newer",
            &[(SIGNATURE, &swapped)],
            BODY,
            &[SECRET],
            at(AT),
        ),
        (
            "the newer in place of the older",
            &[(LEGACY, NEW)],
            BODY,
            &[SECRET],
            at(AT),
        ),
        (
            "wrong newer, right older",
            &[(SIGNATURE, &moved), old],
            BODY,
            &[SECRET],
            at(AT),
        ),
        ("too old", &[new], BODY, &[SECRET], at(AT + 2 * day + 1)),
        (
            "too old, with an older one",
            &[new, old],
            BODY,
            &[SECRET],
            at(AT + 2 * day + 1),
        ),
        (
            "from the future",
            &[new],
            BODY,
            &[SECRET],
            at(AT - 2 * day - 1),
        ),
        ("the newer twice", &[new, new], BODY, &[SECRET], at(AT)),
        ("the older twice", &[old, old], BODY, &[SECRET], at(AT)),
        (
            "the older twice beside a newer",
            &[new, old, old],
            BODY,
            &[SECRET],
            at(AT),
        ),
    ];
    for (what, headers, body, known, now) in cases {
        assert!(!verified(headers, body, known, now), "{what}");
    }
    let odd: &[(&str, &[u8])] = &[(SIGNATURE, b"t=\xff"), (LEGACY, OLD.as_bytes())];
    assert!(verify(odd, BODY, &secrets(&[SECRET]), at(AT)).is_err());
}

#[test]
fn an_empty_secret_is_none() {
    let digest = hex(&Sha256::digest(BODY));
    assert!(!verified(&[(LEGACY, &digest)], BODY, &[""], at(AT)));
    assert!(!verified(&[(LEGACY, &digest)], BODY, &["", ""], at(AT)));
}

#[test]
fn either_secret_counts_while_they_are_changed() {
    for known in [&[SECRET, "new"], &["new", SECRET]] {
        assert!(verified(&[(LEGACY, OLD)], BODY, known, at(AT)));
        assert!(verified(
            &[(SIGNATURE, &newer(AT, NEW))],
            BODY,
            known,
            at(AT)
        ));
    }
}

#[test]
fn the_window_is_48_hours_either_way() {
    let edge = TimeDelta::hours(48);
    for now in [at(AT) - edge, at(AT) + edge] {
        assert!(verified(
            &[(SIGNATURE, &newer(AT, NEW))],
            BODY,
            &[SECRET],
            now
        ));
    }
    // The older way has no stamp.
    assert!(verified(
        &[(LEGACY, OLD)],
        BODY,
        &[SECRET],
        at(AT + 400 * 86_400)
    ));
}
