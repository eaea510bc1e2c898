//! JSON as it goes out, written once and straight: names are the workspace's to choose, and a value that says nothing is
//! left out. A lookup is answered from memory most of the time, so this is most of its work.

use crate::domain::day::{Day, Instant};
use crate::domain::web_url::WebUrl;
use crate::views::format::machine_instant;
use crate::views::readable::readable;

/// Longer texts are no names and no reasons.
const LONGEST: usize = 500;

/// An object, being written.
pub struct Object<'a> {
    out: &'a mut String,
    is_empty: bool,
}

impl<'a> Object<'a> {
    /// Begins one.
    pub fn begin(out: &'a mut String) -> Self {
        out.push('{');
        Self {
            out,
            is_empty: true,
        }
    }

    /// The members alone, of an object that others begin and end.
    pub fn inside(out: &'a mut String) -> Self {
        Self {
            out,
            is_empty: true,
        }
    }

    /// Members that were written before.
    pub fn members(&mut self, members: &str) {
        if !self.is_empty && !members.is_empty() {
            self.out.push(',');
        }
        self.is_empty &= members.is_empty();
        self.out.push_str(members);
    }

    /// Ends it.
    pub fn end(self) {
        self.out.push('}');
    }

    /// A member whose value the caller writes.
    pub fn member(&mut self, name: &str) -> &mut String {
        if !self.is_empty {
            self.out.push(',');
        }
        self.is_empty = false;
        push_text(self.out, name);
        self.out.push(':');
        self.out
    }

    /// A member.
    pub fn put(&mut self, name: &str, value: &Said<'_>) {
        match value {
            Said::Nothing => {}
            Said::Text(text) => push_text(self.member(name), text),
            Said::Number(number) => self.member(name).push_str(&number.to_string()),
        }
    }

    /// A text, also an empty one.
    pub fn text(&mut self, name: &str, text: &str) {
        push_text(self.member(name), text);
    }
}

/// A text in quotes, escaped.
fn push_text(out: &mut String, text: &str) {
    out.push('"');
    let is_plain = |b: u8| b >= b' ' && b != b'"' && b != b'\\';
    if text.bytes().all(is_plain) {
        out.push_str(text);
    } else {
        let quoted = serde_json::Value::from(text).to_string();
        out.push_str(quoted.get(1..quoted.len() - 1).unwrap_or_default());
    }
    out.push('"');
}

/// A value of a transaction.
pub enum Said<'a> {
    /// Not known, or empty.
    Nothing,
    /// A text.
    Text(std::borrow::Cow<'a, str>),
    /// A number.
    Number(u32),
}

/// A text, cut where no reader gets to; nothing for one that says nothing.
pub fn text(text: Option<&str>) -> Said<'_> {
    match readable(text) {
        None => Said::Nothing,
        Some(text) => match text.char_indices().nth(LONGEST) {
            None => Said::Text(text),
            Some((end, _)) => Said::Text(format!("{}…", &text[..end]).into()),
        },
    }
}

/// A text of our own making.
pub fn made(text: String) -> Said<'static> {
    match self::text(Some(&text)) {
        Said::Text(std::borrow::Cow::Borrowed(same)) if same.len() == text.len() => {
            Said::Text(text.into())
        }
        Said::Text(changed) => Said::Text(changed.into_owned().into()),
        Said::Nothing | Said::Number(_) => Said::Nothing,
    }
}

/// An address, whole: half of one is none. [`WebUrl`] has a limit of its own.
pub fn address(url: Option<&WebUrl>) -> Said<'_> {
    url.map_or(Said::Nothing, |url| Said::Text(url.as_str().into()))
}

/// An instant, in UTC.
pub fn instant(at: Option<Instant>) -> Said<'static> {
    at.map_or(Said::Nothing, |at| Said::Text(machine_instant(at).into()))
}

/// A calendar day in a field for instants: at noon it is the same day nearly everywhere.
pub fn noon(day: Option<Day>) -> Said<'static> {
    instant(day.map(Day::noon))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_reads_back(name in "\\PC{0,8}", value in any::<String>(), number in any::<u32>()) {
            let mut out = String::new();
            let mut object = Object::begin(&mut out);
            object.text(&name, &value);
            object.put("zz number", &Said::Number(number));
            object.put("zz nothing", &Said::Nothing);
            object.end();
            let read: serde_json::Value = serde_json::from_str(&out).unwrap();
            prop_assert_eq!(read[&name].as_str(), Some(value.as_str()));
            prop_assert_eq!(read["zz number"].as_u64(), Some(u64::from(number)));
            prop_assert!(read.get("zz nothing").is_none());
        }
    }

    #[test]
    fn a_long_text_is_cut_between_letters() {
        let long = "ü".repeat(501);
        let Said::Text(cut) = text(Some(&long)) else {
            panic!("a text");
        };
        assert_eq!(cut.chars().count(), 501);
        assert!(cut.ends_with("ü…"));
        assert!(matches!(made(" \n".into()), Said::Nothing));
    }
}
