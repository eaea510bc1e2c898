//! What goes back: `{"results":[…]}`.
//!
//! Gladly links a profile by itself when exactly one result echoes one of its addresses; and of a DETAILED lookup it keeps
//! emails, phones and names for ever (connect.gladly.com, routing rules and custom attributes). So what goes into a
//! profile is what it already has, unless the workspace wants more.

use std::sync::Arc;

use super::attributes::Attributes;
use super::choices::Choices;
use super::request::Lookup;
use super::transaction::Card;
use super::values::{Object, Said, text as said};
use crate::domain::access::Settings;
use crate::domain::answer::{Account, Answer, Outcome, Reason};
use crate::domain::customer::Customer;
use crate::domain::day::Instant;
use crate::domain::install::Install;
use crate::domain::links::Links;
use crate::domain::money::Currency;
use crate::domain::renderings::Rendering;
use crate::domain::snapshot::Snapshot;
use crate::views::format::Calendar;
use crate::views::text::gladly as text;

/// The whole body.
pub fn body(lookup: &Lookup, answer: &Answer, choices: Choices<'_>, now: Instant) -> String {
    let mut out = String::from("{\"results\":[");
    match lookup {
        Lookup::Basic { of_profile, .. } => {
            basic(lookup, *of_profile, answer, choices, now, &mut out);
        }
        Lookup::Detailed { external, .. } => {
            detailed(lookup, external, answer, choices, now, &mut out);
        }
    }
    out.push_str("]}");
    out
}

/// One who may be meant: from a card, or from a list of those who match.
struct Candidate<'a> {
    account: &'a Account,
    customer: &'a Customer,
    card: Option<(&'a Snapshot, Option<Reason>)>,
}

/// Everybody who may be meant. Nobody where nothing is known: an error would count against every other adaptor of the
/// organisation.
fn basic(
    lookup: &Lookup,
    of_profile: bool,
    answer: &Answer,
    choices: Choices<'_>,
    now: Instant,
    out: &mut String,
) {
    let mut found: Vec<Candidate<'_>> = Vec::new();
    for account in &answer.accounts {
        match &account.outcome {
            Outcome::Found {
                snapshot, stale, ..
            } => found.push(Candidate {
                account,
                customer: &snapshot.customer,
                card: Some((snapshot, *stale)),
            }),
            Outcome::Several { candidates, .. } => {
                found.extend(candidates.iter().map(|customer| Candidate {
                    account,
                    customer,
                    card: None,
                }));
            }
            Outcome::NotFound { .. } | Outcome::Unlinked { .. } | Outcome::Unavailable { .. } => {}
        }
    }
    // An agent who chooses needs names and addresses to choose by, and nothing is linked before they have. A single result
    // for a profile may be linked at once.
    let may_link = of_profile && found.len() == 1;
    // A link lasts: while a shop can't be asked, who is single may not be.
    let untried = lookup.untried();
    let is_whole = untried == 0
        && answer.accounts.iter().all(|account| {
            let is_uncertain = matches!(
                account.outcome,
                Outcome::Unavailable { .. }
                    | Outcome::Found {
                        emails_missing: true,
                        ..
                    }
            );
            !is_uncertain
        });
    for (at, candidate) in found.into_iter().enumerate() {
        let Candidate {
            account,
            customer,
            card,
        } = candidate;
        if at > 0 {
            out.push(',');
        }
        let mut result = Object::begin(out);
        let external = format!("{}:{}", account.install.name, customer.id);
        result.text("externalCustomerId", &external);
        if !may_link || choices.enrich() {
            result.put("name", &said(customer.name.as_deref()));
        }
        let email = if !of_profile {
            customer.email.as_deref()
        } else if choices.auto_link() && is_whole {
            echo(lookup, customer)
        } else {
            None
        };
        originals(&mut result, "emails", email);
        match card {
            Some((snapshot, stale)) => {
                let card = Card {
                    snapshot,
                    account,
                    stale,
                    choices,
                    now,
                    untried,
                };
                result.members(&card.kept(false));
            }
            None => {
                let into = result.member("customAttributes");
                Attributes::of_candidate(customer, account, untried, choices, into);
            }
        }
        result.end();
    }
}

