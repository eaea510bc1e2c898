//! Objects on Kustomer's timelines: from a hook or a lookup at Recharge to the org, over real HTTP.

mod faults;
mod gone;
mod killed;
mod sights;
mod troubles;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sidecard::app::{App, Lookups};
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
use sidecard::simulator::{kustomer, recharge};
use sidecard::store::{
    HelpdeskSettings, InstallSettings, KeyRing, NewInstall, NewWorkspace, Store, WorkspaceSettings,
};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::house::{TOKEN, as_of, client, json as read_json, listen_to_everything, time_passes};
use crate::kustomer::{KEY, registered};

const SECRET: &str = "fake-client-secret-for-push";
const KEYS: &str = "old 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const KIM: &str = "kim@acme.example";
/// Kim's active subscription.
const KIMS: &str = "585000001";
const KIMS_OBJECT: &str = "recharge:acme-usa:sub:585000001";

/// Recharge, Kustomer, a store in a folder, and the service over it, with a clock that stands until it is moved.
struct Office {
    recharge: recharge::Running,
    kustomer: kustomer::Running,
    clock: Clock,
    store: Store,
    folder: TempDir,
    names: Names,
    /// Kustomer's workspace.
    workspace: WorkspaceId,
    /// One to ask for JSON.
    scripts: (WorkspaceId, Secret<String>),
    hook: String,
    running: Option<Serving>,
}

struct Serving {
    address: SocketAddr,
    lookups: Lookups,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<std::io::Result<()>>,
}

fn usa() -> InstallName {
    InstallName::parse("acme-usa").unwrap()
}

impl Office {
    async fn open() -> Self {
        Self::with(kustomer::Options::default(), &[]).await
    }

    /// With these of the workspace's settings besides.
    async fn with(options: kustomer::Options, settings: &[(&str, &str)]) -> Self {
        listen_to_everything();
        let recharge = recharge::start(recharge::Options {
            now: recharge::Now::Fixed(as_of()),
            bucket: 100_000,
            ..recharge::Options::default()
        });
        let recharge = recharge.await.unwrap();
        let options = kustomer::Options {
            now: kustomer::Now::Fixed(as_of()),
            // Enough, unless a test wants little.
            limit: if options.limit < 1_000 {
                options.limit
            } else {
                100_000
            },
            object_limit: options.object_limit.max(100_000),
            ..options
        };
        let kustomer = kustomer::start(options).await.unwrap();
        let clock = Clock::fixed(as_of());
        let folder = tempfile::tempdir().unwrap();
        let store = opened(&folder, &clock).await;
        let install = NewInstall {
            name: usa(),
            provider: "recharge".into(),
            shop: Shop::parse("acme-usa").unwrap(),
            settings: InstallSettings {
                shop_verified: true,
                ..InstallSettings::default()
            },
            token: Secret::new(TOKEN.into()),
            client_secret: Some(Secret::new(SECRET.into())),
        };
        store.add_install(&install, clock.now()).await.unwrap();
        let hook = store.install(&usa()).await.unwrap().unwrap().hook_id;
        let mut office = Self {
            names: app(&kustomer).await,
            workspace: WorkspaceId::new(""),
            scripts: (WorkspaceId::new(""), Secret::new(String::new())),
            recharge,
            kustomer,
            clock,
            store,
            folder,
            hook,
            running: None,
        };
        office.scripts = office.join("json", &Settings::default()).await;
        let mut kept = Settings::of([("org", "acme"), ("api_key", KEY)]);
        for (name, text) in settings {
            kept.set(name, (*text).to_owned());
        }
        office.names.keep(&mut kept);
        office.workspace = office.join("kustomer", &kept).await.0;
        office.kustomer.forget_requests();
        office
    }

    async fn join(&self, helpdesk: &str, settings: &Settings) -> (WorkspaceId, Secret<String>) {
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
        self.store
            .add_workspace(&new, self.clock.now())
            .await
            .unwrap()
    }

    /// Changes Kustomer's settings.
    async fn set(&self, name: &str, text: &str) {
        let changed = self
            .store
            .set_workspace(&self.workspace, self.clock.now(), |settings| {
                let mut kept = settings.helpdesk.settings();
                kept.set(name, text.to_owned());
                settings.helpdesk = HelpdeskSettings::of(&kept);
            });
        assert!(changed.await.unwrap().is_some());
    }

    async fn serve(&mut self) {
        let base = self.kustomer.base_url();
        let toml = format!(
            "[server]\nlisten = \"127.0.0.1:0\"\nops_listen = \"127.0.0.1:0\"\n[recharge]\nbase_url = \"{}\"\n[kustomer]\nbase_url = \"{base}\"\nweb_url = \"{base}\"\nsdk_url = \"{base}/sdk\"\n",
            self.recharge.base_url()
        );
        let mut config = Config::parse(&toml, &std::collections::BTreeMap::new()).unwrap();
        // The clock stands.
        config.server.drain = Duration::ZERO;
        let app = App::without_admin(&config, &self.clock, &self.store)
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
        self.recharge.forget_requests();
    }

    /// Ends the service, and opens the store that it has closed.
    async fn stop(&mut self) {
        let running = self.running.take().unwrap();
        running.stop.send(()).unwrap();
        running.ended.await.unwrap().unwrap();
        self.store = opened(&self.folder, &self.clock).await;
    }

