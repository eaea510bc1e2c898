//! Sentences with values in them, so that one catalogue serves HTML and the terminal alike.
//!
//! The words come from [`super::text`] as a template with `{}` where a value stands. HTML renders a day as `<time>` with
//! the exact date on hover and what a person typed in isolation; a terminal renders plain text.

use std::borrow::Cow;

use maud::{Markup, html};

use super::format::{Calendar, machine_instant, readable};
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
pub struct Sentence<'a>(Vec<Piece<'a>>);

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

    /// As HTML.
    pub fn html(&self, calendar: &Calendar) -> Markup {
        html! {
            @for piece in &self.0 {
                @match piece {
                    Piece::Words(words) => (words),
                    Piece::Quote(text) => bdi { (text) },
                    Piece::Day(day) => (time(*day, calendar, html! { b { (calendar.day(*day)) } })),
                    Piece::Distance(day) => (time(*day, calendar, html! { b { (calendar.relative(*day)) } })),
                    Piece::Due(day) => (due(*day, calendar)),
                    Piece::Clock(at) => {
                        time datetime=(machine_instant(*at)) title=(calendar.instant_in_full(*at)) { (calendar.clock(*at)) }
                    },
                }
            }
        }
    }

    /// As plain text.
    pub fn plain(&self, calendar: &Calendar) -> String {
        let mut out = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Words(text) | Piece::Quote(text) => out.push_str(text),
                Piece::Day(day) => out.push_str(&calendar.day(*day)),
                Piece::Distance(day) => out.push_str(&calendar.relative(*day)),
                Piece::Due(day) => {
                    out.push_str(&calendar.day(*day));
                    out.push_str(", ");
                    out.push_str(&calendar.relative(*day));
                }
                Piece::Clock(at) => out.push_str(&calendar.clock(*at)),
            }
        }
        out
    }
}

/// `15 Dec, in 25 days`, the date in front.
pub fn due(day: Day, calendar: &Calendar) -> Markup {
    time(
        day,
        calendar,
        html! { b { (calendar.day(day)) } ", " (calendar.relative(day)) },
    )
}

fn time(day: Day, calendar: &Calendar, inner: Markup) -> Markup {
    html! { time datetime=(day) title=(calendar.day_in_full(day)) { (inner) } }
}

/// A value that a person outside typed.
pub fn quote(text: &str) -> Piece<'_> {
    Piece::Quote(readable(Some(text)).unwrap_or_default())
}

/// Words or a number.
pub fn words<'a>(text: impl Into<Cow<'a, str>>) -> Piece<'a> {
    Piece::Words(text.into())
}
