//! The answer as JSON: what scripts, other services and `lookup --json` read.
//!
//! These types are the output's own: a field of the domain that changes does not change what others read. Readers ignore
//! fields they don't know and treat every word as open.

mod found;
mod state;

use std::sync::Arc;

use serde::Serialize;

use found::{CustomerOut, SubscriptionOut, instant, url};

use crate::domain::answer::{Account, Answer, Outcome};
use crate::domain::customer::Customer;
use crate::domain::day::{Day, Instant, Zone};
use crate::domain::links::Links;
use crate::domain::question::MatchedBy;

pub use state::{InstallState, State};

/// The answer, as compact JSON.
pub fn answer(answer: &Answer, now: Instant) -> String {
    let mut out = format!("{{\"outcome\":\"{}\",\"accounts\":[", answer.outcome());
    for (at, account) in answer.accounts.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        // Two objects as one.
        let (head, rest) = (write(&HeadOut::of(account), false), rest(account, now));
        out.reserve(head.len() + rest.len() + 4);
        out.push_str(head.strip_suffix('}').unwrap_or(&head));
        out.push(',');
        out.push_str(rest.strip_prefix('{').unwrap_or(&rest));
    }
    out.push_str("]}");
    out
}

/// All that the rest of somebody who was found depends on besides the snapshot.
#[derive(Clone, PartialEq)]
struct Seen {
    links: Arc<Links>,
    zone: Zone,
    today: Day,
    matched_by: MatchedBy,
}

/// What follows an account's head; of somebody who was found as made once for this day.
fn rest(account: &Account, now: Instant) -> Arc<str> {
    let make = || write(&RestOut::of(account, now), false);
    match &account.outcome {
        Outcome::Found {
            snapshot,
            matched_by,
            ..
        } => {
            let seen = Seen {
                links: Arc::clone(&account.links),
                zone: account.zone,
                today: account.zone.day_of(now),
                matched_by: *matched_by,
            };
            snapshot.renderings.kept(&seen, make)
        }
        _ => make().into(),
    }
}

/// The answer, as JSON for people.
pub fn answer_pretty(answer: &Answer, now: Instant) -> String {
    write(&AnswerOut::of(answer, now), true)
}

/// A problem: `{"error":{"code","message","hint"}}`.
pub fn problem(code: &str, message: &str, hint: &str) -> String {
    let error = ErrorOut {
        code,
        message,
        hint,
    };
    write(&ProblemOut { error }, false)
}

fn write<T: Serialize>(value: &T, pretty: bool) -> String {
    let json = if pretty {
        serde_json::to_string_pretty(value)
    } else {
        serde_json::to_string(value)
    };
    // Plain structs of texts and numbers: there is nothing in them that JSON can't say.
    json.unwrap_or_default()
}

#[derive(Serialize)]
struct ProblemOut<'a> {
    error: ErrorOut<'a>,
}

#[derive(Serialize)]
struct ErrorOut<'a> {
    code: &'a str,
    message: &'a str,
    hint: &'a str,
}

#[derive(Serialize)]
struct AnswerOut<'a> {
    outcome: &'static str,
    accounts: Vec<AccountOut<'a>>,
}

#[derive(Serialize)]
struct AccountOut<'a> {
    #[serde(flatten)]
    head: HeadOut<'a>,
    #[serde(flatten)]
    rest: RestOut<'a>,
}

/// What is said anew each time: it changes without the snapshot.
#[derive(Serialize)]
struct HeadOut<'a> {
    install: &'a str,
    provider: &'a str,
    shop: &'a str,
    outcome: &'static str,
    as_of: Option<String>,
    stale: bool,
    reason: Option<&'static str>,
}

#[derive(Serialize)]
struct RestOut<'a> {
    missing: Vec<&'static str>,
    matched_by: Option<&'static str>,
    customer: Option<CustomerOut<'a>>,
    subscriptions: Vec<SubscriptionOut<'a>>,
    candidates: Vec<CandidateOut<'a>>,
}

#[derive(Serialize)]
struct CandidateOut<'a> {
    id: &'a str,
    name: Option<&'a str>,
    email: Option<&'a str>,
    created_at: Option<String>,
    subscriptions_active: Option<u32>,
    provider_url: Option<String>,
}

impl<'a> AnswerOut<'a> {
    fn of(answer: &'a Answer, now: Instant) -> Self {
        let accounts = answer
            .accounts
            .iter()
            .map(|account| AccountOut {
                head: HeadOut::of(account),
                rest: RestOut::of(account, now),
            })
            .collect();
        Self {
            outcome: answer.outcome(),
            accounts,
        }
    }
}

impl<'a> HeadOut<'a> {
    fn of(account: &'a Account) -> Self {
        let outcome = &account.outcome;
        Self {
            install: account.install.name.as_str(),
            provider: &account.install.provider,
            shop: account.install.shop.as_str(),
            outcome: outcome.as_str(),
            as_of: instant(outcome.as_of()),
            stale: outcome.is_stale(),
            reason: outcome.reason().map(|reason| reason.as_str()),
        }
    }
}

impl<'a> RestOut<'a> {
    fn of(account: &'a Account, now: Instant) -> Self {
        let outcome = &account.outcome;
        let links = &account.links;
        let today = account.zone.day_of(now);
        let mut out = Self {
            missing: Vec::new(),
            matched_by: None,
            customer: None,
            subscriptions: Vec::new(),
            candidates: Vec::new(),
        };
        match outcome {
            Outcome::Found {
                snapshot,
                matched_by,
                ..
            } => {
                if snapshot.charges.is_none() {
                    out.missing.push("charges");
                }
                out.matched_by = Some(MatchedBy::as_str(*matched_by));
                out.customer = Some(CustomerOut::of(snapshot, account));
                let subscriptions = snapshot.subscriptions.iter();
                out.subscriptions = subscriptions
                    .map(|s| SubscriptionOut::of(s, snapshot, links, today))
                    .collect();
            }
            Outcome::Several { candidates, .. } | Outcome::Unlinked { candidates, .. } => {
                out.candidates = candidates
                    .iter()
                    .map(|candidate| CandidateOut::of(candidate, links))
                    .collect();
            }
            Outcome::NotFound { .. } | Outcome::Unavailable { .. } => {}
        }
        out
    }
}

impl<'a> CandidateOut<'a> {
    fn of(candidate: &'a Customer, links: &Links) -> Self {
        Self {
            id: candidate.id.as_str(),
            name: candidate.name.as_deref(),
            email: candidate.email.as_deref(),
            created_at: instant(candidate.created_at),
            subscriptions_active: candidate.subscriptions_active,
            provider_url: url(links.to_customer(&candidate.id)),
        }
    }
}
