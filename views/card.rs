//! The card: one section per account, each with its own outcome.

use maud::{Markup, html};

use super::format::{Calendar, readable};
use super::{Context, customer, states, subscription, text};
use crate::domain::answer::{Account, Answer, Outcome};
use crate::domain::day::Zone;
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
}

/// The answer as one `<main>`.
pub fn card(answer: &Answer, context: &Context) -> Markup {
    let many = answer.accounts.len() > 1;
    // Where somebody was found comes first; the order of the installs decides the rest.
    let mut accounts: Vec<&Account> = answer.accounts.iter().collect();
    accounts.sort_by_key(|account| matches!(account.outcome, Outcome::NotFound { .. }));
    html! {
        main data-outcome=(answer.outcome()) {
            @if many { h1.unseen { (text::in_shops(answer.accounts.len())) } }
            @if accounts.is_empty() { (states::no_install()) }
            @for account in accounts {
                (section(account, context, many))
            }
        }
    }
}

fn section(account: &Account, context: &Context, many: bool) -> Markup {
    let place = Place {
        account,
        calendar: Calendar::new(context.now, account.zone),
        level: if many { 3 } else { 1 },
    };
    let install = &account.install;
    html! {
        section data-install=(install.name) data-outcome=(account.outcome.as_str()) aria-label=(install.shop) {
            @if many { h2.shop { (install.shop) } }
            (stale(&place))
            @match &account.outcome {
                Outcome::Found { snapshot, matched_by, .. } => {
                    (customer::trouble(snapshot, &place))
                    (customer::head(snapshot, *matched_by, &place))
                    (customer::facts(snapshot, &place))
                    (subscription::list(snapshot, &place))
                }
                Outcome::NotFound { .. } => (states::not_found(&place)),
                Outcome::Several { candidates, .. } => (states::several(candidates, &place)),
                Outcome::Unlinked { candidates, .. } => (states::unlinked(candidates, &place)),
                Outcome::Unavailable { reason } => (states::unavailable(*reason, &place)),
            }
            (footer(&place))
        }
    }
}

fn stale(place: &Place<'_>) -> Markup {
    let outcome = &place.account.outcome;
    let install = &place.account.install;
    html! {
        @if let (true, Some(reason), Some(as_of)) = (outcome.is_stale(), outcome.reason(), outcome.as_of()) {
            p.note.wait role="status" {
                (text::stale(reason, as_of, install.contact.as_deref(), install.name.as_str()).html(&place.calendar))
            }
        }
    }
}

fn footer(place: &Place<'_>) -> Markup {
    html! {
        @if let Some(as_of) = place.account.outcome.as_of() {
            footer {
                p { (text::as_of(as_of).html(&place.calendar)) }
                @if place.account.zone == Zone::Unknown { p { (text::ZONE_UNKNOWN) } }
            }
        }
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

/// One row of a fold. Nothing at all when there is no value.
pub(super) fn row(label: &str, value: Option<&str>) -> Markup {
    html! {
        @if let Some(value) = readable(value) {
            dt { (label) }
            dd dir="auto" { (value) }
        }
    }
}