/// Exactly one, or none where nobody has this id.
fn detailed(
    lookup: &Lookup,
    external: &str,
    answer: &Answer,
    choices: Choices<'_>,
    now: Instant,
    out: &mut String,
) {
    let found = answer
        .accounts
        .iter()
        .find_map(|account| match &account.outcome {
            Outcome::Found {
                snapshot, stale, ..
            } => Some((account, snapshot, *stale)),
            _ => None,
        });
    let unavailable = answer
        .accounts
        .iter()
        .find_map(|account| match account.outcome {
            Outcome::Unavailable { reason } => Some((account, reason)),
            _ => None,
        });
    if found.is_none() && unavailable.is_none() {
        return;
    }
    let mut result = Object::begin(out);
    // As Gladly has it: how it takes another id for a profile that is linked is not established.
    result.text("externalCustomerId", external);
    if let Some((account, snapshot, stale)) = found {
        profile(lookup, &snapshot.customer, choices, &mut result);
        let card = Card {
            snapshot,
            account,
            stale,
            choices,
            now,
            untried: 0,
        };
        result.members(&card.kept(true));
    } else if let Some((account, reason)) = unavailable {
        // Without `transactions`: an empty list would say that there are no subscriptions.
        Attributes::of_nothing(reason, account, choices, result.member("customAttributes"));
    }
    result.end();
}

/// All that a result's attributes and transactions depend on besides the snapshot, while it is not stale.
#[derive(Clone, PartialEq)]
struct Seen {
    install: Arc<Install>,
    links: Arc<Links>,
    currency: Option<Currency>,
    calendar: Calendar,
    settings: Settings,
    is_detailed: bool,
    untried: usize,
}

impl Card<'_> {
    /// The result's attributes, and its transactions if it is detailed; as made once for this day, unless it is stale.
    fn kept(&self, is_detailed: bool) -> Arc<Rendering> {
        let make = || self.members(is_detailed);
        if self.stale.is_some() {
            return Arc::new(make().into());
        }
        let seen = Seen {
            install: Arc::clone(&self.account.install),
            links: Arc::clone(&self.account.links),
            currency: self.account.currency.clone(),
            calendar: Calendar::new(self.now, self.account.zone),
            settings: self.choices.0.clone(),
            is_detailed,
            untried: self.untried,
        };
        self.snapshot.renderings.kept(&seen, make)
    }

    fn members(&self, is_detailed: bool) -> String {
        let Self {
            snapshot, account, ..
        } = *self;
        let transactions = is_detailed.then(|| self.transactions());
        let shown = transactions.as_ref().map(|(_, shown)| *shown);
        let note = self.status(shown);
        let mut out = String::new();
        let mut members = Object::inside(&mut out);
        let into = members.member("customAttributes");
        Attributes::of(snapshot, account, note, self.choices, self.now, into);
        if let Some((transactions, _)) = transactions {
            members.member("transactions").push_str(&transactions);
        }
        out
    }

    /// What is wrong with what is shown, in one text; `None` when nothing is.
    fn status(&self, shown: Option<usize>) -> Option<String> {
        let Self {
            snapshot, account, ..
        } = *self;
        let calendar = Calendar::new(self.now, account.zone);
        let stale = self.stale;
        let stale = stale.map(|reason| text::as_of(snapshot.as_of, reason, &calendar));
        let is_missing = snapshot.charges.is_none();
        let missing = is_missing.then(|| text::CHARGES_MISSING.to_owned());
        let total = snapshot.subscriptions_total();
        let more = shown
            .filter(|shown| *shown < total)
            .map(|shown| text::more(shown, total));
        let untried = (self.untried > 0).then(|| text::untried(self.untried));
        let parts: Vec<String> = [stale, missing, more, untried]
            .into_iter()
            .flatten()
            .collect();
        (!parts.is_empty()).then(|| text::parts(&parts))
    }
}

/// What is written into a linked profile.
fn profile(lookup: &Lookup, customer: &Customer, choices: Choices<'_>, result: &mut Object<'_>) {
    let echo = echo(lookup, customer);
    if choices.enrich() {
        result.put("name", &said(customer.name.as_deref()));
        originals(result, "emails", echo.or(customer.email.as_deref()));
        let phone = customer.phone.as_deref().and_then(phone);
        originals(result, "phones", phone.as_deref());
    } else {
        originals(result, "emails", echo);
    }
}

