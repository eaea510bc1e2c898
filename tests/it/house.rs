//! A house for each test: a simulator, a store, the service, and a clock that stands until it is moved.

mod logs;
mod setup;

use std::net::SocketAddr;
use std::sync::{Arc, Once};
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;
use sidecard::app::{App, Lookups, signed_query};
use sidecard::clock::Clock;
use sidecard::config::Config;
use sidecard::domain::id::{CustomerId, WorkspaceId};
use sidecard::domain::install::InstallName;
use sidecard::domain::secret::{Secret, random_hex};
use sidecard::helpdesk::gladly::sign;
use sidecard::simulator::recharge::{FIXTURES_AS_OF, Now, Options, Running, start};
use sidecard::store::{LinkKind, LinkRecord, Profile, Store, WorkspaceSettings};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub use self::logs::{heard, listen_to_everything};
pub use self::setup::{add_install, add_workspace, forget_all, keep, memory_store, workspace};

/// The token that the built-in data lets in.
pub const TOKEN: &str =
    "sk_test_1x1_000000000000000000000000000000000000000000000000000000000000fa4e";
/// One that may not read charges.
pub const TOKEN_WITHOUT_ORDERS: &str =
    "sk_test_1x1_00000000000000000000000000000000000000000000000000000000000fa4e2";
pub const JSON_SECRET: &str = "fake-json-secret";
pub const EMBED_SECRET: &str = "fake-embed-secret";
pub const JSON: &str = "11111111111111111111111111111111";
pub const EMBED: &str = "22222222222222222222222222222222";
pub const GLADLY: &str = "44444444444444444444444444444444";
pub const GLADLY_KEY: &str = "fake-gladly-signing-key";

pub struct House {
    pub recharge: Running,
    pub clock: Clock,
    pub store: Store,
    pub lookups: Lookups,
    pub ops: SocketAddr,
    address: SocketAddr,
    client: Client,
    stop: oneshot::Sender<()>,
    running: JoinHandle<std::io::Result<()>>,
}

/// What a test may want otherwise.
pub struct Plan {
    pub options: Options,
    pub token: &'static str,
    /// More shops, with their tokens. Every workspace is joined to all shops.
    pub shops: Vec<(&'static str, &'static str)>,
    /// More workspaces: their ids, helpdesks and secrets.
    pub workspaces: Vec<(&'static str, &'static str, &'static str)>,
    pub deadline: &'static str,
    /// Where the service believes Recharge to be; the simulator if `None`.
    pub recharge: Option<SocketAddr>,
    /// More of the configuration file.
    pub more: String,
}

impl Default for Plan {
    fn default() -> Self {
        let now = Now::Fixed(as_of());
        Self {
            options: Options {
                now,
                bucket: 10_000,
                ..Options::default()
            },
            token: TOKEN,
            shops: Vec::new(),
            workspaces: Vec::new(),
            deadline: "2500ms",
            recharge: None,
            more: String::new(),
        }
    }
}

/// The instant that the built-in data is written for.
pub fn as_of() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(FIXTURES_AS_OF)
        .unwrap()
        .to_utc()
}

impl House {
    pub async fn open() -> Self {
        Self::built(Plan::default()).await
    }

