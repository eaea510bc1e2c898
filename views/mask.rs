//! Names and addresses as somebody may see them who has only searched: enough to tell two people apart, not to write to one.

use super::readable::readable;
use super::text::by_hand as text;

/// `Kim E.`; a single word by its first letter: `K.`
pub(super) fn name(name: Option<&str>) -> String {
    let Some(name) = readable(name) else {
        return text::NO_NAME.to_owned();
    };
    // An address in the name's place is masked as one.
    if name.contains('@') {
        return email(&name);
    }
    let mut words = name.split_whitespace();
    let (first, last) = (words.next(), words.next_back());
    match (first, last) {
        (Some(first), Some(last)) => format!("{first} {}", initial(last)),
        (Some(only), None) => initial(only),
        (None, _) => text::NO_NAME.to_owned(),
    }
}

/// `k***@a***.example`.
pub(super) fn email(email: &str) -> String {
    let (name, domain) = email.split_once('@').unwrap_or((email, ""));
    let first = |text: &str| text.chars().next().map(String::from).unwrap_or_default();
    match domain.rsplit_once('.') {
        Some((domain, last)) => format!("{}***@{}***.{last}", first(name), first(domain)),
        None => format!("{}***@{}***", first(name), first(domain)),
    }
}

fn initial(word: &str) -> String {
    word.chars()
        .next()
        .map(|letter| format!("{letter}."))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_first_word_and_one_letter() {
        assert_eq!(name(Some("Kim Example")), "Kim E.");
        assert_eq!(name(Some(" Kim  van der Example ")), "Kim E.");
        assert_eq!(name(Some("Kim")), "K.");
        assert_eq!(name(Some("kim@acme.example")), "k***@a***.example");
        assert_eq!(name(Some(" ")), text::NO_NAME);
        assert_eq!(name(None), text::NO_NAME);
    }

    #[test]
    fn an_address_keeps_two_letters_and_its_last_part() {
        assert_eq!(email("kim@acme.example"), "k***@a***.example");
        assert_eq!(email("k@mail.acme.example"), "k***@m***.example");
        assert_eq!(email("kim@localhost"), "k***@l***");
        assert_eq!(email("öz@acme.example"), "ö***@a***.example");
        for odd in ["", "@", "kim", "@acme.example"] {
            assert!(!email(odd).contains("kim") && !email(odd).contains("acme"));
        }
    }
}
