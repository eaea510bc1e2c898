//! A service in this process, over the simulator, told of changes by hooks: one shop, and a workspace that asks.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use serde_json::json;
use sidecard::app::App;
use sidecard::clock::Clock;
use sidecard::config::Config;
use sidecard::domain::id::WorkspaceId;
use sidecard::domain::install::InstallName;
use sidecard::domain::secret::Secret;
use sidecard::domain::shop::Shop;
use sidecard::simulator::recharge::{Options, Running, start};
use sidecard::store::{
    InstallSettings, KeyRing, NewInstall, NewWorkspace, Store, WorkspaceSettings,
};

/// Whose card changes.
pub const KIM: &str = "kim@acme.example";
/// What of it does.
pub const SUBSCRIPTION: &str = "585000001";
const TOKEN: &str = "sk_test_1x1_000000000000000000000000000000000000000000000000000000000000fa4e";
const CLIENT_SECRET: &str = "fake-client-secret-for-tests";

pub struct Desk {
    pub recharge: Running,
    pub listen: SocketAddr,
    pub workspace: WorkspaceId,
    pub secret: Secret<String>,
}

impl Desk {
    /// `store`: the address of one.
    pub async fn open(helpdesk: &str, store: &str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let options = Options {
            bucket: 100_000,
            ..Options::default()
        };
        let recharge = start(options).await.unwrap();
        let listen = free_address();
        let toml = format!(
            "[server]\nlisten = \"{listen}\"\nops_listen = \"\"\npublic_url = \"http://{listen}\"\n[cache]\nfresh = \"1h\"\nrevalidate = \"2h\"\n[recharge]\nbase_url = \"{}\"\n",
            recharge.base_url()
        );
        let config = Config::parse(&toml, &BTreeMap::new()).unwrap();
        let clock = Clock::system();
        let keys = KeyRing::throw_away(clock.now()).unwrap();
        let store = Store::open(store, keys, clock.now()).await.unwrap();
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
        let new = NewWorkspace {
            helpdesk: helpdesk.into(),
            settings: WorkspaceSettings {
                enabled: true,
                longest_expiry: 3_600,
                installs: vec![name.clone()],
                ..WorkspaceSettings::default()
            },
            secret: None,
        };
        let (workspace, secret) = store.add_workspace(&new, clock.now()).await.unwrap();
        let app = App::without_admin(&config, &clock, &store).await.unwrap();
        tokio::spawn(app.run(std::future::pending()));
        while store.registration(&name).await.unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Self {
            recharge,
            listen,
            workspace,
            secret,
        }
    }

    /// Recharge has so many of Kim's subscription from now on.
    pub fn change(&self, quantity: u64) {
        let path = format!("/subscriptions/{SUBSCRIPTION}");
        let body = json!({ "quantity": quantity });
        let (status, _) = self.recharge.act("PUT", &path, body);
        assert_eq!(status, 200);
    }
}

/// Stamps have whole seconds, and a hook of the same second as the one before it is no news by its stamp.
pub async fn next_second() {
    let next = 1_000 - u64::from(chrono::Utc::now().timestamp_subsec_millis());
    tokio::time::sleep(Duration::from_millis(next + 5)).await;
}

/// Free a moment ago: the address has to be known before the service listens there.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}
