//! A Chromium without a window, driven by the DevTools protocol over a pipe: JSON messages, each ended by a zero byte. No
//! port is opened and nothing is downloaded.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot;

use super::gate::{Gate, Way};
use super::page::Page;

/// Where it is found, under either of its names.
const NAMES: [&str; 2] = ["chromium", "chromium-browser"];
const FLAGS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
];
/// The protocol's ends are descriptors 3 and 4; nothing else is heard or said.
const SHELL: &str = r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1"#;

/// Bounded, so that a test that waits in vain fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(30);

/// A browser of its own for each test. Ended when dropped.
pub struct Browser {
    talk: Arc<Talk>,
    child: Child,
    _folder: TempDir,
}

/// The conversation with the browser.
pub struct Talk {
    input: Mutex<ChildStdin>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    asked: u64,
    waiting: HashMap<u64, oneshot::Sender<Value>>,
    /// The scripts' worlds: (session, id) -> origin.
    worlds: HashMap<(String, i64), String>,
    /// Frames that have a process, and so a session, of their own.
    frames: Vec<String>,
    /// What pages asked for over the network, and may.
    gates: HashMap<String, Gate>,
    /// What went wrong in pages: (session, what).
    complaints: Vec<(String, String)>,
}

impl Browser {
    /// Starts one; `None` where there is none: the test is then named as skipped, and fails where `CI` is `true`.
    pub fn open(test: &str) -> Option<Self> {
        let found = NAMES.into_iter().find(|name| {
            let known = Command::new("sh")
                .args(["-c", "command -v \"$0\" >/dev/null", name])
                .status();
            known.is_ok_and(|status| status.success())
        });
        let Some(name) = found else {
            assert_ne!(
                std::env::var("CI").as_deref(),
                Ok("true"),
                "{test} needs Chromium"
            );
            // Past the test's own output, which is shown for failures alone.
            let _ = writeln!(std::io::stderr(), "skipped, for want of Chromium: {test}");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new("sh")
            .args(["-c", SHELL, name])
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", folder.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let talk = Arc::new(Talk {
            input: Mutex::new(child.stdin.take().unwrap()),
            state: Mutex::default(),
        });
        let listener = Arc::clone(&talk);
        std::thread::spawn(move || {
            for message in output.split(0) {
                let Ok(message) = message else { break };
                listener.hear(&serde_json::from_slice(&message).unwrap());
            }
        });
        Some(Self {
            talk,
            child,
            _folder: folder,
        })
    }

    /// A new page at this address, so wide and high, in the dark or not.
    pub async fn page(&self, url: &str, size: (u32, u32), dark: bool) -> Page {
        let page = self.blank(size, dark).await;
        page.go(url).await;
        page
    }

    /// A new page that goes nowhere yet.
    pub async fn blank(&self, size: (u32, u32), dark: bool) -> Page {
        // In a window of its own: another one in front would hide it, and hidden pages rest.
        let target = json!({"url": "about:blank", "newWindow": true});
        let target = self.talk.ask("", "Target.createTarget", target).await;
        let target = json!({"targetId": target["targetId"], "flatten": true});
        let attached = self.talk.ask("", "Target.attachToTarget", target).await;
        let session = attached["sessionId"].as_str().unwrap().to_owned();
        let page = Page::new(Arc::clone(&self.talk), session);
        page.prepare(size, dark).await;
        page
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Talk {
    /// Asks, and waits for the result; an error of the protocol fails the test.
    pub async fn ask(&self, session: &str, method: &str, params: Value) -> Value {
        let (sender, answer) = oneshot::channel();
        let number = {
            let mut state = self.state.lock().unwrap();
            state.asked += 1;
            let number = state.asked;
            state.waiting.insert(number, sender);
            number
        };
        let what = format!("{method} {}", params["expression"]);
        self.send(number, session, method, params);
        let answer = tokio::time::timeout(PATIENCE, answer).await;
        let answer = answer.unwrap_or_else(|_| panic!("waited in vain: {what}"));
        let mut answer = answer.unwrap();
        assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
        answer["result"].take()
    }

    /// The session and the id of a script's world of this origin.
    pub fn world(&self, sessions: &str, origin: &str) -> Option<(String, i64)> {
        let state = self.state.lock().unwrap();
        let mut found = state.worlds.iter().filter(|((session, _), own)| {
            let is_here = session == sessions || state.frames.contains(session);
            is_here && own.as_str() == origin
        });
        found.next().map(|(world, _)| world.clone())
    }

    /// Decides what a page may ask for over the network; from now on nothing leaves without it.
    pub fn gate<T>(&self, session: &str, decide: impl FnOnce(&mut Gate) -> T) -> T {
        let mut state = self.state.lock().unwrap();
        decide(state.gates.entry(session.to_owned()).or_default())
    }

    /// Scripts' errors, and what policies and the network refused, in a page and its frames.
    pub fn complaints(&self, session: &str) -> Vec<String> {
        let state = self.state.lock().unwrap();
        let own = state
            .complaints
            .iter()
            .filter(|(other, _)| other == session);
        own.map(|(_, what)| what.clone()).collect()
    }

    /// Asks, and waits for nothing.
    pub fn tell(&self, session: &str, method: &str, params: Value) {
        let number = {
            let mut state = self.state.lock().unwrap();
            state.asked += 1;
            state.asked
        };
        self.send(number, session, method, params);
    }

    fn send(&self, number: u64, session: &str, method: &str, params: Value) {
        let mut message = json!({"id": number, "method": method, "params": params});
        if !session.is_empty() {
            message["sessionId"] = session.into();
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        let mut input = self.input.lock().unwrap();
        input.write_all(&bytes).unwrap();
        input.flush().unwrap();
    }

    fn hear(&self, message: &Value) {
        let mut state = self.state.lock().unwrap();
        if let Some(number) = message["id"].as_u64() {
            if let Some(sender) = state.waiting.remove(&number) {
                let _ = sender.send(message.clone());
            }
            return;
        }
        let session = message["sessionId"].as_str().unwrap_or_default().to_owned();
        let params = &message["params"];
        match message["method"].as_str().unwrap_or_default() {
            "Runtime.executionContextCreated" => {
                let context = &params["context"];
                if context["auxData"]["isDefault"] == json!(true) {
                    let world = (session, context["id"].as_i64().unwrap());
                    let origin = context["origin"].as_str().unwrap_or_default();
                    state.worlds.insert(world, origin.to_owned());
                }
            }
            "Runtime.executionContextDestroyed" => {
                let id = params["executionContextId"].as_i64().unwrap_or_default();
                state.worlds.remove(&(session, id));
            }
            "Runtime.executionContextsCleared" => {
                state.worlds.retain(|(other, _), _| *other != session);
            }
            "Target.attachedToTarget" if params["targetInfo"]["type"] == json!("iframe") => {
                let frame = params["sessionId"].as_str().unwrap_or_default().to_owned();
                state.frames.push(frame.clone());
                state.asked += 1;
                let number = state.asked;
                drop(state);
                self.send(number, &frame, "Runtime.enable", json!({}));
            }
            "Runtime.exceptionThrown" => {
                let what = params["exceptionDetails"].to_string();
                state.complaints.push((session, what));
            }
            "Runtime.consoleAPICalled" if params["type"] == json!("error") => {
                state.complaints.push((session, params["args"].to_string()));
            }
            "Log.entryAdded" if params["entry"]["level"] == json!("error") => {
                state
                    .complaints
                    .push((session, params["entry"].to_string()));
            }
            "Fetch.requestPaused" => {
                let id = params["requestId"].as_str().unwrap_or_default();
                let url = params["request"]["url"].as_str().unwrap_or_default();
                let gate = state.gates.entry(session.clone()).or_default();
                let way = gate.way(id, url);
                drop(state);
                self.let_go(&session, id, way);
            }
            _ => {}
        }
    }

    /// What becomes of a request that was stopped.
    pub fn let_go(&self, session: &str, id: &str, way: Way) {
        match way {
            Way::Held => {}
            Way::Through => self.tell(session, "Fetch.continueRequest", json!({"requestId": id})),
            Way::Refused => {
                let refused = json!({"requestId": id, "errorReason": "ConnectionRefused"});
                self.tell(session, "Fetch.failRequest", refused);
            }
            Way::Picture(bytes) => {
                let headers = json!([{"name": "content-type", "value": "image/png"}]);
                let answer = json!({"requestId": id, "responseCode": 200, "responseHeaders": headers, "body": bytes});
                self.tell(session, "Fetch.fulfillRequest", answer);
            }
        }
    }
}
