//! From a change at Recharge to the object in Kustomer, both simulated, everything on this machine:
//!
//! 1. with its own clock, one change after the other: how long, and how many calls
//! 2. with a clock that is moved, 10,000 changes while 5 of 100 calls fail: whether all end right
//!
//! `cargo bench --bench push`

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
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
    HelpdeskSettings, InstallSettings, KeyRing, NewInstall, NewWorkspace, Store, WorkspaceSettings,
};

const TOKEN: &str = "sk_test_1x1_000000000000000000000000000000000000000000000000000000000000fa4e";
const CLIENT_SECRET: &str = "fake-client-secret-for-tests";
const KEY: &str = "fake-kustomer-key";
const KEYS: &str = "bench 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const SUBSCRIPTION: &str = "585000001";
/// Changes, one after the other.
const ROUNDS: u64 = 60;
const CHANGES: u64 = 10_000;
/// Has 600 subscriptions.
const WHOLESALE: &str = "wholesale@mail.example";

struct Desk {
    recharge: recharge::Running,
    kustomer: kustomer::Running,
    clock: Clock,
    store: Store,
    names: Names,
    workspace: WorkspaceId,
    scripts: (WorkspaceId, Secret<String>),
    listen: SocketAddr,
    hook: String,
    client: reqwest::Client,
    _folder: tempfile::TempDir,
}

#[tokio::main]
async fn main() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    latency().await;
    faults().await;
}

