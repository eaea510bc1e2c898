//! A house for each test: a simulator, a store, the service, and a clock that stands until it is moved.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, Once, OnceLock};
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;
use sidecard::app::{App, Lookups, signed_query};
use sidecard::clock::Clock;
use sidecard::config::{Config, Log, LogFormat};
use sidecard::domain::access::{Connected, Settings, Workspace};
use sidecard::domain::id::{CustomerId, WorkspaceId};
use sidecard::domain::install::{Install, InstallName};
use sidecard::domain::secret::Secret;
use sidecard::domain::shop::Shop;
use sidecard::helpdesk::gladly::sign;
use sidecard::simulator::recharge::{FIXTURES_AS_OF, Now, Options, Running, start};
use sidecard::store::{LinkKind, LinkRecord, Memory, Profile};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

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
    pub store: Arc<Memory>,
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
        let store = Arc::new(Memory::default());
        add_install(&store, "acme-usa", plan.token);
        for (id, helpdesk, secret) in [
            (JSON, "json", JSON_SECRET),
            (EMBED, "embed", EMBED_SECRET),
            (GLADLY, "gladly", GLADLY_KEY),
        ] {
            store.add_workspace(
                workspace(id, helpdesk, secret),
                &[InstallName::parse("acme-usa").unwrap()],
            );
        }
        let app = App::build(&config, &clock, &store).unwrap();
        let (address, ops) = (app.address(), app.ops_address().unwrap());
        let lookups = app.lookups().clone();
        for install in store.installs() {
            lookups.warm(&install).await;
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
    pub fn link(&self, profile: &str, customer: Option<&str>) {
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
        };
        self.store.link(of, link);
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

pub fn add_install(store: &Memory, shop: &str, token: &str) {
    let shop = Shop::parse(shop).unwrap();
    store.add_install(Connected {
        install: Install {
            name: InstallName::from(&shop),
            provider: "recharge".into(),
            shop,
            contact: Some("Dana, #cx-tools".into()),
            customer_link: None,
            subscription_link: None,
            shows_links: true,
        },
        token: Secret::new(token.to_owned()),
        profile: Default::default(),
    });
}

pub fn workspace(id: &str, helpdesk: &str, secret: &str) -> Workspace {
    Workspace {
        id: WorkspaceId::new(id),
        helpdesk: helpdesk.into(),
        secrets: vec![Secret::new(secret.to_owned())],
        settings: Settings::default(),
        frame_ancestors: vec!["https://desk.example".into()],
        longest_expiry: 3_600,
        enabled: true,
    }
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

/// Everything that any test's service logs, at TRACE, through the subscriber of production.
pub fn heard() -> String {
    String::from_utf8_lossy(&ears().lock().unwrap()).into_owned()
}

fn ears() -> &'static Mutex<Vec<u8>> {
    static EARS: OnceLock<Mutex<Vec<u8>>> = OnceLock::new();
    EARS.get_or_init(Mutex::default)
}

pub fn listen_to_everything() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let log = Log {
            level: "trace".into(),
            format: LogFormat::Json,
        };
        let subscriber = sidecard::telemetry::subscriber(&log, || Ear, false);
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
}

struct Ear;

impl std::io::Write for Ear {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        ears().lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
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
