//! A way in from outside, which a test can lead to a service, and close.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};

use super::{Desk, SECRET, name, until};
use crate::house::{TOKEN, client, json as read_json};

/// An address that stays, before a service whose own changes with every start.
pub struct Outside {
    pub url: String,
    leads_to: Arc<Mutex<Option<SocketAddr>>>,
}

impl Outside {
    pub async fn closed() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let leads_to = Arc::new(Mutex::new(None::<SocketAddr>));
        let inside = Arc::clone(&leads_to);
        tokio::spawn(async move {
            while let Ok((mut caller, _)) = listener.accept().await {
                let to = *inside.lock().unwrap();
                // Closed: whoever calls is cut off.
                let Some(to) = to else { continue };
                tokio::spawn(async move {
                    if let Ok(mut service) = TcpStream::connect(to).await {
                        let _ = tokio::io::copy_bidirectional(&mut caller, &mut service).await;
                    }
                });
            }
        });
        Self { url, leads_to }
    }

    pub fn lead_to(&self, service: Option<SocketAddr>) {
        *self.leads_to.lock().unwrap() = service;
    }
}

impl Desk {
    /// A shop that Recharge reaches at `outside`, with its webhooks registered.
    pub async fn live() -> (Self, Outside) {
        let mut desk = Self::closed(&["acme-usa"]).await;
        let outside = Outside::closed().await;
        desk.public_url = outside.url.clone();
        desk.recharge
            .set_client_secret(TOKEN, &format!("{SECRET}-acme-usa"));
        desk.serve_at(&outside).await;
        desk.registered().await;
        (desk, outside)
    }

    /// Serves, and is reached there.
    pub async fn serve_at(&mut self, outside: &Outside) {
        self.serve().await;
        outside.lead_to(self.running.as_ref().map(|running| running.address));
    }

    /// Ends when the service has looked after the webhooks, with what it knows now.
    pub async fn registered(&self) {
        let now = self.clock.now();
        until("the webhooks are looked after", async || {
            let last = self.store.registration(&name("acme-usa")).await.unwrap();
            last.is_some_and(|last| last.checked_at == now && last.problem.is_none())
        })
        .await;
        // What is tidied up comes last, and then the lease is given back.
        self.unleased().await;
    }

    /// Ends when nobody has the registration's lease.
    pub async fn unleased(&self) {
        let now = self.clock.now();
        until("the lease is given back", async || {
            let lease = "registration acme-usa";
            let until = now + chrono::Duration::minutes(1);
            let free = self.store.lease(lease, "test", until, now).await.unwrap();
            if free {
                self.store.end_lease(lease, "test").await.unwrap();
            }
            free
        })
        .await;
    }

    /// What Recharge has registered for the token.
    pub async fn webhooks(&self) -> Vec<Value> {
        let url = format!("{}/webhooks?limit=250", self.recharge.base_url());
        let answer = client()
            .get(url)
            .header("X-Recharge-Access-Token", TOKEN)
            .header("X-Recharge-Version", "2021-11")
            .send();
        let answer = read_json(answer.await.unwrap()).await;
        let mut rows = answer["webhooks"].as_array().unwrap().clone();
        rows.sort_by_key(|row| row["id"].as_i64());
        rows
    }

    pub async fn add_webhook(&self, topic: &str, address: &str) -> u16 {
        let answer = client()
            .post(format!("{}/webhooks", self.recharge.base_url()))
            .header("X-Recharge-Access-Token", TOKEN)
            .header("X-Recharge-Version", "2021-11")
            .body(json!({ "topic": topic, "address": address }).to_string())
            .send();
        answer.await.unwrap().status().as_u16()
    }

    /// How often Recharge was asked to register something since the last look.
    pub fn registrations(&self) -> usize {
        let requests = self.recharge.requests();
        let posts = requests.iter().filter(|request| {
            request.method == "POST" && request.path == "/webhooks" && request.status == Some(201)
        });
        let count = posts.count();
        self.recharge.forget_requests();
        count
    }
}
