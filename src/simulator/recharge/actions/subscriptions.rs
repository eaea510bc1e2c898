//! Subscriptions: created, changed, cancelled, activated, moved, deleted.

use chrono::NaiveDate;

use super::Call;
use super::drafts::new_subscription;
use super::queue::{self, Item, day, one_interval_after};
use crate::simulator::recharge::answer::Answer;
use crate::simulator::recharge::changes::Change;
use crate::simulator::recharge::json::Json;

const INTERVAL: [&str; 3] = [
    "order_interval_unit",
    "charge_interval_frequency",
    "order_interval_frequency",
];

/// What a change may bring beside the interval.
const CHANGEABLE: [&str; 13] = [
    "expire_after_specific_number_of_charges",
    "external_product_id",
    "external_variant_id",
    "order_day_of_month",
    "order_day_of_week",
    "presentment_currency",
    "price",
    "product_title",
    "properties",
    "quantity",
    "sku",
    "sku_override",
    "variant_title",
];

const NULLABLE: [&str; 6] = [
    "expire_after_specific_number_of_charges",
    "order_day_of_month",
    "order_day_of_week",
    "presentment_currency",
    "sku",
    "variant_title",
];

pub(super) fn create(call: &mut Call<'_>) -> Result<Answer, Answer> {
    call.require(&[
        "address_id",
        "charge_interval_frequency",
        "external_variant_id",
        "next_charge_scheduled_at",
        "order_interval_frequency",
        "order_interval_unit",
        "quantity",
    ])?;
    let date = call.date("next_charge_scheduled_at")?;
    let today = call.change.now.date_naive();
    let date = date
        .filter(|date| *date >= today)
        .ok_or_else(|| Answer::refused("next_charge_scheduled_at", "Cannot be in the past"))?;
    let address = call.integer("address_id")?.unwrap_or(0);
    let customer = customer_of_address(&call.change, address)?;
    let stamp = call.change.stamp();
    let mut subscription = new_subscription(address, customer, &stamp);
    call.copy(&INTERVAL, &[], &mut subscription)?;
    call.copy(&CHANGEABLE, &NULLABLE, &mut subscription)?;
    read_interval(call, &mut subscription)?;
    subscription.set("next_charge_scheduled_at", date.to_string());
    let id = call.change.add("subscriptions", subscription);
    queue::place(&mut call.change, Item::Subscription(id), date);
    flag_queued(&mut call.change, id);
    recount(&mut call.change, customer);
    Ok(call.answer(201, "subscription", "subscriptions", id))
}

/// Only an active one is changed, unless `force_update=true`; what a cancelled one is refused with is not recorded.
pub(super) fn update(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let mut subscription = call.target("subscriptions")?;
    let forced = call.request.parameter("force_update") == Some("true");
    if !is_active(&subscription) && !forced {
        return Err(Answer::invalid(
            "subscription",
            "only active subscriptions can be updated",
        ));
    }
    let given = INTERVAL.iter().filter(|n| call.body.get(n).is_some());
    if ![0, INTERVAL.len()].contains(&given.count()) {
        return Err(Answer::refused(
            "charge_interval_unit_type",
            "when passing order_interval_unit provide charge_interval_frequency and order_interval_frequency to update the interval information",
        ));
    }
    call.copy(&INTERVAL, &[], &mut subscription)?;
    call.copy(&CHANGEABLE, &NULLABLE, &mut subscription)?;
    read_interval(call, &mut subscription)?;
    call.change
        .edit("subscriptions", call.id, |object| *object = subscription);
    queue::refresh(&mut call.change, Item::Subscription(call.id));
    Ok(call.answer(200, "subscription", "subscriptions", call.id))
}

/// By the API it is gone for good.
pub(super) fn delete(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let subscription = call.target("subscriptions")?;
    queue::withdraw(&mut call.change, call.id);
    call.change.remove("subscriptions", call.id);
    recount(&mut call.change, owner(&subscription));
    Ok(Answer::no_content())
}

/// What cancelling a cancelled one is answered with is not recorded; the words are those of activating an active one.
/// Orders that were paid ahead still go out.
pub(super) fn cancel(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let subscription = call.target("subscriptions")?;
    if status(&subscription) == "cancelled" {
        return Err(already("cancelled"));
    }
    let reason = call.body.get("cancellation_reason").cloned();
    let reason = reason.filter(|r| r.as_str().is_some_and(|r| !r.is_empty()));
    let reason = reason.ok_or_else(|| {
        Answer::invalid("cancellation_reason", "Missing data for required field.")
    })?;
    let comments = call.body.member("cancellation_reason_comments");
    if comments.as_str().is_some_and(|c| c.chars().count() > 1024) {
        return Err(Answer::invalid(
            "cancellation_reason_comments",
            "Longer than maximum length 1024.",
        ));
    }
    let stamp = call.change.stamp();
    if let Some(date) = day(&subscription, "next_charge_scheduled_at") {
        let dates = &mut call.change.tables.dates_before_cancelling;
        dates.insert(call.id, date.to_string());
    }
    call.change.edit("subscriptions", call.id, |object| {
        object.set("cancellation_reason", reason);
        object.set("cancellation_reason_comments", comments);
        object.set("cancelled_at", stamp);
        object.set("has_queued_charges", false);
        object.set("next_charge_scheduled_at", Json::Null);
        object.set("status", "cancelled");
    });
    queue::withdraw(&mut call.change, call.id);
    recount(&mut call.change, owner(&subscription));
    Ok(call.answer(200, "subscription", "subscriptions", call.id))
}

