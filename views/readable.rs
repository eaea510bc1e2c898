//! Texts from outside, made fit to be read.

use std::borrow::Cow;

/// A text from outside with its control characters as spaces; `None` when nothing is left to read.
pub fn readable(text: Option<&str>) -> Option<Cow<'_, str>> {
    let text = text?.trim();
    if text.is_empty() {
        return None;
    }
    if !text.contains(char::is_control) {
        return Some(Cow::Borrowed(text));
    }
    let spaced = text.replace(char::is_control, " ");
    let spaced = spaced.trim();
    (!spaced.is_empty()).then(|| Cow::Owned(spaced.to_owned()))
}

/// A code of the provider as words: `ON_HOLD` is `On hold`.
pub fn humanised(code: &str) -> String {
    let spaced = code.replace(|c: char| c == '_' || c == '-' || c.is_control(), " ");
    let words = spaced.to_lowercase();
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    capitalised(&words)
}

/// With a capital first letter.
pub fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// The first line of a message that says something; a code on its own (`card_declined`) as words.
pub fn first_line(message: &str) -> Option<String> {
    let line = message
        .lines()
        .find(|line| line.contains(char::is_alphanumeric))?;
    let line = line.trim();
    let is_code = line.contains('_')
        && line
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    if is_code {
        return Some(humanised(line));
    }
    readable(Some(line)).map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_says_something() {
        for (message, expected) in [
            ("Your card was declined.", Some("Your card was declined.")),
            ("Declined.\r\nTwice.", Some("Declined.")),
            ("\n\n  card_declined  ", Some("Card declined")),
            (
                "CUSTOMER_NEEDS_TO_UPDATE_CARD",
                Some("Customer needs to update card"),
            ),
            ("---", None),
            ("", None),
        ] {
            assert_eq!(first_line(message).as_deref(), expected, "{message:?}");
        }
    }

    #[test]
    fn codes_become_words_and_control_characters_blanks() {
        assert_eq!(humanised("on_hold"), "On hold");
        assert_eq!(
            humanised("PENDING-MANUAL__payment"),
            "Pending manual payment"
        );
        assert_eq!(humanised(""), "");
        assert_eq!(readable(Some(" a\u{1b}b\u{0} ")).as_deref(), Some("a b"));
        assert_eq!(readable(Some("\u{1b} \n")), None);
        assert_eq!(readable(Some("ليلى ☕️")).as_deref(), Some("ليلى ☕️"));
    }
}
