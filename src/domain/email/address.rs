//! One address in the many forms in which people write and paste it.

use percent_encoding::percent_decode_str;
use unicode_normalization::UnicodeNormalization;

use super::EmailError;

/// More bytes than this are no address with a name before it.
const LONGEST_TEXT: usize = 2_000;
/// The longest address that SMTP carries (RFC 5321: 64 + `@` + 255).
const LONGEST: usize = 320;
/// Quotation marks that stand around a pasted address, in pairs.
const QUOTES: [(char, char); 8] = [
    ('"', '"'),
    ('\'', '\''),
    ('`', '`'),
    ('“', '”'),
    ('„', '“'),
    ('‘', '’'),
    ('«', '»'),
    ('(', ')'),
];

/// Reads the one address in a text: `kim@acme.example`, `Kim Example <kim@acme.example>`, `mailto:kim@acme.example?subject=Hi`.
/// Invisible characters are dropped, and a full-width `＠` is an `@`. Letters stay as they are.
pub(super) fn read(text: &str) -> Result<String, EmailError> {
    if text.len() > LONGEST_TEXT {
        return Err(EmailError::TooLong);
    }
    let visible: String = text.chars().filter(|c| !is_invisible(*c)).collect();
    let named = without_mailto(visible.trim())?;
    let inner = inside_brackets(&named).ok_or(EmailError::Shape)?;
    let bare = without_mailto(inner)?;
    let address = ascii_signs(unquoted(&bare));
    if address.is_empty() {
        return Err(EmailError::Empty);
    }
    if address.len() > LONGEST {
        return Err(EmailError::TooLong);
    }
    if address.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(EmailError::Blank);
    }
    match address.rsplit_once('@') {
        Some((name, domain)) if !name.is_empty() && !domain.is_empty() && !name.contains('@') => {
            Ok(address)
        }
        _ => Err(EmailError::Shape),
    }
}

/// What Unicode lets programs ignore, and what is as good as invisible: zero-width blanks and joiners, marks of direction, soft
/// hyphens, variation selectors, fillers.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffc}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// The address of a `mailto:` link; any other text as it is.
fn without_mailto(text: &str) -> Result<String, EmailError> {
    const SCHEME: &str = "mailto:";
    let is_link = |head: &str| head.eq_ignore_ascii_case(SCHEME);
    match text.split_at_checked(SCHEME.len()) {
        Some((head, rest)) if is_link(head) => {
            let rest = rest.trim_start_matches('/');
            let address = rest.split('?').next().unwrap_or(rest);
            let decoded = percent_decode_str(address).decode_utf8();
            let decoded = decoded.map_err(|_| EmailError::Shape)?;
            let visible = decoded.chars().filter(|c| !is_invisible(*c));
            Ok(visible.collect::<String>().trim().to_owned())
        }
        _ => Ok(text.to_owned()),
    }
}

/// The address behind a display name: what stands in the last `<…>`. `None` for several addresses.
fn inside_brackets(text: &str) -> Option<&str> {
    let Some((name, rest)) = text.rsplit_once('<') else {
        return Some(text);
    };
    let (inner, tail) = rest.split_once('>').unwrap_or((rest, ""));
    let is_one = !name.contains('>') && tail.chars().all(is_between);
    is_one.then(|| inner.trim())
}

/// What separates the addresses of a list.
fn is_between(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | ';')
}

/// A text without the quotation marks around it, nor what separates it from a next one.
fn unquoted(text: &str) -> &str {
    let mut text = text.trim_matches(is_between);
    while let Some(inner) = QUOTES
        .iter()
        .find_map(|(open, close)| text.strip_prefix(*open)?.strip_suffix(*close))
    {
        text = inner.trim();
    }
    text
}

/// A text with the `@` and, behind it, the dots that keyboards for wide letters type, as ASCII.
fn ascii_signs(text: &str) -> String {
    let text = text.replace(['\u{ff20}', '\u{fe6b}'], "@");
    match text.rsplit_once('@') {
        Some((name, domain)) => {
            let domain = domain.replace(['\u{3002}', '\u{ff0e}', '\u{ff61}'], ".");
            format!("{name}@{domain}")
        }
        None => text,
    }
}

/// Letters with their accents, composed (NFC).
pub(super) fn composed(text: &str) -> String {
    by_pieces(text, |piece| piece.nfc().collect())
}

/// Letters and their accents apart (NFD).
pub(super) fn decomposed(text: &str) -> String {
    by_pieces(text, |piece| piece.nfd().collect())
}

/// A letter that Unicode's forms would make another one of stays as it is: the Kelvin sign is no `K`, though it looks like one.
fn by_pieces(text: &str, form: impl Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, letter)) = rest.char_indices().find(|(_, c)| becomes_another(*c)) {
        out.push_str(&form(&rest[..at]));
        out.push(letter);
        rest = &rest[at + letter.len_utf8()..];
    }
    out.push_str(&form(rest));
    out
}

fn becomes_another(c: char) -> bool {
    let mut form = c.nfc();
    !c.is_ascii() && form.next() != Some(c) && form.next().is_none()
}