/// The next date is the one from before the cancellation, as recorded; if that has passed, one interval from today.
pub(super) fn activate(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let subscription = call.target("subscriptions")?;
    if is_active(&subscription) {
        return Err(already("active"));
    }
    let today = call.change.now.date_naive();
    let before = call.change.tables.dates_before_cancelling.remove(&call.id);
    let before = before.and_then(|date| date.parse::<NaiveDate>().ok());
    let date = before
        .filter(|date| *date > today)
        .unwrap_or_else(|| one_interval_after(&subscription, today));
    call.change.edit("subscriptions", call.id, |object| {
        object.set("cancellation_reason", Json::Null);
        object.set("cancellation_reason_comments", Json::Null);
        object.set("cancelled_at", Json::Null);
        object.set("has_queued_charges", true);
        object.set("max_retries_reached", false);
        object.set("next_charge_scheduled_at", date.to_string());
        object.set("status", "active");
    });
    queue::place(&mut call.change, Item::Subscription(call.id), date);
    recount(&mut call.change, owner(&subscription));
    Ok(call.answer(200, "subscription", "subscriptions", call.id))
}

/// `pause=true` fires the topic of a pause; there is no such status.
pub(super) fn set_next_charge_date(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let subscription = call.target("subscriptions")?;
    if !is_active(&subscription) {
        return Err(Answer::invalid(
            "subscription",
            "only active subscriptions can be updated",
        ));
    }
    let date = call.coming("date")?;
    move_to(&mut call.change, call.id, date);
    queue::reschedule(&mut call.change, Item::Subscription(call.id), date);
    if call.request.parameter("pause") == Some("true") {
        call.change
            .announce("subscription/paused", "subscriptions", call.id);
    }
    Ok(call.answer(200, "subscription", "subscriptions", call.id))
}

/// Only to an address of the same customer; how another one is refused is not recorded.
pub(super) fn change_address(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let subscription = call.target("subscriptions")?;
    call.require(&["address_id"])?;
    let address = call.integer("address_id")?.unwrap_or(0);
    if customer_of_address(&call.change, address)? != owner(&subscription) {
        return Err(Answer::invalid("address_id", "Not found"));
    }
    let date = match call.body.get("next_charge_scheduled_at") {
        Some(_) => Some(call.coming("next_charge_scheduled_at")?),
        None => day(&subscription, "next_charge_scheduled_at"),
    };
    queue::withdraw(&mut call.change, call.id);
    call.change.edit("subscriptions", call.id, |object| {
        object.set("address_id", address);
    });
    if let Some(date) = date.filter(|_| is_active(&subscription)) {
        move_to(&mut call.change, call.id, date);
        queue::place(&mut call.change, Item::Subscription(call.id), date);
    }
    Ok(call.answer(200, "subscription", "subscriptions", call.id))
}

/// Gives a subscription another next date; its charges are not moved along.
pub(super) fn move_to(change: &mut Change<'_>, id: i64, date: NaiveDate) {
    change.edit("subscriptions", id, |object| {
        object.set("next_charge_scheduled_at", date.to_string());
    });
}

/// Says again whether a charge waits for the subscription.
pub(super) fn flag_queued(change: &mut Change<'_>, id: i64) {
    let queued = !queue::unpaid_with(change, id).is_empty();
    change.edit("subscriptions", id, |object| {
        object.set("has_queued_charges", queued);
    });
}

/// Counts a customer's subscriptions again. That the customer is stamped along with them was recorded.
pub(super) fn recount(change: &mut Change<'_>, customer: i64) {
    let all = change.tables.of_customer("subscriptions", customer);
    let (mut total, mut active) = (0, 0);
    for (_, subscription) in all {
        total += 1;
        active += i64::from(is_active(subscription));
    }
    change.edit("customers", customer, |object| {
        object.set("subscriptions_active_count", active);
        object.set("subscriptions_total_count", total);
        if active == 0 {
            object.set("subscription_related_charge_streak", 0);
        }
    });
}

pub(super) fn is_active(subscription: &Json) -> bool {
    status(subscription) == "active"
}

fn status(subscription: &Json) -> &str {
    let status = subscription.get("status").and_then(Json::as_str);
    status.unwrap_or_default()
}

fn owner(object: &Json) -> i64 {
    object
        .get("customer_id")
        .and_then(Json::as_i64)
        .unwrap_or(0)
}

fn already(status: &str) -> Answer {
    Answer::invalid("subscription", format!("item already set to {status}"))
}

/// How an unknown address is refused is not recorded.
pub(super) fn customer_of_address(change: &Change<'_>, address: i64) -> Result<i64, Answer> {
    let found = change.find("addresses", address).map(owner);
    found.ok_or_else(|| Answer::invalid("address_id", "Not found"))
}

/// Frequencies are integers, however they came; more than one order for each charge is prepaid.
fn read_interval(call: &Call<'_>, subscription: &mut Json) -> Result<(), Answer> {
    for name in &INTERVAL[1..] {
        if let Some(frequency) = call.integer(name)? {
            if !(1..=1000).contains(&frequency) {
                return Err(Answer::invalid(
                    name,
                    "Must be greater than or equal to 1 and less than or equal to 1000.",
                ));
            }
            subscription.set(name, frequency);
        }
    }
    if let Some(quantity) = call.integer("quantity")? {
        subscription.set("quantity", quantity);
    }
    let frequency = |name: &str| subscription.get(name).and_then(Json::as_i64);
    let prepaid = frequency(INTERVAL[1]) > frequency(INTERVAL[2]);
    subscription.set("is_prepaid", prepaid);
    Ok(())
}
