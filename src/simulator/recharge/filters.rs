//! Filters of list endpoints: how each kind is read from a parameter and which objects it lets through.

use chrono::{DateTime, Utc};

use super::clock::instant;
use super::json::Json;

/// A filter: the parameter's name, how it is read, and where in the object it looks.
#[derive(Debug)]
pub(super) struct Filter {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) path: &'static str,
}

/// How a parameter is read.
#[derive(Debug)]
pub(super) enum Kind {
    /// One integer.
    Integer,
    /// Integers with commas between them; ids that do not exist match nothing.
    Integers,
    /// Text, compared exactly and with case.
    Text,
    /// Texts with commas between them.
    Texts,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Some of these words, with commas between them.
    Words(&'static [&'static str]),
    /// The calendar day of a date.
    Day,
    /// Not before this instant.
    From,
    /// Not after this instant.
    Until,
    /// `true`: the value is not null; `false`: it is.
    Present,
    /// Objects whose value is `true` are hidden unless this says `true`.
    Reveal,
}

/// A filter with its value.
#[derive(Debug, Clone)]
pub(super) struct Applied {
    pub(super) filter: &'static Filter,
    /// As it came in the parameter.
    pub(super) text: String,
    test: Test,
}

#[derive(Debug, Clone)]
enum Test {
    Integers(Vec<i64>),
    Texts(Vec<String>),
    From(DateTime<Utc>),
    Until(DateTime<Utc>),
    Present(bool),
    Everything,
}

impl Filter {
    pub(super) const fn new(name: &'static str, kind: Kind, path: &'static str) -> Self {
        Self { name, kind, path }
    }

    /// Reads a value; the error is the message of the 422.
    ///
    /// The message for instants is recorded. The others are in the words of marshmallow, the library whose words the
    /// recorded messages of other fields are.
    pub(super) fn read(&'static self, text: &str) -> Result<Applied, String> {
        let integer = |text: &str| {
            text.trim()
                .parse()
                .map_err(|_| "Not a valid integer.".to_owned())
        };
        let list = |text: &str| {
            text.split(',')
                .map(|t| t.trim().to_owned())
                .collect::<Vec<_>>()
        };
        let moment = |text: &str| {
            instant(text).ok_or_else(|| {
                format!("Invalid date: {text}. Must be a valid ISO-8601 datetime string")
            })
        };
        let flag = |text: &str| match text.to_ascii_lowercase().as_str() {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err("Not a valid boolean.".to_owned()),
        };
        let test = match self.kind {
            Kind::Integer => Test::Integers(vec![integer(text)?]),
            Kind::Integers => {
                Test::Integers(text.split(',').map(integer).collect::<Result<_, _>>()?)
            }
            Kind::Text => Test::Texts(vec![text.to_owned()]),
            Kind::Texts => Test::Texts(list(text)),
            Kind::Word(words) => Test::Texts(known(vec![text.to_owned()], words)?),
            Kind::Words(words) => Test::Texts(known(list(text), words)?),
            Kind::Day => Test::Texts(vec![moment(text)?.date_naive().to_string()]),
            Kind::From => Test::From(moment(text)?),
            Kind::Until => Test::Until(moment(text)?),
            Kind::Present => Test::Present(flag(text)?),
            Kind::Reveal if flag(text)? => Test::Everything,
            Kind::Reveal => Test::Present(false),
        };
        Ok(Applied {
            filter: self,
            text: text.to_owned(),
            test,
        })
    }
}

impl Applied {
    pub(super) fn lets_through(&self, object: &Json) -> bool {
        let values = object.at(self.filter.path);
        let moments = || values.iter().filter_map(|v| instant(v.as_str()?));
        match &self.test {
            Test::Integers(wanted) => values
                .iter()
                .any(|v| v.as_i64().is_some_and(|v| wanted.contains(&v))),
            Test::Texts(wanted) => values
                .iter()
                .any(|v| v.as_str().is_some_and(|v| wanted.iter().any(|w| w == v))),
            Test::From(bound) => moments().any(|at| at >= *bound),
            Test::Until(bound) => moments().any(|at| at <= *bound),
            Test::Present(wanted) => {
                values
                    .iter()
                    .any(|v| !matches!(v, Json::Null | Json::Bool(false)))
                    == *wanted
            }
            Test::Everything => true,
        }
    }

    /// The last instant that this filter lets through, if it looks at `path` and has one.
    pub(super) fn ends(&self, path: &str) -> Option<DateTime<Utc>> {
        match self.test {
            Test::Until(bound) if self.filter.path == path => Some(bound),
            _ => None,
        }
    }

    /// The integers that it looks for.
    pub(super) fn integers(&self) -> &[i64] {
        match &self.test {
            Test::Integers(wanted) => wanted,
            _ => &[],
        }
    }

    /// The value as a cursor holds it: one integer is a number there, as recorded; the rest is as it came.
    pub(super) fn in_cursor(&self) -> Json {
        match (&self.filter.kind, &self.test) {
            (Kind::Integer, Test::Integers(one)) => {
                one.first().map_or(Json::Null, |id| Json::from(*id))
            }
            _ => Json::from(self.text.as_str()),
        }
    }
}

fn known(texts: Vec<String>, words: &[&str]) -> Result<Vec<String>, String> {
    if texts.iter().all(|text| words.contains(&text.as_str())) {
        Ok(texts)
    } else {
        Err(format!("Must be one of: {}.", words.join(", ")))
    }
}
