//! A shop with any number of subscriptions, an org that knows its customers, a store, and a clock that runs whenever somebody
//! waits for it. The benchmark uses it, too.

use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use sidecard::app;
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
use sidecard::push::kustomer::{Client, Pace};
use sidecard::push::timeline::Timeline;
use sidecard::simulator::{kustomer, recharge};
use sidecard::store::{
    HelpdeskSettings, InstallSettings, KeyRing, NewInstall, NewWorkspace, Store, WorkspaceSettings,
};
use sidecard::upkeep::backfill::{Backfill, Source};

pub const TOKEN: &str =
    "sk_test_1x1_000000000000000000000000000000000000000000000000000000000000fa4e";
pub const CLIENT_SECRET: &str = "fake-client-secret-for-backfills";
const KEY: &str = "fake-kustomer-key";
const KEYS: &str = "old 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// By so much clocks are moved at a time.
const STEP: Duration = Duration::from_millis(250);

pub fn began() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000, 0).unwrap()
}

/// The customer of a subscription: two of three have one, and one has two.
pub fn customer_of(subscription: usize) -> usize {
    subscription * 2 / 3
}

pub fn email_of(customer: usize) -> String {
    format!("buyer{customer}@shop.example")
}

pub fn external_id(subscription: usize) -> String {
    format!("recharge:acme-usa:sub:{}", 585_000_000 + subscription)
}

