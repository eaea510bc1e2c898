//! The endpoints that change something: one table of paths and scopes, and a function for each.
//!
//! The page of each is at <https://developer.rechargepayments.com/2021-11>. A change is whole at once: Recharge makes
//! queued charges anew some seconds later unless `commit=true`, and says `has_uncommitted_changes` until then; here the
//! parameter makes no difference.

mod addresses;
mod body;
mod charges;
mod customers;
mod drafts;
pub(super) mod dunning;
mod onetimes;
mod orders;
mod queue;
mod subscriptions;
mod webhooks;

use chrono::{DateTime, Utc};

use super::answer::Answer;
use super::changes::{Change, Event};
use super::json::Json;
use super::request::Request;
use super::tables::{Tables, customer_of};
use super::tokens::Token;

/// One endpoint.
pub(super) struct Action {
    method: &'static str,
    /// Its path; `{id}` is an integer.
    path: &'static str,
    /// All of these are needed.
    pub(super) scopes: &'static [&'static str],
    act: fn(&mut Call<'_>) -> Result<Answer, Answer>,
}

impl std::fmt::Debug for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} /{}", self.method, self.path)
    }
}

/// One call of an endpoint.
struct Call<'a> {
    change: Change<'a>,
    /// The id in the path; 0 where there is none.
    id: i64,
    request: &'a Request,
    body: Json,
    /// `None` for the simulator's own controls.
    token: Option<&'a Token>,
    /// What an address is told though nothing changed.
    told: Vec<Told>,
}

/// Something for one webhook's address alone.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) webhook: i64,
    pub(super) event: Event,
}

/// What a call leads to.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) answer: Answer,
    pub(super) events: Vec<Event>,
    pub(super) told: Vec<Told>,
    /// The address that it was about: until it is answered, no other change of that one is taken.
    pub(super) address: Option<i64>,
}

const CUSTOMERS: &[&str] = &["write_customers"];
const SUBSCRIPTIONS: &[&str] = &["write_subscriptions"];
const ORDERS: &[&str] = &["write_orders"];

const fn on(
    method: &'static str,
    path: &'static str,
    scopes: &'static [&'static str],
    act: fn(&mut Call<'_>) -> Result<Answer, Answer>,
) -> Action {
    Action {
        method,
        path,
        scopes,
        act,
    }
}

#[rustfmt::skip]
static ACTIONS: [Action; 26] = [
    on("POST", "customers", &["write_customers", "write_payment_methods"], customers::create),
    on("PUT", "customers/{id}", CUSTOMERS, customers::update),
    on("DELETE", "customers/{id}", CUSTOMERS, customers::delete),
    on("POST", "addresses", CUSTOMERS, addresses::create),
    on("PUT", "addresses/{id}", CUSTOMERS, addresses::update),
    on("DELETE", "addresses/{id}", CUSTOMERS, addresses::delete),
    on("POST", "subscriptions", SUBSCRIPTIONS, subscriptions::create),
    on("PUT", "subscriptions/{id}", SUBSCRIPTIONS, subscriptions::update),
    on("DELETE", "subscriptions/{id}", SUBSCRIPTIONS, subscriptions::delete),
    on("POST", "subscriptions/{id}/cancel", SUBSCRIPTIONS, subscriptions::cancel),
    on("POST", "subscriptions/{id}/activate", SUBSCRIPTIONS, subscriptions::activate),
    on("POST", "subscriptions/{id}/set_next_charge_date", SUBSCRIPTIONS, subscriptions::set_next_charge_date),
    on("POST", "subscriptions/{id}/change_address", SUBSCRIPTIONS, subscriptions::change_address),
    on("POST", "charges/{id}/skip", ORDERS, charges::skip),
    on("POST", "charges/{id}/unskip", ORDERS, charges::unskip),
    on("POST", "charges/{id}/change_next_charge_date", ORDERS, charges::change_next_charge_date),
    on("POST", "charges/{id}/process", &["write_payments"], charges::process),
    on("POST", "charges/{id}/capture_payment", ORDERS, charges::capture),
    on("POST", "charges/{id}/refund", &["write_orders", "write_payment_methods"], charges::refund),
    on("POST", "onetimes", SUBSCRIPTIONS, onetimes::create),
    on("PUT", "onetimes/{id}", SUBSCRIPTIONS, onetimes::update),
    on("DELETE", "onetimes/{id}", SUBSCRIPTIONS, onetimes::delete),
    // A webhook needs the read scope of its own topic.
    on("POST", "webhooks", &[], webhooks::create),
    on("PUT", "webhooks/{id}", &[], webhooks::update),
    on("DELETE", "webhooks/{id}", &[], webhooks::delete),
    on("POST", "webhooks/{id}/test", &[], webhooks::test),
];

