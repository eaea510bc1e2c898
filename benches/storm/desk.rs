//! The simulator, and the service in a process of its own.

use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt;
use serde_json::{Value, json};
use sidecard::domain::install::InstallName;
use sidecard::domain::secret::Secret;
use sidecard::domain::shop::Shop;
use sidecard::simulator::recharge::{Data, Hooks, Options, Running, start};
use sidecard::store::{
    InstallSettings, KeyRing, NewInstall, NewWorkspace, Store, WorkspaceSettings,
};
use tempfile::TempDir;

const TOKEN: &str = "sk_test_1x1_000000000000000000000000000000000000000000000000000000000000fa4e";
const SECRET: &str = "fake-client-secret-for-the-storm";
const KEYS: &str = "bench 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
/// How many topics are registered.
const TOPICS: usize = 26;
/// So many ask at once, when everybody is asked about.
const AT_ONCE: usize = 16;

#[derive(Clone)]
pub struct Desk {
    pub recharge: Running,
    client: reqwest::Client,
    ask: String,
    secret: String,
    store: Store,
    service: Arc<Mutex<Child>>,
    _folder: Arc<TempDir>,
}

/// Out of order, one in ten twice, and three in ten so many seconds late.
pub fn hooks(seed: usize, late: usize) -> Hooks {
    let text =
        format!("reorder=0.5,duplicate=0.1,delay=0.3:{late}s,parallel=64,timeout=30s,seed={seed}");
    text.parse().unwrap()
}

impl Desk {
    pub async fn open(data: Vec<(String, String)>) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let recharge = start(Options {
            bucket: 1_000_000_000,
            data: Data::Bodies(data),
            ..Options::default()
        });
        let recharge = recharge.await.unwrap();
        recharge.set_client_secret(TOKEN, SECRET);
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let keys = path("sidecard.keys");
        std::fs::write(&keys, KEYS).unwrap();
        std::fs::set_permissions(&keys, std::fs::Permissions::from_mode(0o600)).unwrap();
        let url = format!("sqlite://{}", path("sidecard.db"));
        let listen = free_address();
        let toml = format!(
            "[server]\nlisten = \"{listen}\"\nops_listen = \"\"\npublic_url = \"http://{listen}\"\nworkspace_rate = 100000\nworkspace_burst = 100000\n[admin]\nlisten = \"127.0.0.1:0\"\n[store]\nurl = \"{url}\"\nkeys_file = \"{keys}\"\n[cache]\nfresh = \"2h\"\nrevalidate = \"4h\"\n[recharge]\nbase_url = \"{}\"\n",
            recharge.base_url()
        );
        std::fs::write(path("sidecard.toml"), toml).unwrap();
        let now = chrono::Utc::now();
        let keys = KeyRing::parse(KEYS, "bench.keys").unwrap();
        let store = Store::open(&url, keys, now).await.unwrap();
        let shop = Shop::parse("acme-usa").unwrap();
        let name = InstallName::from(&shop);
        let install = NewInstall {
            name: name.clone(),
            provider: "recharge".into(),
            shop,
            settings: InstallSettings::default(),
            token: Secret::new(TOKEN.into()),
            client_secret: Some(Secret::new(SECRET.into())),
        };
        store.add_install(&install, now).await.unwrap();
        let settings = WorkspaceSettings {
            enabled: true,
            installs: vec![name.clone()],
            ..WorkspaceSettings::default()
        };
        let workspace = NewWorkspace {
            helpdesk: "json".into(),
            settings,
            secret: None,
        };
        let (id, secret) = store.add_workspace(&workspace, now).await.unwrap();
        let service = Command::new(env!("CARGO_BIN_EXE_sidecard"))
            .args(["serve", "--config", &path("sidecard.toml")])
            .env("SIDECARD_LOG", "warn")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([]);
        let desk = Self {
            recharge,
            client: client.build().unwrap(),
            ask: format!("http://{listen}/ask/json/{id}"),
            secret: secret.reveal().clone(),
            store,
            service: Arc::new(Mutex::new(service)),
            _folder: Arc::new(folder),
        };
        while desk.store.hooks(&name).await.unwrap().len() < TOPICS {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        desk
    }

    /// The card of an address.
    pub async fn card(&self, email: &str) -> Value {
        let request = self
            .client
            .post(&self.ask)
            .bearer_auth(&self.secret)
            .body(json!({ "emails": [email] }).to_string());
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        let mut answer = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        super::first(&mut answer)
    }

    /// Asks about all of them, and shows each card with its number.
    pub async fn each(&self, emails: &[String], shown: impl Fn(usize, &Value)) {
        let cards = emails
            .iter()
            .enumerate()
            .map(async |(n, email)| (n, self.card(email).await));
        let mut cards = futures_util::stream::iter(cards).buffer_unordered(AT_ONCE);
        while let Some((n, card)) = cards.next().await {
            shown(n, &card);
        }
    }

    /// Ends when all that was sent has arrived and is applied.
    pub async fn settled(&self) {
        while self.recharge.deliveries_waiting() > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.recharge.delivered().await;
        while self.store.inbox_depth().await.unwrap() > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The most that the service has had in memory, in bytes.
    pub fn peak(&self) -> usize {
        let id = self.service.lock().unwrap().id();
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let mut lines = status.lines();
        let line = lines.find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        let line = line.trim().trim_end_matches(" kB");
        line.parse::<usize>().unwrap() * 1_024
    }

    pub async fn close(self) {
        let mut service = self.service.lock().unwrap();
        let _ = service.kill();
        let _ = service.wait();
    }
}

/// Free a moment ago: the address has to be known before the service listens there.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}
