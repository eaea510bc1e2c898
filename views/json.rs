//! The answer as JSON: what scripts, other services and `lookup --json` read.
//!
//! These types are the output's own: a field of the domain that changes does not change what others read. Readers ignore
//! fields they don't know and treat every word as open.

mod found;
mod state;

use std::sync::Arc;

use serde::Serialize;

use found::{CustomerOut, SubscriptionOut, instant, url};

use crate::domain::answer::{Account, Answer, Outcome, Reason};
use crate::domain::customer::Customer;
use crate::domain::day::{Day, Instant, Zone};
use crate::domain::install::Install;
use crate::domain::links::Links;
use crate::domain::question::MatchedBy;
use crate::domain::renderings::Rendering;

pub use state::{InstallState, State};

/// The answer, as compact JSON.
pub fn answer(answer: &Answer, now: Instant) -> String {
    let accounts: Vec<_> = answer.accounts.iter().map(|a| account(a, now)).collect();
    let length: usize = accounts.iter().map(|account| account.len() + 1).sum();
    let mut out = String::with_capacity(length + 64);
    for part in ["{\"outcome\":\"", answer.outcome(), "\",\"accounts\":["] {
        out.push_str(part);
    }
    for (at, account) in accounts.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        out.push_str(account);
    }
    out.push_str("]}");
    out
}

/// All that the account of somebody who was found depends on besides the snapshot.
#[derive(Clone, PartialEq)]
struct Seen {
    install: Arc<Install>,
    links: Arc<Links>,
    zone: Zone,
    today: Day,
    matched_by: MatchedBy,
    stale: Option<Reason>,
}

/// An account; of somebody who was found as made once for this day.
fn account(account: &Account, now: Instant) -> Arc<Rendering> {
    let make = || write(&AccountOut::of(account, now), false);
    match &account.outcome {
        Outcome::Found {
            snapshot,
            matched_by,
            stale,
        } => {
            let seen = Seen {
                install: Arc::clone(&account.install),
                links: Arc::clone(&account.links),
                zone: account.zone,
                today: account.zone.day_of(now),
                matched_by: *matched_by,
                stale: *stale,
            };
            snapshot.renderings.kept(&seen, make)
        }
        _ => Arc::new(make().into()),
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
    install: &'a str,
    provider: &'a str,
    shop: &'a str,
    outcome: &'static str,
    as_of: Option<String>,
    stale: bool,
    reason: Option<&'static str>,
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
        let accounts = answer.accounts.iter();
        Self {
            outcome: answer.outcome(),
            accounts: accounts.map(|a| AccountOut::of(a, now)).collect(),
        }
    }
}

impl<'a> AccountOut<'a> {
    fn of(account: &'a Account, now: Instant) -> Self {
        let Account {
            install,
            links,
            outcome,
            ..
        } = account;
        let today = account.zone.day_of(now);
        let mut out = Self {
            install: install.name.as_str(),
            provider: &install.provider,
            shop: install.shop.as_str(),
            outcome: outcome.as_str(),
            as_of: instant(outcome.as_of()),
            stale: outcome.is_stale(),
            reason: outcome.reason().map(|reason| reason.as_str()),
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