    pub async fn built(plan: Plan) -> Self {
        listen_to_everything();
        let recharge = start(plan.options).await.unwrap();
        let toml = format!(
            "[server]\nlisten = \"127.0.0.1:0\"\nops_listen = \"127.0.0.1:0\"\ndeadline = \"{}\"\n[recharge]\nbase_url = \"{}\"\n{}",
            plan.deadline,
            plan.recharge.map_or_else(
                || recharge.base_url(),
                |address| format!("http://{address}")
            ),
            plan.more,
        );
        let config = Config::parse(&toml, &std::collections::BTreeMap::new()).unwrap();
        let clock = Clock::fixed(as_of());
        let store = memory_store().await;
        let mut installs = Vec::new();
        for (shop, token) in std::iter::once(("acme-usa", plan.token)).chain(plan.shops) {
            installs.push(add_install(&store, shop, token).await);
        }
        let mut workspaces = vec![
            (JSON, "json", JSON_SECRET),
            (EMBED, "embed", EMBED_SECRET),
            (GLADLY, "gladly", GLADLY_KEY),
        ];
        workspaces.extend(plan.workspaces);
        for (id, helpdesk, secret) in workspaces {
            add_workspace(&store, id, &workspace(helpdesk, secret, &installs)).await;
        }
        let app = App::without_admin(&config, &clock, &store).await.unwrap();
        let (address, ops) = (app.address(), app.ops_address().unwrap());
        let lookups = app.lookups().clone();
        for install in store.installs().await.unwrap() {
            lookups.warm(&Arc::new(install.connected())).await;
        }
        recharge.forget_requests();
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(app.run(async move {
            // Nobody stops it by leaving.
            if stopped.await.is_err() {
                std::future::pending::<()>().await;
            }
        }));
        Self {
            recharge,
            clock,
            store,
            lookups,
            ops,
            address,
            client: client(),
            stop,
            running,
        }
    }

    /// Asks the service to end; hands over what runs until it has.
    pub fn stop(self) -> (Running, Clock, JoinHandle<std::io::Result<()>>) {
        self.stop.send(()).unwrap();
        (self.recharge, self.clock, self.running)
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(self.url(path))
    }

