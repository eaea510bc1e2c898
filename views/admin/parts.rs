//! What pages are built of.

use std::borrow::Cow;

use maud::{Markup, html};

use super::text;
use crate::domain::day::{Instant, Zone};
use crate::views::format::{Calendar, machine_instant};
use crate::views::readable::capitalised;

/// What is wrong with a field.
#[derive(Debug, Clone)]
pub struct Problem {
    /// The field's name.
    pub field: Cow<'static, str>,
    /// What, and what to write instead.
    pub message: String,
}

/// How a shop is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShopState {
    /// As far as is known, well.
    Ok,
    /// The token is refused.
    Refused {
        /// Since when.
        since: Instant,
    },
    /// The token can't be opened with this store's keys.
    Unreadable,
}

/// A field of a form.
#[derive(Clone, Copy)]
pub(super) struct Field<'a> {
    pub name: &'a str,
    pub label: &'a str,
    pub hint: &'a str,
    pub value: &'a str,
    pub kind: Kind,
    pub complete: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Email,
    /// Never filled in by us.
    Password,
    Code,
}

impl<'a> Field<'a> {
    pub fn text(name: &'a str, label: &'a str, hint: &'a str, value: &'a str) -> Self {
        Self {
            name,
            label,
            hint,
            value,
            kind: Kind::Text,
            complete: "off",
        }
    }

    pub fn password(name: &'a str, label: &'a str, hint: &'a str, complete: &'static str) -> Self {
        let kind = Kind::Password;
        Self {
            kind,
            complete,
            ..Self::text(name, label, hint, "")
        }
    }

    pub fn of_kind(self, kind: Kind, complete: &'static str) -> Self {
        Self {
            kind,
            complete,
            ..self
        }
    }

    /// With its label, its hint and what is wrong with it.
    pub fn html(&self, problems: &[Problem]) -> Markup {
        let Self { name, .. } = *self;
        let is_wrong = problems.iter().any(|p| p.field == name);
        let mut described = Vec::new();
        if !self.hint.is_empty() {
            described.push(format!("{name}-hint"));
        }
        if is_wrong {
            described.push(format!("{name}-wrong"));
        }
        let described = (!described.is_empty()).then(|| described.join(" "));
        let kind = match self.kind {
            Kind::Text | Kind::Code => "text",
            Kind::Email => "email",
            Kind::Password => "password",
        };
        let value = (self.kind != Kind::Password).then_some(self.value);
        html! {
            div.field {
                label for=(name) { (self.label) }
                @if !self.hint.is_empty() { p.hint id={ (name) "-hint" } { (literals(self.hint)) } }
                (wrong(name, problems))
                input id=(name) name=(name) type=(kind) value=[value] autocomplete=(self.complete)
                    spellcheck="false" autocapitalize="none"
                    inputmode=[(self.kind == Kind::Code).then_some("numeric")]
                    aria-describedby=[described] aria-invalid=[is_wrong.then_some("true")];
            }
        }
    }
}

/// What is wrong with a field.
pub(super) fn wrong(field: &str, problems: &[Problem]) -> Markup {
    let wrong: Vec<&Problem> = problems.iter().filter(|p| p.field == field).collect();
    html! {
        @if !wrong.is_empty() {
            p.wrong id={ (field) "-wrong" } { @for p in &wrong { (sentence(&p.message)) " " } }
        }
    }
}

/// All problems at the top, each a link to its field.
pub(super) fn summary(problems: &[Problem]) -> Markup {
    html! {
        @if !problems.is_empty() {
            div.note.bad role="alert" aria-labelledby="problems" {
                h2 id="problems" { (text::problems(problems.len())) }
                ul {
                    @for problem in problems {
                        li { a href={ "#" (problem.field) } { (sentence(&problem.message)) } }
                    }
                }
            }
        }
    }
}

/// A message in the house's form as a sentence: a capital first, and what stands in backticks as it is to be typed.
pub(super) fn sentence(message: &str) -> Markup {
    literals(&capitalised(message))
}

/// A text with what stands in backticks as it is to be typed.
pub(super) fn literals(text: &str) -> Markup {
    html! {
        @for (number, part) in text.split('`').enumerate() {
            @if number % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// A moment: how long ago, and on hover exactly.
pub(super) fn ago(at: Instant, now: Instant) -> Markup {
    html! { time datetime=(machine_instant(at)) title=(exactly(at)) { (text::ago((now - at).num_seconds())) } }
}

/// A moment, exactly, in UTC.
pub(super) fn moment(at: Instant) -> Markup {
    html! { time datetime=(machine_instant(at)) { (exactly(at)) } }
}

fn exactly(at: Instant) -> String {
    text::utc(&Calendar::new(at, Zone::Unknown).instant(at))
}

/// Something to copy: a click marks all of it. The button is shown by the script alone, where it runs.
pub(super) fn copy(label: &str, value: &str) -> Markup {
    html! {
        div.copy {
            span.label { (text::to_copy(label)) }
            code tabindex="0" { (value) }
            div.row {
                button.plain.small type="button" hidden { (text::COPY) span.unseen { " " (label) } }
                span.said role="status" data-done=(text::COPIED) data-failed=(text::NOT_COPIED) {}
            }
        }
    }
}

/// A state as a word with a shape.
pub(super) fn pill(kind: &'static str, words: &str) -> Markup {
    html! { span class={ "pill " (kind) } { (words) } }
}

/// A shop's state as words with a shape.
pub(super) fn shop_state(state: ShopState) -> Markup {
    match state {
        ShopState::Ok => pill("good", text::CONNECTED),
        ShopState::Refused { .. } | ShopState::Unreadable => pill("bad", text::RECONNECT),
    }
}
