//! The search for customers and objects.
//!
//! Known here are addresses and the time of the last change; any other condition is refused. The index lags: what changed
//! within the last minute is not found yet, and what has not changed for two years is not found any more.

use std::cmp::Reverse;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};

use super::answer::{Answer, Answered};
use super::lists::Page;
use super::request::Request;
use super::state::State;

/// The maximum of rows on a page of a search.
const LARGEST_SEARCH: usize = 500;
/// Searches that machines may make in a minute.
pub(super) const SEARCHES: u32 = 100;
const LAG: TimeDelta = TimeDelta::seconds(60);
const REACH: TimeDelta = TimeDelta::days(730);

/// What is searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Context<'a> {
    Customers,
    /// Objects of any klass, or of one.
    KObjects(Option<&'a str>),
}

/// One condition, of those that are known.
#[derive(Debug)]
enum Condition {
    Email(String),
    Since(DateTime<Utc>),
}

/// A row that may be found.
struct Row<'a> {
    id: &'a str,
    attributes: &'a Map<String, Value>,
    updated_at: DateTime<Utc>,
}

impl<'a> Context<'a> {
    fn of(body: &'a Value) -> Option<Self> {
        match body["queryContext"].as_str()? {
            "customer" => Some(Self::Customers),
            "kobject" => Some(Self::KObjects(None)),
            other => other
                .strip_prefix("kobject_")
                .map(|klass| Self::KObjects(Some(klass))),
        }
    }

    fn updated_at(self) -> &'static str {
        match self {
            Self::Customers => "customer_updated_at",
            Self::KObjects(_) => "kobject_updated_at",
        }
    }

    /// The conditions of a list of the body; an attribute or a comparison that is not known is refused.
    fn conditions(self, body: &Value, list: &str) -> Result<Vec<Condition>, Answer> {
        let unknown = || Answer::bad_parameter(list, "Unknown condition", &format!("/{list}"));
        let given = body[list].as_array().into_iter().flatten();
        let read = given.map(|condition| {
            let email = condition["customer_email"]["equals"].as_str();
            if let (Self::Customers, Some(email)) = (self, email) {
                return Ok(Condition::Email(email.to_lowercase()));
            }
            let since = condition[self.updated_at()]["gte"].as_str();
            let since = since.and_then(|at| DateTime::parse_from_rfc3339(at).ok());
            let since = since.ok_or_else(unknown)?;
            Ok(Condition::Since(since.to_utc()))
        });
        read.collect()
    }

    /// Whether rows are sorted by their last change, and whether the newest comes first.
    fn sort(self, body: &Value) -> Result<Option<bool>, Answer> {
        let unknown = || Answer::bad_parameter("sort", "Unknown order", "/sort");
        let first = body["sort"].as_array().and_then(|sort| sort.first());
        first
            .map(|sort| match sort[self.updated_at()].as_str() {
                Some("asc") => Ok(false),
                Some("desc") => Ok(true),
                _ => Err(unknown()),
            })
            .transpose()
    }
}

impl Condition {
    fn holds(&self, row: &Row<'_>) -> bool {
        match self {
            Self::Since(at) => row.updated_at >= *at,
            Self::Email(email) => {
                let emails = row.attributes.get("emails").and_then(Value::as_array);
                let emails = emails.into_iter().flatten();
                emails
                    .filter_map(|entry| entry["email"].as_str())
                    .any(|own| own.to_lowercase() == *email)
            }
        }
    }
}

impl State {
    /// Customers or objects that meet every condition of `and`, and one of `or` if there are any. That rows of customers
    /// have their addresses, and that case does not count, is not established.
    pub(super) fn search(&self, body: &Value, request: &Request, now: DateTime<Utc>) -> Answered {
        let page = Page::of(request, LARGEST_SEARCH)?;
        let known = ["queryContext", "and", "or", "sort"];
        let fields = body.as_object();
        let fields = fields.ok_or_else(|| Answer::bad_request("The body must be an object"))?;
        if let Some(odd) = fields.keys().find(|key| !known.contains(&key.as_str())) {
            return Err(Answer::bad_parameter(odd, "Unknown", "/"));
        }
        let context = Context::of(body).ok_or_else(|| {
            Answer::bad_parameter("queryContext", "Must be `customer` or `kobject`", "/")
        })?;
        let all = context.conditions(body, "and")?;
        let any = context.conditions(body, "or")?;
        let newest_first = context.sort(body)?;
        let mut found: Vec<Row<'_>> = match context {
            Context::Customers => self.customers_with(&any),
            Context::KObjects(klass) => {
                let objects = self.kobjects.values();
                let objects =
                    objects.filter(|object| klass.is_none_or(|klass| object.klass == klass));
                objects
                    .filter_map(|object| row(&object.id, &object.attributes))
                    .collect()
            }
        };
        found.retain(|row| {
            (LAG..=REACH).contains(&(now - row.updated_at))
                && all.iter().all(|condition| condition.holds(row))
                && (any.is_empty() || any.iter().any(|condition| condition.holds(row)))
        });
        found.sort_by_key(|row| row.id);
        found.dedup_by_key(|row| row.id);
        match newest_first {
            Some(true) => found.sort_by_key(|row| Reverse(row.updated_at)),
            Some(false) => found.sort_by_key(|row| row.updated_at),
            None => {}
        }
        let rows = found.iter().filter_map(|row| match context {
            Context::Customers => self.customers.get(row.id).map(|c| c.resource()),
            Context::KObjects(_) => self.kobjects.get(row.id).map(|o| self.resource(o)),
        });
        Ok(page.answer(&request.path, found.len(), rows))
    }

    /// Customers who may meet one of these conditions: by their addresses, when all conditions are addresses.
    fn customers_with(&self, any: &[Condition]) -> Vec<Row<'_>> {
        let emails: Vec<_> = any
            .iter()
            .filter_map(|condition| match condition {
                Condition::Email(email) => Some(email),
                Condition::Since(_) => None,
            })
            .collect();
        if emails.is_empty() || emails.len() < any.len() {
            let everyone = self.customers.values();
            return everyone
                .filter_map(|customer| row(&customer.id, &customer.attributes))
                .collect();
        }
        let ids = emails
            .into_iter()
            .filter_map(|email| self.customers_by.get(email));
        let customers = ids.filter_map(|id| self.customers.get(id));
        customers
            .filter_map(|customer| row(&customer.id, &customer.attributes))
            .collect()
    }
}

fn row<'a>(id: &'a str, attributes: &'a Map<String, Value>) -> Option<Row<'a>> {
    let updated_at = attributes.get("updatedAt")?.as_str()?;
    let updated_at = DateTime::parse_from_rfc3339(updated_at).ok()?.to_utc();
    Some(Row {
        id,
        attributes,
        updated_at,
    })
}
