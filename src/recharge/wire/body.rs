//! From bytes to JSON.

use serde_json::Value;

/// Why a body is no JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// It ends too soon.
    Truncated,
    /// It is something else, a gateway's page perhaps.
    NotJson,
}

/// Reads a body. One bad character in a name or a note makes a document that strict readers refuse as a whole: half of
/// an emoji cut in two (`\ud83d` alone), or a byte that is not UTF-8. It becomes U+FFFD, and the rest stays readable.
pub fn parse(bytes: &[u8]) -> Result<Value, Unreadable> {
    serde_json::from_slice(bytes).or_else(|first| {
        let whole = mend(&String::from_utf8_lossy(bytes));
        serde_json::from_str(&whole).map_err(|_| {
            if first.is_eof() {
                Unreadable::Truncated
            } else {
                Unreadable::NotJson
            }
        })
    })
}

/// Replaces surrogates that stand alone. A backslash occurs in JSON within strings only.
fn mend(text: &str) -> String {
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        whole.push_str(before);
        let length = match (unit(escape), escape.get(6..).and_then(unit)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
            (Some(0xD800..=0xDFFF), _) => 0,
            // Any other escape: the backslash and the ASCII letter or sign behind it.
            _ => 2,
        };
        if length == 0 {
            whole.push_str("\\ufffd");
            rest = &escape[6..];
        } else {
            let Some((kept, after)) = escape.split_at_checked(length) else {
                whole.push_str(escape);
                return whole;
            };
            whole.push_str(kept);
            rest = after;
        }
    }
    whole.push_str(rest);
    whole
}

/// The UTF-16 unit of the `\uXXXX` that a text begins with.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn half_an_emoji_does_not_cost_the_document() {
        assert_eq!(
            parse(br#"{"a":"x\ud83d","b":"\ude00y","c":"\ud83d\ude00","d":"\\ud83d","e":"\ud83d\u0041"}"#),
            Ok(
                json!({"a": "x\u{fffd}", "b": "\u{fffd}y", "c": "😀", "d": "\\ud83d", "e": "\u{fffd}A"})
            )
        );
        assert_eq!(parse(b"{\"a\":\"\xff\"}"), Ok(json!({"a": "\u{fffd}"})));
    }

    #[test]
    fn what_ends_too_soon_is_told_from_what_is_no_json() {
        assert_eq!(parse(b"{\"a\":[1,"), Err(Unreadable::Truncated));
        assert_eq!(parse(b"{\"a\":\"x"), Err(Unreadable::Truncated));
        assert_eq!(parse(b""), Err(Unreadable::Truncated));
        assert_eq!(
            parse(b"<html>502 Bad Gateway</html>"),
            Err(Unreadable::NotJson)
        );
        assert_eq!(parse(b"{} trailing"), Err(Unreadable::NotJson));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..64), text in "(\\\\|u|d8|3d|de00|\"|é|😀){0,12}") {
            let _ = parse(&bytes);
            let _ = parse(text.as_bytes());
            let _ = mend(&text);
        }

        #[test]
        fn what_needs_no_mending_stays_as_it_is(text in any::<String>()) {
            let body = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(mend(&body), body);
        }
    }
}