async fn latency() {
    println!("1. from the change at Recharge to the object in Kustomer\n");
    let desk = Desk::open(Clock::system(), kustomer::Options::default(), "30").await;
    while desk.store.registration(&usa()).await.unwrap().is_none() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    desk.ask("kim@acme.example").await;
    while desk.quantity(SUBSCRIPTION).is_none() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    desk.kustomer.forget_requests();
    let mut times = Vec::new();
    let mut quantity = desk.quantity(SUBSCRIPTION).unwrap();
    for _ in 0..ROUNDS {
        // Stamps have whole seconds, and a hook of the same second as the one before it is no news by its stamp.
        let next = 1_000 - u64::from(chrono::Utc::now().timestamp_subsec_millis());
        tokio::time::sleep(Duration::from_millis(next + 5)).await;
        quantity = quantity % 9 + 1;
        let path = format!("/subscriptions/{SUBSCRIPTION}");
        let began = Instant::now();
        let (status, _) = desk
            .recharge
            .act("PUT", &path, json!({ "quantity": quantity }));
        assert_eq!(status, 200);
        while desk.quantity(SUBSCRIPTION) != Some(quantity) {
            assert!(began.elapsed() < Duration::from_secs(30), "never told");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        times.push(began.elapsed());
    }
    let calls = desk.kustomer.requests().len();
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!("changes            {ROUNDS}");
    println!("median             {:.1} ms", at(0.5));
    println!("95 of 100 within   {:.1} ms", at(0.95));
    println!("longest            {:.1} ms", at(1.0));
    println!("calls per change   {:.2}", calls as f64 / ROUNDS as f64);
    println!("calls to Recharge  {}\n", desk.recharge.requests().len());
}

async fn faults() {
    println!("2. {CHANGES} changes of 600 subscriptions, 5 of 100 calls fail\n");
    let now = chrono::DateTime::parse_from_rfc3339(recharge::FIXTURES_AS_OF).unwrap();
    let options = kustomer::Options {
        now: kustomer::Now::Fixed(now.to_utc()),
        limit: 10_000_000,
        object_limit: 10_000_000,
        // What Kustomer does with a second object of the same external id is not established: here it would stand there.
        refuses_duplicates: false,
        ..kustomer::Options::default()
    };
    let desk = Desk::open(Clock::fixed(now.to_utc()), options, "90").await;
    let desk = &desk;
    let began = Instant::now();
    let moving = desk.keep_moving();
    let told = async {
        let card = desk.ask(WHOLESALE).await;
        let all = card["subscriptions"].as_array().unwrap();
        let ids: Vec<String> = all
            .iter()
            .map(|s| s["id"].as_str().unwrap().to_owned())
            .collect();
        desk.kustomer
            .set_faults("429=0.02,500=0.02,lost=0.01".parse().unwrap());
        let mut rows = BTreeMap::new();
        for id in &ids {
            rows.insert(id.clone(), desk.row(id).await);
        }
        let mut last = BTreeMap::new();
        let numbers: Vec<u64> = (1..=CHANGES).collect();
        for some in numbers.chunks(25) {
            let sent = some.iter().map(|n| {
                let id = &ids[usize::try_from(n * 7).unwrap() % ids.len()];
                let mut row = rows[id].clone();
                row["quantity"] = (*n).into();
                let at = now + chrono::Duration::seconds(60 + i64::try_from(*n).unwrap());
                row["updated_at"] = at.format("%Y-%m-%dT%H:%M:%S+00:00").to_string().into();
                last.insert(id.clone(), *n);
                let body = json!({ "subscription": row });
                async move { desk.hook(&body).await }
            });
            futures_util::future::join_all(sent).await;
        }
        println!("sent in            {:.1} s", began.elapsed().as_secs_f64());
        loop {
            let waiting = desk.store.waiting_hooks(desk.clock.now(), 1).await.unwrap();
            let depth = desk.store.outbox_depth(&desk.workspace).await.unwrap();
            if waiting.is_empty() && depth.waiting == 0 {
                println!("parked             {}", depth.parked);
                break last;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let last = tokio::select! {
        last = told => last,
        () = moving => unreachable!(),
    };
    let (mut right, mut twice) = (0, 0);
    let mut shown: BTreeMap<String, u64> = BTreeMap::new();
    for object in desk.kustomer.kobjects(&desk.names.klass) {
        let custom = &object["attributes"]["custom"];
        let id = custom["subscriptionStr"].as_str().unwrap().to_owned();
        let quantity = custom["quantityNum"].as_u64().unwrap();
        twice += usize::from(shown.insert(id, quantity).is_some());
    }
    for (id, quantity) in &last {
        right += usize::from(shown.get(id) == Some(quantity));
    }
    println!("told in            {:.1} s", began.elapsed().as_secs_f64());
    println!("subscriptions      {}", last.len());
    println!("right in the end   {right}");
    println!("there twice        {twice}");
    println!("calls              {}", desk.kustomer.requests().len());
    assert_eq!((right, twice), (last.len(), 0));
}

fn usa() -> InstallName {
    InstallName::parse("acme-usa").unwrap()
}

impl Desk {
    async fn open(clock: Clock, options: kustomer::Options, share: &str) -> Self {
        let stands = options.now;
        let recharge = recharge::start(recharge::Options {
            bucket: 100_000,
            now: match stands {
                kustomer::Now::System => recharge::Now::System,
                kustomer::Now::Fixed(at) => recharge::Now::Fixed(at),
            },
            ..recharge::Options::default()
        });
        let recharge = recharge.await.unwrap();
        let kustomer = kustomer::start(options).await.unwrap();
        let (listen, base) = (free_address(), kustomer.base_url());
        let toml = format!(
            "[server]\nlisten = \"{listen}\"\nops_listen = \"\"\npublic_url = \"http://{listen}\"\n[recharge]\nbase_url = \"{}\"\n[kustomer]\nbase_url = \"{base}\"\nweb_url = \"{base}\"\nsdk_url = \"{base}/sdk\"\n",
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
        let hook = store.install(&usa()).await.unwrap().unwrap().hook_id;
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
            clock,
            store,
            names,
            workspace,
            scripts,
            listen,
            hook,
            client,
            _folder: folder,
        }
    }

    /// Lets time pass, some ten times as fast as it does.
    async fn keep_moving(&self) {
        loop {
            tokio::time::sleep(Duration::from_millis(2)).await;
            self.clock.advance(Duration::from_millis(20));
            self.recharge.move_clock(self.clock.now());
            self.kustomer.move_clock(self.clock.now());
        }
    }

    /// Looks a customer up, as a script does; until they are found.
    async fn ask(&self, email: &str) -> Value {
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

    async fn row(&self, id: &str) -> Value {
        let answer = self
            .client
            .get(format!("{}/subscriptions/{id}", self.recharge.base_url()))
            .header("X-Recharge-Access-Token", TOKEN)
            .header("X-Recharge-Version", "2021-11")
            .send()
            .await
            .unwrap();
        let mut answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        answer["subscription"].take()
    }

    async fn hook(&self, body: &Value) {
        let body = body.to_string();
        let digest = Sha256::new_with_prefix(CLIENT_SECRET)
            .chain_update(&body)
            .finalize();
        let signature: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let url = format!(
            "http://{}/hooks/recharge/{}/subscription/updated",
            self.listen, self.hook
        );
        // With a clock that runs, a commit may take longer than a sender waits: it is sent again, as Recharge does.
        loop {
            let request = self.client.post(&url).body(body.clone());
            let request = request.header("X-Recharge-Hmac-Sha256", &signature);
            match request.send().await.unwrap().status().as_u16() {
                200 => return,
                status => assert_eq!(status, 503),
            }
        }
    }

    /// The quantity that the object says.
    fn quantity(&self, subscription: &str) -> Option<u64> {
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
