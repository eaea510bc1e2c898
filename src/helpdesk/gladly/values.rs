//! Single values of a transaction: fit to be read, left out where there is nothing to say.

use serde_json::{Map, Value};

use crate::domain::day::{Day, Instant};
use crate::domain::web_url::WebUrl;
use crate::views::format::machine_instant;
use crate::views::readable::readable;

/// Longer texts are no names and no reasons.
const LONGEST: usize = 500;

/// An object without members that say nothing.
#[derive(Default)]
pub struct Object(pub Map<String, Value>);

impl Object {
    /// Puts a member in.
    pub fn with(mut self, name: &str, value: Value) -> Self {
        if !value.is_null() {
            self.0.insert(name.to_owned(), value);
        }
        self
    }
}

/// A text; nothing for one that says nothing.
pub fn text_value(text: &str) -> Value {
    cut(text).map_or(Value::Null, Value::String)
}

/// A text, cut where no reader gets to.
pub fn cut(text: &str) -> Option<String> {
    let text = readable(Some(text))?;
    Some(match text.char_indices().nth(LONGEST) {
        None => text.into_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    })
}

/// An address, whole: half of one is none. [`WebUrl`] has a limit of its own.
pub fn address(url: Option<&WebUrl>) -> Value {
    url.map_or(Value::Null, |url| url.as_str().into())
}

/// An instant, in UTC.
pub fn instant(at: Option<Instant>) -> Value {
    at.map_or(Value::Null, |at| Value::String(machine_instant(at)))
}

/// A calendar day in a field for instants: at noon it is the same day nearly everywhere.
pub fn noon(day: Option<Day>) -> Value {
    instant(day.map(Day::noon))
}

/// The bytes that it takes, without writing them down.
pub fn length(value: &Value) -> usize {
    struct Counter(usize);
    impl std::io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut counter = Counter(0);
    // Counting can't fail; what could not be written would take no room.
    let _ = serde_json::to_writer(&mut counter, value);
    counter.0 + 1
}
