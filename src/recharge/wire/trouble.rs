//! What a failed charge says of its failure.

use serde_json::Value;

use super::Lenient;
use super::lenient::clean;

/// An error's text. Recharge writes an absent one in several ways: null, `""`, and `None`, alone or as the first of
/// several lines. Further lines are the tries so far, one each (`[May 12, 12:06AM] ['Inventory unavailable']`, recorded in
/// the test data of a public import connector, airbytehq/airbyte source-recharge): the newest stands last, and its words are what an agent needs.
pub struct Trouble(pub String);

impl Lenient for Trouble {
    fn read(value: Value) -> Option<Self> {
        let told: Vec<&str> = value
            .as_str()?
            .lines()
            .map(str::trim)
            .filter(|line| !is_nothing(line))
            .collect();
        let newest = told.iter().rev().find_map(|line| said_at_a_try(line));
        let text = newest.map_or_else(|| told.join(" "), str::to_owned);
        clean(&text).map(Self)
    }
}

/// The words of a line like `[May 12, 12:06AM] ['Inventory unavailable']`; `None` for a line of another form.
fn said_at_a_try(line: &str) -> Option<&str> {
    let (_, said) = line.strip_prefix('[')?.split_once("] [")?;
    let said = said.strip_suffix(']')?;
    let unquoted = said
        .strip_prefix(['\'', '"'])
        .and_then(|said| said.strip_suffix(['\'', '"']));
    Some(unquoted.unwrap_or(said)).filter(|said| !is_nothing(said))
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
                "None\r\n [May 12, 12:06AM] ['Declined.']\r\n [May 16, 12:06AM] ['Out of stock']\r\n"
            ))
            .unwrap(),
            "Out of stock"
        );
        assert_eq!(
            read(json!("[May 13] x\r\n[] []")).unwrap(),
            "[May 13] x [] []"
        );
        assert_eq!(
            read(json!("None of the cards work")).unwrap(),
            "None of the cards work"
        );
    }
}
