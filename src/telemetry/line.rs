//! One event as one line of JSON, written straight: every answer writes one, and the general formatter, which takes each
//! field apart and puts it together again, costs as much as the answer itself.

use std::fmt;
use std::fmt::Write;

use chrono::SecondsFormat;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::clock::Clock;

/// `{"timestamp":…,"level":…,` the fields, `"target":…}`
pub struct Lines;

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = Line(String::with_capacity(512));
        line.0.push_str("{\"timestamp\":\"");
        let now = Clock::system().now();
        line.0
            .push_str(&now.to_rfc3339_opts(SecondsFormat::Micros, true));
        line.0.push('"');
        line.text("level", event.metadata().level().as_str());
        event.record(&mut line);
        line.text("target", event.metadata().target());
        line.0.push_str("}\n");
        writer.write_str(&line.0)
    }
}

/// A line, being written.
struct Line(String);

impl Line {
    /// Names stand in the code, and have nothing to be escaped.
    fn name(&mut self, name: &str) {
        self.0.push_str(",\"");
        self.0.push_str(name);
        self.0.push_str("\":");
    }

    fn text(&mut self, name: &str, text: &str) {
        self.name(name);
        self.0.push('"');
        self.escaped(text);
        self.0.push('"');
    }

    fn plain(&mut self, name: &str, value: impl fmt::Display) {
        self.name(name);
        // Writing into a text does not fail.
        let _ = write!(self.0, "{value}");
    }

    fn number(&mut self, name: &str, value: impl itoa::Integer) {
        self.name(name);
        self.0.push_str(itoa::Buffer::new().format(value));
    }

    fn escaped(&mut self, text: &str) {
        // All of them are looked at, without a branch for each: nearly always there is nothing to be found.
        let is_odd = |b: u8| (b < b' ') | (b == b'"') | (b == b'\\');
        if !text.bytes().fold(false, |odd, b| odd | is_odd(b)) {
            return self.0.push_str(text);
        }
        for letter in text.chars() {
            match letter {
                '"' | '\\' => self.0.extend(['\\', letter]),
                '\n' => self.0.push_str("\\n"),
                letter if letter < ' ' => {
                    let _ = write!(self.0, "\\u{:04x}", u32::from(letter));
                }
                letter => self.0.push(letter),
            }
        }
    }
}

impl Write for Line {
    /// Part of a text.
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.escaped(text);
        Ok(())
    }
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.number(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.number(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.plain(field.name(), value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        if value.is_finite() {
            self.plain(field.name(), value);
        } else {
            self.plain(field.name(), "null");
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.name(field.name());
        self.0.push('"');
        // Writing into a text does not fail.
        let _ = write!(self, "{value:?}");
        self.0.push('"');
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::fmt::MakeWriter;

    use super::super::subscriber;
    use crate::config::{Log, LogFormat};

    #[derive(Clone, Default)]
    struct Ear(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Ear {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Ear {
        type Writer = Self;

        fn make_writer(&'a self) -> Self {
            self.clone()
        }
    }

    #[test]
    fn an_event_is_one_line_that_reads_as_json() {
        let ear = Ear::default();
        let log = Log {
            level: "info".into(),
            format: LogFormat::Json,
        };
        let nobody: Option<&str> = None;
        tracing::subscriber::with_default(subscriber(&log, ear.clone(), false), || {
            let odd = "a \"quote\", a \\, a\nline\u{1b} and ü";
            let error = io::Error::other(odd);
            tracing::info!(odd, count = 3_u64, less = -3, share = 0.5, nan = f64::NAN, yes = true, nobody, %error, "said");
            tracing::info!(kind = ?Some("x"), "{} more", 1);
            tracing::debug!("not heard");
        });
        let written = String::from_utf8(ear.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<serde_json::Value> = written
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let [first, second] = &lines[..] else {
            panic!("{written}");
        };
        let stamp = first["timestamp"].as_str().unwrap();
        assert!(
            chrono::DateTime::parse_from_rfc3339(stamp).is_ok(),
            "{stamp}"
        );
        let odd = "a \"quote\", a \\, a\nline\u{1b} and ü";
        let mut expected = serde_json::json!({
            "timestamp": stamp, "level": "INFO", "message": "said", "odd": odd, "count": 3, "less": -3, "share": 0.5,
            "nan": null, "yes": true, "error": odd, "target": "sidecard::telemetry::line::tests",
        });
        assert_eq!(*first, expected);
        expected = serde_json::json!({
            "timestamp": second["timestamp"], "level": "INFO", "message": "1 more", "kind": "Some(\"x\")",
            "target": "sidecard::telemetry::line::tests",
        });
        assert_eq!(*second, expected);
    }
}
