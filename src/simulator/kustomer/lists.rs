//! Lists, page by page, and the search for customers.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::answer::{Answer, Answered};
use super::request::Request;
use super::state::State;

/// As many as a page has at most, and as many as one of a search.
const LARGEST_PAGE: usize = 100;
const LARGEST_SEARCH: usize = 500;
/// How often machines may search in a minute.
pub(super) const SEARCHES: u32 = 100;
/// What changed lately is not found yet, and what has not changed for long is not found any more.
const LAG: TimeDelta = TimeDelta::seconds(60);
const REACH: TimeDelta = TimeDelta::days(730);

/// A page of something.
struct Page {
    number: usize,
    size: usize,
}

impl Page {
    fn of(request: &Request, largest: usize) -> Result<Self, Answer> {
        let number = |name: &str, otherwise: usize| {
            let text = request.parameter(name);
            text.map_or(Some(otherwise), |text| text.parse().ok())
                .filter(|n| *n > 0)
                .ok_or_else(|| Answer::bad_parameter(name, "Invalid number", name))
        };
        Ok(Self {
            number: number("page", 1)?,
            size: number("pageSize", LARGEST_PAGE)?.min(largest),
        })
    }

    fn answer(&self, path: &str, total: usize, rows: impl Iterator<Item = Value>) -> Answer {
        let (page, size) = (self.number, self.size);
        let pages = total.div_ceil(size);
        let data: Vec<Value> = rows.skip((page - 1) * size).take(size).collect();
        let link = |page: usize| format!("{path}?page={page}&pageSize={size}");
        Answer::new(
            200,
            json!({
                "data": data,
                "meta": {"page": page, "pageSize": size, "total": total, "totalPages": pages},
                "links": {
                    "self": link(page),
                    "first": link(1),
                    "next": (page < pages).then(|| link(page + 1)),
                    "prev": (page > 1).then(|| link(page - 1)),
                },
            }),
        )
    }
}

impl State {
    /// All objects of a customer.
    pub(super) fn list_kobjects(&self, klass: &str, customer: &str, request: &Request) -> Answered {
        self.klass(klass)?;
        self.customer(customer)?;
        let page = Page::of(request, LARGEST_PAGE)?;
        let of = (klass.to_owned(), customer.to_owned());
        let ids = self.kobjects_of.get(&of).map_or(&[][..], Vec::as_slice);
        let objects = ids.iter().filter_map(|id| self.kobjects.get(id));
        let rows = objects.map(|object| self.resource(object));
        Ok(page.answer(&request.path, ids.len(), rows))
    }

    /// All objects of a klass, the oldest first. That this list is paged like others is not established: it is, here.
    pub(super) fn list_klass(&self, klass: &str, request: &Request) -> Answered {
        self.klass(klass)?;
        let page = Page::of(request, LARGEST_PAGE)?;
        let objects = || self.kobjects.values().filter(|o| o.klass == klass);
        let rows = objects().map(|object| self.resource(object));
        Ok(page.answer(&request.path, objects().count(), rows))
    }

    /// Customers who have one of these addresses. Of what can be searched for only that is known here: anything else is
    /// refused. That rows have the addresses, and that case does not count, is not established.
    pub(super) fn search_customers(
        &self,
        body: &Value,
        request: &Request,
        now: DateTime<Utc>,
    ) -> Answered {
        let page = Page::of(request, LARGEST_SEARCH)?;
        let known = ["queryContext", "and", "or", "sort"];
        let fields = body.as_object();
        let fields = fields.ok_or_else(|| Answer::bad_request("The body must be an object"))?;
        if let Some(odd) = fields.keys().find(|key| !known.contains(&key.as_str())) {
            return Err(Answer::bad_parameter(odd, "Unknown", "/"));
        }
        if body["queryContext"] != "customer" {
            return Err(Answer::bad_parameter(
                "queryContext",
                "Must be `customer`",
                "/",
            ));
        }
        if body["and"].as_array().is_some_and(|and| !and.is_empty()) {
            return Err(Answer::bad_parameter("and", "Unknown condition", "/and"));
        }
        let mut found = Vec::new();
        for condition in body["or"].as_array().into_iter().flatten() {
            let email = condition["customer_email"]["equals"].as_str();
            let email =
                email.ok_or_else(|| Answer::bad_parameter("or", "Unknown condition", "/or"))?;
            let Ok(customer) = self.customer(&format!("email={email}")) else {
                continue;
            };
            let changed = customer.attributes.get("updatedAt").and_then(Value::as_str);
            let changed = changed.and_then(|at| DateTime::parse_from_rfc3339(at).ok());
            let age = changed.map(|at| now - at.to_utc());
            if age.is_some_and(|age| (LAG..=REACH).contains(&age)) {
                found.push(customer);
            }
        }
        found.sort_by(|a, b| a.id.cmp(&b.id));
        found.dedup_by(|a, b| a.id == b.id);
        let rows = found.iter().map(|customer| customer.resource());
        Ok(page.answer(&request.path, found.len(), rows))
    }
}
