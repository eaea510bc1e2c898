//! Sentences with values in them, so that one catalogue serves HTML and the terminal alike.
//!
//! The words come from [`super::text`] as a template with `{}` where a value stands. How a sentence looks is said in
//! `render`.

use std::borrow::Cow;

use super::readable::readable;
use crate::domain::day::{Day, Instant};

/// One value of a sentence.
#[derive(Debug, Clone)]
pub enum Piece<'a> {
    /// Words of the catalogue, numbers, money.
    Words(Cow<'a, str>),
    /// A text that a person outside typed.
    Quote(Cow<'a, str>),
    /// A day: `15 Dec`.
    Day(Day),
    /// A day by its distance: `3 days ago`.
    Distance(Day),
    /// Both: `15 Dec, in 25 days`.
    Due(Day),
    /// A time of the day: `10:15 EST`.
    Clock(Instant),
}

/// A sentence, ready to be rendered.
#[derive(Debug, Clone)]
pub struct Sentence<'a>(pub(super) Vec<Piece<'a>>);

impl<'a> Sentence<'a> {
    /// Fills a template: each `{}` takes the next value.
    pub fn new(template: &'static str, values: impl IntoIterator<Item = Piece<'a>>) -> Self {
        let mut values = values.into_iter();
        let mut pieces = Vec::new();
        for (at, words) in template.split("{}").enumerate() {
            if at > 0 {
                pieces.extend(values.next());
            }
            if !words.is_empty() {
                pieces.push(Piece::Words(Cow::Borrowed(words)));
            }
        }
        Self(pieces)
    }
}

/// A value that a person outside typed.
pub fn quote(text: &str) -> Piece<'_> {
    Piece::Quote(readable(Some(text)).unwrap_or_default())
}

/// Words or a number.
pub fn words<'a>(text: impl Into<Cow<'a, str>>) -> Piece<'a> {
    Piece::Words(text.into())
}
