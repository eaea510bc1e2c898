//! What goes back: `{"results":[…]}`.
//!
//! Gladly links a profile by itself when exactly one result echoes one of its addresses; and of a DETAILED lookup it keeps
//! emails, phones and names for ever (connect.gladly.com, routing rules and custom attributes). So what goes into a
//! profile is what it already has, unless the workspace wants more.

use serde_json::{Map, Value, json};

use super::attributes::Attributes;
use super::choices::Choices;
use super::request::Lookup;
use super::transaction::Shop;
use crate::domain::answer::{Account, Answer, Outcome, Reason};
use crate::domain::customer::Customer;
use crate::domain::day::Instant;
use crate::domain::snapshot::Snapshot;
use crate::views::format::Calendar;
use crate::views::readable::readable;
use crate::views::text::gladly as text;

/// The whole body.
pub fn body(lookup: &Lookup, answer: &Answer, choices: Choices<'_>, now: Instant) -> String {
    let results = match lookup {
        Lookup::Basic { of_profile, .. } => basic(lookup, *of_profile, answer, choices, now),
        Lookup::Detailed { external, .. } => detailed(lookup, external, answer, choices, now)
            .into_iter()
            .collect(),
    };
    json!({ "results": results }).to_string()
}

/// Everybody who may be meant. Nobody where nothing is known: an error would count against every other adaptor of the
/// organisation.
fn basic(
    lookup: &Lookup,
    of_profile: bool,
    answer: &Answer,
    choices: Choices<'_>,
    now: Instant,
) -> Vec<Value> {
    let mut found: Vec<(&Account, &Customer, Map<String, Value>)> = Vec::new();
    for account in &answer.accounts {
        match &account.outcome {
            Outcome::Found {
                snapshot, stale, ..
            } => {
                let note = note(snapshot, account, *stale, None, now);
                let attributes = Attributes::of(snapshot, account, note, choices, now);
                found.push((account, &snapshot.customer, attributes));
            }
            Outcome::Several { candidates, .. } => {
                found.extend(candidates.iter().map(|customer| {
                    let attributes = Attributes::of_candidate(customer, account, choices);
                    (account, customer, attributes)
                }));
            }
            Outcome::NotFound { .. } | Outcome::Unlinked { .. } | Outcome::Unavailable { .. } => {}
        }
    }
    // An agent who chooses needs names and addresses to choose by, and nothing is linked before they have. A single result
    // for a profile may be linked at once.
    let may_link = of_profile && found.len() == 1;
    // A link lasts: while a shop can't be asked, who is single may not be.
    let is_whole = answer
        .accounts
        .iter()
        .all(|account| !matches!(account.outcome, Outcome::Unavailable { .. }));
    let results = found.into_iter().map(|(account, customer, attributes)| {
        let mut result = Map::new();
        let external = format!("{}:{}", account.install.name, customer.id);
        result.insert("externalCustomerId".into(), external.into());
        if !may_link || choices.enrich() {
            result.extend(name(customer));
        }
        let email = if !of_profile {
            customer.email.clone()
        } else if choices.auto_link() && is_whole {
            echo(lookup, customer)
        } else {
            None
        };
        result.extend(email.map(emails));
        result.insert("customAttributes".into(), attributes.into());
        Value::Object(result)
    });
    results.collect()
}

/// Exactly one, or none where nobody has this id.
fn detailed(
    lookup: &Lookup,
    external: &str,
    answer: &Answer,
    choices: Choices<'_>,
    now: Instant,
) -> Option<Value> {
    let mut result = Map::new();
    // As Gladly has it: how it takes another id for a profile that is linked is not established.
    result.insert("externalCustomerId".into(), external.into());
    let found = answer
        .accounts
        .iter()
        .find_map(|account| match &account.outcome {
            Outcome::Found {
                snapshot, stale, ..
            } => Some((account, snapshot, *stale)),
            _ => None,
        });
    if let Some((account, snapshot, stale)) = found {
        let shop = Shop {
            snapshot,
            account,
            stale,
            choices,
            now,
        };
        let transactions = shop.transactions();
        let shown = Some(transactions.len());
        let note = note(snapshot, account, stale, shown, now);
        let attributes = Attributes::of(snapshot, account, note, choices, now);
        result.extend(profile(lookup, &snapshot.customer, choices));
        result.insert("customAttributes".into(), attributes.into());
        result.insert("transactions".into(), transactions.into());
        return Some(Value::Object(result));
    }
    // Without `transactions`: an empty list would say that there are no subscriptions.
    let (account, reason) = answer
        .accounts
        .iter()
        .find_map(|account| match account.outcome {
            Outcome::Unavailable { reason } => Some((account, reason)),
            _ => None,
        })?;
    let attributes = Attributes::of_nothing(reason, account, choices);
    result.insert("customAttributes".into(), attributes.into());
    Some(Value::Object(result))
}

/// What is wrong with what is shown, in one text; `None` when nothing is.
fn note(
    snapshot: &Snapshot,
    account: &Account,
    stale: Option<Reason>,
    shown: Option<usize>,
    now: Instant,
) -> Option<String> {
    let calendar = Calendar::new(now, account.zone);
    let stale = stale.map(|reason| text::as_of(snapshot.as_of, reason, &calendar));
    let missing = snapshot
        .charges
        .is_none()
        .then(|| text::CHARGES_MISSING.to_owned());
    let total = snapshot.subscriptions_total();
    let more = shown
        .filter(|shown| *shown < total)
        .map(|shown| text::more(shown, total));
    let parts: Vec<String> = [stale, missing, more].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| text::parts(&parts))
}

/// What is written into a linked profile.
fn profile(lookup: &Lookup, customer: &Customer, choices: Choices<'_>) -> Map<String, Value> {
    let mut fields = Map::new();
    if choices.enrich() {
        fields.extend(name(customer));
        let own = readable(customer.email.as_deref()).map(|own| own.into_owned());
        fields.extend(echo(lookup, customer).or(own).map(emails));
        if let Some(phone) = customer.phone.as_deref().and_then(phone) {
            fields.insert("phones".into(), json!([{ "original": phone }]));
        }
    } else {
        fields.extend(echo(lookup, customer).map(emails));
    }
    fields
}

/// The address that Gladly asked with and that is this customer's, spelled as Gladly does.
fn echo(lookup: &Lookup, customer: &Customer) -> Option<String> {
    let own = customer.email.as_deref()?;
    let emails = lookup.emails().iter();
    let mut matching = emails.filter(|email| email.matches(own));
    matching.next().map(|email| email.as_typed().to_owned())
}

fn emails(original: String) -> (String, Value) {
    ("emails".into(), json!([{ "original": original }]))
}

fn name(customer: &Customer) -> Option<(String, Value)> {
    let name = readable(customer.name.as_deref())?;
    Some(("name".into(), name.into_owned().into()))
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
    use super::*;

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
