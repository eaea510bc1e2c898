//! Words for what an agent does by hand: searching, linking, unlinking.

use super::super::Said;
use super::counted;
use crate::domain::answer::Reason;

/// The workspace's setting.
pub const SEARCHING: &str = "Search and link by hand";
/// What it does.
pub const SEARCHING_HELP: &str = "agents search for other customers of the shop and tie a ticket's person to one of them, where the address is signed with `profile` and `agent`; every search is in the audit";

/// The fold with the search.
pub const FIND: &str = "Find another customer";
/// A button.
pub const SEARCH: &str = "Search";
/// A field.
pub const SEARCH_BY: &str = "By";
/// A field.
pub const SEARCH_FOR: &str = "Look for";
/// What can be looked for.
pub const BY: [(&str, &str); 5] = [
    ("email", "Email address"),
    ("customer_id", "Recharge customer ID"),
    ("shopify_customer_id", "Shopify customer ID"),
    ("subscription_id", "Subscription ID"),
    ("order", "Order number"),
];
/// A button.
pub const OPEN: &str = "Open";
/// A button.
pub const LINK: &str = "Link this customer";
/// A button.
pub const UNLINK: &str = "Unlink";
/// A button beside somebody who was found by their address.
pub const NOT_THIS_ONE: &str = "Not this customer";
/// A button.
pub const BACK: &str = "Back";
/// Over a record that was opened from a search.
pub const NOT_LINKED: &str =
    "You opened this from a search. The ticket's customer is not linked to it.";
/// Under who unlinked a person, and when.
pub const AGAIN: &str = "Link again?";
/// A record without a name.
pub const NO_NAME: &str = "No name";
/// The script's word for something that is on the clipboard now.
pub const COPIED: &str = "Copied.";
/// The script's words when the page's session has ended.
pub const OVER: &str = "This card's session is over: reload the ticket.";
/// The script's words when nothing can be reached.
pub const FAILED: &str = "Something went wrong: reload the ticket.";
/// Nobody placed that order.
pub const ORDER_NUMBERS: &str = "An order number, like #1001, is looked for among the shop's newest 1,000 subscription orders. For an older one use Shopify's order ID, the long number in the order's address in Shopify.";

/// How many were found.
pub fn hits(count: usize) -> String {
    match count {
        0 => "Nobody found.".to_owned(),
        count => format!("{} found.", counted(count, "customer", "customers")),
    }
}

/// A button's words for those who don't see what it stands beside.
pub fn open_label(name: &str) -> String {
    format!("{OPEN}: {name}")
}

/// Likewise.
pub fn link_label(name: &str) -> String {
    format!("{LINK}: {name}")
}

/// Not all that was found is shown.
pub fn more(count: usize) -> String {
    format!("And {count} more: search for something that fewer have.")
}

/// A shop that could not be asked.
pub fn silent(shop: &str, reason: Reason) -> String {
    match reason {
        Reason::Unreachable => {
            format!("{shop}: Recharge does not answer. Search again in a minute.")
        }
        Reason::RateLimited => format!("{shop}: Recharge is busy. Search again in a minute."),
        Reason::Reconnect => {
            format!("{shop}: Recharge refuses Sidecard's access. Ask an admin to reconnect it.")
        }
    }
}

/// More addresses are known than were looked for.
pub fn untried(count: usize) -> String {
    match count {
        1 => "1 further address was not tried.".to_owned(),
        count => format!("{count} further addresses were not tried."),
    }
}

/// Above a card that was asked for again.
pub fn said(said: Said) -> &'static str {
    match said {
        Said::TooSoon => "Read from Recharge a moment ago. Try again in ten seconds.",
        Said::ReadAnew => "Updated just now.",
        Said::Linked => "Linked.",
        Said::Unlinked => "Unlinked.",
    }
}
