//! How the simulator's state changes, by the API and by its handles.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::actions::dunning::{self, Decline};
use super::actions::{Action, Outcome};
use super::answer::Answer;
use super::changes::{Change, Event};
use super::charges;
use super::json::Json;
use super::request::Request;
use super::simulator::{Simulator, State};
use super::tables::PutError;

impl Simulator {
    pub(super) fn put(&self, collection: &str, object: Json) -> Result<(), PutError> {
        self.put_all([(collection, object)].into_iter())
    }

    pub(super) fn put_all<'a>(
        &self,
        mut objects: impl Iterator<Item = (&'a str, Json)>,
    ) -> Result<(), PutError> {
        self.changed(|state, now, runs| {
            objects.try_for_each(|(name, object)| {
                state.change(now, runs, |change| change.put(name, object))
            })
        })
    }

    pub(super) fn patch(&self, collection: &str, id: i64, members: Json) -> Result<(), PutError> {
        self.changed(|state, now, runs| {
            state.change(now, runs, |change| change.patch(collection, id, members))
        })
    }

    pub(super) fn fail_charge(&self, id: i64, decline: &Decline<'_>) -> Result<(), PutError> {
        self.changed(|state, now, runs| {
            state.change(now, runs, |change| dunning::fail(change, id, decline))
        })
    }

    pub(super) fn exhaust_retries(&self, id: i64) -> Result<(), PutError> {
        self.changed(|state, now, runs| {
            state.change(now, runs, |change| dunning::exhaust(change, id))
        })
    }

    pub(super) fn remove(&self, name: &str, id: i64) -> Result<(), PutError> {
        let collection =
            super::tables::collection(name).ok_or_else(|| PutError::Collection(name.to_owned()))?;
        self.changed(|state, now, runs| {
            state.change(now, runs, |change| {
                change.remove(collection, id);
                Ok(())
            })
        })
    }

    pub(super) fn act(&self, method: &str, path: &str, body: String) -> Answer {
        let request = Request::of_a_control(method, path, body);
        let Some((action, id)) = Action::of(&request) else {
            return Answer::not_found();
        };
        self.changed(|state, now, runs| {
            let outcome = action.take(id, &request, None, &mut state.tables, now);
            state.tell(outcome, now, runs)
        })
    }

    pub(super) fn uninstall(&self) {
        self.changed(|state, now, runs| {
            let store = state.tables.store.clone().unwrap_or(Json::Null);
            let timezone = store.member("timezone");
            // Only the body of the older name, `app/uninstalled`, is known.
            let shop = Json::object([
                ("id", store.member("id")),
                ("name", store.member("name")),
                ("email", store.member("email")),
                ("currency", store.member("currency")),
                ("iana_timezone", timezone.member("iana_name")),
                ("timezone", timezone.member("name")),
            ]);
            state.announce(
                &Event {
                    topic: "recharge/uninstalled",
                    id: store.get("id").and_then(Json::as_i64).unwrap_or(0),
                    object: Json::object([("shop", shop)]),
                },
                now,
                runs,
            );
        });
        self.revoke_token();
    }

    pub(super) fn send_hook(&self, topic: &str, body: &str) -> usize {
        self.changed(|state, now, runs| {
            let webhooks = state.webhooks(topic);
            for webhook in &webhooks {
                state.post(webhook, topic, 0, body.into(), now, runs);
            }
            webhooks.len()
        })
    }

    pub(super) fn set_client_secret(&self, token: &str, secret: &str) {
        self.state().tables.clients.set_secret(token, secret);
    }

    pub(super) fn truth(&self, customer: i64) -> Value {
        let now = self.clock.now();
        let state = self.state();
        let tables = &state.tables;
        let Some(object) = tables.find("customers", customer) else {
            return Value::Null;
        };
        let list = |collection: &'static str| {
            let own = tables.of_customer(collection, customer);
            let own =
                own.filter(|(_, object)| collection != "charges" || charges::visible(object, now));
            let mut rows: Vec<_> = own.map(|(_, object)| json!(object)).collect();
            rows.reverse();
            rows
        };
        json!({
            "customer": object,
            "subscriptions": list("subscriptions"),
            "charges": list("charges"),
            "addresses": list("addresses"),
            "onetimes": list("onetimes"),
            "orders": list("orders"),
            "payment_methods": list("payment_methods"),
        })
    }

    /// Changes the state, and wakes whoever waits for that.
    pub(super) fn changed<T>(
        &self,
        change: impl FnOnce(&mut State, DateTime<Utc>, bool) -> T,
    ) -> T {
        let now = self.clock.now();
        let runs = self.clock.runs();
        let result = change(&mut self.state(), now, runs);
        self.stir.send_modify(|count| *count += 1);
        result
    }
}

impl State {
    /// A change by hand: whole, or not at all.
    fn change(
        &mut self,
        now: DateTime<Utc>,
        runs: bool,
        make: impl FnOnce(&mut Change<'_>) -> Result<(), PutError>,
    ) -> Result<(), PutError> {
        let mut change = Change::new(&mut self.tables, now);
        if let Err(error) = make(&mut change) {
            change.undo();
            return Err(error);
        }
        for event in change.events() {
            self.announce(&event, now, runs);
        }
        self.give_up_orphans();
        Ok(())
    }

    /// Tells the addresses what a call led to; its answer comes back.
    pub(super) fn tell(&mut self, outcome: Outcome, now: DateTime<Utc>, runs: bool) -> Answer {
        for event in &outcome.events {
            self.announce(event, now, runs);
        }
        for told in &outcome.told {
            let own = self.webhooks(told.event.topic);
            for webhook in own.iter().filter(|webhook| webhook.id == told.webhook) {
                self.announce_to(webhook, &told.event, now, runs);
            }
        }
        self.give_up_orphans();
        outcome.answer
    }
}
