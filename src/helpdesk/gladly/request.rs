//! What Gladly asks. Its `query` is a free map: what is known is taken from it, and nothing else matters.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::super::Problem;
use crate::domain::email::Email;
use crate::domain::id::{CustomerId, OrderId, ShopifyCustomerId, SubscriptionId, is_numeric_id};
use crate::domain::install::InstallName;
use crate::domain::question::{MOST_SUBJECTS, Question, QuestionError, Subject};

/// A lookup, read.
pub enum Lookup {
    /// Who is it? By everything that the profile or an agent names.
    Basic {
        /// Addresses of the profile, or those that an agent typed.
        emails: Vec<Email>,
        /// Ids that an agent typed.
        ids: Vec<Subject>,
        /// The install that an id was typed with.
        install: Option<InstallName>,
        /// Whether this is about a profile: then a single result may be linked to it without anybody looking.
        of_profile: bool,
    },
    /// All of a customer who was linked.
    Detailed {
        /// The id as Gladly has it; it goes back unchanged.
        external: String,
        /// Addresses of the profile.
        emails: Vec<Email>,
    },
}

/// An id as a subject.
type Made = fn(&str) -> Subject;

/// Names that an agent's search attributes may have, without case, blanks and underscores, and what is meant by them.
const IDS: [(&[&str], Made); 4] = [
    (
        &[
            "rechargecustomerid",
            "rechargeid",
            "customerid",
            "externalcustomerid",
        ],
        |id| Subject::Customer(CustomerId::new(id)),
    ),
    (&["shopifycustomerid", "shopifyid"], |id| {
        Subject::ShopifyCustomer(ShopifyCustomerId::new(id))
    }),
    (
        &["subscriptionid", "rechargesubscriptionid", "subscription"],
        |id| Subject::Subscription(SubscriptionId::new(id)),
    ),
    (
        &["ordernumber", "orderid", "order", "shopifyorderid"],
        |id| Subject::Order(OrderId::new(id)),
    ),
];

impl Lookup {
    /// Reads a body.
    pub fn read(body: &[u8]) -> Result<Self, Problem> {
        let body: Map<String, Value> =
            serde_json::from_slice(body).map_err(|_| Problem::NotALookup)?;
        let nothing = Map::new();
        let query = match body.get("query") {
            Some(Value::Object(query)) => query,
            None | Some(Value::Null) => &nothing,
            Some(_) => return Err(Problem::NotALookup),
        };
        let level = body.get("lookupLevel").and_then(Value::as_str);
        let emails = emails(query);
        match level {
            Some("BASIC") => {
                let (ids, install) = ids(query);
                Ok(Self::Basic {
                    emails,
                    ids,
                    install,
                    of_profile: text(query.get("id")).is_some(),
                })
            }
            Some("DETAILED") => Ok(Self::Detailed {
                external: text(query.get("externalCustomerId")).ok_or(Problem::NoExternalId)?,
                emails,
            }),
            _ => Err(Problem::NotALookup),
        }
    }

    /// Addresses of the profile, or those that an agent typed.
    pub fn emails(&self) -> &[Email] {
        match self {
            Self::Basic { emails, .. } | Self::Detailed { emails, .. } => emails,
        }
    }

    /// The number of addresses and ids that are over the maximum: they are not looked for.
    pub fn untried(&self) -> usize {
        match self {
            Self::Basic {
                emails,
                ids,
                of_profile,
                ..
            } => subjects(emails, ids, *of_profile)
                .len()
                .saturating_sub(MOST_SUBJECTS),
            Self::Detailed { .. } => 0,
        }
    }

