//! Addresses: created, changed, deleted.

use super::Call;
use super::drafts::address_in_charge;
use super::queue::has_status;
use super::subscriptions::is_active;
use crate::simulator::recharge::answer::Answer;
use crate::simulator::recharge::json::Json;

const CHANGEABLE: [&str; 15] = [
    "address1",
    "address2",
    "city",
    "company",
    "country_code",
    "discounts",
    "first_name",
    "last_name",
    "order_attributes",
    "order_note",
    "payment_method_id",
    "phone",
    "presentment_currency",
    "province",
    "zip",
];
const NULLABLE: [&str; 8] = [
    "address2",
    "company",
    "order_note",
    "payment_method_id",
    "phone",
    "presentment_currency",
    "province",
    "zip",
];

pub(super) fn create(call: &mut Call<'_>) -> Result<Answer, Answer> {
    call.require(&[
        "address1",
        "city",
        "country_code",
        "customer_id",
        "first_name",
        "last_name",
        "phone",
        "province",
        "zip",
    ])?;
    let customer = call.integer("customer_id")?.unwrap_or(0);
    if call.change.find("customers", customer).is_none() {
        return Err(Answer::invalid("customer_id", "Not found"));
    }
    let stamp = call.change.stamp();
    let mut address = Json::object([
        ("customer_id", Json::from(customer)),
        ("payment_method_id", Json::Null),
        ("created_at", Json::from(stamp.as_str())),
        ("is_gift", Json::from(false)),
        ("shipping_lines_conserved", Json::List(Vec::new())),
        ("shipping_lines_override", Json::Null),
        ("updated_at", Json::from(stamp)),
    ]);
    for name in CHANGEABLE {
        let empty = match name {
            "discounts" | "order_attributes" => Json::List(Vec::new()),
            _ => Json::Null,
        };
        address.set(name, empty);
    }
    call.copy(&CHANGEABLE, &NULLABLE, &mut address)?;
    let id = call.change.add("addresses", address);
    Ok(call.answer(201, "address", "addresses", id))
}

/// What is queued for the address goes to where it is now.
pub(super) fn update(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let mut address = call.target("addresses")?;
    call.copy(&CHANGEABLE, &NULLABLE, &mut address)?;
    let customer = address.get("customer_id").and_then(Json::as_i64);
    let place = address_in_charge(&address);
    call.change
        .edit("addresses", call.id, |object| *object = address);
    let charges = call
        .change
        .tables
        .of_customer("charges", customer.unwrap_or(0));
    let queued: Vec<_> = charges
        .filter(|(_, charge)| {
            charge.get("address_id").and_then(Json::as_i64) == Some(call.id)
                && has_status(charge, &["queued", "error"])
        })
        .map(|(id, _)| id)
        .collect();
    for charge in queued {
        call.change.edit("charges", charge, |charge| {
            charge.set("shipping_address", place.clone());
        });
    }
    Ok(call.answer(200, "address", "addresses", call.id))
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let address = call.target("addresses")?;
    let customer = address.get("customer_id").and_then(Json::as_i64);
    let own = call
        .change
        .tables
        .of_customer("subscriptions", customer.unwrap_or(0));
    let here = |subscription: &Json| {
        subscription.get("address_id").and_then(Json::as_i64) == Some(call.id)
    };
    let in_use = own.filter(|(_, s)| here(s)).any(|(_, s)| is_active(s));
    if in_use {
        return Err(Answer::invalid(
            "subscriptions",
            "Address has active subscriptions",
        ));
    }
    call.change.remove("addresses", call.id);
    Ok(Answer::no_content())
}
