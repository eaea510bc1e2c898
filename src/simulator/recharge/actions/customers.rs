//! Customers: created, changed, deleted.

use super::Call;
use crate::simulator::recharge::answer::Answer;
use crate::simulator::recharge::json::Json;

const REQUIRED: [&str; 3] = ["email", "first_name", "last_name"];
const CHANGEABLE: [&str; 8] = [
    "apply_credit_to_next_checkout_charge",
    "apply_credit_to_next_recurring_charge",
    "email",
    "external_customer_id",
    "first_name",
    "last_name",
    "phone",
    "tax_exempt",
];

pub(super) fn create(call: &mut Call<'_>) -> Result<Answer, Answer> {
    call.require(&REQUIRED)?;
    refuse_a_taken_email(call)?;
    let stamp = call.change.stamp();
    let id = call.change.tables.next_id("customers");
    let mut customer = draft(id, &stamp);
    call.copy(&CHANGEABLE, &["phone"], &mut customer)?;
    let id = call.change.add("customers", customer);
    Ok(call.answer(201, "customer", "customers", id))
}

/// A new email reaches the customer's charges, orders and schedule, too: they show the customer as of now, without a
/// stamp of their own.
pub(super) fn update(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let before = call.target("customers")?;
    refuse_a_taken_email(call)?;
    let mut customer = before.clone();
    call.copy(&CHANGEABLE, &["phone"], &mut customer)?;
    let email = customer.member("email");
    let moved = before.get("email") != Some(&email);
    call.change
        .edit("customers", call.id, |object| *object = customer);
    if moved {
        for collection in ["charges", "orders", "delivery_schedules"] {
            let own = call.change.tables.of_customer(collection, call.id);
            let own: Vec<_> = own.map(|(id, object)| (id, object.clone())).collect();
            for (id, mut object) in own {
                let mut shown = object.member("customer");
                shown.set("email", email.clone());
                object.set("customer", shown);
                call.change.tables.insert(collection, id, object);
            }
        }
    }
    Ok(call.answer(200, "customer", "customers", call.id))
}

/// Everything of the customer goes. Whether addresses are told of each part is not established; here they are told of
/// the customer alone.
pub(super) fn delete(call: &mut Call<'_>) -> Result<Answer, Answer> {
    call.target("customers")?;
    for collection in [
        "subscriptions",
        "onetimes",
        "charges",
        "orders",
        "payment_methods",
        "addresses",
        "delivery_schedules",
    ] {
        let own = call.change.tables.of_customer(collection, call.id);
        let own: Vec<_> = own.map(|(id, _)| id).collect();
        for id in own {
            call.change.remove_silently(collection, id);
        }
    }
    call.change.remove("customers", call.id);
    Ok(Answer::no_content())
}

/// Whether case tells two addresses apart is not established; here it does not.
fn refuse_a_taken_email(call: &Call<'_>) -> Result<(), Answer> {
    let Some(email) = call.body.get("email").and_then(Json::as_str) else {
        return Ok(());
    };
    let taken = call.change.tables.all("customers").any(|(id, customer)| {
        let other = customer.get("email").and_then(Json::as_str);
        id != call.id && other.is_some_and(|other| other.eq_ignore_ascii_case(email))
    });
    if taken {
        return Err(Answer::refused("email", "email already exists on store"));
    }
    Ok(())
}

fn draft(id: i64, stamp: &str) -> Json {
    Json::object([
        (
            "analytics_data",
            Json::object([("utm_params", Json::List(Vec::new()))]),
        ),
        ("apply_credit_to_next_checkout_charge", Json::from(false)),
        ("apply_credit_to_next_recurring_charge", Json::from(false)),
        ("created_at", Json::from(stamp)),
        ("email", Json::Null),
        (
            "external_customer_id",
            Json::object([("ecommerce", Json::Null)]),
        ),
        ("first_charge_processed_at", Json::Null),
        ("first_name", Json::Null),
        ("has_payment_method_in_dunning", Json::from(false)),
        ("has_valid_payment_method", Json::from(false)),
        ("hash", Json::from(format!("{id:030x}"))),
        ("last_name", Json::Null),
        ("phone", Json::Null),
        ("subscription_related_charge_streak", Json::from(0)),
        ("subscriptions_active_count", Json::from(0)),
        ("subscriptions_total_count", Json::from(0)),
        ("tax_exempt", Json::from(false)),
        ("updated_at", Json::from(stamp)),
    ])
}
