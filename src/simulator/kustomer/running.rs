//! The handle on a running simulator.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::events::Event;
use super::faults::Faults;
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

    /// Where it listens, as a URL without a path: `http://127.0.0.1:40123`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.0.address)
    }

    /// Where the Cards SDK is.
    pub fn sdk_url(&self) -> String {
        format!("{}/card-js/latest/kustomer-card.min.js", self.base_url())
    }

    /// The agents' page, open at a customer: `email=…`, `externalId=…` or an id.
    pub fn agent_url(&self, customer: &str) -> String {
        format!("{}/agent?customer={customer}", self.base_url())
    }

    /// The requests that arrived with a key or without, oldest first; the newest 100,000 are kept. What agents ask on their
    /// page is not among them.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.0.simulator.requests()
    }

    /// Empties the log.
    pub fn forget_requests(&self) {
        self.0.simulator.forget_requests();
    }

    /// The events that workflows may begin with, oldest first; the newest 10,000 are kept.
    pub fn events(&self) -> Vec<Event> {
        self.0.simulator.with(|state| state.events.all())
    }

    /// How often an event of this name was fired, ever.
    pub fn fired(&self, name: &str) -> usize {
        self.0.simulator.with(|state| state.events.count(name))
    }

    /// Replaces the faults, and begins their sequence anew.
    pub fn set_faults(&self, faults: Faults) {
        self.0.simulator.set_faults(faults);
    }

    /// Puts the clock at an instant, where it stands until it is moved again.
    pub fn move_clock(&self, to: DateTime<Utc>) {
        self.0.simulator.clock.move_to(to);
    }

    /// All customers, as the API shows them.
    pub fn customers(&self) -> Vec<Value> {
        let all = |state: &mut super::state::State| {
            state.customers.values().map(|c| c.resource()).collect()
        };
        self.0.simulator.with(all)
    }

    /// The id of a customer: by `email=…` or `externalId=…`.
    pub fn customer_id(&self, which: &str) -> Option<String> {
        self.0
            .simulator
            .with(|state| Some(state.customer(which).ok()?.id.clone()))
    }

    /// Gives an address to another customer, as when agents merge or split.
    pub fn move_email(&self, email: &str, to: &str) {
        self.0.simulator.with(|state| state.move_email(email, to));
    }

    /// All objects of a klass, as the API shows them, the oldest first.
    pub fn kobjects(&self, klass: &str) -> Vec<Value> {
        self.0.simulator.with(|state| {
            let of_klass = state.kobjects.values().filter(|o| o.klass == klass);
            of_klass.map(|object| state.resource(object)).collect()
        })
    }

    /// The object of a klass with this external id.
    pub fn kobject(&self, klass: &str, external_id: &str) -> Option<Value> {
        let which = format!("externalId={external_id}");
        self.0.simulator.with(|state| {
            let object = state.kobject(klass, &which).ok()?;
            Some(state.resource(object))
        })
    }

    /// Removes an object, as an admin does.
    pub fn remove_kobject(&self, klass: &str, id: &str) {
        self.0
            .simulator
            .with(|state| drop(state.delete_kobject(klass, id)));
    }

    /// Installs a registered version, as an admin does in the App Directory; `false`: there is no such version. `app` is
    /// the name that it was given.
    pub fn install(&self, app: &str, version: &str) -> bool {
        let now = self.0.simulator.clock.now();
        self.0
            .simulator
            .with(|state| state.install_app(app, version, now).is_ok())
    }

    /// Types a text on an installed app's settings page: `default.token`. `false`: there is no such setting.
    pub fn set_setting(&self, app: &str, name: &str, value: &str) -> bool {
        self.0
            .simulator
            .with(|state| state.set_setting(app, name, value))
    }

    /// Keeps the answers of commands back from now on.
    pub fn hold_commands(&self) {
        self.0.simulator.commands.hold();
    }

    /// Waits until at least so many answers of commands are kept back.
    pub async fn until_commands_held(&self, count: usize) {
        self.0.simulator.commands.until(count).await;
    }

    /// Lets one answer go: 0 is the oldest that is kept back. `false`: there is none at this place.
    pub fn release_command(&self, place: usize) -> bool {
        self.0.simulator.commands.release(place)
    }

    /// Lets all answers go, and keeps none back any more.
    pub fn release_commands(&self) {
        self.0.simulator.commands.release_all();
    }

    /// Stops it, for every handle.
    pub async fn stop(self) {
        self.0.simulator.stop();
        self.0.server.stop(false).await;
    }
}
