//! Sends deliveries when they are due, each in a task of its own.

use std::sync::Arc;
use std::time::Duration;

use actix_web::rt;
use reqwest::{Client, redirect};

use super::deliveries::Letter;
use super::signing::signatures;
use crate::simulator::recharge::simulator::Simulator;

/// A letter, and what it needs to be sent.
pub(in super::super) struct Errand {
    pub(super) letter: Letter,
    pub(super) signatures: [(&'static str, String); 3],
    pub(super) timeout: Duration,
}

/// Sends what is due, for as long as the simulator runs.
pub(in super::super) async fn deliver(simulator: Arc<Simulator>) {
    // Somebody else may have installed it already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .build();
    let client = match client {
        Ok(client) => client,
        Err(error) => {
            tracing::error!(%error, "the Recharge simulator cannot send webhooks");
            return;
        }
    };
    let mut stirred = simulator.stirred();
    loop {
        stirred.mark_unchanged();
        while let Some(errand) = simulator.next_errand() {
            rt::spawn(run(errand, client.clone(), Arc::clone(&simulator)));
        }
        // By a clock that stands nothing becomes due by itself: moving it stirs.
        let pause = simulator.until_next_errand();
        let due = async {
            match pause {
                Some(pause) => rt::time::sleep(pause).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = stirred.changed() => {}
            () = due => {}
            () = simulator.stopped() => return,
        }
    }
}

async fn run(errand: Errand, client: Client, simulator: Arc<Simulator>) {
    let Errand {
        letter,
        signatures,
        timeout,
    } = errand;
    let mut request = client
        .post(&letter.delivery.address)
        .timeout(timeout)
        .header("Content-Type", "application/json")
        // Production code reads it, the documentation does not name it.
        .header("X-Recharge-Topic", &letter.delivery.topic)
        .body(letter.body.to_string());
    for (name, value) in signatures {
        request = request.header(name, value);
    }
    let status = match request.send().await {
        Ok(response) => {
            let status = response.status().as_u16();
            // Read to its end, so that the connection can be used again.
            let _ = response.bytes().await;
            Some(status)
        }
        Err(_) => None,
    };
    simulator.tried(letter, status);
}

impl Errand {
    pub(in super::super) fn new(
        letter: Letter,
        secret: &str,
        at: chrono::DateTime<chrono::Utc>,
        timeout: Duration,
    ) -> Self {
        let signatures = signatures(secret, letter.body.as_bytes(), at);
        Self {
            letter,
            signatures,
            timeout,
        }
    }
}
