//! How long a change at Recharge takes to the card: the simulator changes, signs and sends; the service verifies, keeps,
//! applies, and answers over real HTTP. Everything on this machine, with its own clock.
//!
//! `cargo bench --bench events`

#![allow(clippy::unwrap_used, missing_docs)]

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use desk::{Desk, KIM, SUBSCRIPTION, next_second};

#[path = "desk/mod.rs"]
mod desk;

const ROUNDS: usize = 200;

#[tokio::main]
async fn main() {
    println!("1. from the change at Recharge to the changed card\n");
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("sidecard.db");
    let desk = Desk::open("json", &format!("sqlite://{}", store.display())).await;
    let agent = Agent::of(&desk);
    let mut quantity = agent.quantity().await;
    desk.recharge.forget_requests();
    let mut times = Vec::new();
    let mut asked = 0;
    for _ in 0..ROUNDS {
        quantity = quantity % 9 + 1;
        let began = Instant::now();
        desk.change(quantity);
        loop {
            asked += 1;
            if agent.quantity().await == quantity {
                break;
            }
            assert!(
                began.elapsed() < Duration::from_secs(10),
                "the card never changed"
            );
        }
        times.push(began.elapsed());
        next_second().await;
    }
    let calls = desk.recharge.requests();
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!("changes            {ROUNDS}");
    println!("median             {:.1} ms", at(0.5));
    println!("95 of 100 within   {:.1} ms", at(0.95));
    println!("longest            {:.1} ms", at(1.0));
    println!("looks per change   {:.1}", asked as f64 / ROUNDS as f64);
    println!("calls to Recharge  {}", calls.len());
    desk.recharge.stop().await;
}

/// Whoever asks for the card.
struct Agent {
    client: reqwest::Client,
    ask: String,
    secret: String,
}

impl Agent {
    fn of(desk: &Desk) -> Self {
        let client = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .build();
        Self {
            client: client.unwrap(),
            ask: format!("http://{}/ask/json/{}", desk.listen, desk.workspace),
            secret: desk.secret.reveal().clone(),
        }
    }

    /// The quantity that the card shows.
    async fn quantity(&self) -> u64 {
        let answer = self
            .client
            .post(&self.ask)
            .bearer_auth(&self.secret)
            .body(json!({ "emails": [KIM] }).to_string())
            .send()
            .await
            .unwrap();
        let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        let rows = answer["accounts"][0]["subscriptions"].as_array().unwrap();
        let row = rows.iter().find(|row| row["id"] == SUBSCRIPTION).unwrap();
        row["quantity"].as_u64().unwrap()
    }
}
