//! Typed attributes: the end of a name says what its values are.

use chrono::DateTime;
use serde_json::{Map, Value};
use url::Url;

use super::answer::Answer;
use super::klasses::Klass;

/// What the ends of names mean.
pub(super) const SUFFIXES: [&str; 9] = [
    "Str", "Txt", "Num", "At", "Bool", "Url", "Id", "Tree", "Obj",
];

/// So many characters fit a `Str`. Whether a `Txt` takes more is not established: it does not, here.
const LONGEST: usize = 1_024;

/// The suffix of an attribute's name, if it has one.
pub(super) fn suffix(name: &str) -> Option<&'static str> {
    let mut fitting = SUFFIXES.into_iter().filter(|suffix| {
        name.strip_suffix(suffix)
            .is_some_and(|stem| !stem.is_empty())
    });
    fitting.next()
}

/// Whether every attribute is known to the klass, and has a value of its kind.
pub(super) fn check(custom: &Map<String, Value>, klass: &Klass) -> Result<(), Answer> {
    for (name, value) in custom {
        if !klass.properties.contains_key(name) {
            return Err(Answer::unknown_attribute(name));
        }
        if let Some(kind) = suffix(name).filter(|kind| !fits(kind, value)) {
            let detail = format!("/properties/custom/properties/{name}");
            return Err(Answer::bad_parameter(
                name,
                &format!("Invalid value for type {kind}"),
                &detail,
            ));
        }
    }
    Ok(())
}

fn fits(kind: &str, value: &Value) -> bool {
    if value.is_null() {
        return true;
    }
    let text = value.as_str();
    match kind {
        "Str" | "Txt" => text.is_some_and(|text| text.chars().count() <= LONGEST),
        "Num" => value.is_number(),
        // A day without a time is refused: whether Kustomer takes one is not established.
        "At" => text.is_some_and(|text| DateTime::parse_from_rfc3339(text).is_ok()),
        "Bool" => value.is_boolean(),
        "Url" => text.is_some_and(|text| Url::parse(text).is_ok()),
        "Obj" => value.is_object(),
        _ => text.is_some(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_end_of_a_name_says_what_fits() {
        for (name, good, bad) in [
            ("statusStr", json!("active"), json!(1)),
            ("reasonTxt", json!("too\nmuch"), json!(["x"])),
            ("priceNum", json!(18.5), json!("18.5")),
            ("nextAt", json!("2026-12-15T12:00:00Z"), json!("2026-12-15")),
            ("isBool", json!(false), json!("false")),
            ("adminUrl", json!("https://a.example/x"), json!("a.example")),
            ("placeTree", json!("a.b"), json!(7)),
            ("linesObj", json!({}), json!([])),
        ] {
            let kind = suffix(name).unwrap();
            assert!(fits(kind, &good), "{name}");
            assert!(fits(kind, &Value::Null), "{name}: null clears it");
            assert!(!fits(kind, &bad), "{name}");
        }
        assert!(!fits("Str", &json!("x".repeat(LONGEST + 1))));
        assert_eq!(suffix("Str"), None, "a suffix alone is no name");
        assert_eq!(suffix("status"), None);
    }
}
