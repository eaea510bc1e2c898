//! Onetimes: things that go along with a queued charge once.

use super::Call;
use super::queue::{self, Item, day};
use super::subscriptions::customer_of_address;
use crate::simulator::recharge::answer::Answer;
use crate::simulator::recharge::json::Json;

const CHANGEABLE: [&str; 9] = [
    "external_product_id",
    "external_variant_id",
    "price",
    "product_title",
    "properties",
    "quantity",
    "sku",
    "sku_override",
    "variant_title",
];

/// With `add_to_next_charge` it goes with the next charge of its address; without one it is refused.
pub(super) fn create(call: &mut Call<'_>) -> Result<Answer, Answer> {
    call.require(&["address_id", "external_variant_id", "quantity"])?;
    let address = call.integer("address_id")?.unwrap_or(0);
    let customer = customer_of_address(&call.change, address)?;
    let date = if call.body.get("add_to_next_charge").and_then(Json::as_bool) == Some(true) {
        let charges = call.change.tables.of_customer("charges", customer);
        let queued = charges.filter(|(_, charge)| {
            charge.get("address_id").and_then(Json::as_i64) == Some(address)
                && queue::has_status(charge, &["queued"])
        });
        let next = queued
            .filter_map(|(_, charge)| day(charge, "scheduled_at"))
            .min();
        next.ok_or_else(|| Answer::invalid("add_to_next_charge", "Not found"))?
    } else {
        call.coming("next_charge_scheduled_at")?
    };
    let stamp = call.change.stamp();
    let nothing = || Json::object([("ecommerce", Json::Null)]);
    let mut onetime = Json::object([
        ("address_id", Json::from(address)),
        ("customer_id", Json::from(customer)),
        ("created_at", Json::from(stamp.as_str())),
        ("external_product_id", nothing()),
        ("external_variant_id", nothing()),
        ("is_cancelled", Json::from(false)),
        ("next_charge_scheduled_at", Json::from(date.to_string())),
        ("presentment_currency", Json::Null),
        ("price", Json::from("0.00")),
        ("product_title", Json::from("")),
        ("properties", Json::List(Vec::new())),
        ("quantity", Json::from(1)),
        ("sku", Json::Null),
        ("sku_override", Json::from(false)),
        ("updated_at", Json::from(stamp)),
        ("variant_title", Json::Null),
    ]);
    call.copy(&CHANGEABLE, &["sku", "variant_title"], &mut onetime)?;
    let id = call.change.add("onetimes", onetime);
    queue::place(&mut call.change, Item::Onetime(id), date);
    Ok(call.answer(201, "onetime", "onetimes", id))
}

pub(super) fn update(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let mut onetime = call.target("onetimes")?;
    call.copy(&CHANGEABLE, &["sku", "variant_title"], &mut onetime)?;
    let date = match call.body.get("next_charge_scheduled_at") {
        Some(_) => Some(call.coming("next_charge_scheduled_at")?),
        None => None,
    };
    if let Some(date) = date {
        onetime.set("next_charge_scheduled_at", date.to_string());
    }
    call.change
        .edit("onetimes", call.id, |object| *object = onetime);
    match date {
        Some(date) => queue::reschedule(&mut call.change, Item::Onetime(call.id), date),
        None => queue::refresh(&mut call.change, Item::Onetime(call.id)),
    }
    Ok(call.answer(200, "onetime", "onetimes", call.id))
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Answer, Answer> {
    call.target("onetimes")?;
    queue::withdraw(&mut call.change, call.id);
    call.change.remove("onetimes", call.id);
    Ok(Answer::no_content())
}