    pub fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(self.url(path))
    }

    /// Asks `/ask/json` about these addresses.
    pub async fn ask(&self, emails: &[&str]) -> Value {
        let body = serde_json::json!({ "emails": emails }).to_string();
        let request = self
            .post(&format!("/ask/json/{JSON}"))
            .bearer_auth(JSON_SECRET)
            .body(body);
        let response = self.answer(request).await;
        assert_eq!(response.status(), 200);
        json(response).await
    }

    /// The answer to a request. Whenever something waits for time to pass, before another try or in line, time does.
    pub async fn answer(&self, request: RequestBuilder) -> Response {
        self.answered(request).await.unwrap()
    }

    /// The same, when it may not be possible to send it.
    pub async fn answered(&self, request: RequestBuilder) -> reqwest::Result<Response> {
        tokio::select! {
            answer = request.send() => answer,
            () = self.time_passes() => unreachable!(),
        }
    }

    /// Moves both clocks whenever something waits for that.
    pub async fn time_passes(&self) {
        time_passes(&self.clock, &self.recharge, &self.lookups).await;
    }

    /// The one account of the answer to one address.
    pub async fn account(&self, email: &str) -> Value {
        self.ask(&[email]).await["accounts"][0].take()
    }

    /// A signed address of the card.
    pub fn card_path(&self, parameters: &[(&str, &str)]) -> String {
        let expires = (self.clock.now().timestamp() + 600).to_string();
        let mut all = vec![("v", "1"), ("expires", expires.as_str())];
        all.extend_from_slice(parameters);
        let secret = Secret::new(EMBED_SECRET.to_owned());
        let query = signed_query(&secret, &WorkspaceId::new(EMBED), &all);
        format!("/ask/embed/{EMBED}?{query}")
    }

    /// The card's page.
    pub async fn card(&self, email: &str) -> String {
        let request = self.get(&self.card_path(&[("email", email)]));
        let response = self.answer(request).await;
        assert_eq!(response.status(), 200);
        response.text().await.unwrap()
    }

    /// A lookup as Gladly sends it, signed now.
    pub fn lookup(&self, body: impl Into<Vec<u8>>) -> RequestBuilder {
        let body = body.into();
        let path = format!("/ask/gladly/{GLADLY}");
        let key = Secret::new(GLADLY_KEY.to_owned());
        let headers = sign(
            &key,
            &path,
            &body,
            "vXmSEPjVSWCaCMzvjufxZg",
            self.clock.now(),
        );
        let request = self.post(&path).body(body);
        headers.into_iter().fold(request, |request, (name, value)| {
            request.header(name, value)
        })
    }

    /// Its results.
    pub async fn results(&self, body: Value) -> Value {
        let response = self.answer(self.lookup(body.to_string())).await;
        assert_eq!(response.status(), 200, "{body}");
        json(response).await["results"].take()
    }

    /// Ties a profile of the frame's workspace to a customer, or to nobody, as Dana.
    pub async fn link(&self, profile: &str, customer: Option<&str>) {
        let of = Profile {
            install: &InstallName::parse("acme-usa").unwrap(),
            workspace: &WorkspaceId::new(EMBED),
            profile,
        };
        let link = LinkRecord {
            customer: customer.map(CustomerId::new),
            kind: LinkKind::Manual,
            by: None,
            agent: Some(Secret::new("Dana".into())),
            at: self.clock.now(),
            made_for: None,
        };
        assert!(self.store.link(of, &link).await.unwrap());
    }

    /// Waits until the service has read the store's last change: both clocks move on by the second that this takes.
    pub async fn reload(&self) {
        let (id, secret) = (random_hex(16), random_hex(32));
        add_workspace(&self.store, &id, &workspace("json", &secret, &[])).await;
        let is_known = async {
            let path = format!("/ask/json/{id}");
            while self
                .post(&path)
                .bearer_auth(&secret)
                .send()
                .await
                .unwrap()
                .status()
                == 401
            {
                self.later(Duration::from_secs(1));
            }
        };
        let in_time = tokio::time::timeout(Duration::from_secs(20), is_known).await;
        assert!(in_time.is_ok(), "the service does not read the change");
    }

    /// Changes the settings of a workspace, and waits until the service knows.
    pub async fn set_workspace(
        &self,
        id: &str,
        change: impl FnOnce(&mut WorkspaceSettings) + Send,
    ) {
        let id = WorkspaceId::new(id);
        let set = self.store.set_workspace(&id, self.clock.now(), change);
        assert!(set.await.unwrap().is_some());
        self.reload().await;
    }

    /// Paths that Recharge was asked for since the last look, sorted.
    pub fn calls(&self) -> Vec<String> {
        let mut paths: Vec<_> = self
            .recharge
            .requests()
            .into_iter()
            .map(|r| r.path)
            .collect();
        self.recharge.forget_requests();
        paths.sort();
        paths
    }

    /// Moves both clocks.
    pub fn later(&self, by: Duration) {
        self.clock.advance(by);
        self.recharge.move_clock(self.clock.now());
    }
}

pub fn minutes(n: u64) -> Duration {
    Duration::from_secs(n * 60)
}

pub async fn json(response: Response) -> Value {
    serde_json::from_str(&response.text().await.unwrap()).unwrap()
}

pub fn client() -> Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

/// Ends when `done` says so. Bounded, so that a test that waits in vain fails instead of hanging.
pub async fn until(what: &str, done: impl Fn() -> bool) {
    let waiting = async {
        while !done() {
            tokio::task::yield_now().await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(20), waiting).await;
    assert!(in_time.is_ok(), "waited in vain: {what}");
}

/// Moves both clocks a little whenever something waits for that, and lets it look around in between: for longer before a
/// caller's deadline would pass.
pub async fn time_passes(clock: &Clock, recharge: &Running, lookups: &Lookups) {
    let start = clock.now();
    loop {
        let passed = clock.now() - start;
        let is_late = passed >= chrono::TimeDelta::milliseconds(2_400);
        let pause = if is_late { 200 } else { 3 };
        tokio::time::sleep(Duration::from_millis(pause)).await;
        if lookups.paused() > 0 {
            let by = if is_late { 500 } else { 50 };
            clock.advance(Duration::from_millis(by));
            recharge.move_clock(clock.now());
        }
    }
}
