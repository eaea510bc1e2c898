//! Words for trouble: payments, and cards that can't be shown or not the newest.

use super::super::Notice;
use super::super::sentence::{Piece, Sentence, words};
use super::counted;
use crate::domain::answer::Reason;
use crate::domain::day::{Day, Instant};
use crate::domain::payment::ProblemKind;

/// What is wrong with the payments.
pub fn problem(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::CardUpdateNeeded => "Payment failed: customer must update their card",
        ProblemKind::CardUpdated => "Payment failed: customer has updated their card",
        ProblemKind::PaymentFailed => "Payment failed",
        ProblemKind::AttemptsExhausted => "Payment failed: no more retries",
        ProblemKind::InDunning => "Payment failed: Recharge is retrying",
        ProblemKind::NoValidPaymentMethod => "No valid payment method",
    }
}

/// When it failed first, and when it is retried.
pub fn problem_times<'a>(since: Option<Day>, next: Option<Day>) -> Option<Sentence<'a>> {
    Some(match (since, next) {
        (Some(since), Some(next)) => Sentence::new(
            "First failed {}. Next retry {}",
            [Piece::Day(since), Piece::Due(next)],
        ),
        (Some(since), None) => Sentence::new("First failed {}", [Piece::Due(since)]),
        (None, Some(next)) => Sentence::new("Next retry {}", [Piece::Due(next)]),
        (None, None) => return None,
    })
}

/// Several records match.
pub fn several(count: usize) -> (String, &'static str) {
    (
        format!("{} match.", counted(count, "customer", "customers")),
        "Open the right one.",
    )
}

/// Why there is no card, and what to do.
pub fn unavailable(reason: Reason, contact: Option<&str>, install: &str) -> (&'static str, String) {
    match reason {
        Reason::Unreachable => (
            "Recharge does not answer",
            "Reload the ticket in a minute. Nothing is known of this customer meanwhile."
                .to_owned(),
        ),
        Reason::RateLimited => (
            "Recharge is busy",
            "It has had too many requests from this shop. Reload the ticket in a minute."
                .to_owned(),
        ),
        Reason::Reconnect => (
            "Recharge refuses Sidecard's access.",
            reconnect(contact, install),
        ),
    }
}

fn reconnect(contact: Option<&str>, install: &str) -> String {
    let who = contact.map_or("an admin", str::trim);
    format!("Ask {who} to reconnect {install}.")
}

/// An agent said that this is somebody else.
pub fn unlinked_by(agent: Option<&str>, day: &str) -> String {
    match agent {
        Some(agent) => format!("Unlinked by {agent}, {day}."),
        None => format!("Unlinked, {day}."),
    }
}

/// An older card stands in.
pub fn stale<'a>(
    reason: Reason,
    as_of: Instant,
    contact: Option<&str>,
    install: &str,
) -> Sentence<'a> {
    let why = match reason {
        Reason::Unreachable => "Recharge does not answer now. Reload in a minute.".to_owned(),
        Reason::RateLimited => "Recharge is busy now. Reload in a minute.".to_owned(),
        Reason::Reconnect => format!(
            "Recharge refuses Sidecard's access. {}",
            reconnect(contact, install)
        ),
    };
    Sentence::new(
        "Not the newest: as of {}. {}",
        [Piece::Clock(as_of), words(why)],
    )
}

/// The age of a card.
pub fn as_of<'a>(at: Instant) -> Sentence<'a> {
    Sentence::new("As of {}", [Piece::Clock(at)])
}

/// A page without data: its title and what to do.
pub fn notice(notice: Notice) -> (&'static str, &'static str) {
    match notice {
        Notice::NotSigned => (
            "This card has expired",
            "Reload the ticket to see the card again. If that does not help, ask an admin to check the workspace's secret.",
        ),
        Notice::BadRequest => (
            "This card can't be shown",
            "The helpdesk's question was not understood. Ask an admin to check the address it was given.",
        ),
        Notice::NotFound => (
            "Nothing here",
            "There is no such page. Ask an admin to check the address in the helpdesk's settings.",
        ),
        Notice::TooLarge => (
            "Too much was asked at once",
            "The helpdesk's question was too long. Ask an admin to send fewer addresses.",
        ),
        Notice::TooOften => (
            "Too many cards at once",
            "This workspace has opened more cards than it may. Reload the ticket in a few seconds; if it happens again, ask an admin to raise the workspace's rate.",
        ),
        Notice::Failed => (
            "Something went wrong",
            "Sidecard could not make this card. Reload the ticket; if it happens again, tell an admin.",
        ),
    }
}
