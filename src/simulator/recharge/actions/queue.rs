//! Queued charges: what is in them, and when they are due.
//!
//! There is one for each address and date, with a line for each subscription and onetime that is due then.

use chrono::{Days, Months, NaiveDate};

use super::body::number;
use super::drafts::{line_of, new_charge};
use crate::simulator::recharge::amount::Amount;
use crate::simulator::recharge::changes::Change;
use crate::simulator::recharge::clock::instant;
use crate::simulator::recharge::json::Json;

/// What can be bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Item {
    Subscription(i64),
    Onetime(i64),
}

impl Item {
    pub(super) fn id(self) -> i64 {
        match self {
            Self::Subscription(id) | Self::Onetime(id) => id,
        }
    }

    fn collection(self) -> &'static str {
        match self {
            Self::Subscription(_) => "subscriptions",
            Self::Onetime(_) => "onetimes",
        }
    }

    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Subscription(_) => "subscription",
            Self::Onetime(_) => "onetime",
        }
    }
}

/// The day in a member: `2026-12-31` and `2026-12-31T00:00:00` are the same one.
pub(super) fn day(object: &Json, key: &str) -> Option<NaiveDate> {
    Some(instant(object.get(key)?.as_str()?)?.date_naive())
}

/// The date one charge interval after another.
pub(super) fn one_interval_after(subscription: &Json, date: NaiveDate) -> NaiveDate {
    let frequency = subscription.get("charge_interval_frequency");
    let count = frequency.and_then(number).unwrap_or(1).clamp(1, 1000);
    let count = u32::try_from(count).unwrap_or(1);
    let unit = subscription
        .get("order_interval_unit")
        .and_then(Json::as_str)
        .unwrap_or("day")
        .to_ascii_lowercase();
    let later = match unit.trim_end_matches('s') {
        "month" => date.checked_add_months(Months::new(count)),
        "week" => date.checked_add_days(Days::new(u64::from(count) * 7)),
        _ => date.checked_add_days(Days::new(u64::from(count))),
    };
    later.unwrap_or(date)
}

/// The ids of a customer's charges that have the item and wait to be paid.
pub(super) fn unpaid_with(change: &Change<'_>, item: i64) -> Vec<i64> {
    with(change, item, &["queued", "error"])
}

/// The ids of a customer's charges that have the item and were not tried yet.
pub(super) fn queued_with(change: &Change<'_>, item: i64) -> Vec<i64> {
    with(change, item, &["queued"])
}

fn with(change: &Change<'_>, item: i64, statuses: &[&str]) -> Vec<i64> {
    let owner = ["subscriptions", "onetimes"].into_iter().find_map(|name| {
        let object = change.find(name, item)?;
        object.get("customer_id")?.as_i64()
    });
    let charges = change.tables.of_customer("charges", owner.unwrap_or(0));
    charges
        .filter(|(_, charge)| has_status(charge, statuses) && has_item(charge, item))
        .map(|(id, _)| id)
        .collect()
}

pub(super) fn has_status(charge: &Json, statuses: &[&str]) -> bool {
    let status = charge.get("status").and_then(Json::as_str);
    status.is_some_and(|status| statuses.contains(&status))
}

fn has_item(charge: &Json, item: i64) -> bool {
    lines(charge).iter().any(|line| is_of(line, item))
}

pub(super) fn lines(charge: &Json) -> &[Json] {
    charge.get("line_items").map_or(&[], Json::elements)
}

fn is_of(line: &Json, item: i64) -> bool {
    line.get("purchase_item_id").and_then(Json::as_i64) == Some(item)
}

/// The ids of the subscriptions that a charge is for.
pub(super) fn subscriptions_in(charge: &Json) -> Vec<i64> {
    let kind = |line: &Json| {
        let kind = line.get("purchase_item_type").and_then(Json::as_str);
        kind == Some("subscription")
    };
    let ids = lines(charge).iter().filter(|line| kind(line));
    ids.filter_map(|line| line.get("purchase_item_id")?.as_i64())
        .collect()
}

/// Takes an item out of a charge; an emptied charge goes.
pub(super) fn withdraw_from(change: &mut Change<'_>, charge: i64, item: i64) {
    let Some(object) = change.find("charges", charge) else {
        return;
    };
    let rest: Vec<_> = lines(object)
        .iter()
        .filter(|line| !is_of(line, item))
        .cloned()
        .collect();
    if rest.is_empty() {
        change.remove("charges", charge);
    } else {
        set_lines(change, charge, rest);
    }
}

