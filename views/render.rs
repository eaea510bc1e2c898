//! How sentences look: in HTML a day is a `<time>` with the exact date on hover, and what a person typed stands in
//! isolation; on a terminal all is plain text.

use maud::{Markup, html};

use super::format::{Calendar, machine_instant};
use super::sentence::{Piece, Sentence};
use super::text;
use crate::domain::day::Day;

impl Sentence<'_> {
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
                        time data-clock datetime=(machine_instant(*at)) title=(calendar.instant_in_full(*at)) { (calendar.clock(*at)) }
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
        html! { b { (calendar.day(day)) } ", " (calendar.relative(day).replace(' ', text::NO_BREAK)) },
    )
}

fn time(day: Day, calendar: &Calendar, inner: Markup) -> Markup {
    html! { time datetime=(day) title=(calendar.day_in_full(day)) { (inner) } }
}
