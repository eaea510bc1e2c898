//! The card: one section per account, each with its own outcome.

use std::sync::Arc;

use maud::{Markup, Render, html};
use sha2::{Digest, Sha256};

use super::assets::{around, made};
use super::by_hand;
use super::format::Calendar;
use super::place::{Live, Place};
use super::{Context, customer, states, subscription, text};
use crate::domain::answer::{Account, Answer, Outcome, Reason};
use crate::domain::day::Zone;
use crate::domain::install::Install;
use crate::domain::links::Links;
use crate::domain::money::Currency;
use crate::domain::question::MatchedBy;
use crate::domain::renderings::Rendering;
use crate::domain::snapshot::Snapshot;

/// The answer as one `<main>`.
pub fn card(answer: &Answer, context: &Context) -> Markup {
    html! { (Card::of(answer, context, None)) }
}

/// A card, made.
pub(super) struct Card {
    outcome: &'static str,
    untried: usize,
    sections: Vec<Arc<Rendering>>,
}

impl Card {
    /// The answer's card; `live` in a page with its script.
    pub(super) fn of(answer: &Answer, context: &Context, live: Option<Live<'_>>) -> Self {
        let many = answer.accounts.len() > 1;
        // Where somebody was found comes first; the order of the installs decides the rest.
        let mut accounts: Vec<&Account> = answer.accounts.iter().collect();
        accounts.sort_by_key(|account| matches!(account.outcome, Outcome::NotFound { .. }));
        let place = |account| Place {
            account,
            calendar: Calendar::new(context.now, account.zone),
            level: if many { 3 } else { 1 },
            live,
        };
        Self {
            outcome: answer.outcome(),
            untried: context.untried,
            sections: accounts.into_iter().map(|a| section(&place(a))).collect(),
        }
    }

    /// Equal for equal cards.
    pub(super) fn version(&self) -> String {
        let mut all = Sha256::new();
        all.update(self.untried.to_le_bytes());
        for section in &self.sections {
            all.update(section.digest());
        }
        base16ct::lower::encode_string(&all.finalize()[..8])
    }

    /// How long its markup is, at least.
    pub(super) fn length(&self) -> usize {
        self.sections.iter().map(|section| section.len()).sum()
    }
}

impl Render for Card {
    fn render_to(&self, out: &mut String) {
        around(out, "main", &[("data-outcome", &self.outcome)], |out| {
            let head = html! {
                @match self.sections.len() {
                    0 => (states::no_install()),
                    1 => {},
                    many => h1.unseen { (text::in_shops(many)) },
                }
                @if self.untried > 0 { p.note.wait { (text::by_hand::untried(self.untried)) } }
            };
            head.render_to(out);
            for section in &self.sections {
                made(section).render_to(out);
            }
        });
    }
}

/// All that the section of somebody who was found depends on besides the snapshot.
#[derive(Clone, PartialEq)]
struct Seen {
    install: Arc<Install>,
    links: Arc<Links>,
    currency: Option<Currency>,
    calendar: Calendar,
    level: u8,
    matched_by: MatchedBy,
    stale: Option<Reason>,
    emails_missing: bool,
    /// Whether the page has its script; and if so, whether an agent can do something by hand.
    live: Option<bool>,
}

/// An account; of somebody who was found as made once for this day. What an agent can do by hand with a record that they
/// have opened is bound to their session, and never kept.
fn section(place: &Place<'_>) -> Arc<Rendering> {
    let make = || sectioned(place).into_string();
    match &place.account.outcome {
        Outcome::Found {
            snapshot,
            matched_by,
            stale,
            emails_missing,
        } if !place.is_opened() => {
            let seen = Seen {
                install: Arc::clone(&place.account.install),
                links: Arc::clone(&place.account.links),
                currency: place.account.currency.clone(),
                calendar: place.calendar,
                level: place.level,
                matched_by: *matched_by,
                stale: *stale,
                emails_missing: *emails_missing,
                live: place.live.map(|live| live.by_hand.is_some()),
            };
            snapshot.renderings.kept(&seen, make)
        }
        _ => Arc::new(make().into()),
    }
}

fn sectioned(place: &Place<'_>) -> Markup {
    let Account {
        install, outcome, ..
    } = place.account;
    html! {
        section data-install=(install.name) data-outcome=(outcome.as_str()) aria-label=(install.shop) {
            @if place.level > 1 { h2.shop { (install.shop) } }
            (stale(place))
            @if matches!(outcome, Outcome::Found { emails_missing: true, .. }) {
                p.note.wait role="status" { (text::EMAILS_MISSING) }
            }
            @match outcome {
                Outcome::Found { snapshot, matched_by, .. } => (found(snapshot, *matched_by, place)),
                Outcome::NotFound { .. } => (states::not_found(place)),
                Outcome::Several { candidates, .. } => (states::several(candidates, place)),
                Outcome::Unlinked { candidates, unlinking, .. } => (states::unlinked(candidates, unlinking, place)),
                Outcome::Unavailable { reason } => (states::unavailable(*reason, place)),
            }
            (by_hand::tie(place))
            (footer(place))
        }
    }
}

fn found(snapshot: &Snapshot, matched_by: MatchedBy, place: &Place<'_>) -> Markup {
    html! {
        (customer::trouble(snapshot, place))
        (customer::head(snapshot, matched_by, place))
        (customer::facts(snapshot, place))
        (subscription::list(snapshot, place))
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
    let as_of = place.account.outcome.as_of();
    // What is read anew is the session's own question: on another's record the button would bring back somebody else.
    let refreshes = place.live.is_some() && !place.is_opened();
    html! {
        @if as_of.is_some() || refreshes {
            footer {
                @if let Some(as_of) = as_of { p { (text::as_of(as_of).html(&place.calendar)) } }
                @if refreshes {
                    button type="button" data-act="refresh" data-anew="1" title=(text::REFRESH_HINT) hidden { (text::REFRESH) }
                }
                @if as_of.is_some() && place.account.zone == Zone::Unknown { p { (text::ZONE_UNKNOWN) } }
            }
        }
    }
}
