//! The service between both simulators.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use serde_json::{Value, json};
use sidecard::app::App;
use sidecard::clock::Clock;
use sidecard::config::Config;
use sidecard::domain::access::Settings;
use sidecard::domain::id::WorkspaceId;
use sidecard::domain::install::InstallName;
use sidecard::domain::secret::Secret;
use sidecard::domain::shop::Shop;
use sidecard::helpdesk::Place;
use sidecard::helpdesk::kustomer::Names;
use sidecard::helpdesk::kustomer::definition::{VERSION, definition};
use sidecard::push::kustomer::Client;
use sidecard::simulator::{kustomer, recharge};
use sidecard::store::{
    HelpdeskSettings, InstallSettings, KeyRing, NewInstall, NewWorkspace, OutboxDepth, Store,
    WorkspaceSettings,
};

const TOKEN: &str = "sk_test_1x1_000000000000000000000000000000000000000000000000000000000000fa4e";
const CLIENT_SECRET: &str = "fake-client-secret-for-tests";
const KEY: &str = "fake-kustomer-key";
const KEYS: &str = "bench 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

pub struct Desk {
    pub recharge: recharge::Running,
    pub kustomer: kustomer::Running,
    pub names: Names,
    clock: Clock,
    store: Store,
    workspace: WorkspaceId,
    scripts: (WorkspaceId, Secret<String>),
    listen: SocketAddr,
    client: reqwest::Client,
    _folder: tempfile::TempDir,
}

fn usa() -> InstallName {
    InstallName::parse("acme-usa").unwrap()
}

impl Desk {
    /// `share`: of the org's calls, in percent.
    pub async fn open(
        clock: Clock,
        shop: recharge::Data,
        options: kustomer::Options,
        share: &str,
    ) -> Self {
        let recharge = recharge::start(recharge::Options {
            data: shop,
            bucket: 100_000,
            now: match options.now {
                kustomer::Now::System => recharge::Now::System,
                kustomer::Now::Fixed(at) => recharge::Now::Fixed(at),
            },
            ..recharge::Options::default()
        });
        let recharge = recharge.await.unwrap();
        let kustomer = kustomer::start(options).await.unwrap();
        let (listen, base) = (free_address(), kustomer.base_url());
        // A call that is never answered is given up soon.
        let toml = format!(
            "[server]\nlisten = \"{listen}\"\nops_listen = \"\"\npublic_url = \"http://{listen}\"\n[recharge]\nbase_url = \"{}\"\n[kustomer]\nbase_url = \"{base}\"\nweb_url = \"{base}\"\nsdk_url = \"{base}/sdk\"\ntimeout = \"2s\"\n",
            recharge.base_url()
        );
        let config = Config::parse(&toml, &BTreeMap::new()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("sidecard.db").display());
        let keys = KeyRing::parse(KEYS, "bench.keys").unwrap();
        let store = Store::open(&url, keys, clock.now()).await.unwrap();
        let install = NewInstall {
            name: usa(),
            provider: "recharge".into(),
            shop: Shop::parse("acme-usa").unwrap(),
            settings: InstallSettings::default(),
            token: Secret::new(TOKEN.into()),
            client_secret: Some(Secret::new(CLIENT_SECRET.into())),
        };
        store.add_install(&install, clock.now()).await.unwrap();
        let names = app(&kustomer).await;
        let mut settings = Settings::of([("org", "acme"), ("api_key", KEY), ("share", share)]);
        names.keep(&mut settings);
        let workspace = join(&store, &clock, "kustomer", &settings).await.0;
        let scripts = join(&store, &clock, "json", &Settings::default()).await;
        let app = App::without_admin(&config, &clock, &store).await.unwrap();
        tokio::spawn(app.run(std::future::pending()));
        let client = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .build()
            .unwrap();
        Self {
            recharge,
            kustomer,
            names,
            clock,
            store,
            workspace,
            scripts,
            listen,
            client,
            _folder: folder,
        }
    }

