//! Charges: skipped, moved, paid, given back.

use super::Call;
use super::orders;
use super::queue::{
    self, Item, amount, day, has_status, lines, one_interval_after, subscriptions_in,
};
use super::subscriptions::{flag_queued, is_active, move_to};
use crate::simulator::recharge::amount::Amount;
use crate::simulator::recharge::answer::Answer;
use crate::simulator::recharge::changes::Change;
use crate::simulator::recharge::charges::visible;
use crate::simulator::recharge::json::Json;

/// A part of a charge can be skipped. How that looks is not recorded; here the rest goes on in a charge of its own.
///
/// Each subscription's next date moves on by one interval, and its next charge is queued.
pub(super) fn skip(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let charge = target(call)?;
    let waits = has_status(&charge, &["queued", "error"]);
    if !waits {
        let message = "Only charges with status queued and error can be skipped";
        return Err(Answer::invalid("status", message));
    }
    let named = named(call, &charge)?;
    let (skipped, rest): (Vec<_>, Vec<_>) = lines(&charge).iter().cloned().partition(|line| {
        let item = line.get("purchase_item_id").and_then(Json::as_i64);
        item.is_some_and(|item| named.contains(&item))
    });
    let items = Json::List(skipped);
    if !rest.is_empty() {
        split_off(&mut call.change, &charge, rest);
    }
    call.change.edit("charges", call.id, |charge| {
        charge.set("line_items", items);
        charge.set("status", "skipped");
        queue::add_up(charge);
    });
    let date = day(&charge, "scheduled_at").unwrap_or_else(|| call.change.now.date_naive());
    for id in subscriptions_in(&charge)
        .into_iter()
        .filter(|id| named.contains(id))
    {
        let Some(subscription) = active(&call.change, id) else {
            continue;
        };
        let next = one_interval_after(&subscription, date);
        move_to(&mut call.change, id, next);
        queue::place(&mut call.change, Item::Subscription(id), next);
        flag_queued(&mut call.change, id);
        call.change
            .announce("subscription/skipped", "subscriptions", id);
    }
    Ok(answer(call))
}

/// The date comes back, and what was queued in its place goes. Shipping is not rated again at once, as recorded.
pub(super) fn unskip(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let charge = target(call)?;
    if !has_status(&charge, &["skipped"]) {
        let message = "Only charges with status skipped can be un-skipped";
        return Err(Answer::invalid("status", message));
    }
    let ids = subscriptions_in(&charge);
    for id in &ids {
        if active(&call.change, *id).is_some() {
            queue::withdraw(&mut call.change, *id);
        }
    }
    call.change.edit("charges", call.id, |charge| {
        charge.set("status", "queued");
        charge.set("shipping_lines", Json::List(vec![pending_shipping()]));
        queue::add_up(charge);
    });
    let date = day(&charge, "scheduled_at");
    for id in ids {
        if let (Some(date), Some(_)) = (date, active(&call.change, id)) {
            move_to(&mut call.change, id, date);
            flag_queued(&mut call.change, id);
            call.change
                .announce("subscription/unskipped", "subscriptions", id);
        }
    }
    Ok(answer(call))
}

pub(super) fn change_next_charge_date(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let charge = waiting(call)?;
    let date = call.coming("next_charge_date")?;
    call.change.edit("charges", call.id, |charge| {
        charge.set("scheduled_at", date.to_string());
    });
    for id in subscriptions_in(&charge) {
        if active(&call.change, id).is_some() {
            move_to(&mut call.change, id, date);
        }
    }
    Ok(answer(call))
}

/// Pays a charge now: it becomes an order, and each subscription goes on to its next date, or has expired.
pub(super) fn process(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let charge = waiting(call)?;
    let had_failed = has_status(&charge, &["error"]);
    pay(call);
    let date = day(&charge, "scheduled_at").unwrap_or_else(|| call.change.now.date_naive());
    for id in subscriptions_in(&charge) {
        if let Some(subscription) = active(&call.change, id) {
            go_on(&mut call.change, id, &subscription, date);
        }
    }
    let customer = charge.at("customer.id").first().and_then(|id| id.as_i64());
    let stamp = call.change.stamp();
    call.change
        .edit("customers", customer.unwrap_or(0), |customer| {
            if customer.get("first_charge_processed_at") == Some(&Json::Null) {
                customer.set("first_charge_processed_at", stamp);
            }
            let streak = customer.get("subscription_related_charge_streak");
            let streak = streak.and_then(Json::as_i64).unwrap_or(0);
            customer.set("subscription_related_charge_streak", streak + 1);
            if had_failed {
                customer.set("has_payment_method_in_dunning", false);
            }
        });
    super::subscriptions::recount(&mut call.change, customer.unwrap_or(0));
    Ok(answer(call))
}

/// Takes the money of a charge that was only authorised. Its refusals are not recorded.
pub(super) fn capture(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let charge = target(call)?;
    if !has_status(&charge, &["pending"]) {
        let message = "Only charges with status pending can be captured";
        return Err(Answer::invalid("status", message));
    }
    pay(call);
    Ok(answer(call))
}

