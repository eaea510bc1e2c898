//! Recharge's webhooks over real HTTP, signed here by the reference's formulas and by nothing of ours.

mod accepted;
mod applied;
mod believed;
mod field;
mod gaps;
mod killed;
mod live;
mod outside;
mod reached;
mod refused;
mod registered;
mod registered_under_load;
mod slow;
mod storm;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use reqwest::Response;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sidecard::app::{App, Lookups};
use sidecard::clock::Clock;
use sidecard::config::Config;
use sidecard::domain::id::CustomerId;
use sidecard::domain::install::InstallName;
use sidecard::domain::secret::Secret;
use sidecard::domain::shop::Shop;
use sidecard::simulator::recharge::{Faults, Now, Options, Running, start};
use sidecard::store::{
    InstallSettings, KeyRing, NewInstall, NewWorkspace, Store, WorkspaceSettings,
};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::house::{TOKEN, as_of, client, json as read_json, listen_to_everything, time_passes};

const SECRET: &str = "fake-client-secret-for-hooks";
const KEYS: &str = "old 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const KIM: &str = "kim@acme.example";

/// A simulator, a store in a folder, and the service over it, with a clock that stands until it is moved.
struct Desk {
    recharge: Running,
    clock: Clock,
    store: Store,
    folder: TempDir,
    workspace: String,
    secret: String,
    running: Option<Serving>,
    /// Where the service believes to be reached.
    public_url: String,
    /// More of the configuration file.
    more: String,
}

struct Serving {
    address: SocketAddr,
    lookups: Lookups,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<std::io::Result<()>>,
}

fn name(text: &str) -> InstallName {
    InstallName::parse(text).unwrap()
}

fn kim() -> CustomerId {
    CustomerId::new("176700001")
}

fn installed(shop: &str) -> NewInstall {
    NewInstall {
        name: name(shop),
        provider: "recharge".into(),
        shop: Shop::parse(shop).unwrap(),
        settings: InstallSettings::default(),
        token: Secret::new(TOKEN.into()),
        client_secret: Some(Secret::new(format!("{SECRET}-{shop}"))),
    }
}

impl Desk {
    /// With the shop `acme-usa`, serving.
    async fn open() -> Self {
        let mut desk = Self::closed(&["acme-usa"]).await;
        desk.serve().await;
        desk
    }

    /// With these shops, and nobody serving yet.
    async fn closed(shops: &[&str]) -> Self {
        Self::with_bucket(10_000, shops).await
    }

    /// The same, with so much room for calls.
    async fn with_bucket(bucket: u32, shops: &[&str]) -> Self {
        let options = Options {
            now: Now::Fixed(as_of()),
            bucket,
            ..Options::default()
        };
        Self::with(options, shops).await
    }

    /// The same, over this Recharge.
    async fn with(options: Options, shops: &[&str]) -> Self {
        listen_to_everything();
        let recharge = start(options).await.unwrap();
        let clock = Clock::fixed(as_of());
        let folder = tempfile::tempdir().unwrap();
        let store = opened(&folder, &clock).await;
        for shop in shops {
            let install = installed(shop);
            store.add_install(&install, clock.now()).await.unwrap();
        }
        let workspace = NewWorkspace {
            helpdesk: "json".into(),
            settings: WorkspaceSettings {
                enabled: true,
                installs: shops.iter().map(|shop| name(shop)).collect(),
                ..WorkspaceSettings::default()
            },
            secret: None,
        };
        let (id, secret) = store.add_workspace(&workspace, clock.now()).await.unwrap();
        Self {
            recharge,
            clock,
            store,
            folder,
            workspace: id.to_string(),
            secret: secret.reveal().clone(),
            running: None,
            public_url: String::new(),
            more: String::new(),
        }
    }

    fn config(&self) -> Config {
        let toml = format!(
            "[server]\nlisten = \"127.0.0.1:0\"\nops_listen = \"127.0.0.1:0\"\npublic_url = \"{}\"\n[recharge]\nbase_url = \"{}\"\n{}",
            self.public_url,
            self.recharge.base_url(),
            self.more
        );
        let mut config = Config::parse(&toml, &std::collections::BTreeMap::new()).unwrap();
        // The clock stands.
        config.server.drain = Duration::ZERO;
        config
    }

    async fn serve(&mut self) {
        self.recharge.forget_requests();
        let app = App::without_admin(&self.config(), &self.clock, &self.store)
            .await
            .unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        self.running = Some(Serving {
            address: app.address(),
            lookups: app.lookups().clone(),
            stop,
            ended: tokio::spawn(app.run(async move {
                let _ = stopped.await;
            })),
        });
        let lookups = self.running.as_ref().unwrap().lookups.clone();
        for install in self.store.installs().await.unwrap() {
            lookups.warm(&Arc::new(install.connected())).await;
        }
    }

    /// Ends the service, and opens the store that it has closed.
    async fn stop(&mut self) {
        let running = self.running.take().unwrap();
        running.stop.send(()).unwrap();
        running.ended.await.unwrap().unwrap();
        self.store = opened(&self.folder, &self.clock).await;
    }

