//! What the API says to one request: everything but time, connections and accidents.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::answer::{Answer, Answered};
use super::definition::text;
use super::keys::Key;
use super::request::Request;
use super::routes::{Nowhere, Route};
use super::search::SEARCHES;
use super::state::State;

/// The answer. `key` is `None` for a signed-in agent, who may do what agents may: which roles those are is the org's, and
/// here they are all.
pub(super) fn answer(
    state: &mut State,
    request: &Request,
    key: Option<&Key>,
    now: DateTime<Utc>,
) -> Answered {
    state.catch_up(now);
    let segments = request.segments();
    let route = Route::of(&request.method, &segments).map_err(|nowhere| match nowhere {
        Nowhere::Path => Answer::not_found("path"),
        Nowhere::Method => Answer::method_not_allowed(),
    })?;
    if key.is_some_and(|key| !key.may(route.roles())) {
        return Err(Answer::forbidden());
    }
    let body = request.json();
    match route {
        Route::Me => {
            let roles = key.map(|key| key.roles.clone()).unwrap_or_default();
            Ok(Answer::ok(
                json!({"type": "token", "id": "current", "attributes": {"roles": roles}}),
            ))
        }
        // What it says beside the id is not established.
        Route::CurrentUser => Ok(Answer::ok(
            json!({"type": "user", "id": "current", "attributes": {"userType": "machine"}}),
        )),
        Route::CreateCustomer => state.create_customer(&body, now),
        Route::Customer(which) => Ok(Answer::ok(state.customer(which)?.resource())),
        Route::Search => {
            if key.is_some() && !state.limits.count("searches", SEARCHES, now).fits {
                return Err(Answer::too_many_requests());
            }
            state.search(&body, request, now)
        }
        Route::Klasses => Ok(state.list_klasses()),
        Route::CreateKlass => state.create_klass(&body),
        Route::Metadata(klass) => state.metadata(klass),
        Route::PutMetadata(klass) => state.put_metadata(klass, &body),
        Route::Create(klass, customer) => state.create_kobject(klass, customer, &body, now),
        Route::List(klass, customer) => state.list_kobjects(klass, customer, request),
        Route::ListAll(klass) => state.list_klass(klass, request),
        Route::Read(klass, which) => {
            let object = state.kobject(klass, which)?;
            Ok(Answer::ok(state.resource(object)))
        }
        Route::Update(klass, id) => state.update_kobject(klass, id, &body, now),
        Route::Delete(klass, id) => state.delete_kobject(klass, id),
        Route::BeginBulk(klass) => state.begin_bulk(klass, request, now),
        Route::Bulk(id) => state.bulk(id),
        Route::Batches(id) => state.batches(id),
        Route::Register => state.register_app(&body),
        // Its body is not established.
        Route::Install => state.install_app(text(&body, "name"), text(&body, "version"), now),
        Route::Apps => Ok(state.list_apps()),
    }
}