/// The refusals of a refund are not recorded.
pub(super) fn refund(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let charge = target(call)?;
    if !has_status(&charge, &["success", "partially_refunded"]) {
        let message = "Only charges with status success and partially_refunded can be refunded";
        return Err(Answer::invalid("status", message));
    }
    let (total, before) = (
        amount(&charge, "total_price"),
        amount(&charge, "total_refunds"),
    );
    let left = total.minus(before);
    let full = call.body.get("full_refund").and_then(Json::as_bool) == Some(true);
    let asked = match call.body.get("amount") {
        _ if full => left,
        None => {
            return Err(Answer::invalid(
                "amount",
                "Missing data for required field.",
            ));
        }
        Some(value) => {
            let asked = value
                .as_str()
                .map(str::to_owned)
                .unwrap_or_else(|| value.to_string());
            Amount::parse(&asked)
                .filter(|asked| asked.is_positive() && left.covers(*asked))
                .ok_or_else(|| Answer::invalid("amount", "Not a valid amount."))?
        }
    };
    let refunds = before.plus(asked);
    call.change.edit("charges", call.id, |charge| {
        charge.set("total_refunds", refunds.to_string());
        let all = refunds.covers(total);
        charge.set(
            "status",
            if all {
                "refunded"
            } else {
                "partially_refunded"
            },
        );
    });
    Ok(answer(call))
}

fn target(call: &Call<'_>) -> Result<Json, Answer> {
    let charge = call.target("charges")?;
    if visible(&charge, call.change.now) {
        Ok(charge)
    } else {
        Err(Answer::not_found())
    }
}

/// The charge, if it waits to be paid; how another one is refused is not recorded.
fn waiting(call: &Call<'_>) -> Result<Json, Answer> {
    let charge = target(call)?;
    if has_status(&charge, &["queued", "error"]) {
        return Ok(charge);
    }
    let message = "Only charges with status queued and error can be changed";
    Err(Answer::invalid("status", message))
}

fn answer(call: &Call<'_>) -> Answer {
    call.answer(200, "charge", "charges", call.id)
}

fn active(change: &Change<'_>, id: i64) -> Option<Json> {
    change
        .find("subscriptions", id)
        .filter(|s| is_active(s))
        .cloned()
}

/// The items that the body names, by either of the names that are in use; all of them if it names none.
fn named(call: &Call<'_>, charge: &Json) -> Result<Vec<i64>, Answer> {
    let items = lines(charge).iter();
    let all: Vec<_> = items
        .filter_map(|line| line.get("purchase_item_id")?.as_i64())
        .collect();
    let given: Vec<_> = match (
        call.body.get("purchase_item_ids"),
        call.body.get("purchase_item_id"),
    ) {
        (Some(list), _) => list
            .elements()
            .iter()
            .filter_map(super::body::number)
            .collect(),
        (None, Some(one)) => super::body::number(one).into_iter().collect(),
        (None, None) => return Ok(all),
    };
    if given.is_empty() || given.iter().any(|item| !all.contains(item)) {
        return Err(Answer::invalid("purchase_item_ids", "Not found"));
    }
    Ok(given)
}

fn split_off(change: &mut Change<'_>, charge: &Json, rest: Vec<Json>) {
    let mut other = charge.clone();
    let stamp = change.stamp();
    other.set("line_items", Json::List(rest));
    other.set("created_at", stamp.as_str());
    other.set("updated_at", stamp);
    queue::add_up(&mut other);
    change.add("charges", other);
}

fn pay(call: &mut Call<'_>) {
    let stamp = call.change.stamp();
    let order = orders::number_of(call.id);
    call.change.edit("charges", call.id, |charge| {
        charge.set("error", Json::Null);
        charge.set("error_type", Json::Null);
        charge.set(
            "external_order_id",
            Json::object([("ecommerce", Json::from(order))]),
        );
        charge.set("orders_count", 1);
        charge.set("processed_at", stamp);
        charge.set("retry_date", Json::Null);
        charge.set("status", "success");
    });
    orders::ship(&mut call.change, call.id);
}

/// To the next date, with a charge queued for it; or to the end, when that many charges were all it was for.
fn go_on(change: &mut Change<'_>, id: i64, subscription: &Json, date: chrono::NaiveDate) {
    let last = subscription.get("expire_after_specific_number_of_charges");
    let customer = subscription.get("customer_id").and_then(Json::as_i64);
    let paid = change
        .tables
        .of_customer("charges", customer.unwrap_or(0))
        .filter(|(_, charge)| {
            has_status(charge, &["success"]) && subscriptions_in(charge).contains(&id)
        })
        .count();
    if last
        .and_then(Json::as_i64)
        .is_some_and(|last| i64::try_from(paid).is_ok_and(|paid| paid >= last))
    {
        change.edit("subscriptions", id, |object| {
            object.set("has_queued_charges", false);
            object.set("next_charge_scheduled_at", Json::Null);
            object.set("status", "expired");
        });
        queue::withdraw(change, id);
        return;
    }
    let next = one_interval_after(subscription, date);
    move_to(change, id, next);
    queue::place(change, Item::Subscription(id), next);
    flag_queued(change, id);
}

fn pending_shipping() -> Json {
    Json::object([
        ("code", Json::from("pending")),
        ("price", Json::from("0.00")),
        ("source", Json::from("recharge")),
        ("status", Json::from("pending")),
        ("tax_lines", Json::List(Vec::new())),
        ("taxable", Json::from(false)),
        ("title", Json::from("Pending")),
    ])
}
