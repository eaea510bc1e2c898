//! What the API says to one request: everything but time, connections and accidents.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::actions::Outcome;
use super::answer::Answer;
use super::clients::webhooks_of;
use super::faults::Fault;
use super::json::Json;
use super::lag::Lag;
use super::listing::Listing;
use super::objects;
use super::request::Request;
use super::routes::Route;
use super::tables::Tables;
use super::tokens::Token;

/// The versions that exist (<https://docs.rechargepayments.com/docs/api-versions>).
const VERSIONS: [&str; 2] = ["2021-01", "2021-11"];

/// The version that a request is answered in: its header's, else the store's own default, else 2021-01.
///
/// Only 2021-11 is simulated. A request in 2021-01 gets the same bodies, under its own version header: a choice of this
/// simulator, where Recharge would answer in the older shapes.
pub(super) fn version<'a>(request: &'a Request, tables: &'a Tables) -> &'a str {
    let default = || tables.store.as_ref()?.get("default_api_version")?.as_str();
    let asked = request
        .version
        .as_deref()
        .filter(|version| VERSIONS.contains(version));
    asked.or_else(default).unwrap_or("2021-01")
}

/// What is around a request when it is answered.
pub(super) struct Moment<'a> {
    pub(super) now: DateTime<Utc>,
    /// The fault that strikes it whoever it is about. One that prevents a change is answered later, but nothing is done.
    pub(super) drawn: Option<Fault>,
    /// Addresses of which a change is not answered yet.
    pub(super) busy: &'a BTreeSet<i64>,
}

/// The answer and what it leads to, and the fault that the customer concerned asks for with their email address.
///
/// In which order Recharge checks is not established, but that the token comes first.
pub(super) fn answer(
    request: &Request,
    token: Option<&Token>,
    tables: &mut Tables,
    moment: &Moment<'_>,
) -> Result<(Outcome, Option<Fault>), Answer> {
    let token = token.ok_or_else(Answer::bad_authentication)?;
    if request
        .version
        .as_deref()
        .is_some_and(|version| !VERSIONS.contains(&version))
    {
        return Err(Answer::unknown_version());
    }
    let route = Route::of(request)?;
    if !route.scopes(request).iter().all(|scope| token.may(scope)) {
        return Err(Answer::missing_scope());
    }
    if let Route::Action(action, id) = route {
        let fault = action
            .customer(id, tables)
            .and_then(|customer| fault_of_customer(customer, tables));
        let address = action.address(id, tables);
        if address.is_some_and(|address| moment.busy.contains(&address)) {
            return Err(Answer::already_in_progress());
        }
        let prevented = fault.or(moment.drawn).is_some_and(Fault::prevents);
        let mut outcome = if prevented {
            Outcome::of(Answer::no_content())
        } else {
            action.take(id, request, Some(token), tables, moment.now)
        };
        outcome.address = address;
        return Ok((outcome, fault));
    }
    let lag = behind(&route, tables.history.lag());
    let (body, fault) = if lag.is_zero() {
        read(route, request, token, tables, moment)?
    } else {
        tables.as_of(moment.now - lag, |tables| {
            read(route, request, token, tables, moment)
        })?
    };
    Ok((Outcome::of(Answer::ok(&body)), fault))
}

/// How far the answers of an endpoint are behind. Those about webhooks, tokens and the store never are.
fn behind(route: &Route, lag: Lag) -> TimeDelta {
    let lags = match route {
        Route::List(resource) => resource.plural != "webhooks",
        Route::One(resource, ..) => lag.objects && resource.plural != "webhooks",
        Route::DeliverySchedule(_) => lag.objects,
        _ => false,
    };
    let by = if lags { lag.by } else { Duration::ZERO };
    TimeDelta::from_std(by).unwrap_or_default()
}

/// What is there, unchanged.
fn read(
    route: Route,
    request: &Request,
    token: &Token,
    tables: &Tables,
    moment: &Moment<'_>,
) -> Result<(Json, Option<Fault>), Answer> {
    let now = moment.now;
    // A client sees its own webhooks alone.
    let own;
    let tables = match route {
        Route::List(resource) | Route::One(resource, ..) if resource.plural == "webhooks" => {
            own = webhooks_of(token, tables);
            &own
        }
        _ => tables,
    };
    Ok(match route {
        Route::Action(..) => return Err(Answer::method_not_allowed()),
        Route::Root => (objects::summary(tables), None),
        Route::TokenInformation => (token.information(), None),
        Route::Store => (objects::store(tables), None),
        Route::List(resource) => {
            let listing = Listing::read(resource, request)?;
            let fault = fault_of_list(resource.plural, &listing, tables);
            let effect = fault.or(moment.drawn);
            if effect == Some(Fault::ExpiredCursor) && request.parameter("cursor").is_some() {
                return Err(Answer::invalid("cursor", "Invalid value"));
            }
            (listing.answer(request, tables, now, effect), fault)
        }
        Route::One(resource, singular, id) => {
            let fault = if resource.plural == "customers" {
                fault_of_customer(id, tables)
            } else {
                None
            };
            (
                objects::one(resource, singular, id, request, tables, now)?,
                fault,
            )
        }
        Route::DeliverySchedule(id) => (
            objects::delivery_schedule(id, request, tables)?,
            fault_of_customer(id, tables),
        ),
    })
}

/// The fault of the customers that a list is about: by `email` (who need not exist), `customer_id`,
/// `external_customer_id`, or their `ids`; also when the filter is inside a cursor.
fn fault_of_list(plural: &str, listing: &Listing, tables: &Tables) -> Option<Fault> {
    listing
        .filters
        .iter()
        .find_map(|applied| match applied.filter.name {
            "email" => Fault::of_email(&applied.text),
            "customer_id" => applied
                .integers()
                .iter()
                .find_map(|id| fault_of_customer(*id, tables)),
            "ids" if plural == "customers" => applied
                .integers()
                .iter()
                .find_map(|id| fault_of_customer(*id, tables)),
            "external_customer_id" => tables
                .all("customers")
                .filter(|(_, customer)| {
                    customer
                        .at("external_customer_id.ecommerce")
                        .iter()
                        .any(|v| v.as_str() == Some(&applied.text))
                })
                .find_map(|(id, _)| fault_of_customer(id, tables)),
            _ => None,
        })
}

fn fault_of_customer(id: i64, tables: &Tables) -> Option<Fault> {
    tables
        .find("customers", id)?
        .get("email")
        .and_then(Json::as_str)
        .and_then(Fault::of_email)
}
