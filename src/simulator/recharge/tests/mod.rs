//! The simulator over real HTTP. Each test has a simulator of its own, on a port of its own.

mod bodies;
mod controls;
mod cursors;
mod data;
mod faults;
mod gate;
mod lists;

use chrono::{DateTime, Utc};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::*;

/// A token of the right form that opens nothing outside of these tests.
const TOKEN: &str = "sk_test_1x1_00000000000000000000000000000000000000000000000000000000000fa4e0";

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Built-in data exactly as written, at the time when it was.
fn as_written() -> Options {
    Options {
        now: Now::Fixed(at(FIXTURES_AS_OF)),
        ..Options::default()
    }
}

/// These bodies and no others, at the same time.
fn with(bodies: &[(&str, Value)]) -> Options {
    let bodies = bodies
        .iter()
        .map(|(name, body)| (format!("{name}.json"), json!({ *name: body }).to_string()));
    Options {
        data: Data::Bodies(bodies.collect()),
        ..as_written()
    }
}

/// The first token of the built-in list: it has every scope.
fn built_in_token() -> String {
    let tokens: Value = serde_json::from_str(include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fixtures/recharge/tokens.json"
    )))
    .unwrap();
    tokens["tokens"][0]["token"].as_str().unwrap().to_owned()
}

struct Caller {
    http: reqwest::Client,
    base: String,
    token: String,
}

struct Got {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Got {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    /// The ids of a list's objects.
    fn ids(&self, plural: &str) -> Vec<i64> {
        let body = self.json();
        let rows = body[plural].as_array().unwrap();
        rows.iter().map(|row| row["id"].as_i64().unwrap()).collect()
    }
}

impl Caller {
    fn of(running: &Running, token: &str) -> Self {
        // Another test may have installed it already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            base: running.base_url(),
            token: token.to_owned(),
        }
    }

    fn request(&self, path: &str) -> reqwest::RequestBuilder {
        self.http
            .get(format!("{}{path}", self.base))
            .header("X-Recharge-Access-Token", &self.token)
            .header("X-Recharge-Version", "2021-11")
    }

    async fn get(&self, path: &str) -> Got {
        sent(self.request(path)).await.unwrap()
    }

    async fn control(&self, method: reqwest::Method, path: &str, body: &str) -> Got {
        let url = format!("{}/_sim/{path}", self.base);
        sent(self.http.request(method, url).body(body.to_owned()))
            .await
            .unwrap()
    }
}

async fn sent(request: reqwest::RequestBuilder) -> Result<Got, reqwest::Error> {
    let response = request.send().await?;
    Ok(Got {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        text: response.text().await?,
    })
}

/// A simulator of these bodies, and a caller with a token that may read everything.
async fn open(options: Options) -> (Running, Caller) {
    let running = start(options).await.unwrap();
    let caller = Caller::of(&running, TOKEN);
    (running, caller)
}