/// Takes an item out of every charge that waits to be paid.
pub(super) fn withdraw(change: &mut Change<'_>, item: i64) {
    for charge in unpaid_with(change, item) {
        withdraw_from(change, charge, item);
    }
}

/// Gives a charge these lines, and adds it up again.
pub(super) fn set_lines(change: &mut Change<'_>, charge: i64, lines: Vec<Json>) {
    change.edit("charges", charge, |object| {
        object.set("line_items", Json::List(lines));
        add_up(object);
    });
}

/// Adds a charge up: its lines, without discounts, with shipping and tax.
pub(super) fn add_up(charge: &mut Json) {
    let lines = lines(charge).iter();
    let items = lines
        .map(|line| {
            amount(line, "unit_price").times(line.get("quantity").and_then(number).unwrap_or(1))
        })
        .fold(Amount::ZERO, Amount::plus);
    let subtotal = items.minus(amount(charge, "total_discounts"));
    let shipping = charge
        .at("shipping_lines")
        .into_iter()
        .map(|line| amount(line, "price"))
        .fold(Amount::ZERO, Amount::plus);
    let mut total = subtotal.plus(shipping);
    if charge.get("taxes_included").and_then(Json::as_bool) != Some(true) {
        total = total.plus(amount(charge, "total_tax"));
    }
    charge.set("total_line_items_price", items.to_string());
    charge.set("subtotal_price", subtotal.to_string());
    charge.set("total_price", total.to_string());
}

/// An amount in an object; nothing if it is not there.
pub(super) fn amount(object: &Json, key: &str) -> Amount {
    let text = object.get(key).and_then(Json::as_str);
    text.and_then(Amount::parse).unwrap_or(Amount::ZERO)
}

/// Moves an item to another date, in its charge if that has nothing else; and puts it into one if it was in none.
pub(super) fn reschedule(change: &mut Change<'_>, item: Item, date: NaiveDate) {
    let charges = unpaid_with(change, item.id());
    if let [charge] = charges.as_slice()
        && change
            .find("charges", *charge)
            .is_some_and(|charge| lines(charge).len() == 1)
    {
        change.edit("charges", *charge, |charge| {
            charge.set("scheduled_at", date.to_string());
        });
        return;
    }
    withdraw(change, item.id());
    place(change, item, date);
}

/// Puts an item into the queued charge of its address and this date, or into a new one.
pub(super) fn place(change: &mut Change<'_>, item: Item, date: NaiveDate) {
    let Some(object) = change.find(item.collection(), item.id()).cloned() else {
        return;
    };
    let line = line_of(change, &object, item);
    let integer = |key: &str| object.get(key).and_then(Json::as_i64).unwrap_or(0);
    let (customer, address) = (integer("customer_id"), integer("address_id"));
    let there = change
        .tables
        .of_customer("charges", customer)
        .find(|(_, charge)| {
            has_status(charge, &["queued"])
                && charge.get("address_id").and_then(Json::as_i64) == Some(address)
                && day(charge, "scheduled_at") == Some(date)
        })
        .map(|(id, charge)| (id, lines(charge).to_vec()));
    match there {
        Some((charge, mut lines)) => {
            lines.retain(|line| !is_of(line, item.id()));
            lines.push(line);
            set_lines(change, charge, lines);
        }
        None => {
            let mut charge = new_charge(change, &object, customer, address, date);
            charge.set("line_items", Json::List(vec![line]));
            add_up(&mut charge);
            change.add("charges", charge);
        }
    }
}

/// Writes an item's present price, quantity and product into the charges that wait for it.
pub(super) fn refresh(change: &mut Change<'_>, item: Item) {
    let Some(object) = change.find(item.collection(), item.id()).cloned() else {
        return;
    };
    let line = line_of(change, &object, item);
    for charge in unpaid_with(change, item.id()) {
        let Some(old) = change.find("charges", charge) else {
            continue;
        };
        let renewed = lines(old).iter().map(|old| {
            if is_of(old, item.id()) {
                line.clone()
            } else {
                old.clone()
            }
        });
        let renewed = renewed.collect();
        set_lines(change, charge, renewed);
    }
}
