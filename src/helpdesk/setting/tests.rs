use super::*;

fn anything_but_x(text: &str) -> Result<String, &'static str> {
    if text == "x" {
        Err("write no x")
    } else {
        Ok(text.to_uppercase())
    }
}

/// One of each kind: what a helpdesk of later days may want.
const KNOWN: [Setting; 6] = [
    Setting::new(
        "org",
        "Organisation",
        "which",
        Kind::Text(anything_but_x),
        "",
    )
    .needed(),
    Setting::new("search", "Search", "agents may", Kind::Switch, "on"),
    Setting::new(
        "mode",
        "Mode",
        "how",
        Kind::Choice(&[("a", "A"), ("b", "B")]),
        "a",
    ),
    Setting::new("most", "Most", "at most", Kind::Number(1, 600), "100"),
    Setting::new("keys.id", "Id", "its name", Kind::Names, "id").rare(),
    Setting::new("api_key", "Key", "of it", Kind::Secret, ""),
];

fn changed(typed: &[(&str, &str)]) -> Result<Settings, Vec<Misset>> {
    let before = Settings::of([("org", "ACME"), ("most", "40"), ("keys.id", "")]);
    change(&KNOWN, &before, typed.iter().copied())
}

#[test]
fn what_is_typed_is_kept_as_it_is_meant_and_a_default_is_not_kept() {
    let after = changed(&[
        ("org", " beta "),
        ("search", "No"),
        ("mode", "B"),
        ("most", "100"),
        ("keys.id", "id, subscriptionId"),
        ("api_key", "k-0123456789"),
    ])
    .unwrap();
    let kept = |name| after.text(name);
    assert_eq!(kept("org"), Some("BETA"));
    assert_eq!((kept("search"), kept("mode")), (Some("off"), Some("b")));
    assert_eq!(kept("most"), None, "the default");
    assert_eq!(kept("keys.id"), Some("id,subscriptionId"));
    assert_eq!(kept("api_key"), Some("k-0123456789"));
    let after = changed(&[("keys.id", "")]).unwrap();
    assert_eq!(after.text("keys.id"), None, "an empty text clears it");
    let none = changed(&[("keys.id", NONE)]).unwrap();
    assert_eq!(none.text("keys.id"), Some(""), "by no name at all");
}

#[test]
fn everything_wrong_is_told_at_once() {
    let wrong = changed(&[
        ("org", "x"),
        ("search", "maybe"),
        ("mode", "c"),
        ("most", "601"),
        ("keys.id", "a b"),
        ("api_key", "a b"),
        ("mots", "1"),
        ("colour", "red"),
    ])
    .unwrap_err();
    assert_eq!(wrong.len(), 8);
    let value = |name: &str| {
        let found = wrong.iter().find(|misset| misset.name == name).unwrap();
        match &found.wrong {
            Wrong::Value(message) => message.clone(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(value("org"), "write no x");
    assert_eq!(value("mode"), "write one of `a`, `b`");
    assert_eq!(value("most"), "write a whole number from 1 to 600");
    assert_eq!(wrong[6].wrong, Wrong::Unknown(Some("most")));
    assert_eq!(wrong[7].wrong, Wrong::Unknown(None));
    let missing = changed(&[("org", "")]).unwrap_err();
    assert_eq!(missing[0].wrong, Wrong::Missing);
}

#[test]
fn what_is_kept_is_shown_as_it_is_typed_but_no_secret() {
    let kept = Settings::of([
        ("search", "FALSE"),
        ("most", "9999"),
        ("keys.id", ""),
        ("api_key", "k"),
    ]);
    let shown: Vec<String> = KNOWN.iter().map(|setting| setting.shown(&kept)).collect();
    assert_eq!(shown, ["", "off", "a", "100", "-", ""]);
}

#[test]
fn a_chosen_secret_is_long_and_no_repetition() {
    for weak in ["short", "aaaaaaaaaaaaaaaaaaaaaaaa", "0101010101010101"] {
        assert_eq!(chosen_secret(weak).unwrap_err(), words::WEAK_SECRET);
    }
    assert_eq!(chosen_secret(" ").unwrap_err(), words::NO_SECRET);
    assert_eq!(
        chosen_secret("two words of some length").unwrap_err(),
        words::SECRET
    );
    assert_eq!(
        chosen_secret(" 0123456789abcdef ").unwrap().reveal(),
        "0123456789abcdef"
    );
}
