//! A page in the browser, and the frames in it.

use std::sync::Arc;

use serde_json::{Value, json};

use super::chromium::Talk;

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
        let scheme = if dark { "dark" } else { "light" };
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.ask("Emulation.setEmulatedMedia", media).await;
        let attach = json!({"autoAttach": true, "waitForDebuggerOnStart": false, "flatten": true});
        self.ask("Target.setAutoAttach", attach).await;
        self.ask("Page.enable", json!({})).await;
        self.ask("Runtime.enable", json!({})).await;
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
        let world = tokio::time::timeout(std::time::Duration::from_secs(20), world).await;
        let (session, id) = world.unwrap_or_else(|_| panic!("no frame of {origin}"));
        let asked = json!({"expression": expression, "contextId": id, "awaitPromise": true, "returnByValue": true});
        let answer = self.talk.ask(&session, "Runtime.evaluate", asked).await;
        Self::result(expression, answer)
    }

    /// Waits until an expression in the frame of this origin is true.
    pub async fn frame_until(&self, origin: &str, expression: &str) {
        self.frame(origin, &once(expression)).await;
    }

    async fn ask(&self, method: &str, params: Value) -> Value {
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
