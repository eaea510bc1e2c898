//! From a change to deliveries, and from those that are due to what the courier sends.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::watch;

use super::changes::Event;
use super::hooks::{Delivery, Errand, Hooks, Letter, LostWebhook, Notice, Tally};
use super::json::Json;
use super::simulator::{Simulator, State};
use super::tables::customer_of;
use super::topics;

impl Simulator {
    pub(super) fn set_hooks(&self, hooks: Hooks) {
        self.changed(|state, _, _| state.deliveries.set_hooks(hooks));
    }

    pub(super) fn hold_deliveries(&self, held: bool) {
        self.changed(|state, _, _| state.deliveries.hold(held));
    }

    pub(super) fn deliveries(&self) -> Vec<Delivery> {
        self.state().deliveries.all()
    }

    pub(super) fn deliveries_waiting(&self) -> usize {
        self.state().deliveries.waiting()
    }

    pub(super) fn tally(&self) -> Tally {
        self.state().deliveries.tally()
    }

    pub(super) fn lost_webhooks(&self) -> Vec<LostWebhook> {
        self.state().deliveries.lost()
    }

    pub(super) fn forget_deliveries(&self) {
        self.state().deliveries.forget();
    }

    pub(super) async fn delivered(&self) {
        let mut stirred = self.stirred();
        loop {
            stirred.mark_unchanged();
            let now = self.clock.now();
            if self.state().deliveries.is_settled(now) {
                return;
            }
            // The sender lives as long as this simulator: there is always an answer.
            let _ = stirred.changed().await;
        }
    }

    pub(super) fn move_clock(&self, to: DateTime<Utc>) {
        self.clock.move_to(to);
        self.stir.send_modify(|count| *count += 1);
    }

    /// Tells when deliveries, or the time, have changed.
    pub(super) fn stirred(&self) -> watch::Receiver<u64> {
        self.stir.subscribe()
    }

    /// The next delivery that is due, signed as of now.
    pub(super) fn next_errand(&self) -> Option<Errand> {
        let now = self.clock.now();
        let state = &mut *self.state();
        let letter = state.deliveries.take(now)?;
        let secret = state.tables.clients.secret(letter.webhook());
        Some(Errand::new(letter, secret, now, state.deliveries.timeout()))
    }

    /// How long until a delivery is due, by a clock that runs.
    pub(super) fn until_next_errand(&self) -> Option<Duration> {
        if !self.clock.runs() {
            return None;
        }
        let state = self.state();
        let due = state.deliveries.next_due()?;
        let pause = (due - self.clock.now()).to_std().unwrap_or_default();
        // Those that are due and wait for others to arrive are sent when these stir.
        (!pause.is_zero()).then_some(pause)
    }

    /// Notes how an attempt ended; after the last one its webhook is deleted.
    pub(super) fn tried(&self, letter: Letter, status: Option<u16>) {
        self.changed(|state, now, _| {
            let exists = state.tables.find("webhooks", letter.webhook()).is_some();
            let lost = state.deliveries.tried(letter, status, now, exists);
            if let Some(webhook) = lost {
                tracing::warn!(webhook, "a webhook failed for 48 hours and is deleted");
                state.tables.take("webhooks", webhook);
                state.deliveries.give_up(webhook);
            }
        });
    }
}

/// A webhook that is to be told something.
pub(super) struct Registered {
    pub(super) id: i64,
    address: String,
    included: Vec<String>,
}

impl State {
    /// What waits for a webhook that has just been deleted is not sent any more.
    pub(super) fn give_up_orphans(&mut self) {
        for webhook in self.tables.clients.take_lost() {
            self.deliveries.give_up(webhook);
        }
    }

    pub(super) fn announce(&mut self, event: &Event, now: DateTime<Utc>, runs: bool) {
        for webhook in self.webhooks(event.topic) {
            self.announce_to(&webhook, event, now, runs);
        }
    }

    pub(super) fn announce_to(
        &mut self,
        webhook: &Registered,
        event: &Event,
        now: DateTime<Utc>,
        runs: bool,
    ) {
        let mut body = Json::object([(topics::envelope(event.topic), event.object.clone())]);
        for name in &webhook.included {
            if let Some(object) = self.included(name, event) {
                body.set(name, object);
            }
        }
        let body: Arc<str> = body.to_string().into();
        self.post(webhook, event.topic, event.id, body, now, runs);
    }

    /// What a webhook wants beside the object. Where Recharge puts it is not established; here it stands beside it.
    fn included(&self, name: &str, event: &Event) -> Option<Json> {
        let collection = topics::collection(event.topic)?;
        let customer = customer_of(collection, event.id, &event.object)?;
        match name {
            "customer" => self.tables.find("customers", customer).cloned(),
            "addresses" => {
                let own = self.tables.of_customer("addresses", customer);
                Some(Json::List(
                    own.map(|(_, address)| address.clone()).collect(),
                ))
            }
            _ => None,
        }
    }

    pub(super) fn webhooks(&self, topic: &str) -> Vec<Registered> {
        let text = |webhook: &Json, key| webhook.get(key).and_then(Json::as_str).map(str::to_owned);
        let all = self.tables.all("webhooks");
        let own =
            all.filter(|(_, webhook)| webhook.get("topic").and_then(Json::as_str) == Some(topic));
        own.filter_map(|(id, webhook)| {
            let included = webhook
                .get("included_objects")
                .map_or(&[][..], Json::elements);
            Some(Registered {
                id,
                address: text(webhook, "address")?,
                included: included
                    .iter()
                    .filter_map(|name| name.as_str().map(str::to_owned))
                    .collect(),
            })
        })
        .collect()
    }

    pub(super) fn post(
        &mut self,
        webhook: &Registered,
        topic: &str,
        object: i64,
        body: Arc<str>,
        now: DateTime<Utc>,
        runs: bool,
    ) {
        let notice = Notice {
            webhook: webhook.id,
            topic,
            address: &webhook.address,
            object,
            body,
        };
        self.deliveries.make(&notice, now, runs);
    }
}