/// The address that Gladly asked with and that is this customer's, spelled as Gladly does.
fn echo<'a>(lookup: &'a Lookup, customer: &Customer) -> Option<&'a str> {
    let own = customer.email.as_deref()?;
    let emails = lookup.emails().iter();
    let mut matching = emails.filter(|email| email.matches(own));
    matching.next().map(|email| email.as_typed())
}

/// `"emails":[{"original":"…"}]`
fn originals(result: &mut Object<'_>, name: &str, text: Option<&str>) {
    if let Said::Text(text) = said(text) {
        let into = result.member(name);
        into.push('[');
        let mut one = Object::begin(into);
        one.text("original", &text);
        one.end();
        into.push(']');
    }
}

/// A number with its country, as E.164. Without one Gladly would read it as American, so it is left out.
fn phone(text: &str) -> Option<String> {
    let mut digits = String::from("+");
    for letter in text.trim().strip_prefix('+')?.chars() {
        match letter {
            '0'..='9' => digits.push(letter),
            ' ' | '-' | '.' | '(' | ')' => {}
            _ => return None,
        }
    }
    (8..=16).contains(&digits.len()).then_some(digits)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::views::samples;

    fn lookup(level: &str) -> Lookup {
        let query = r#"{"externalCustomerId":"acme-usa:176700001","id":"profile"}"#;
        let text = format!(r#"{{"lookupLevel":"{level}","query":{query}}}"#);
        Lookup::read(text.as_bytes()).unwrap()
    }

    /// Asked for three times, the last time of what was kept the second time.
    fn shown(level: &str, answer: &Answer, settings: &Settings, now: Instant) -> String {
        let lookup = lookup(level);
        let Outcome::Found { snapshot, .. } = &answer.accounts[0].outcome else {
            panic!("found");
        };
        let first = body(&lookup, answer, Choices(settings), now);
        for _ in 0..3 {
            snapshot.renderings.give_room();
            assert_eq!(body(&lookup, answer, Choices(settings), now), first);
        }
        let mut anew = answer.clone();
        if let Outcome::Found { snapshot, .. } = &mut anew.accounts[0].outcome {
            *snapshot = Arc::new(Snapshot::clone(snapshot));
        }
        assert_eq!(body(&lookup, &anew, Choices(settings), now), first);
        first
    }

    #[test]
    fn what_was_kept_is_kept_for_one_workspace_one_day_and_a_fresh_card() {
        let now = samples::context().now;
        let fresh = samples::answer(samples::found(samples::kim()));
        let mut stale = fresh.clone();
        if let Outcome::Found { stale, .. } = &mut stale.accounts[0].outcome {
            *stale = Some(Reason::Unreachable);
        }
        let usual = Settings::default();
        let renamed = Settings::of([("keys.status", "state"), ("attributes.total", "many")]);
        for level in ["BASIC", "DETAILED"] {
            let first = shown(level, &fresh, &usual, now);
            let others = shown(level, &fresh, &renamed, now);
            assert!(others.contains("\"many\"") && !first.contains("\"many\""));
            assert!(shown(level, &stale, &usual, now).contains("not reachable"));
            assert_eq!(shown(level, &fresh, &usual, now), first);
            shown(level, &fresh, &usual, now + TimeDelta::days(40));
        }
        let detailed = shown("DETAILED", &fresh, &usual, now);
        assert_ne!(
            detailed,
            shown("DETAILED", &fresh, &usual, now + TimeDelta::days(400))
        );
        assert!(!shown("BASIC", &fresh, &usual, now).contains("transactions"));
    }

    #[test]
    fn a_phone_number_goes_with_its_country_or_not_at_all() {
        for (text, expected) in [
            ("+1 555 0100 031", Some("+15550100031")),
            (" +44 (20) 7946-0958", Some("+442079460958")),
            ("555 0100", None),
            ("+1 call me", None),
            ("+", None),
            ("+1234567890123456789", None),
        ] {
            assert_eq!(phone(text).as_deref(), expected, "{text}");
        }
    }
}