    /// Lets time pass, some ten times as fast as it does; and faster when nothing is due.
    pub async fn keep_moving(&self) {
        loop {
            tokio::time::sleep(Duration::from_millis(2)).await;
            let due = self.store.outbox_due(self.clock.now()).await.unwrap();
            let idle = due.is_empty() && self.store.inbox_depth().await.unwrap() == 0;
            self.move_on(Duration::from_millis(if idle { 200 } else { 20 }));
        }
    }

    pub fn move_on(&self, by: Duration) {
        self.clock.advance(by);
        self.recharge.move_clock(self.clock.now());
        self.kustomer.move_clock(self.clock.now());
    }

    /// Waits until the service has registered its webhooks.
    pub async fn until_hooked(&self) {
        while self.store.registration(&usa()).await.unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until every webhook has arrived and been applied, and all that came of it is told, or parked.
    pub async fn until_empty(&self) {
        loop {
            let hooks = self.store.inbox_depth().await.unwrap();
            let tally = self.recharge.tally();
            let is_over = tally.answered + tally.given_up == tally.made;
            if is_over && hooks == 0 && self.depth().await.waiting == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub async fn depth(&self) -> OutboxDepth {
        self.store.outbox_depth(&self.workspace).await.unwrap()
    }

    /// Changes on their way to Kustomer.
    pub async fn waiting(&self) -> u64 {
        let hooks = self.store.inbox_depth().await.unwrap();
        self.recharge.deliveries_waiting() as u64 + hooks + self.depth().await.waiting
    }

    /// Looks a customer up, as a script does; until they are found.
    pub async fn ask(&self, email: &str) -> Value {
        for _ in 0..50 {
            let answer = self
                .client
                .post(format!(
                    "http://{}/ask/json/{}",
                    self.listen, self.scripts.0
                ))
                .bearer_auth(self.scripts.1.reveal())
                .body(json!({ "emails": [email] }).to_string())
                .send()
                .await
                .unwrap();
            let mut answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
            if answer["outcome"] == "found" {
                return answer["accounts"][0].take();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{email} is not found");
    }

    /// The quantity that the object says.
    pub fn quantity(&self, subscription: u64) -> Option<u64> {
        let id = format!("recharge:acme-usa:sub:{subscription}");
        let object = self.kustomer.kobject(&self.names.klass, &id)?;
        object["attributes"]["custom"]["quantityNum"].as_u64()
    }
}

async fn join(
    store: &Store,
    clock: &Clock,
    helpdesk: &str,
    settings: &Settings,
) -> (WorkspaceId, Secret<String>) {
    let new = NewWorkspace {
        helpdesk: helpdesk.into(),
        settings: WorkspaceSettings {
            enabled: true,
            helpdesk: HelpdeskSettings::of(settings),
            installs: vec![usa()],
            ..WorkspaceSettings::default()
        },
        secret: None,
    };
    store.add_workspace(&new, clock.now()).await.unwrap()
}

/// Registers the app, and reads its names back.
async fn app(kustomer: &kustomer::Running) -> Names {
    let place = Place {
        public_url: Some("https://sidecard.acme.example"),
        workspace: &WorkspaceId::new("55555555555555555555555555555555"),
        secret: None,
        settings: &Settings::default(),
    };
    let base = kustomer.base_url().parse().unwrap();
    let key = Secret::new(KEY.to_owned());
    let client = Client::new(base, &key, Duration::from_secs(5)).unwrap();
    let app = client
        .register(&definition(&place, VERSION))
        .await
        .unwrap()
        .unwrap();
    let names = Names::among(&app.name, &app.version, &app.klasses, &app.commands).unwrap();
    assert!(kustomer.install(&names.app, &names.version));
    names
}

/// Free a moment ago: the address has to be known before the service listens there.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}
