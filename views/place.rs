//! What the parts of a card have in common: the account they stand in, headings, rows, and the button into the dashboard.

use maud::{Markup, html};

use super::by_hand::ByHand;
use super::course::{Kind, Row};
use super::format::Calendar;
use super::text;
use crate::domain::answer::Account;
use crate::domain::customer::Customer;
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
    /// What there is besides, when the page has the script that keeps a card alive.
    pub live: Option<Live<'a>>,
}

/// A page with its script.
#[derive(Clone, Copy)]
pub(super) struct Live<'a> {
    /// What an agent can do by hand, where that is allowed.
    pub by_hand: Option<ByHand<'a>>,
}

impl<'a> Place<'a> {
    /// What an agent can do by hand, where that is allowed.
    pub fn by_hand(&self) -> Option<ByHand<'a>> {
        self.live?.by_hand
    }

    /// Whether it is a record that was opened from a search, and not the ticket's own customer.
    pub fn is_opened(&self) -> bool {
        self.by_hand().is_some_and(|by_hand| by_hand.opened)
    }
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

/// The button that copies an id. Only a script can do it.
pub(super) fn copy(label: &str, value: &str) -> Markup {
    html! { button.copy type="button" data-copy=(value) aria-label=(text::copy_label(label)) hidden {} }
}

/// A customer's id where space is short.
pub(super) fn id(customer: &Customer) -> Markup {
    let id = customer.id.as_str();
    html! { span.id { abbr title=(text::CUSTOMER_ID) { (text::ID) } " " code { (id) } (copy(text::CUSTOMER_ID, id)) } }
}

/// One row of a fold.
pub(super) fn row(row: &Row<'_>) -> Markup {
    html! {
        @match row.kind {
            Kind::Ours => { dt { (row.label) } dd { (row.value) } },
            Kind::Theirs => { dt dir="auto" { (row.label) } dd dir="auto" { (row.value) } },
            Kind::Id => { dt { (row.label) } dd { bdi { (row.value) } (copy(&row.label, &row.value)) } },
        }
    }
}