impl Action {
    /// The endpoint that a request means, and the id in its path.
    pub(super) fn of(request: &Request) -> Option<(&'static Self, i64)> {
        ACTIONS
            .iter()
            .filter(|action| action.method == request.method)
            .find_map(|action| Some((action, action.id_in(&request.segments())?)))
    }

    /// Whether any method means something at these segments.
    pub(super) fn is_at(segments: &[&str]) -> bool {
        ACTIONS
            .iter()
            .any(|action| action.id_in(segments).is_some())
    }

    /// The id in a path that is this endpoint's; 0 when the path has none.
    fn id_in(&self, segments: &[&str]) -> Option<i64> {
        let mut own = self.path.split('/');
        let mut id = 0;
        for segment in segments {
            match own.next()? {
                "{id}" => id = segment.parse().ok()?,
                name if name == *segment => {}
                _ => return None,
            }
        }
        own.next().is_none().then_some(id)
    }

    /// The customer whom the call is about, if its path says so.
    pub(super) fn customer(&self, id: i64, tables: &Tables) -> Option<i64> {
        let collection = self.path.split('/').next()?;
        customer_of(collection, id, tables.find(collection, id)?)
    }

    /// The address that the call is about: it, or what is due there.
    pub(super) fn address(&self, id: i64, tables: &Tables) -> Option<i64> {
        let collection = self.path.split('/').next()?;
        let object = tables.find(collection, id)?;
        if collection == "addresses" {
            return Some(id);
        }
        object.get("address_id")?.as_i64()
    }

    /// Does it: all of it, or nothing.
    pub(super) fn take(
        &self,
        id: i64,
        request: &Request,
        token: Option<&Token>,
        tables: &mut Tables,
        now: DateTime<Utc>,
    ) -> Outcome {
        let body = match body::read(&request.body) {
            Ok(body) => body,
            Err(answer) => return Outcome::of(answer),
        };
        let mut call = Call {
            change: Change::new(tables, now),
            id,
            request,
            body,
            token,
            told: Vec::new(),
        };
        match (self.act)(&mut call) {
            Ok(answer) => Outcome {
                answer,
                told: call.told,
                events: call.change.events(),
                address: None,
            },
            Err(answer) => {
                call.change.undo();
                Outcome::of(answer)
            }
        }
    }
}

impl Outcome {
    /// An answer that changes nothing.
    pub(super) fn of(answer: Answer) -> Self {
        Self {
            answer,
            events: Vec::new(),
            told: Vec::new(),
            address: None,
        }
    }
}

impl Call<'_> {
    /// The object that the path names.
    fn target(&self, collection: &str) -> Result<Json, Answer> {
        let found = self.change.find(collection, self.id).cloned();
        found.ok_or_else(Answer::not_found)
    }

    /// An object as the answer wraps it.
    fn answer(&self, status: u16, singular: &str, collection: &str, id: i64) -> Answer {
        let object = self.change.find(collection, id).cloned();
        let object = object.unwrap_or(Json::Null);
        Answer::json(status, &Json::object([(singular, object)]))
    }
}
