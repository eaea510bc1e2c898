//! How long an agent waits: real HTTP to the service, which asks a simulator that takes 150 ms for each answer.
//!
//! `cargo bench --bench lookups`

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sidecard::app::{App, signed_query};
use sidecard::clock::Clock;
use sidecard::config::Config;
use sidecard::domain::id::{CustomerId, WorkspaceId};
use sidecard::domain::install::InstallName;
use sidecard::domain::secret::Secret;
use sidecard::domain::shop::Shop;
use sidecard::simulator::recharge::{Options, Running, start};
use sidecard::store::{
    InstallSettings, KeyRing, LinkKind, LinkRecord, NewInstall, NewWorkspace, Profile, Store,
    WorkspaceSettings,
};

const LATENCY: Duration = Duration::from_millis(150);
const TOKEN: &str = "sk_test_1x1_000000000000000000000000000000000000000000000000000000000000fa4e";
const WORKSPACE: &str = "22222222222222222222222222222222";
const SECRET: &str = "fake-embed-secret";
/// People with at most a page of subscriptions and nothing prepaid: their cards take two rounds.
const PEOPLE: [(&str, &str); 12] = [
    ("kim@acme.example", "176700001"),
    ("wanda.weekly@mail.example", "176700002"),
    ("stella.status@mail.example", "176700005"),
    ("rhea.reason@mail.example", "176700006"),
    ("noah.noreason@mail.example", "176700007"),
    ("olive.only@mail.example", "176700008"),
    ("dana.dunning@mail.example", "176700014"),
    ("felix.failed@mail.example", "176700015"),
    ("skye.skipped@mail.example", "176700016"),
    ("mo.moved@mail.example", "176700017"),
    ("yuki.yen@mail.example", "176700018"),
    ("poppy.pounds@mail.example", "176700019"),
];

/// How long a kind of card took.
pub struct Figures {
    pub what: &'static str,
    /// The median, over the latency of one call.
    pub median: f64,
}

#[tokio::main]
pub async fn main() {
    measure().await;
}

/// Prints what it measures, and returns it.
pub async fn measure() -> Vec<Figures> {
    let options = Options {
        latency: LATENCY,
        bucket: 100_000,
        ..Options::default()
    };
    let recharge = start(options).await.unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .build()
        .unwrap();

    println!("Recharge answers after {} ms\n", LATENCY.as_millis());
    println!(
        "{:<28} {:>10} {:>10} {:>12} {:>8}",
        "card", "median", "max", "x latency", "calls"
    );
    let mut rows = Vec::new();
    for round in 0..3 {
        let (base, linked) = service(&recharge).await;
        // A connection is opened before anything is measured.
        client.get(format!("{base}/healthz")).send().await.unwrap();
        for (what, profiles) in [
            ("cold, by email", false),
            ("the same again, warm", false),
            ("known id, cold", true),
        ] {
            let base = if profiles { &linked } else { &base };
            recharge.forget_requests();
            let mut times = Vec::new();
            for (email, id) in PEOPLE {
                let url = address(base, email, profiles.then_some(id));
                let began = Instant::now();
                let page = client.get(url).send().await.unwrap().text().await.unwrap();
                times.push(began.elapsed());
                assert!(page.contains("<main data-outcome=\"found\""));
            }
            rows.push((round, what, times, recharge.requests().len()));
        }
    }
    let mut figures = Vec::new();
    for what in ["cold, by email", "known id, cold", "the same again, warm"] {
        let of_this = || rows.iter().filter(|row| row.1 == what);
        let mut times: Vec<Duration> = of_this().flat_map(|row| row.2.clone()).collect();
        times.sort();
        let (median, max) = (times[times.len() / 2], times[times.len() - 1]);
        let calls: usize = of_this().map(|row| row.3).sum();
        println!(
            "{what:<28} {:>8.1}ms {:>8.1}ms {:>12.2} {:>8.1}",
            median.as_secs_f64() * 1e3,
            max.as_secs_f64() * 1e3,
            median.as_secs_f64() / LATENCY.as_secs_f64(),
            calls as f64 / times.len() as f64,
        );
        figures.push(Figures {
            what,
            median: median.as_secs_f64() / LATENCY.as_secs_f64(),
        });
    }
    println!(
        "\n{} cards each; cold: who is it, then subscriptions beside charges",
        PEOPLE.len() * 3
    );
    recharge.stop().await;
    figures
}

/// Two services with empty memories: one that is asked by email, one whose profiles are linked.
async fn service(recharge: &Running) -> (String, String) {
    let mut bases = Vec::new();
    for _ in 0..2 {
        let toml = format!(
            "[server]\nlisten = \"127.0.0.1:0\"\nops_listen = \"\"\n[recharge]\nbase_url = \"{}\"\n",
            recharge.base_url()
        );
        let config = Config::parse(&toml, &BTreeMap::new()).unwrap();
        let clock = Clock::system();
        let now = clock.now();
        let keys = KeyRing::throw_away(now).unwrap();
        let store = Store::open("sqlite://:memory:", keys, now).await.unwrap();
        let shop = Shop::parse("acme-usa").unwrap();
        let name = InstallName::from(&shop);
        let install = NewInstall {
            name: name.clone(),
            provider: "recharge".into(),
            shop,
            settings: InstallSettings {
                shop_verified: true,
                ..InstallSettings::default()
            },
            token: Secret::new(TOKEN.to_owned()),
            client_secret: None,
        };
        store.add_install(&install, now).await.unwrap();
        let workspace = NewWorkspace {
            helpdesk: "embed".into(),
            settings: WorkspaceSettings {
                longest_expiry: 3_600,
                enabled: true,
                installs: vec![name.clone()],
                ..WorkspaceSettings::default()
            },
            secret: Some(Secret::new(SECRET.to_owned())),
        };
        let in_workspace = WorkspaceId::new(WORKSPACE);
        store
            .add_workspace_as(&in_workspace, &workspace, now)
            .await
            .unwrap();
        for (_, id) in PEOPLE {
            let of = Profile {
                install: &name,
                workspace: &in_workspace,
                profile: id,
            };
            let link = LinkRecord {
                customer: Some(CustomerId::new(id)),
                kind: LinkKind::Manual,
                by: None,
                agent: None,
                at: now,
                made_for: None,
            };
            assert!(store.link(of, &link).await.unwrap());
        }
        let app = App::without_admin(&config, &clock, &store).await.unwrap();
        for install in store.installs().await.unwrap() {
            app.lookups().warm(&Arc::new(install.connected())).await;
        }
        bases.push(format!("http://{}", app.address()));
        tokio::spawn(app.run(std::future::pending()));
    }
    (bases.remove(0), bases.remove(0))
}

fn address(base: &str, email: &str, profile: Option<&str>) -> String {
    let expires = (Clock::system().now().timestamp() + 600).to_string();
    let mut parameters = vec![("v", "1"), ("email", email), ("expires", &expires)];
    parameters.extend(profile.map(|profile| ("profile", profile)));
    let query = signed_query(
        &Secret::new(SECRET.to_owned()),
        &WorkspaceId::new(WORKSPACE),
        &parameters,
    );
    format!("{base}/ask/embed/{WORKSPACE}?{query}")
}
