//! Answers that are not lists: one object, the store, a delivery schedule.

use chrono::{DateTime, Utc};

use super::answer::Answer;
use super::charges;
use super::include;
use super::json::Json;
use super::request::Request;
use super::resource::Resource;
use super::tables::Tables;

/// `GET /subscriptions/{id}` and the like.
///
/// A charge that the 90-day rule hides is answered with an error whose status is not established; 404 is this
/// simulator's choice.
pub(super) fn one(
    resource: &'static Resource,
    singular: &str,
    id: i64,
    request: &Request,
    tables: &Tables,
    now: DateTime<Utc>,
) -> Result<Json, Answer> {
    let object = tables
        .find(resource.plural, id)
        .ok_or_else(Answer::not_found)?;
    if resource.plural == "charges" && !charges::visible(object, now) {
        return Err(Answer::not_found());
    }
    let wanted = include::wanted(resource, request);
    Ok(Json::object([(
        singular,
        include::with(object, &wanted, tables),
    )]))
}

/// `GET /store`.
pub(super) fn store(tables: &Tables) -> Json {
    Json::object([("store", tables.store.clone().unwrap_or(Json::Null))])
}

/// `GET /`: a summary of the same store, under older names. What the store's own body does not say is null here.
pub(super) fn summary(tables: &Tables) -> Json {
    let store = tables.store.clone().unwrap_or(Json::Null);
    let timezone = store.member("timezone");
    Json::object([(
        "store",
        Json::object([
            ("country", store.member("country")),
            ("currency", store.member("currency")),
            ("email", store.member("email")),
            ("iana_timezone", timezone.member("iana_name")),
            ("province", store.member("province")),
            ("shop_owner", store.member("shop_owner")),
            ("store_id", store.member("id")),
            ("store_name", store.member("name")),
            ("store_timezone", timezone.member("name")),
            ("store_url", store.member("identifier")),
        ]),
    )])
}

/// `GET /customers/{id}/delivery_schedule`; a customer without a stored one has no deliveries ahead.
///
/// `date_max` and `delivery_count_future` shorten it.
pub(super) fn delivery_schedule(
    id: i64,
    request: &Request,
    tables: &Tables,
) -> Result<Json, Answer> {
    let customer = tables.find("customers", id).ok_or_else(Answer::not_found)?;
    let stored = tables.find("delivery_schedules", id);
    let who = stored
        .and_then(|schedule| schedule.get("customer"))
        .unwrap_or(customer);
    let who = ["id", "email", "first_name", "last_name"].map(|key| (key, who.member(key)));
    let deliveries = stored.and_then(|schedule| schedule.member("deliveries").into_list());
    let mut deliveries = deliveries.unwrap_or_default();
    if let Some(last) = request.parameter("date_max") {
        let date = |delivery: &Json| {
            delivery
                .get("date")
                .and_then(Json::as_str)
                .map(str::to_owned)
        };
        deliveries.retain(|delivery| date(delivery).is_none_or(|date| date.as_str() <= last));
    }
    if let Some(count) = request.parameter("delivery_count_future") {
        let count = count.parse();
        deliveries.truncate(
            count.map_err(|_| Answer::invalid("delivery_count_future", "Not a valid integer."))?,
        );
    }
    Ok(Json::object([
        ("customer", Json::object(who)),
        ("deliveries", Json::List(deliveries)),
    ]))
}
