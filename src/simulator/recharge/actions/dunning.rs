//! Failed charges: attempts, retry dates, and what follows the last attempt.
//!
//! How many attempts there are and how far apart is a setting of each store. Here there are 8, the number that a recorded
//! charge without retries left shows, and 3 days between them.

use chrono::Days;

use super::queue::{self, day, has_status, subscriptions_in};
use super::subscriptions::{is_active, recount};
use crate::simulator::recharge::changes::Change;
use crate::simulator::recharge::clock::{eastern_day, eastern_midnight, stamp};
use crate::simulator::recharge::json::Json;
use crate::simulator::recharge::tables::PutError;

const ATTEMPTS: i64 = 8;
const DAYS_BETWEEN: Days = Days::new(3);
const MAX_RETRIES: &str = "charge/max_retries_reached";

/// Why a payment failed, as the charge shows it.
#[derive(Debug)]
pub(in super::super) struct Decline<'a> {
    pub(in super::super) error: &'a str,
    pub(in super::super) error_type: &'a str,
}

impl Default for Decline<'_> {
    fn default() -> Self {
        Self {
            error: "Your card was declined.",
            error_type: "CARD_DECLINED",
        }
    }
}

/// Lets an attempt to collect a charge fail. The next attempt is on the charge's `retry_date`, which is a day: midnight
/// Eastern, written in UTC. The last attempt ends as [`exhaust`] does.
pub(in super::super) fn fail(
    change: &mut Change<'_>,
    id: i64,
    decline: &Decline<'_>,
) -> Result<(), PutError> {
    let attempts = attempts_so_far(change, id)? + 1;
    if attempts >= ATTEMPTS {
        return exhaust(change, id);
    }
    let now = change.now;
    let next = eastern_day(now) + DAYS_BETWEEN;
    change.edit("charges", id, |charge| {
        charge.set("charge_attempts", attempts);
        charge.set("error", decline.error);
        charge.set("error_type", decline.error_type);
        charge.set("last_charge_attempt", stamp(now));
        charge.set("retry_date", stamp(eastern_midnight(next)));
        charge.set("status", "error");
    });
    let customer = customer_of(change, id);
    change.edit("customers", customer, |customer| {
        customer.set("has_payment_method_in_dunning", true);
    });
    Ok(())
}

/// Lets the last attempt fail: the charge has no retries left, and its subscriptions are cancelled.
///
/// `charge/max_retries_reached` is the only webhook: there is none for the cancellation.
pub(in super::super) fn exhaust(change: &mut Change<'_>, id: i64) -> Result<(), PutError> {
    let attempts = attempts_so_far(change, id)? + 1;
    let now = change.now;
    change.edit("charges", id, |charge| {
        if charge.get("error").is_none_or(|error| *error == Json::Null) {
            charge.set("error", Decline::default().error);
        }
        charge.set("charge_attempts", attempts.max(ATTEMPTS));
        charge.set("error_type", "CLOSED_MAX_RETRIES_REACHED");
        charge.set("last_charge_attempt", stamp(now));
        charge.set("retry_date", Json::Null);
        charge.set("status", "error");
    });
    let charge = change.find("charges", id).cloned().unwrap_or(Json::Null);
    for subscription in subscriptions_in(&charge) {
        cancel(change, subscription);
    }
    let customer = customer_of(change, id);
    recount(change, customer);
    change.only_announced();
    change.announce(MAX_RETRIES, "charges", id);
    Ok(())
}

/// Cancels a subscription whose charge could not be collected. The failed charge stays; later ones go.
fn cancel(change: &mut Change<'_>, id: i64) {
    let Some(subscription) = change.find("subscriptions", id).filter(|s| is_active(s)) else {
        return;
    };
    if let Some(date) = day(subscription, "next_charge_scheduled_at") {
        let dates = &mut change.tables.dates_before_cancelling;
        dates.insert(id, date.to_string());
    }
    let stamp = change.stamp();
    change.edit("subscriptions", id, |object| {
        object.set(
            "cancellation_reason",
            "Max number of charge attempts reached",
        );
        object.set("cancellation_reason_comments", Json::Null);
        object.set("cancelled_at", stamp);
        object.set("has_queued_charges", false);
        object.set("max_retries_reached", true);
        object.set("next_charge_scheduled_at", Json::Null);
        object.set("status", "cancelled");
    });
    for charge in queue::queued_with(change, id) {
        queue::withdraw_from(change, charge, id);
    }
}

/// Returns how often a charge was tried that still waits to be paid.
fn attempts_so_far(change: &Change<'_>, id: i64) -> Result<i64, PutError> {
    let charge = change.find("charges", id);
    let charge = charge.ok_or(PutError::Missing("charges", id))?;
    let error_type = charge.get("error_type").and_then(Json::as_str);
    let is_closed = error_type == Some("CLOSED_MAX_RETRIES_REACHED");
    if is_closed || !has_status(charge, &["queued", "error"]) {
        return Err(PutError::Settled(id));
    }
    let attempts = charge.get("charge_attempts").and_then(Json::as_i64);
    Ok(attempts.unwrap_or(0))
}

fn customer_of(change: &Change<'_>, charge: i64) -> i64 {
    let charge = change.find("charges", charge);
    let id = charge.and_then(|charge| charge.get("customer")?.get("id")?.as_i64());
    id.unwrap_or(0)
}
