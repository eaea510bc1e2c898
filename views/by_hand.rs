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

/// Below somebody who was found: it is somebody else; or, when they were opened from a search: it is this one.
pub(super) fn tie(place: &Place<'_>) -> Markup {
    let (
        Some(by_hand),
        Outcome::Found {
            snapshot,
            matched_by,
            ..
        },
    ) = (place.by_hand(), &place.account.outcome)
    else {
        return html! {};
    };
    if by_hand.opened {
        return html! {
            div.acts hidden {
                p { (text::NOT_LINKED) }
                (link(by_hand, &snapshot.customer.id, None, place))
                button type="button" data-act="refresh" { (text::BACK) }
            }
        };
    }
    let words = match matched_by {
        MatchedBy::Link => text::UNLINK,
        _ => text::NOT_THIS_ONE,
    };
    html! {
        div.acts hidden {
            button type="button" data-act="unlink" data-install=(place.account.install.name) { (words) }
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
