//! A page in the browser, and the frames in it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::chromium::Talk;
use super::gate::Gate;

/// Timers of a second or more wait for `pass`, and so does the time of the day.
const TIMERS: &str = r"(() => {
  const [set, clear, began] = [setTimeout, clearTimeout, Date.now()];
  const long = new Map();
  let passed = 0, last = 1e9;
  window.setTimeout = (run, ms, ...more) => (ms >= 1000 ? (long.set(++last, { run, at: passed + ms }), last) : set(run, ms, ...more));
  window.clearTimeout = (id) => long.delete(id) || clear(id);
  Date.now = () => began + passed;
  window.pass = (ms) => {
    passed += ms;
    for (const [id, { run, at }] of [...long]) if (at <= passed && long.delete(id)) run();
  };
})()";

/// One page.
pub struct Page {
    talk: Arc<Talk>,
    session: String,
}

impl Page {
    pub(super) fn new(talk: Arc<Talk>, session: String) -> Self {
        Self { talk, session }
    }

    pub(super) async fn prepare(&self, (width, height): (u32, u32), dark: bool) {
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.ask("Emulation.setDeviceMetricsOverride", size).await;
        self.shade(dark).await;
        let attach = json!({"autoAttach": true, "waitForDebuggerOnStart": false, "flatten": true});
        self.ask("Target.setAutoAttach", attach).await;
        let focused = json!({ "enabled": true });
        self.ask("Emulation.setFocusEmulationEnabled", focused)
            .await;
        self.ask("Page.enable", json!({})).await;
        self.ask("Runtime.enable", json!({})).await;
    }

    /// Stops every request at the page's gate, notes what goes wrong, and puts long timers into the test's hands:
    /// `pass(milliseconds)` in a frame lets its time go by.
    pub async fn guard(&self) {
        self.ask("Log.enable", json!({})).await;
        self.ask("Fetch.enable", json!({"patterns": [{"urlPattern": "*"}]}))
            .await;
        let source = json!({ "source": TIMERS });
        self.ask("Page.addScriptToEvaluateOnNewDocument", source)
            .await;
    }

    /// Decides what it may ask for over the network.
    pub fn gate<T>(&self, decide: impl FnOnce(&mut Gate) -> T) -> T {
        self.talk.gate(&self.session, decide)
    }

    /// Waits until a request with this in its address is held.
    pub async fn until_held(&self, part: &str) {
        let is_held = |gate: &mut Gate| gate.held.iter().any(|(_, url)| url.contains(part));
        let held = async {
            while !self.gate(is_held) {
                tokio::task::yield_now().await;
            }
        };
        let in_time = tokio::time::timeout(Duration::from_secs(20), held).await;
        assert!(in_time.is_ok(), "waited in vain: {part} is not held");
    }

    /// Lets all go that are held, the oldest first, and holds none any more.
    pub fn release(&self) {
        let held = self.gate(|gate| {
            gate.holds = None;
            let held = std::mem::take(&mut gate.held);
            let ways = held.into_iter().map(|(id, url)| (id, gate.onward(&url)));
            ways.collect::<Vec<_>>()
        });
        for (id, way) in held {
            self.talk.let_go(&self.session, &id, way);
        }
    }

    /// What went wrong in it.
    pub fn complaints(&self) -> Vec<String> {
        self.talk.complaints(&self.session)
    }

    /// In the dark, or not.
    pub async fn shade(&self, dark: bool) {
        let scheme = if dark { "dark" } else { "light" };
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.ask("Emulation.setEmulatedMedia", media).await;
    }

    /// A key is pressed: `Tab`, `Enter`, `Escape`.
    pub async fn press(&self, key: &str) {
        let (code, text) = match key {
            "Tab" => (9, ""),
            "Enter" => (13, "\r"),
            "Escape" => (27, ""),
            other => panic!("no such key here: {other}"),
        };
        for kind in ["keyDown", "keyUp"] {
            let text = if kind == "keyDown" { text } else { "" };
            let event = json!({"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text});
            self.ask("Input.dispatchKeyEvent", event).await;
        }
    }

    /// What the clipboard has is put where the focus is.
    pub async fn paste(&self) {
        let event = json!({"type": "keyDown", "key": "v", "code": "KeyV", "modifiers": 2, "commands": ["paste"]});
        self.ask("Input.dispatchKeyEvent", event).await;
    }

    /// A text is typed where the focus is.
    pub async fn type_in(&self, text: &str) {
        self.ask("Input.insertText", json!({ "text": text })).await;
    }

    /// Goes to an address, and waits until the document is there.
    pub async fn go(&self, url: &str) {
        let gone = self.ask("Page.navigate", json!({ "url": url })).await;
        assert!(gone["errorText"].is_null(), "{url}: {gone}");
        self.until("document.readyState === 'complete'").await;
    }

    /// The value of an expression in the page.
    pub async fn value(&self, expression: &str) -> Value {
        let asked = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        Self::result(expression, self.ask("Runtime.evaluate", asked).await)
    }

    /// Waits until an expression in the page is true.
    pub async fn until(&self, expression: &str) {
        self.value(&once(expression)).await;
    }

    /// The value of an expression in the frame of this origin, as soon as there is one.
    pub async fn frame(&self, origin: &str, expression: &str) -> Value {
        let world = async {
            loop {
                match self.talk.world(&self.session, origin) {
                    Some(world) => return world,
                    None => tokio::task::yield_now().await,
                }
            }
        };
        let world = tokio::time::timeout(Duration::from_secs(20), world).await;
        let (session, id) = world.unwrap_or_else(|_| panic!("no frame of {origin}"));
        let asked = json!({"expression": expression, "contextId": id, "awaitPromise": true, "returnByValue": true});
        let answer = self.talk.ask(&session, "Runtime.evaluate", asked).await;
        Self::result(expression, answer)
    }

    /// Waits until an expression in the frame of this origin is true.
    pub async fn frame_until(&self, origin: &str, expression: &str) {
        self.frame(origin, &once(expression)).await;
    }

    /// Asks the browser something about this page.
    pub async fn ask(&self, method: &str, params: Value) -> Value {
        self.talk.ask(&self.session, method, params).await
    }

    fn result(expression: &str, mut answer: Value) -> Value {
        let thrown = &answer["exceptionDetails"];
        assert!(thrown.is_null(), "{expression}: {thrown}");
        answer["result"]["value"].take()
    }
}

/// A promise that is kept when the expression is true. The page looks again and again; the test only waits.
fn once(expression: &str) -> String {
    format!(
        "new Promise((done) => {{ const look = () => (({expression}) ? done(true) : setTimeout(look, 10)); look(); }})"
    )
}
