//! What stands in a section that has no customer to show.

use maud::{Markup, html};

use super::place::{Place, heading, id, view};
use super::{by_hand, facts, text};
use crate::domain::answer::{Reason, Unlinking};
use crate::domain::customer::Customer;

/// Nobody.
pub(super) fn not_found(place: &Place<'_>) -> Markup {
    state(place.level, text::NOT_FOUND, text::NOT_FOUND_HINT)
}

/// The workspace is joined to nothing.
pub(super) fn no_install() -> Markup {
    state(1, text::NO_INSTALL, text::NO_INSTALL_HINT)
}

/// The provider can't be asked.
pub(super) fn unavailable(reason: Reason, place: &Place<'_>) -> Markup {
    let install = &place.account.install;
    let (title, hint) =
        text::unavailable(reason, install.contact.as_deref(), install.name.as_str());
    html! { div.warn { (state(place.level, title, &hint)) } }
}

/// Several records: the agent chooses, Sidecard never guesses.
pub(super) fn several(candidates: &[Customer], place: &Place<'_>) -> Markup {
    let (title, hint) = text::several(candidates.len());
    html! {
        (state(place.level, &title, hint))
        (chooser(candidates, place))
    }
}

/// An agent said that this is somebody else.
pub(super) fn unlinked(
    candidates: &[Customer],
    unlinking: &Unlinking,
    place: &Place<'_>,
) -> Markup {
    let hint = if candidates.is_empty() {
        text::UNLINKED_ALONE
    } else {
        text::UNLINKED_HINT
    };
    html! {
        (state(place.level, &facts::unlinked(unlinking, &place.calendar), hint))
        @if place.by_hand().is_some() && !candidates.is_empty() { p { (text::by_hand::AGAIN) } }
        (chooser(candidates, place))
    }
}

fn state(level: u8, title: &str, hint: &str) -> Markup {
    html! {
        div.state {
            (heading(level, title))
            p { (hint) }
        }
    }
}

fn chooser(candidates: &[Customer], place: &Place<'_>) -> Markup {
    html! {
        @if !candidates.is_empty() {
            ul.chooser { @for candidate in candidates { li { (one(candidate, place)) } } }
        }
    }
}

fn one(candidate: &Customer, place: &Place<'_>) -> Markup {
    let name = facts::name(candidate);
    let since = candidate
        .created_at
        .map(|at| text::since(place.calendar.day_of(at)));
    html! {
        div.line {
            p.who dir="auto" title=(name) { (name) }
            (view(place.account.links.to_customer(&candidate.id).as_ref(), &name))
        }
        @if let Some(email) = facts::address(candidate) { p.soft dir="auto" { (email) } }
        p.soft.sums {
            @if let Some(active) = candidate.active_at_least() {
                span.pill data-status="active" { (text::active(active as usize)) } " "
            }
            @if let Some(since) = since { span { (since.html(&place.calendar)) } " " }
            (id(candidate))
        }
        (by_hand::choose(candidate, &name, place))
    }
}
