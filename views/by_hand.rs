//! What an agent can do by hand: tie a person to a record, and untie them. All of it is hidden until the page's script
//! shows it, for only the script can do it.

use maud::{Markup, html};

use super::place::Place;
use super::text::by_hand as text;
use crate::domain::answer::Outcome;
use crate::domain::customer::Customer;
use crate::domain::id::CustomerId;
use crate::domain::install::InstallName;
use crate::domain::question::MatchedBy;

/// What an agent may do by hand on this page.
#[derive(Clone, Copy)]
pub struct ByHand<'a> {
    /// A record that is shown, as the page hands it back when it is picked.
    pub pick: &'a dyn Fn(&InstallName, &CustomerId) -> String,
    /// Whether the card is one that was opened from a search, which nothing ties to the person yet.
    pub opened: bool,
}

/// Beside a record among several: it is this one.
pub(super) fn choose(candidate: &Customer, name: &str, place: &Place<'_>) -> Markup {
    html! {
        @if let Some(by_hand) = place.by_hand() {
            div.acts hidden { (link(by_hand, &candidate.id, Some(name), place)) }
        }
    }
}

/// Below an account. Of a record that was opened from a search: it is this one, and the way back, whether or not it could be
/// shown. Of somebody who was found: it is somebody else.
pub(super) fn tie(place: &Place<'_>) -> Markup {
    let found = match &place.account.outcome {
        Outcome::Found {
            snapshot,
            matched_by,
            ..
        } => Some((&snapshot.customer, matched_by)),
        _ => None,
    };
    html! {
        @match (place.by_hand(), found) {
            (Some(by_hand), found) if by_hand.opened => div.acts hidden {
                p { (text::NOT_LINKED) }
                @if let Some((customer, _)) = found { (link(by_hand, &customer.id, None, place)) }
                button type="button" data-act="refresh" { (text::BACK) }
            },
            (Some(_), Some((_, matched_by))) => div.acts hidden {
                button type="button" data-act="unlink" data-install=(place.account.install.name) {
                    (match matched_by { MatchedBy::Link => text::UNLINK, _ => text::NOT_THIS_ONE })
                }
            },
            _ => {}
        }
    }
}

fn link(
    by_hand: ByHand<'_>,
    customer: &CustomerId,
    name: Option<&str>,
    place: &Place<'_>,
) -> Markup {
    let pick = (by_hand.pick)(&place.account.install.name, customer);
    let label = name.map(text::link_label);
    html! { button type="button" data-act="link" data-pick=(pick) aria-label=[label] { (text::LINK) } }
}