    /// The store's file, as another program opens it.
    async fn file(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(self.folder.path().join("sidecard.db"));
        SqliteConnection::connect_with(&options).await.unwrap()
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.running.as_ref().unwrap().address)
    }

    async fn hook_id(&self, shop: &str) -> String {
        let install = self.store.install(&name(shop)).await.unwrap();
        install.unwrap().hook_id
    }

    /// Sends a hook of `acme-usa`, signed well, and waits until it is applied.
    async fn tell(&self, topic: &str, body: &Value) {
        self.tell_raw("acme-usa", topic, body.to_string().as_bytes())
            .await;
    }

    async fn tell_raw(&self, shop: &str, topic: &str, body: &[u8]) {
        let path = format!("/hooks/recharge/{}/{topic}", self.hook_id(shop).await);
        let signature = legacy(&format!("{SECRET}-{shop}"), body);
        let response = self
            .send(&path, &[("X-Recharge-Hmac-Sha256", &signature)], body)
            .await;
        assert_eq!(response.status(), 200, "{topic}");
        assert_eq!(response.text().await.unwrap(), "");
        self.applied(shop).await;
    }

    /// Ends when what has come is applied, and lookups know of it: hooks are applied one batch after the other, and so one
    /// that means nothing is done with after all that came before it.
    async fn applied(&self, shop: &str) {
        self.emptied().await;
        let path = format!("/hooks/recharge/{}/order/created", self.hook_id(shop).await);
        let signature = legacy(&format!("{SECRET}-{shop}"), b"{\"order\":{}}");
        let header = [("X-Recharge-Hmac-Sha256", signature.as_str())];
        let response = self.send(&path, &header, b"{\"order\":{}}").await;
        assert_eq!(response.status(), 200);
        self.emptied().await;
    }

    async fn send(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
        let request = client().post(self.url(path)).body(body.to_vec());
        let request = headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
        request.send().await.unwrap()
    }

    /// Ends when nothing waits that is due.
    async fn emptied(&self) {
        until("the inbox is empty", async || {
            let due = self.store.waiting_hooks(self.clock.now(), 1).await;
            due.unwrap().is_empty()
        })
        .await;
    }

    /// The accounts of the answer about an address.
    async fn accounts(&self, email: &str) -> Value {
        let request = client()
            .post(self.url(&format!("/ask/json/{}", self.workspace)))
            .bearer_auth(&self.secret)
            .body(json!({ "emails": [email] }).to_string());
        let lookups = &self.running.as_ref().unwrap().lookups;
        let response = tokio::select! {
            response = request.send() => response.unwrap(),
            () = time_passes(&self.clock, &self.recharge, lookups) => unreachable!(),
        };
        assert_eq!(response.status(), 200);
        read_json(response).await["accounts"].take()
    }

    /// The first account, and the calls that it cost.
    async fn card(&self, email: &str) -> (Value, Vec<String>) {
        self.recharge.forget_requests();
        let mut accounts = self.accounts(email).await;
        (accounts[0].take(), self.calls())
    }

    fn calls(&self) -> Vec<String> {
        let requests = self.recharge.requests().into_iter();
        requests.map(|request| request.path).collect()
    }

    /// An object as Recharge answers it.
    async fn row(&self, resource: &str, id: &str) -> Value {
        let answer = client()
            .get(format!("{}/{resource}s/{id}", self.recharge.base_url()))
            .header("X-Recharge-Access-Token", TOKEN)
            .header("X-Recharge-Version", "2021-11")
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200, "{resource} {id}");
        let row = read_json(answer).await[resource].take();
        self.recharge.forget_requests();
        row
    }

    /// Kim's active subscription as it is after a cancellation, `minutes` from now.
    async fn cancelled(&self, minutes: i64) -> Value {
        let mut row = self.row("subscription", "585000001").await;
        let at = stamp(as_of() + chrono::Duration::minutes(minutes));
        row["status"] = "cancelled".into();
        row["cancelled_at"] = at.clone().into();
        row["updated_at"] = at.into();
        row["cancellation_reason"] = "Too much coffee".into();
        row["next_charge_scheduled_at"] = Value::Null;
        json!({ "subscription": row })
    }

    /// Moves both clocks.
    fn later(&self, by: Duration) {
        self.clock.advance(by);
        self.recharge.move_clock(self.clock.now());
    }
}

async fn opened(folder: &TempDir, clock: &Clock) -> Store {
    let url = format!("sqlite://{}", folder.path().join("sidecard.db").display());
    let keys = KeyRing::parse(KEYS, "test.keys").unwrap();
    Store::open(&url, keys, clock.now()).await.unwrap()
}

fn stamp(at: chrono::DateTime<chrono::Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

/// The older scheme: no HMAC, whatever its header is called.
fn legacy(secret: &str, body: &[u8]) -> String {
    hex(&Sha256::new()
        .chain_update(secret)
        .chain_update(body)
        .finalize())
}

/// The newer one.
fn signed(secret: &str, at: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{at}.").as_bytes());
    mac.update(body);
    format!("t={at},v1={}", hex(&mac.finalize().into_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Every call fails.
fn broken() -> Faults {
    "server-error=1".parse().unwrap()
}

/// Ends when it is as wanted; bounded.
async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !done().await {
            tokio::task::yield_now().await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(60), waiting).await;
    assert!(in_time.is_ok(), "waited in vain: {what}");
}

#[test]
fn the_formulas_here_give_the_vectors_of_the_reference() {
    let body = br#"{"subscription":{"id":585061940,"status":"cancelled"}}"#;
    let secret = "rc_client_secret_example";
    assert_eq!(
        legacy(secret, body),
        "38c949ccd244aef6b6a0c78b2ccdcb448a0d86ce81891dca4796cf4aa49f1403"
    );
    assert_eq!(
        signed(secret, 1_767_225_600, body),
        "t=1767225600,v1=e262f53a5d34caae35052e417dea79271af88f6bdb250fbdd9648a92ef82545f"
    );
}
