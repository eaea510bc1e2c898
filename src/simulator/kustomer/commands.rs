//! Commands: Kustomer's own servers call an app, with the secrets that an admin typed.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{oneshot, watch};

use super::apps::Installed;
use super::definition::{list, text};
use super::simulator::Simulator;

/// How long an app has for its answer. Kustomer's own time is not established.
const PATIENCE: Duration = Duration::from_secs(30);

/// Answers of commands that are kept back.
#[derive(Debug)]
pub(super) struct Queue {
    holding: Mutex<bool>,
    waiting: Mutex<VecDeque<oneshot::Sender<()>>>,
    count: watch::Sender<usize>,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            holding: Mutex::default(),
            waiting: Mutex::default(),
            count: watch::Sender::new(0),
        }
    }
}

impl Queue {
    pub(super) fn hold(&self) {
        *lock(&self.holding) = true;
    }

    /// Lets the one go that stands at this place, the oldest first. `false`: none stands there.
    pub(super) fn release(&self, place: usize) -> bool {
        let released = lock(&self.waiting).remove(place);
        if let Some(waiting) = released {
            self.count.send_modify(|count| *count -= 1);
            // Whoever waited may have given up.
            let _ = waiting.send(());
            return true;
        }
        false
    }

    /// Lets all go, and holds none any more.
    pub(super) fn release_all(&self) {
        *lock(&self.holding) = false;
        while self.release(0) {}
    }

    pub(super) async fn until(&self, count: usize) {
        // The sender lives as long as this queue: there is always an answer.
        let _ = self
            .count
            .subscribe()
            .wait_for(|waiting| *waiting >= count)
            .await;
    }

    async fn pass(&self) {
        let turn = {
            let holding = lock(&self.holding);
            if !*holding {
                return;
            }
            let (sender, turn) = oneshot::channel();
            lock(&self.waiting).push_back(sender);
            self.count.send_modify(|count| *count += 1);
            turn
        };
        let _ = turn.await;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The client that commands go out with: to this machine alone.
pub(super) fn client() -> Result<reqwest::Client, String> {
    // Somebody else in the process may have installed one already; any will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .redirect(reqwest::redirect::Policy::none())
        .timeout(PATIENCE)
        .build()
        .map_err(|error| error.to_string())
}

/// Runs a command of an installed app, as a card asks for it: `{"args","headers","body"}`. What comes back is what the
/// card gets: `{"statusCode","responseBody","requestError"}`.
pub(super) async fn run(simulator: &Simulator, name: &str, given: &Value) -> Value {
    let found = simulator.with(|state| {
        let mut apps = state.apps.installed.values();
        apps.find_map(|app| {
            let command = list(&app.definition, "commands").iter();
            let mut named = command.filter(|command| text(command, "name") == name);
            Some((app.clone(), named.next()?.clone()))
        })
    });
    let Some((app, command)) = found else {
        return failed(404, "no such command");
    };
    let request = match filled(&app, &command, given) {
        Ok(request) => request,
        Err(why) => return failed(400, why),
    };
    let method = text(&command, "httpMethod").to_uppercase();
    let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap_or(reqwest::Method::GET);
    let mut call = simulator.http.request(method, request.url);
    for (name, value) in request.headers {
        call = call.header(name, value);
    }
    let answered = match request.body {
        Some(body) => call.body(body).send().await,
        None => call.send().await,
    };
    let outcome = match answered {
        Ok(response) => {
            let status = response.status().as_u16();
            let body = response.text().await.unwrap_or_default();
            let body: Value = serde_json::from_str(&body).unwrap_or(Value::String(body));
            json!({"statusCode": status, "responseBody": body, "requestError": null})
        }
        Err(_) => failed(502, "the app can't be reached"),
    };
    simulator.commands.pass().await;
    outcome
}

struct Filled {
    url: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
}

/// Puts arguments into the address and settings into the headers. Only what the definition permits goes anywhere.
fn filled(app: &Installed, command: &Value, given: &Value) -> Result<Filled, &'static str> {
    let mut url = text(command, "url").to_owned();
    for (name, value) in given["args"].as_object().into_iter().flatten() {
        let permitted = list(command, "permittedArgs").iter().any(|arg| arg == name);
        if !permitted {
            return Err("an argument that is not permitted");
        }
        url = url.replace(
            &format!("{{{{{{{name}}}}}}}"),
            value.as_str().unwrap_or_default(),
        );
    }
    let mut headers: Vec<(String, String)> = Vec::new();
    for source in [&command["defaultHeaders"], &given["headers"]] {
        for (name, value) in source.as_object().into_iter().flatten() {
            let mut value = value.as_str().unwrap_or_default().to_owned();
            for (alias, setting) in command["appSettings"].as_object().into_iter().flatten() {
                // `{app}.{category}.{name}`
                let (_, key) = text(setting, "key").split_once('.').unwrap_or_default();
                let typed = app.settings.get(key).map_or("", String::as_str);
                value = value
                    .replace(&format!("{{{{{{{alias}}}}}}}"), typed)
                    .replace(&format!("{{{{{alias}}}}}"), typed);
            }
            headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
            headers.push((name.clone(), value));
        }
    }
    let body = [&given["body"], &command["defaultBody"]]
        .into_iter()
        .find(|body| !body.is_null());
    Ok(Filled {
        url,
        headers,
        body: body.map(|body| {
            body.as_str()
                .map_or_else(|| body.to_string(), str::to_owned)
        }),
    })
}

fn failed(status: u16, why: &str) -> Value {
    json!({"statusCode": status, "responseBody": null, "requestError": why})
}
