//! The card: one section per account, each with its own outcome.

use std::sync::Arc;

use maud::{Markup, html};

use super::assets::made;
use super::by_hand;
use super::format::Calendar;
use super::place::{Live, Place};
use super::{Context, customer, states, subscription, text};
use crate::domain::answer::{Account, Answer, Outcome};
use crate::domain::day::{Day, Zone};
use crate::domain::links::Links;
use crate::domain::question::MatchedBy;
use crate::domain::snapshot::Snapshot;

/// The answer as one `<main>`.
pub fn card(answer: &Answer, context: &Context) -> Markup {
    card_in(answer, context, None)
}

/// The same, in a page with its script.
pub(super) fn card_in(answer: &Answer, context: &Context, live: Option<Live<'_>>) -> Markup {
    let many = answer.accounts.len() > 1;
    // Where somebody was found comes first; the order of the installs decides the rest.
    let mut accounts: Vec<&Account> = answer.accounts.iter().collect();
    accounts.sort_by_key(|account| matches!(account.outcome, Outcome::NotFound { .. }));
    html! {
        main data-outcome=(answer.outcome()) {
            @if many { h1.unseen { (text::in_shops(answer.accounts.len())) } }
            @if accounts.is_empty() { (states::no_install()) }
            @if context.untried > 0 { p.note.wait { (text::by_hand::untried(context.untried)) } }
            @for account in accounts {
                (section(account, context, many, live))
            }
        }
    }
}

fn section(account: &Account, context: &Context, many: bool, live: Option<Live<'_>>) -> Markup {
    let place = Place {
        account,
        calendar: Calendar::new(context.now, account.zone),
        level: if many { 3 } else { 1 },
        live,
    };
    let install = &account.install;
    html! {
        section data-install=(install.name) data-outcome=(account.outcome.as_str()) aria-label=(install.shop) {
            @if many { h2.shop { (install.shop) } }
            (stale(&place))
            @match &account.outcome {
                Outcome::Found { snapshot, matched_by, .. } => (made(&found(snapshot, *matched_by, &place))),
                Outcome::NotFound { .. } => (states::not_found(&place)),
                Outcome::Several { candidates, .. } => (states::several(candidates, &place)),
                Outcome::Unlinked { candidates, unlinking, .. } => (states::unlinked(candidates, unlinking, &place)),
                Outcome::Unavailable { reason } => (states::unavailable(*reason, &place)),
            }
            (by_hand::tie(&place))
            (footer(&place))
        }
    }
}

/// All that the markup of somebody who was found depends on besides the snapshot.
#[derive(Clone, PartialEq)]
struct Seen {
    links: Arc<Links>,
    zone: Zone,
    today: Day,
    level: u8,
    matched_by: MatchedBy,
}

/// Somebody who was found, as made once for this day. That the card is stale, and why, stands
/// outside; so does what an agent can do by hand, which is bound to a session.
fn found(snapshot: &Snapshot, matched_by: MatchedBy, place: &Place<'_>) -> Arc<str> {
    let seen = Seen {
        links: Arc::clone(&place.account.links),
        zone: place.calendar.zone(),
        today: place.calendar.today(),
        level: place.level,
        matched_by,
    };
    snapshot.renderings.kept(&seen, || {
        let markup = html! {
            (customer::trouble(snapshot, place))
            (customer::head(snapshot, matched_by, place))
            (customer::facts(snapshot, place))
            (subscription::list(snapshot, place))
        };
        markup.into_string()
    })
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
    let as_of = place.account.outcome.as_of();
    html! {
        @if as_of.is_some() || place.live.is_some() {
            footer {
                @if let Some(as_of) = as_of { p { (text::as_of(as_of).html(&place.calendar)) } }
                @if place.live.is_some() { button type="button" data-act="refresh" hidden { (text::REFRESH) } }
                @if as_of.is_some() && place.account.zone == Zone::Unknown { p { (text::ZONE_UNKNOWN) } }
            }
        }
    }
}
