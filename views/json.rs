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
use crate::domain::money::Currency;
use crate::domain::question::MatchedBy;
use crate::domain::renderings::Rendering;

pub use state::{InstallState, State};

/// The answer, as compact JSON. Of somebody who was found at the one shop that was asked, as made once for this day.
pub fn answer(answer: &Answer, now: Instant) -> Arc<Rendering> {
    match &answer.accounts[..] {
        [one] => kept(one, now, true, || whole(answer, &[&account(one, now)])),
        accounts => {
            let accounts: Vec<_> = accounts
                .iter()
                .map(|one| kept(one, now, false, || account(one, now)))
                .collect();
            let accounts: Vec<&str> = accounts.iter().map(|one| &***one).collect();
            Arc::new(whole(answer, &accounts).into())
        }
    }
}

/// The answer around its accounts.
fn whole(answer: &Answer, accounts: &[&str]) -> String {
    let accounts = accounts.join(",");
    let outcome = answer.outcome();
    format!("{{\"outcome\":\"{outcome}\",\"accounts\":[{accounts}]}}")
}

/// All that what is made of an account depends on besides the snapshot.
#[derive(Clone, PartialEq)]
struct Seen {
    install: Arc<Install>,
    links: Arc<Links>,
    zone: Zone,
    currency: Option<Currency>,
    today: Day,
    matched_by: MatchedBy,
    stale: Option<Reason>,
    emails_missing: bool,
    /// Whether it is the whole answer.
    is_whole: bool,
}

/// What is made of somebody who was found, once for this day; of others, anew.
fn kept(
    account: &Account,
    now: Instant,
    is_whole: bool,
    make: impl FnOnce() -> String,
) -> Arc<Rendering> {
    let Outcome::Found {
        snapshot,
        matched_by,
        stale,
        emails_missing,
    } = &account.outcome
    else {
        return Arc::new(make().into());
    };
    let seen = Seen {
        install: Arc::clone(&account.install),
        links: Arc::clone(&account.links),
        zone: account.zone,
        currency: account.currency.clone(),
        today: account.zone.day_of(now),
        matched_by: *matched_by,
        stale: *stale,
        emails_missing: *emails_missing,
        is_whole,
    };
    snapshot.renderings.kept(&seen, make)
}

fn account(account: &Account, now: Instant) -> String {
    write(&AccountOut::of(account, now), false)
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
        let links: &Links = links;
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
                emails_missing,
                ..
            } => {
                if *emails_missing {
                    out.missing.push("emails");
                }
                if snapshot.charges.is_none() {
                    out.missing.push("charges");
                }
                out.matched_by = Some(MatchedBy::as_str(*matched_by));
                out.customer = Some(CustomerOut::of(snapshot, account, today));
                let subscriptions = snapshot.subscriptions.iter();
                out.subscriptions = subscriptions
                    .map(|s| SubscriptionOut::of(s, snapshot, account, today))
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
