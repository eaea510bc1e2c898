//! How long a change at Recharge takes to the card: the simulator changes, signs and sends; the service verifies, keeps,
//! applies, and answers over real HTTP. Everything on this machine, with its own clock.
//!
//! `cargo bench --bench events`

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sidecard::app::App;
use sidecard::clock::Clock;
use sidecard::config::Config;
use sidecard::domain::install::InstallName;
use sidecard::domain::secret::Secret;
use sidecard::domain::shop::Shop;
use sidecard::simulator::recharge::{Options, Running, start};
use sidecard::store::{
    InstallSettings, KeyRing, NewInstall, NewWorkspace, Store, WorkspaceSettings,
};

const TOKEN: &str = "sk_test_1x1_000000000000000000000000000000000000000000000000000000000000fa4e";
const CLIENT_SECRET: &str = "fake-client-secret-for-tests";
const KIM: &str = "kim@acme.example";
const SUBSCRIPTION: &str = "585000001";
const KEYS: &str = "bench 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const ROUNDS: usize = 200;

struct Desk {
    recharge: Running,
    client: reqwest::Client,
    ask: String,
    secret: String,
}

#[tokio::main]
async fn main() {
    println!("1. from the change at Recharge to the changed card\n");
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::open(folder.path()).await;
    let mut quantity = desk.quantity().await;
    desk.recharge.forget_requests();
    let mut times = Vec::new();
    let mut asked = 0;
    for _ in 0..ROUNDS {
        quantity = quantity % 9 + 1;
        let path = format!("/subscriptions/{SUBSCRIPTION}");
        let began = Instant::now();
        let (status, _) = desk
            .recharge
            .act("PUT", &path, json!({ "quantity": quantity }));
        assert_eq!(status, 200);
        loop {
            asked += 1;
            if desk.quantity().await == quantity {
                break;
            }
            assert!(
                began.elapsed() < Duration::from_secs(10),
                "the card never changed"
            );
        }
        times.push(began.elapsed());
        // Stamps have whole seconds, and a hook of the same second as the one before it is no news by its stamp.
        let next = 1_000 - u64::from(chrono::Utc::now().timestamp_subsec_millis());
        tokio::time::sleep(Duration::from_millis(next + 5)).await;
    }
    let calls = desk.recharge.requests();
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!("changes            {ROUNDS}");
    println!("median             {:.1} ms", at(0.5));
    println!("95 of 100 within   {:.1} ms", at(0.95));
    println!("longest            {:.1} ms", at(1.0));
    println!("looks per change   {:.1}", asked as f64 / ROUNDS as f64);
    println!("calls to Recharge  {}", calls.len());
    desk.recharge.stop().await;
}

impl Desk {
    async fn open(folder: &std::path::Path) -> Self {
        let options = Options {
            bucket: 100_000,
            ..Options::default()
        };
        let recharge = start(options).await.unwrap();
        let listen = free_address();
        let toml = format!(
            "[server]\nlisten = \"{listen}\"\npublic_url = \"http://{listen}\"\n[cache]\nfresh = \"1h\"\nrevalidate = \"2h\"\n[recharge]\nbase_url = \"{}\"\n",
            recharge.base_url()
        );
        let config = Config::parse(&toml, &BTreeMap::new()).unwrap();
        let clock = Clock::system();
        let url = format!("sqlite://{}", folder.join("sidecard.db").display());
        let keys = KeyRing::parse(KEYS, "bench.keys").unwrap();
        let store = Store::open(&url, keys, clock.now()).await.unwrap();
        let shop = Shop::parse("acme-usa").unwrap();
        let name = InstallName::from(&shop);
        let install = NewInstall {
            name: name.clone(),
            provider: "recharge".into(),
            shop,
            settings: InstallSettings::default(),
            token: Secret::new(TOKEN.into()),
            client_secret: Some(Secret::new(CLIENT_SECRET.into())),
        };
        store.add_install(&install, clock.now()).await.unwrap();
        let workspace = NewWorkspace {
            helpdesk: "json".into(),
            settings: WorkspaceSettings {
                enabled: true,
                installs: vec![name.clone()],
                ..WorkspaceSettings::default()
            },
            secret: None,
        };
        let (id, secret) = store.add_workspace(&workspace, clock.now()).await.unwrap();
        let app = App::without_admin(&config, &clock, &store).await.unwrap();
        tokio::spawn(app.run(std::future::pending()));
        while store.registration(&name).await.unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let client = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .build()
            .unwrap();
        Self {
            recharge,
            client,
            ask: format!("http://{listen}/ask/json/{id}"),
            secret: secret.reveal().clone(),
        }
    }

    /// The quantity that the card shows.
    async fn quantity(&self) -> u64 {
        let answer = self
            .client
            .post(&self.ask)
            .bearer_auth(&self.secret)
            .body(json!({ "emails": [KIM] }).to_string())
            .send()
            .await
            .unwrap();
        let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        let rows = answer["accounts"][0]["subscriptions"].as_array().unwrap();
        let row = rows.iter().find(|row| row["id"] == SUBSCRIPTION).unwrap();
        row["quantity"].as_u64().unwrap()
    }
}

/// Free a moment ago: the address has to be known before the service listens there.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}
