//! What the parts of a card have in common: the account they stand in, headings, rows, and the button into the dashboard.

use maud::{Markup, html};

use super::by_hand::ByHand;
use super::format::Calendar;
use super::readable::readable;
use super::text;
use crate::domain::answer::Account;
use crate::domain::web_url::WebUrl;

/// One account with what its markup depends on.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// What the install said.
    pub account: &'a Account,
    /// The shop's days.
    pub calendar: Calendar,
    /// The level of this account's first heading.
    pub level: u8,
    /// What an agent can do by hand, where that is allowed.
    pub by_hand: Option<ByHand<'a>>,
}

/// A heading of any level, with a text from outside: cut short by the style sheet, whole on hover.
pub(super) fn heading(level: u8, title: &str) -> Markup {
    html! {
        @match level {
            1 => h1 dir="auto" title=(title) { (title) },
            2 => h2 dir="auto" title=(title) { (title) },
            3 => h3 dir="auto" title=(title) { (title) },
            _ => h4 dir="auto" title=(title) { (title) },
        }
    }
}

/// The button into the dashboard. `what` is for those who don't see what it stands beside.
pub(super) fn view(url: Option<&WebUrl>, what: &str) -> Markup {
    html! {
        @if let Some(url) = url {
            a.view href=(url) target="_blank" rel="noopener noreferrer" aria-label=(text::view_label(what)) { (text::VIEW) }
        }
    }
}

/// One row of a fold. Nothing at all when there is no value.
pub(super) fn row(label: &str, value: Option<&str>) -> Markup {
    html! {
        @if let Some(value) = readable(value) {
            dt { (label) }
            dd dir="auto" { (value) }
        }
    }
}
