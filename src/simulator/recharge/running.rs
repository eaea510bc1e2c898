//! The handle on a running simulator.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use chrono::{DateTime, Utc};

use super::faults::Faults;
use super::json::Json;
use super::log::LoggedRequest;
use super::simulator::Simulator;

/// A running simulator. Clones are handles on the same one; it stops when the last of them is dropped.
#[derive(Debug, Clone)]
pub struct Running(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    simulator: Arc<Simulator>,
    address: SocketAddr,
    server: ServerHandle,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.simulator.stop();
        // The command is given here; only its completion would have to be awaited.
        drop(self.server.stop(false));
    }
}

impl Running {
    pub(super) fn new(
        simulator: Arc<Simulator>,
        address: SocketAddr,
        server: ServerHandle,
    ) -> Self {
        Self(Arc::new(Inner {
            simulator,
            address,
            server,
        }))
    }

    pub(super) fn simulator(&self) -> &Simulator {
        &self.0.simulator
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// Where it listens, as a URL without a path: `http://127.0.0.1:40123`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.0.address)
    }

    /// The requests that arrived, oldest first; the newest 10,000 are kept.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.0.simulator.requests()
    }

    /// Empties the log.
    pub fn forget_requests(&self) {
        self.0.simulator.forget_requests();
    }

    /// Replaces the faults that strike by probability, and begins their sequence anew.
    pub fn set_faults(&self, faults: Faults) {
        self.0.simulator.set_faults(faults);
    }

    /// Keeps every answer back from now on. A request is still logged, counted and settled when it arrives.
    pub fn hold(&self) {
        self.0.simulator.hold(true);
    }

    /// Sends the answers that were kept back, and holds none any more.
    pub fn release(&self) {
        self.0.simulator.hold(false);
    }

    /// How many requests are parked now.
    pub fn held(&self) -> usize {
        self.0.simulator.held()
    }

    /// Waits until at least so many requests are parked.
    pub async fn until_held(&self, count: usize) {
        self.0.simulator.until_held(count).await;
    }

    /// Puts the clock at an instant, where it stands until it is moved again. Data is not shifted along; deliveries that
    /// are due by then go out.
    pub fn move_clock(&self, to: DateTime<Utc>) {
        self.0.simulator.move_clock(to);
    }

    /// Inserts an object, or replaces the one with its id: `put("subscriptions", json!({…}))`. `store` is a collection of
    /// one. The object is taken as it is; nothing that depends on it is counted anew. Addresses of the topics that follow
    /// from the difference are told, here and in `remove`.
    ///
    /// # Panics
    ///
    /// When there is no such collection, or the object has no integer `id`: a mistake in the caller's own text.
    pub fn put(&self, collection: &str, object: serde_json::Value) {
        // A `Value` does not keep the order in which its keys were written.
        let object = Json::from(object).in_documented_order();
        if let Err(error) = self.0.simulator.put(collection, object) {
            panic!("{error}");
        }
    }

    /// Removes an object, if it is there.
    ///
    /// # Panics
    ///
    /// When there is no such collection.
    pub fn remove(&self, collection: &str, id: i64) {
        if let Err(error) = self.0.simulator.remove(collection, id) {
            panic!("{error}");
        }
    }

    /// Refuses every token from now on, on `/token_information` too.
    pub fn revoke_token(&self) {
        self.0.simulator.revoke_token();
    }

    /// Stops it, for every handle: connections are closed, and requests without an answer get none.
    pub async fn stop(self) {
        self.0.simulator.stop();
        self.0.server.stop(false).await;
    }
}
