//! What a failed charge says of its failure.

use serde_json::Value;

use super::Lenient;
use super::lenient::clean;

/// An error's text. Recharge writes an absent one in several ways: null, `""`, and `None`, alone or as the first of
/// several lines (`"None\r\n [May 12, 12:06AM] ['Inventory unavailable …']\r\n …"`).
pub struct Trouble(pub String);

impl Lenient for Trouble {
    fn read(value: Value) -> Option<Self> {
        let told: Vec<&str> = value
            .as_str()?
            .lines()
            .map(str::trim)
            .filter(|line| !is_nothing(line))
            .collect();
        clean(&told.join(" ")).map(Self)
    }
}

fn is_nothing(line: &str) -> bool {
    line.is_empty() || line.eq_ignore_ascii_case("none") || line.eq_ignore_ascii_case("null")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn none_is_no_error() {
        let read = |value| Trouble::read(value).map(|trouble| trouble.0);
        for nothing in [
            json!(null),
            json!(""),
            json!("None"),
            json!(" none\r\n"),
            json!("null"),
            json!(7),
        ] {
            assert_eq!(read(nothing.clone()), None, "{nothing}");
        }
        assert_eq!(
            read(json!("Your card was declined.")).unwrap(),
            "Your card was declined."
        );
        assert_eq!(
            read(json!(
                "None\r\n [May 12, 12:06AM] ['Inventory unavailable']\r\n [May 13] x"
            ))
            .unwrap(),
            "[May 12, 12:06AM] ['Inventory unavailable'] [May 13] x"
        );
        assert_eq!(
            read(json!("None of the cards work")).unwrap(),
            "None of the cards work"
        );
    }
}
