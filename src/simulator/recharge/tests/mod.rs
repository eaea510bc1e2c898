//! The simulator over real HTTP. Each test has a simulator of its own, on a port of its own.

mod bodies;
mod catalog;
mod charging;
mod controls;
mod cursors;
mod data;
mod deliveries;
mod dunning;
mod faults;
mod gate;
mod lag;
mod lists;
mod mischief;
mod pages;
mod people;
mod receiver;
mod registry;
mod retries;
mod stamps;
mod subscribing;

use chrono::{DateTime, Utc};
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::*;

/// A token of the right form that opens nothing outside of these tests.
const TOKEN: &str = "sk_test_1x1_00000000000000000000000000000000000000000000000000000000000fa4e0";

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Built-in data exactly as written, at the time when it was.
fn as_written() -> Options {
    Options {
        now: Now::Fixed(at(FIXTURES_AS_OF)),
        ..Options::default()
    }
}

/// These bodies and no others, at the same time.
fn with(bodies: &[(&str, Value)]) -> Options {
    let bodies = bodies
        .iter()
        .map(|(name, body)| (format!("{name}.json"), json!({ *name: body }).to_string()));
    Options {
        data: Data::Bodies(bodies.collect()),
        ..as_written()
    }
}

/// A token that may do everything, for [`TOKEN`].
fn every_scope() -> Value {
    json!([{"token": TOKEN, "name": "Merchant", "client_secret": SECRET, "scopes": [
        "read_customers", "write_customers", "read_orders", "write_orders", "read_subscriptions", "write_subscriptions",
        "read_payment_methods", "write_payment_methods", "write_payments", "read_store"
    ]}])
}

const SECRET: &str = "fake-client-secret";

/// Two subscriptions of one customer in one queued charge, and a charge that was paid. It is 2026-11-20.
fn shop() -> Options {
    let subscription = |id: i64, title: &str| {
        json!({"id": id, "address_id": 20, "customer_id": 1, "cancellation_reason": null, "cancelled_at": null,
            "charge_interval_frequency": 1, "created_at": "2026-01-05T10:00:00+00:00",
            "expire_after_specific_number_of_charges": null, "external_product_id": {"ecommerce": format!("8{id}")},
            "external_variant_id": {"ecommerce": format!("4{id}")}, "has_queued_charges": true,
            "next_charge_scheduled_at": "2026-12-05", "order_interval_frequency": 1, "order_interval_unit": "month",
            "price": "10.00", "product_title": title, "quantity": 1, "status": "active",
            "updated_at": "2026-11-05T10:00:00+00:00"})
    };
    let line = |id: i64| {
        json!({"purchase_item_id": id, "external_product_id": {"ecommerce": format!("8{id}")},
            "images": {"small": format!("https://cdn.example/{id}.png")}, "purchase_item_type": "subscription",
            "quantity": 1, "unit_price": "10.00", "total_price": "10.00"})
    };
    let charge = |id: i64, status: &str, date: &str| {
        json!({"id": id, "address_id": 20, "customer": {"id": 1, "email": "kim@acme.example"},
            "external_order_id": {"ecommerce": null}, "line_items": [line(10), line(11)], "processed_at": null,
            "scheduled_at": date, "shipping_lines": [{"price": "4.90"}], "status": status, "total_discounts": "0.00",
            "total_price": "24.90", "total_refunds": "0.00", "total_tax": "0.00",
            "updated_at": "2026-11-05T10:00:00+00:00"})
    };
    let mut paid = charge(100, "success", "2026-11-05");
    paid["processed_at"] = json!("2026-11-05T10:00:00+00:00");
    with(&[
        ("tokens", every_scope()),
        (
            "customers",
            json!([
                {"id": 1, "email": "kim@acme.example", "first_charge_processed_at": null, "first_name": "Kim",
                 "subscription_related_charge_streak": 1, "subscriptions_active_count": 2,
                 "subscriptions_total_count": 2, "updated_at": "2026-11-05T10:00:00+00:00"},
                {"id": 2, "email": "lee@acme.example", "first_name": "Lee", "subscriptions_active_count": 0,
                 "subscriptions_total_count": 0, "updated_at": "2026-11-05T10:00:00+00:00"}
            ]),
        ),
        (
            "addresses",
            json!([{"id": 20, "customer_id": 1, "address1": "1 Main St"}, {"id": 21, "customer_id": 1, "address1": "2 Side St"},
                   {"id": 22, "customer_id": 2, "address1": "3 Far St"}]),
        ),
        (
            "subscriptions",
            json!([
                subscription(10, "Wool Runner"),
                subscription(11, "Tree Dasher")
            ]),
        ),
        (
            "charges",
            json!([paid, charge(101, "queued", "2026-12-05")]),
        ),
    ])
}

/// A token of the built-in list. The first may read everything, the second no orders, the third customers alone.
fn built_in_token(number: usize) -> String {
    let tokens: Value = serde_json::from_str(include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fixtures/recharge/tokens.json"
    )))
    .unwrap();
    tokens["tokens"][number]["token"]
        .as_str()
        .unwrap()
        .to_owned()
}

struct Caller {
    http: reqwest::Client,
    base: String,
    token: String,
}

struct Got {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Got {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    /// The ids of a list's objects.
    fn ids(&self, plural: &str) -> Vec<i64> {
        let body = self.json();
        let rows = body[plural].as_array().unwrap();
        rows.iter().map(|row| row["id"].as_i64().unwrap()).collect()
    }
}

impl Caller {
    fn of(running: &Running, token: &str) -> Self {
        // Another test may have installed it already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            base: running.base_url(),
            token: token.to_owned(),
        }
    }

    fn request(&self, path: &str) -> reqwest::RequestBuilder {
        self.http
            .get(format!("{}{path}", self.base))
            .header("X-Recharge-Access-Token", &self.token)
            .header("X-Recharge-Version", "2021-11")
    }

    async fn get(&self, path: &str) -> Got {
        sent(self.request(path)).await.unwrap()
    }

    async fn send(&self, method: Method, path: &str, body: &str) -> Got {
        let request = self
            .http
            .request(method, format!("{}{path}", self.base))
            .header("X-Recharge-Access-Token", &self.token)
            .header("X-Recharge-Version", "2021-11")
            .body(body.to_owned());
        sent(request).await.unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> Got {
        self.send(Method::POST, path, &body.to_string()).await
    }

    async fn put(&self, path: &str, body: Value) -> Got {
        self.send(Method::PUT, path, &body.to_string()).await
    }

    async fn delete(&self, path: &str) -> Got {
        self.send(Method::DELETE, path, "").await
    }

    /// Registers an address for a topic; the webhook's id comes back.
    async fn register(&self, topic: &str, address: &str) -> i64 {
        let got = self
            .post("/webhooks", json!({"address": address, "topic": topic}))
            .await;
        assert_eq!(got.status, 201, "{}", got.text);
        got.json()["webhook"]["id"].as_i64().unwrap()
    }

    async fn control(&self, method: Method, path: &str, body: &str) -> Got {
        let url = format!("{}/_sim/{path}", self.base);
        sent(self.http.request(method, url).body(body.to_owned()))
            .await
            .unwrap()
    }
}

async fn sent(request: reqwest::RequestBuilder) -> Result<Got, reqwest::Error> {
    let response = request.send().await?;
    Ok(Got {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        text: response.text().await?,
    })
}

/// A simulator of these bodies, and a caller with a token that may read everything.
async fn open(options: Options) -> (Running, Caller) {
    let running = start(options).await.unwrap();
    let caller = Caller::of(&running, TOKEN);
    (running, caller)
}
