//! What changes at Recharge in a history.

use std::time::Duration;

use serde_json::{Value, json};

use super::What;
use super::life::Life;
use crate::shop;

impl Life<'_> {
    pub fn change(&mut self, whose: usize, what: What) {
        let (id, truth) = (self.id(whose), self.truth(whose));
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
            What::Reverse(at) => {
                if let Some(row) = row(at).filter(|row| row["status"] == "active") {
                    let now = self.now();
                    let members = json!({
                        "status": "cancelled", "cancelled_at": now, "updated_at": row["updated_at"],
                        "cancellation_reason": format!("Reason {}", self.number), "next_charge_scheduled_at": null,
                    });
                    self.world.recharge.patch(
                        "subscriptions",
                        row["id"].as_i64().unwrap(),
                        members,
                    );
                }
            }
            What::Create => {
                self.creates(id);
            }
            What::MakeAndDelete => {
                let made = self.creates(id);
                self.learn(whose);
                self.world.later(Duration::from_secs(1));
                self.act("DELETE", &format!("/subscriptions/{made}"), json!({}));
            }
            What::Delete(at) => {
                if let Some(row) = row(at) {
                    self.act("DELETE", &path(row), json!({}));
                }
            }
            What::Pay => {
                let charges = truth["charges"].as_array().unwrap();
                if let Some(charge) = charges.iter().find(|charge| charge["status"] == "queued") {
                    self.act(
                        "POST",
                        &format!("/charges/{}/process", charge["id"]),
                        json!({}),
                    );
                }
            }
            What::Rename => {
                let body = json!({ "first_name": format!("Name{}", self.number) });
                self.act("PUT", &format!("/customers/{id}"), body);
            }
            What::Move => {
                self.moves[whose] += 1;
                let address = shop::email(self.first + whose, self.moves[whose]);
                self.moves_to(whose, address);
            }
            What::MoveAfter => {
                let left = self
                    .addresses
                    .iter()
                    .find(|address| !self.own.contains(*address));
                if let Some(left) = left.cloned() {
                    self.moves_to(whose, left);
                }
            }
            What::Share => {
                let address = self.own[1 - whose].clone();
                let now = self.now();
                let members = json!({ "email": address, "updated_at": now });
                self.world.recharge.patch("customers", id, members);
                self.own[whose] = address;
            }
            What::Remove => {
                self.act("DELETE", &format!("/customers/{id}"), json!({}));
            }
        }
    }

    /// Returns the id of a new subscription.
    fn creates(&self, customer: i64) -> Value {
        let due = self.world.clock.now().date_naive() + chrono::Days::new(20);
        let body = json!({
            "address_id": customer, "charge_interval_frequency": 30, "order_interval_frequency": 30,
            "order_interval_unit": "day", "quantity": self.number, "next_charge_scheduled_at": due.to_string(),
            "external_variant_id": {"ecommerce": "43510000000009"}, "price": "9.00", "product_title": "Guest",
        });
        self.act("POST", "/subscriptions", body)["subscription"]["id"].take()
    }

    fn now(&self) -> String {
        let now = self.world.clock.now();
        now.format("%Y-%m-%dT%H:%M:%S+00:00").to_string()
    }

    fn moves_to(&mut self, whose: usize, address: String) {
        let path = format!("/customers/{}", self.id(whose));
        self.act("PUT", &path, json!({ "email": address }));
        if !self.addresses.contains(&address) {
            self.addresses.push(address.clone());
        }
        self.own[whose] = address;
    }

    /// What can't be done to it is not done.
    fn act(&self, method: &str, path: &str, body: Value) -> Value {
        self.world.recharge.act(method, path, body).1
    }
}
