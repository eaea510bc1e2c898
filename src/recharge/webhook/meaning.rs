//! What a hook means.
//!
//! Its body is signed and its path is not. So the path only says which object to expect: a body that is another one, or that
//! is not wholly 2021-11, says whom to read again and nothing more, and so does whatever only the path says.

use serde_json::{Map, Value};

use super::super::map;
use super::super::wire::{self, Id, Lenient};
use super::shape::{self, CHARGE, CUSTOMER, SUBSCRIPTION};
use crate::domain::event::{Change, Event, Touched};
use crate::domain::id::{ChargeId, CustomerId, SubscriptionId};
use crate::provider::Unreadable;

type Fields = Map<String, Value>;

/// The envelopes that lead to somebody, and what is in them.
const ENVELOPES: [&str; 6] = [
    "subscription",
    "charge",
    "customer",
    "address",
    "onetime",
    "order",
];

/// Reads the body of a hook that was believed.
pub fn event(topic: &str, body: &[u8]) -> Result<Event, Unreadable> {
    let Ok(Value::Object(fields)) = wire::parse(body) else {
        return Err(Unreadable("not a JSON object"));
    };
    meaning(topic, &fields)
}

/// What a row of a list would mean if a hook had brought it.
pub fn row(resource: &str, row: Value) -> Result<Event, Unreadable> {
    let fields = Fields::from_iter([(resource.to_owned(), row)]);
    meaning(&format!("{resource}/updated"), &fields)
}

fn meaning(topic: &str, fields: &Fields) -> Result<Event, Unreadable> {
    let (resource, verb) = topic.split_once('/').unwrap_or((topic, ""));
    let whole = match (resource, verb) {
        ("subscription" | "charge", "deleted") => None,
        ("subscription", _) => subscription(fields),
        ("charge", _) => charge(fields),
        ("customer", "deleted") => inside(fields, "customer")
            .and_then(id)
            .map(|id| plain(Change::Gone(CustomerId::new(id)))),
        ("customer", _) => customer(fields),
        ("address", _) => None,
        // Orders of the prepaid are moved without a charge; of others nothing is shown.
        ("order", _) if is_of_prepaid(fields) => None,
        ("store", "updated") => Some(plain(Change::Shop)),
        // `app/uninstalled` is the older name.
        ("recharge" | "app", "uninstalled") => Some(plain(Change::Uninstalled)),
        _ => Some(plain(Change::Nothing)),
    };
    match whole {
        Some(event) => Ok(event),
        None => touched(fields)
            .map(|touched| plain(Change::Unclear(touched)))
            .ok_or(Unreadable("nobody that it is about")),
    }
}

fn plain(change: Change) -> Event {
    Event {
        change,
        stamp: None,
    }
}

fn inside<'a>(fields: &'a Fields, name: &str) -> Option<&'a Fields> {
    fields.get(name)?.as_object()
}

/// The object in this envelope, if it is wholly what is expected there.
fn wholly<T: Lenient>(
    fields: &Fields,
    name: &str,
    shape: &'static [(&'static str, shape::Form)],
) -> Option<T> {
    let object = inside(fields, name).filter(|object| shape::fits(object, shape))?;
    T::read(Value::Object(object.clone()))
}

fn subscription(fields: &Fields) -> Option<Event> {
    let row: wire::Subscription = wholly(fields, "subscription", SUBSCRIPTION)?;
    if map::is_onetime(&row) {
        return Some(plain(Change::Nothing));
    }
    let customer = CustomerId::new(row.customer_id.0.as_ref()?.0.clone());
    let subscription = Box::new(map::subscription(row)?);
    let stamp = subscription.stamp();
    let change = Change::Subscription {
        customer,
        subscription,
    };
    Some(Event { change, stamp })
}

fn charge(fields: &Fields) -> Option<Event> {
    let row: wire::Charge = wholly(fields, "charge", CHARGE)?;
    let owner = row.customer.0.as_ref()?.id.0.as_ref()?;
    let customer = CustomerId::new(owner.0.clone());
    let charge = Box::new(map::charge(row)?);
    let stamp = charge.stamp();
    let change = Change::Charge { customer, charge };
    Some(Event { change, stamp })
}

fn customer(fields: &Fields) -> Option<Event> {
    let row: wire::Customer = wholly(fields, "customer", CUSTOMER)?;
    let customer = Box::new(map::customer(row)?);
    let stamp = customer.stamp();
    let change = Change::Customer(customer);
    Some(Event { change, stamp })
}

fn is_of_prepaid(fields: &Fields) -> bool {
    let flag = inside(fields, "order").and_then(|order| order.get("is_prepaid"));
    flag.cloned().and_then(bool::read) == Some(true)
}

/// Whom a body is about, whatever it is: its customer if it says so, else the thing itself.
fn touched(fields: &Fields) -> Option<Touched> {
    ENVELOPES.iter().find_map(|name| {
        let object = inside(fields, name)?;
        let owner = || {
            let direct = object.get("customer_id").cloned().and_then(Id::read);
            let id = direct.map(|id| id.0);
            id.or_else(|| self::id(inside(object, "customer")?))
        };
        if *name != "customer"
            && let Some(owner) = owner()
        {
            return Some(Touched::Customer(CustomerId::new(owner)));
        }
        let own = id(object)?;
        match *name {
            "customer" => Some(Touched::Customer(CustomerId::new(own))),
            "subscription" => Some(Touched::Subscription(SubscriptionId::new(own))),
            "charge" => Some(Touched::Charge(ChargeId::new(own))),
            _ => None,
        }
    })
}

fn id(object: &Fields) -> Option<String> {
    object.get("id").cloned().and_then(Id::read).map(|id| id.0)
}

#[cfg(test)]
mod tests;
