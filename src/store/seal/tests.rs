use super::*;
use proptest::prelude::*;
use serde_json::Value;

const PLACE: Column = Column {
    table: "installs",
    column: "token",
    row: &["name"],
};

fn fixture(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    base16ct::lower::decode_vec(value.as_str().unwrap()).unwrap()
}

/// Columns are constants everywhere but here.
fn column(case: &Value) -> Column {
    let name = |key: &str| -> &'static str { case[key].as_str().unwrap().to_owned().leak() };
    Column {
        table: name("table"),
        column: name("column"),
        row: &[],
    }
}

fn row(case: &Value) -> Vec<&str> {
    let parts = case["row"].as_array().unwrap().iter();
    parts.map(|part| part.as_str().unwrap()).collect()
}

fn ring(lines: &str) -> KeyRing {
    KeyRing::parse(lines, "test.keys").unwrap()
}

#[test]
fn values_are_sealed_and_opened_as_libsodium_does() {
    let fixture = fixture(include_str!("../../../fixtures/seal/vectors.json"));
    let vectors = fixture["vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 6);
    for vector in vectors {
        let id = vector["key_id"].as_str().unwrap();
        let ring = ring(&format!("{id} {}", vector["key"].as_str().unwrap()));
        let (column, row) = (column(vector), row(vector));
        let nonce = bytes(&vector["nonce"]).try_into().unwrap();
        let plain = bytes(&vector["plaintext"]);

        assert_eq!(associated(&head(id), &column, &row), bytes(&vector["aad"]));
        let sealed = ring.seal_with(nonce, &column, &row, &plain).unwrap();
        assert_eq!(sealed, bytes(&vector["sealed"]), "{}", vector["name"]);
        assert_eq!(*ring.open(&column, &row, &sealed).unwrap(), plain);
        assert_eq!(key_id(&sealed).unwrap(), id);
    }
}

#[test]
fn what_must_not_open_does_not() {
    let fixture = fixture(include_str!("../../../fixtures/seal/refusals.json"));
    let lines = fixture["ring"].as_object().unwrap().iter();
    let lines: Vec<_> = lines
        .map(|(id, key)| format!("{id} {}", key.as_str().unwrap()))
        .collect();
    let ring = ring(&lines.join("\n"));
    let refusals = fixture["refusals"].as_array().unwrap();
    assert_eq!(refusals.len(), 30);
    for case in refusals {
        let error = ring
            .open(&column(case), &row(case), &bytes(&case["sealed"]))
            .unwrap_err();
        let kind = match error {
            SealError::Shape => "shape",
            SealError::Version(_) => "version",
            SealError::UnknownKey(_) => "unknown_key",
            SealError::Refused => "refused",
            SealError::Content => "content",
        };
        assert_eq!(kind, case["error"], "{}", case["name"]);
    }
}

#[test]
fn equal_values_look_different_every_time() {
    let ring = ring(&KeyRing::new_line(Default::default()));
    let seal = || ring.seal(&PLACE, &["acme-usa"], b"sk_test").unwrap();
    assert_ne!(seal(), seal());
}

#[test]
fn every_key_of_the_ring_opens_and_the_first_seals() {
    let lines: Vec<_> = (1..=3)
        .map(|n| format!("k{n} {}ff", format!("{n:02x}").repeat(31)))
        .collect();
    let sealed: Vec<_> = lines
        .iter()
        .map(|line| ring(line).seal(&PLACE, &["a"], b"x").unwrap())
        .collect();
    let all = ring(&lines.join("\n"));
    for value in &sealed {
        assert_eq!(**all.open(&PLACE, &["a"], value).unwrap(), *b"x");
    }
    assert_eq!(key_id(&all.seal(&PLACE, &["a"], b"x").unwrap()), Ok("k1"));
    assert_eq!(all.newest_head(), sealed[0][..HEAD]);
}

#[test]
fn a_text_that_is_none_is_an_error_of_its_own() {
    let ring = ring(&KeyRing::new_line(Default::default()));
    let sealed = ring.seal(&PLACE, &["a"], &[0xff, 0xfe]).unwrap();
    assert_eq!(
        ring.open_text(&PLACE, &["a"], &sealed).unwrap_err(),
        SealError::Content
    );
}

proptest! {
    #[test]
    fn any_bytes_open_or_are_refused(any in proptest::collection::vec(any::<u8>(), 0..200), head in any::<bool>()) {
        let ring = ring("k1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
        let mut value = if head { ring.newest_head() } else { Vec::new() };
        value.extend(any);
        prop_assert!(ring.open(&PLACE, &["a"], &value).is_err());
    }

    #[test]
    fn whatever_is_sealed_opens_there_and_nowhere_else(
        plain in proptest::collection::vec(any::<u8>(), 0..300), row in "\\PC{0,20}", other in "\\PC{0,20}", at in any::<prop::sample::Index>(), bit in 0..8_u32,
    ) {
        let ring = ring("k1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
        let mut sealed = ring.seal(&PLACE, &[&row], &plain).unwrap();
        prop_assert_eq!(&**ring.open(&PLACE, &[&row], &sealed).unwrap(), &plain[..]);
        if row != other {
            prop_assert!(ring.open(&PLACE, &[&other], &sealed).is_err());
        }
        let at = at.index(sealed.len());
        sealed[at] ^= 1_u8 << bit;
        prop_assert!(ring.open(&PLACE, &[&row], &sealed).is_err());
    }
}