    /// Looks a customer up, as a script does.
    async fn ask(&self, email: &str) -> Value {
        let serving = self.running.as_ref().unwrap();
        let request = client()
            .post(format!(
                "http://{}/ask/json/{}",
                serving.address, self.scripts.0
            ))
            .bearer_auth(self.scripts.1.reveal())
            .body(json!({ "emails": [email] }).to_string());
        let response = tokio::select! {
            response = request.send() => response.unwrap(),
            () = time_passes(&self.clock, &self.recharge, &serving.lookups) => unreachable!(),
        };
        assert_eq!(response.status(), 200);
        read_json(response).await["accounts"][0].take()
    }

    /// The same, and waits until what is seen of them stands on the timeline.
    async fn sees(&self, email: &str) -> Value {
        let before = self.objects().len();
        let card = self.ask(email).await;
        until("something is there", async || self.objects().len() > before).await;
        self.told().await;
        card
    }

    /// Sends a hook, signed well. It is acknowledged when this returns, and perhaps not applied.
    async fn hook(&self, topic: &str, body: &Value) {
        let body = body.to_string();
        let digest = Sha256::new_with_prefix(SECRET)
            .chain_update(&body)
            .finalize();
        let signature: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let address = self.running.as_ref().unwrap().address;
        let response = client()
            .post(format!(
                "http://{address}/hooks/recharge/{}/{topic}",
                self.hook
            ))
            .header("X-Recharge-Hmac-Sha256", signature)
            .body(body)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200, "{topic}");
    }

    /// Tells that Kim's subscription has this quantity now, so many seconds from the beginning.
    async fn says(&self, quantity: u64, seconds: i64) {
        let body = json!({ "subscription": self.row(KIMS, quantity, seconds).await });
        self.hook("subscription/updated", &body).await;
    }

    /// A subscription as Recharge answers it, with another quantity, changed so many seconds from the beginning.
    async fn row(&self, id: &str, quantity: u64, seconds: i64) -> Value {
        let answer = client()
            .get(format!("{}/subscriptions/{id}", self.recharge.base_url()))
            .header("X-Recharge-Access-Token", TOKEN)
            .header("X-Recharge-Version", "2021-11")
            .send()
            .await
            .unwrap();
        let mut row = read_json(answer).await["subscription"].take();
        row["quantity"] = quantity.into();
        row["updated_at"] = stamp(seconds).into();
        self.recharge.forget_requests();
        row
    }

    /// What stands in Kustomer for Kim's subscription.
    fn object(&self) -> Option<Value> {
        self.kustomer.kobject(&self.names.klass, KIMS_OBJECT)
    }

    /// Its quantity there; 0 while it is not there.
    fn quantity(&self) -> u64 {
        let object = self.object();
        object.map_or(0, |o| {
            o["attributes"]["custom"]["quantityNum"].as_u64().unwrap()
        })
    }

    fn objects(&self) -> Vec<Value> {
        self.kustomer.kobjects(&self.names.klass)
    }

    /// What Kustomer was asked since the last look: methods and the ends of paths.
    fn calls(&self) -> Vec<String> {
        let requests = self.kustomer.requests().into_iter();
        let calls = requests.map(|request| format!("{} {}", request.method, request.path));
        let calls = calls.collect();
        self.kustomer.forget_requests();
        calls
    }

    /// Ends when nothing is in the inbox or the outbox that is due.
    async fn told(&self) {
        until("everything is told", async || self.is_told().await).await;
    }

    async fn is_told(&self) -> bool {
        let now = self.clock.now();
        let hooks = self.store.waiting_hooks(now, 1).await.unwrap();
        hooks.is_empty() && self.store.outbox_due(now).await.unwrap().is_empty()
    }

    /// Moves all clocks.
    fn later(&self, by: Duration) {
        self.clock.advance(by);
        self.recharge.move_clock(self.clock.now());
        self.kustomer.move_clock(self.clock.now());
    }

    /// Lets time pass until nothing is left to be told at all.
    async fn in_the_end(&self) {
        until("everything is told in the end", async || {
            self.later(Duration::from_millis(500));
            tokio::time::sleep(Duration::from_millis(2)).await;
            let waiting = self.store.waiting_hooks(self.clock.now(), 1).await.unwrap();
            let depth = self.store.outbox_depth(&self.workspace).await.unwrap();
            waiting.is_empty() && depth.waiting == 0
        })
        .await;
    }
}

async fn app(kustomer: &kustomer::Running) -> Names {
    let place = Place {
        public_url: Some("https://sidecard.acme.example"),
        workspace: &WorkspaceId::new("55555555555555555555555555555555"),
        secret: None,
        settings: &Settings::default(),
    };
    let names = registered(kustomer, &definition(&place, VERSION)).await;
    assert!(kustomer.install(&names.app, &names.version));
    names
}

async fn opened(folder: &TempDir, clock: &Clock) -> Store {
    let url = format!("sqlite://{}", folder.path().join("sidecard.db").display());
    let keys = KeyRing::parse(KEYS, "test.keys").unwrap();
    Store::open(&url, keys, clock.now()).await.unwrap()
}

fn stamp(seconds: i64) -> String {
    let at = as_of() + chrono::Duration::seconds(seconds);
    at.format("%Y-%m-%dT%H:%M:%S+00:00").to_string()
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
