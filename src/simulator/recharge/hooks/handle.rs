//! What a handle can say about webhooks and changes.

use serde_json::Value;

use super::delivery::{Delivery, LostWebhook, Tally};
use super::mischief::Hooks;
use crate::simulator::recharge::json::Json;
use crate::simulator::recharge::running::Running;

impl Running {
    /// Other mischief with deliveries from now on, from the beginning of its sequence. Those that wait already are as
    /// they were drawn.
    pub fn set_hooks(&self, hooks: Hooks) {
        self.simulator().set_hooks(hooks);
    }

    /// Keeps every delivery back from now on; what is on its way still arrives.
    pub fn hold_deliveries(&self) {
        self.simulator().hold_deliveries(true);
    }

    /// Sends what was kept back and is due, and keeps nothing back any more.
    pub fn release_deliveries(&self) {
        self.simulator().hold_deliveries(false);
    }

    /// Waits until every delivery that is due by the simulator's clock has been tried and none is on its way. Retries and
    /// delays that are due later are not waited for: move the clock, and wait again. While deliveries are held and one is
    /// due, this waits for the release.
    pub async fn delivered(&self) {
        self.simulator().delivered().await;
    }

    /// The deliveries by number, those that have ended included; of these the newest 10,000 are kept.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.simulator().deliveries()
    }

    /// How many deliveries wait: held, delayed, or to be tried again.
    pub fn deliveries_waiting(&self) -> usize {
        self.simulator().deliveries_waiting()
    }

    /// How many deliveries there were since the start, and what became of them.
    pub fn tally(&self) -> Tally {
        self.simulator().tally()
    }

    /// Webhooks that were deleted because their address failed for 48 hours.
    pub fn lost_webhooks(&self) -> Vec<LostWebhook> {
        self.simulator().lost_webhooks()
    }

    /// Empties the list of deliveries that have ended, and of lost webhooks; the tally stays.
    pub fn forget_deliveries(&self) {
        self.simulator().forget_deliveries();
    }

    /// Sends a body as it is to every address of a topic, rightly signed, though nothing changed: what is no JSON, what
    /// does not fit its topic, what was sent before. The number of deliveries comes back.
    pub fn send_hook(&self, topic: &str, body: &str) -> usize {
        self.simulator().send_hook(topic, body)
    }

    /// Signs with another client secret for this token from now on, retries included.
    pub fn set_client_secret(&self, token: &str, secret: &str) {
        self.simulator().set_client_secret(token, secret);
    }

    /// Calls an endpoint that changes something, as if over HTTP, but without token, scope, bucket, faults or log:
    /// `act("POST", "/subscriptions/1/cancel", json!({"cancellation_reason": "x"}))`. The answer's status and body come
    /// back; null for an empty one. Webhooks that are registered so belong to no token: every token sees them, and the
    /// first listed token's secret signs.
    pub fn act(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let answer = self.simulator().act(method, path, body.to_string());
        let body = serde_json::from_str(&answer.body).unwrap_or(Value::Null);
        (answer.status, body)
    }

    /// Inserts or replaces many objects at once, as [`Running::put`] does one: nothing is sent before the last is in.
    ///
    /// # Panics
    ///
    /// When there is no such collection, or an object has no integer `id`; those before it are in.
    pub fn put_all<'a>(&self, objects: impl IntoIterator<Item = (&'a str, Value)>) {
        let objects = objects
            .into_iter()
            .map(|(name, object)| (name, Json::from(object).in_documented_order()));
        if let Err(error) = self.simulator().put_all(objects) {
            panic!("{error}");
        }
    }

    /// Sets some members of an object: `patch("subscriptions", 1, json!({"price": "9.00"}))`. `updated_at` becomes now,
    /// unless it is among them; nothing that depends on the object is counted anew.
    ///
    /// # Panics
    ///
    /// When there is no such collection or object, or the members are none.
    pub fn patch(&self, collection: &str, id: i64, members: Value) {
        let members = Json::from(members).in_documented_order();
        if let Err(error) = self.simulator().patch(collection, id, members) {
            panic!("{error}");
        }
    }

    /// Tells the addresses of `recharge/uninstalled`, and then refuses every token.
    pub fn uninstall(&self) {
        self.simulator().uninstall();
    }

    /// All there is of one customer now, as the API would answer it: `{"customer": {…}, "subscriptions": […], "charges":
    /// […], "addresses": […], "onetimes": […], "orders": […], "payment_methods": […]}`, by falling id, charges by the
    /// 90-day rule; null when there is no such customer. Nothing is logged or counted.
    pub fn truth(&self, customer: i64) -> Value {
        self.simulator().truth(customer)
    }
}