fn stamp(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

/// The bodies of a shop. Five subscriptions begin at the same second; every fourth is cancelled; each changed a day after
/// it began.
pub fn bodies(subscriptions: usize) -> Vec<(String, String)> {
    let first = began() - TimeDelta::days(700);
    let rows: Vec<Value> = (0..subscriptions)
        .map(|n| {
            let at = first + TimeDelta::minutes(i64::try_from(n / 5).unwrap());
            let is_active = n % 4 != 3;
            json!({
                "id": 585_000_000 + n, "address_id": 193_000_000 + n, "customer_id": 176_000_000 + customer_of(n),
                "status": if is_active { "active" } else { "cancelled" },
                "cancelled_at": (!is_active).then(|| stamp(at + TimeDelta::days(1))),
                "cancellation_reason": (!is_active).then_some("Too much coffee"),
                "created_at": stamp(at), "updated_at": stamp(at + TimeDelta::days(1)),
                "charge_interval_frequency": 30, "order_interval_frequency": 30, "order_interval_unit": "day",
                "next_charge_scheduled_at": is_active.then_some("2026-12-15"),
                "external_product_id": {"ecommerce": "8143000000001"}, "external_variant_id": {"ecommerce": "43510000000001"},
                "presentment_currency": "USD", "price": "98.00", "quantity": 1 + n % 3,
                "product_title": format!("Roast {}", n % 40), "variant_title": "12 oz", "sku": null, "properties": [],
            })
        })
        .collect();
    let customers: Vec<Value> = (0..=customer_of(subscriptions.saturating_sub(1)))
        .map(|n| json!({"id": 176_000_000 + n, "email": email_of(n), "first_name": "Buyer", "last_name": format!("{n}"),
            "created_at": stamp(first), "updated_at": stamp(first)}))
        .collect();
    let body =
        |name: &str, rows: Vec<Value>| (format!("{name}.json"), json!({ name: rows }).to_string());
    vec![body("subscriptions", rows), body("customers", customers)]
}

/// The org's customers: all of the shop's that are wanted.
pub fn people(customers: usize, is_known: impl Fn(usize) -> bool) -> String {
    let known = (0..customers).filter(|n| is_known(*n));
    let rows: Vec<Value> = known
        .map(|n| json!({"name": format!("Buyer {n}"), "emails": [email_of(n)]}))
        .collect();
    json!({ "customers": rows }).to_string()
}

pub async fn shop(subscriptions: usize) -> recharge::Running {
    let options = recharge::Options {
        data: recharge::Data::Bodies(bodies(subscriptions)),
        now: recharge::Now::Fixed(began()),
        ..recharge::Options::default()
    };
    recharge::start(options).await.unwrap()
}

/// An org in which the app is installed. It takes a second object with an external id that is taken: so that a mistake is
/// seen.
pub async fn org(people: String) -> kustomer::Running {
    org_that_takes(people, Duration::ZERO).await
}

/// The same; so long after it was asked for is the work of a bulk request done.
pub async fn org_that_takes(people: String, bulk_takes: Duration) -> kustomer::Running {
    let options = kustomer::Options {
        bulk_takes,
        data: kustomer::Data::Text(people),
        now: kustomer::Now::Fixed(began()),
        refuses_duplicates: false,
        ..kustomer::Options::default()
    };
    kustomer::start(options).await.unwrap()
}

fn client(base: &str) -> Client {
    let key = Secret::new(KEY.to_owned());
    Client::new(base.parse().unwrap(), &key, Duration::from_secs(20)).unwrap()
}

/// Registers the app, and makes a store with a shop and a workspace in a folder. Returns the workspace.
pub async fn settle(folder: &Path, org: &kustomer::Running) -> WorkspaceId {
    let place = Place {
        public_url: Some("https://sidecard.example"),
        workspace: &WorkspaceId::new("w"),
        secret: None,
        settings: &Settings::default(),
    };
    let app = client(&org.base_url())
        .register(&definition(&place, VERSION))
        .await;
    let app = app.unwrap().unwrap();
    let names = Names::among(&app.name, &app.version, &app.klasses, &app.commands).unwrap();
    assert!(org.install(&names.app, &names.version));
    let mut settings = Settings::of([("org", "acme"), ("api_key", KEY)]);
    names.keep(&mut settings);
    store_with(folder, &settings).await
}

/// A new store with a shop, and a workspace with these settings.
pub async fn store_with(folder: &Path, settings: &Settings) -> WorkspaceId {
    let store = open(folder).await;
    let shop = Shop::parse("acme-usa").unwrap();
    let install = NewInstall {
        name: InstallName::from(&shop),
        provider: "recharge".into(),
        shop: shop.clone(),
        settings: InstallSettings {
            shop_verified: true,
            ..InstallSettings::default()
        },
        token: Secret::new(TOKEN.to_owned()),
        client_secret: Some(Secret::new(CLIENT_SECRET.to_owned())),
    };
    store.add_install(&install, began()).await.unwrap();
    let new = NewWorkspace {
        helpdesk: "kustomer".into(),
        settings: WorkspaceSettings {
            helpdesk: HelpdeskSettings::of(settings),
            enabled: true,
            installs: vec![InstallName::from(&shop)],
            ..WorkspaceSettings::default()
        },
        secret: None,
    };
    let added = store.add_workspace(&new, began()).await.unwrap();
    store.close().await;
    added.0
}

pub async fn open(folder: &Path) -> Store {
    let url = format!("sqlite://{}", folder.join("db").display());
    Store::open(&url, KeyRing::parse(KEYS, "test.keys").unwrap(), began())
        .await
        .unwrap()
}

/// What a process needs for a backfill, wherever the simulators run.
pub struct Depot {
    pub store: Store,
    pub clock: Clock,
    pub workspace: WorkspaceId,
    pub klass: String,
    recharge: String,
    kustomer: String,
    http: reqwest::Client,
}

impl Depot {
    /// Over the store in a folder, which has one workspace. The clock begins at `now`.
    pub async fn over(folder: &Path, recharge: &str, kustomer: &str, now: DateTime<Utc>) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let store = open(folder).await;
        let record = store.workspaces().await.unwrap().remove(0);
        let settings = record.settings.helpdesk.settings();
        let names = sidecard::helpdesk::kustomer::Choices(&settings).names();
        Self {
            store,
            clock: Clock::fixed(now),
            workspace: record.id,
            klass: names.unwrap().klass,
            recharge: recharge.to_owned(),
            kustomer: kustomer.to_owned(),
            http: reqwest::Client::builder()
                .no_proxy()
                .tls_certs_only([])
                .build()
                .unwrap(),
        }
    }

    /// A backfill, as the command makes one.
    pub async fn backfill(&self, creates_customers: bool) -> Backfill {
        let toml = format!("[recharge]\nbase_url = \"{}\"\n", self.recharge);
        let config = Config::parse(&toml, &std::collections::BTreeMap::new()).unwrap();
        let provider = app::recharge(&config).unwrap();
        let lookups = app::lookups(&config, &self.clock, &self.store).unwrap();
        let name = InstallName::parse("acme-usa").unwrap();
        let record = self.store.install(&name).await.unwrap().unwrap();
        let install = std::sync::Arc::new(record.connected());
        let source = Source {
            links: provider.links(&install.install, &install.profile),
            with: lookups.credentials(&name, &*provider, &install.token),
            provider,
            install,
        };
        let timeline = Timeline::new(
            client(&self.kustomer),
            self.klass.clone(),
            creates_customers,
            Pace::new(15),
            &self.clock,
        );
        Backfill::new(
            &self.store,
            timeline,
            vec![source],
            &self.clock,
            &self.workspace,
        )
    }

    /// Counts, and lets time pass whenever that waits.
    pub async fn while_counting<T>(&self, work: impl Future<Output = T>) -> T {
        self.while_time_passes(work, 0, STEP).await
    }

    /// Runs, and lets time pass whenever that waits: the beat of its lease always does.
    pub async fn while_running<T>(&self, work: impl Future<Output = T>) -> T {
        self.while_time_passes(work, 1, STEP).await
    }

    /// Runs beside a service, which always waits for something: time passes slowly enough for it to answer in time.
    pub async fn while_serving<T>(&self, work: impl Future<Output = T>) -> T {
        self.while_time_passes(work, 0, STEP / 10).await
    }

    async fn while_time_passes<T>(
        &self,
        work: impl Future<Output = T>,
        always: usize,
        by: Duration,
    ) -> T {
        tokio::select! {
            done = work => done,
            () = self.time_passes(always, by) => unreachable!(),
        }
    }

    /// Time passes at the simulators first, which are never behind.
    async fn time_passes(&self, always: usize, by: Duration) {
        loop {
            tokio::time::sleep(Duration::from_millis(1)).await;
            if self.clock.waiting() > always {
                let to = (self.clock.now() + by).to_rfc3339();
                for base in [&self.recharge, &self.kustomer] {
                    let moved = self.http.put(format!("{base}/_sim/clock"));
                    moved.body(to.clone()).send().await.unwrap();
                }
                self.clock.advance(by);
            }
        }
    }
}
