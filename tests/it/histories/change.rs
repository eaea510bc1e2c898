//! What changes at Recharge in a history.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::history::History;
use crate::shop;

/// What changes at Recharge.
#[derive(Debug, Clone, Copy)]
pub enum What {
    Quantity(usize),
    /// Cancels what is active, or activates it again.
    Turn(usize),
    /// Cancels, and `updated_at` stays behind.
    CancelUnstamped(usize),
    /// The next date alone moves, without a newer stamp.
    MoveDate(usize),
    Create,
    /// Creates one, and deletes it a second later.
    CreateAndDelete,
    Delete(usize),
    Pay,
    Skip,
    Rename,
    /// To a new address.
    Move,
    /// To an address that another customer has left, if there is one.
    MoveAfter,
    /// To the address that another customer has.
    Share(usize),
    Remove,
}

pub fn what() -> impl Strategy<Value = What> {
    prop_oneof![
        4 => (0..4_usize).prop_map(What::Quantity),
        4 => (0..4_usize).prop_map(What::Turn),
        1 => (0..4_usize).prop_map(What::CancelUnstamped),
        2 => (0..4_usize).prop_map(What::MoveDate),
        2 => Just(What::Create),
        1 => Just(What::CreateAndDelete),
        1 => (0..4_usize).prop_map(What::Delete),
        1 => Just(What::Pay),
        1 => Just(What::Skip),
        1 => Just(What::Rename),
        2 => Just(What::Move),
        1 => Just(What::MoveAfter),
        1 => (0..4_usize).prop_map(What::Share),
        1 => Just(What::Remove),
    ]
}

impl History<'_> {
    pub async fn change(&mut self, whose: usize, what: What) {
        let (id, truth) = (self.people[whose].id, self.truth(whose));
        if !truth["customer"].is_object() {
            return;
        }
        let rows = truth["subscriptions"].as_array().unwrap();
        let row = |at: usize| rows.get(at % rows.len().max(1));
        let path = |row: &Value| format!("/subscriptions/{}", row["id"]);
        self.number += 1;
        match what {
            What::Quantity(at) => {
                if let Some(row) = row(at) {
                    self.act("PUT", &path(row), json!({ "quantity": self.number }));
                }
            }
            What::Turn(at) => {
                if let Some(row) = row(at) {
                    let verb = if row["status"] == "active" {
                        "cancel"
                    } else {
                        "activate"
                    };
                    let body = json!({ "cancellation_reason": format!("Reason {}", self.number) });
                    self.act("POST", &format!("{}/{verb}", path(row)), body);
                }
            }
            What::CancelUnstamped(at) => {
                if let Some(row) = row(at).filter(|row| row["status"] == "active") {
                    let now = self.stamp();
                    let members = json!({
                        "status": "cancelled", "cancelled_at": now, "updated_at": row["updated_at"],
                        "cancellation_reason": format!("Reason {}", self.number), "next_charge_scheduled_at": null,
                    });
                    let id = row["id"].as_i64().unwrap();
                    self.world.recharge.patch("subscriptions", id, members);
                }
            }
            What::MoveDate(at) => {
                if let Some(row) = row(at) {
                    let days = 20 + u64::from(self.number);
                    let date = self.world.now().date_naive() + chrono::Days::new(days);
                    let path = format!("{}/set_next_charge_date", path(row));
                    self.act("POST", &path, json!({ "date": date.to_string() }));
                }
            }
            What::Create => {
                self.create(id);
            }
            What::CreateAndDelete => {
                let created = self.create(id);
                self.learn(whose);
                self.later(Duration::from_secs(1)).await;
                self.act("DELETE", &format!("/subscriptions/{created}"), json!({}));
            }
            What::Delete(at) => {
                if let Some(row) = row(at) {
                    self.act("DELETE", &path(row), json!({}));
                }
            }
            What::Pay => self.act_on_queued(&truth, "process"),
            What::Skip => self.act_on_queued(&truth, "skip"),
            What::Rename => {
                let body = json!({ "first_name": format!("Name{}", self.number) });
                self.act("PUT", &format!("/customers/{id}"), body);
            }
            What::Move => {
                self.people[whose].moves += 1;
                let number = usize::try_from(id - shop::customer(0)).unwrap();
                let address = shop::email(number, self.people[whose].moves);
                self.move_to(whose, address);
            }
            What::MoveAfter => {
                let is_left = |address: &&String| {
                    let mut people = self.people.iter();
                    people.all(|model| model.address != **address)
                };
                if let Some(left) = self.addresses.iter().find(is_left).cloned() {
                    self.move_to(whose, left);
                }
            }
            What::Share(other) => {
                let address = self.people[other % self.people.len()].address.clone();
                let members = json!({ "email": address, "updated_at": self.stamp() });
                self.world.recharge.patch("customers", id, members);
                self.people[whose].address = address;
            }
            What::Remove => {
                self.act("DELETE", &format!("/customers/{id}"), json!({}));
            }
        }
        self.learn(whose);
    }

    fn act_on_queued(&self, truth: &Value, verb: &str) {
        let charges = truth["charges"].as_array().unwrap();
        if let Some(charge) = charges.iter().find(|charge| charge["status"] == "queued") {
            let path = format!("/charges/{}/{verb}", charge["id"]);
            self.act("POST", &path, json!({}));
        }
    }

    /// Returns the id of a new subscription.
    fn create(&self, customer: i64) -> Value {
        let due = self.world.now().date_naive() + chrono::Days::new(20);
        let body = json!({
            "address_id": customer, "charge_interval_frequency": 30, "order_interval_frequency": 30,
            "order_interval_unit": "day", "quantity": self.number, "next_charge_scheduled_at": due.to_string(),
            "external_variant_id": {"ecommerce": "43510000000009"}, "price": "9.00", "product_title": "Guest",
        });
        self.act("POST", "/subscriptions", body)["subscription"]["id"].take()
    }

    fn stamp(&self) -> String {
        let now = self.world.now();
        now.format("%Y-%m-%dT%H:%M:%S+00:00").to_string()
    }

    fn move_to(&mut self, whose: usize, address: String) {
        let path = format!("/customers/{}", self.people[whose].id);
        self.act("PUT", &path, json!({ "email": address }));
        if !self.addresses.contains(&address) {
            self.addresses.push(address.clone());
        }
        self.people[whose].address = address;
    }

    /// What can't be done to it is not done.
    fn act(&self, method: &str, path: &str, body: Value) -> Value {
        self.world.recharge.act(method, path, body).1
    }
}