    /// The question to ask for it.
    pub fn question(&self) -> Result<Question, Problem> {
        match self {
            Self::Basic {
                emails,
                ids,
                install,
                of_profile,
            } => {
                let mut subjects = subjects(emails, ids, *of_profile);
                subjects.truncate(MOST_SUBJECTS);
                let mut question = question(subjects)?;
                question.install = install.clone().filter(|_| is_typed(emails, *of_profile));
                Ok(question)
            }
            Self::Detailed { external, .. } => {
                let (install, id) = external_id(external).ok_or(Problem::NothingAsked)?;
                let mut question = question(vec![Subject::Customer(id)])?;
                question.install = install;
                Ok(question)
            }
        }
    }
}

/// A profile's attributes are other systems' too: an id counts where it was typed, or where there is nothing else. Whether
/// Gladly sends the profile's id with an agent's search is not established.
fn is_typed(emails: &[Email], of_profile: bool) -> bool {
    !of_profile || emails.is_empty()
}

/// Everything that a lookup names, each once.
fn subjects(emails: &[Email], ids: &[Subject], of_profile: bool) -> Vec<Subject> {
    let by_email = emails.iter().cloned().map(Subject::Email);
    let ids = ids.iter().filter(|_| is_typed(emails, of_profile));
    let mut known = HashSet::new();
    by_email
        .chain(ids.cloned())
        .filter(|subject| known.insert(subject.key()))
        .collect()
}

fn question(subjects: Vec<Subject>) -> Result<Question, Problem> {
    Question::about(subjects).map_err(|error| match error {
        QuestionError::Empty => Problem::NothingAsked,
        QuestionError::TooMany => Problem::TooManyAsked,
    })
}

/// `acme-usa:176700001`, or the id alone, as a merchant may have loaded it into Gladly from elsewhere.
fn external_id(text: &str) -> Option<(Option<InstallName>, CustomerId)> {
    let (install, id) = match text.rsplit_once(':') {
        Some((install, id)) => (Some(InstallName::parse(install).ok()?), id.trim()),
        None => (None, text),
    };
    is_numeric_id(id).then(|| (install, CustomerId::new(id)))
}

/// The query's own members, and those of `customAttributes`: both shapes are sent.
fn members(query: &Map<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    let nested = query.get("customAttributes").and_then(Value::as_object);
    query.iter().chain(nested.into_iter().flatten())
}

/// Whether this is one of the names, but for what people spell differently.
fn is_one_of(name: &str, names: &[&str]) -> bool {
    let letters = || name.chars().filter(|c| c.is_alphanumeric());
    let folded = || letters().flat_map(char::to_lowercase);
    names.iter().any(|other| folded().eq(other.chars()))
}

fn emails(query: &Map<String, Value>) -> Vec<Email> {
    let named = members(query).filter(|(name, _)| is_one_of(name, &["email", "emails"]));
    let texts = named.flat_map(|(_, value)| texts(value));
    let mut known = HashSet::new();
    // What is no address finds no one.
    texts
        .filter_map(|text| Email::parse(&text).ok())
        .filter(|email| known.insert(email.key()))
        .collect()
}

fn ids(query: &Map<String, Value>) -> (Vec<Subject>, Option<InstallName>) {
    let (mut found, mut meant) = (Vec::new(), None);
    for (name, value) in members(query) {
        let Some((_, subject)) = IDS.iter().find(|(names, _)| is_one_of(name, names)) else {
            continue;
        };
        for text in texts(value) {
            // Gladly shows the id of a linked profile, so that is what an agent may paste.
            if let Some((install, id)) = external_id(text.trim_start_matches('#')) {
                found.push(subject(id.as_str()));
                meant = meant.or(install);
            }
        }
    }
    (found, meant)
}

/// A value as texts: one, several with commas, or a list of them. Numbers are texts too.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => text
            .split(',')
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
            .collect(),
        Value::Number(number) => vec![number.to_string()],
        Value::Array(values) => values
            .iter()
            .filter(|value| !value.is_array())
            .flat_map(texts)
            .collect(),
        Value::Object(_) | Value::Bool(_) | Value::Null => Vec::new(),
    }
}

/// One text; an empty one is none.
fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
