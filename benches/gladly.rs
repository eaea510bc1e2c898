//! Signed DETAILED lookups by `wrk` (Debian: `apt-get install wrk`), each with a signature of its own, production logging
//! on and written to a file; and, in the same run, another adaptor beside ours. Then a Recharge that takes 8 s.
//!
//! ```sh
//! cargo bench --bench gladly
//! BESIDE=http://127.0.0.1:6000/ BESIDE_KEY=test-apikey-1 BESIDE_ID=1 cargo bench --bench gladly
//! ```
//!
//! Gladly's public sample (gladly/lookup-practice) is such an adaptor: `npm install`, then
//! `GLADLY_SIGNING_KEY=test-apikey-1 node loyalty-sample.js`.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sidecard::app::App;
use sidecard::clock::Clock;
use sidecard::config::{Config, Log, LogFormat};
use sidecard::domain::id::WorkspaceId;
use sidecard::domain::install::InstallName;
use sidecard::domain::secret::{Secret, random_hex};
use sidecard::domain::shop::Shop;
use sidecard::helpdesk::gladly::sign;
use sidecard::simulator::recharge::{Options, Running, start};
use sidecard::store::{
    InstallSettings, KeyRing, NewInstall, NewWorkspace, Store, WorkspaceSettings,
};

const TOKEN: &str = "sk_test_1x1_000000000000000000000000000000000000000000000000000000000000fa4e";
const WORKSPACE: &str = "44444444444444444444444444444444";
const KEY: &str = "fake-gladly-signing-key";
const KIM: &str = "acme-usa:176700001";
/// Different requests; the load goes round them.
const REQUESTS: usize = 10_000;
const CONNECTIONS: &str = "16";
const SECONDS: &str = "8s";

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let log = std::fs::File::create(folder.path().join("log")).unwrap();
    let how = Log {
        level: "info".into(),
        format: LogFormat::Json,
    };
    sidecard::telemetry::start_into(&how, log.try_clone().unwrap(), false);
    let _ = rustls::crypto::ring::default_provider().install_default();

    let recharge = start(Options {
        bucket: 100_000,
        ..Options::default()
    })
    .await
    .unwrap();
    let base = service(&recharge, "").await;
    let path = format!("/ask/gladly/{WORKSPACE}");
    // Once, so that the card is known; from then on it is refreshed behind the answers.
    let (status, answer, _) = ask(&base, &body("DETAILED", KIM)).await;
    assert!(
        status == 200 && answer.contains("\"SUBSCRIPTION\""),
        "{answer}"
    );

    println!(
        "signed DETAILED, {CONNECTIONS} connections, {SECONDS}; both sides on this machine, one after the other\n"
    );
    println!(
        "{:<22} {:>12} {:>10} {:>10} {:>10} {:>8}",
        "", "requests/s", "p50", "p99", "requests", "failed"
    );
    let ours = load("Sidecard", &base, &path, KEY, KIM, folder.path());
    let lines = log.metadata().unwrap().len();
    if let Ok(beside) = std::env::var("BESIDE") {
        let url = url::Url::parse(&beside).unwrap();
        let key = std::env::var("BESIDE_KEY").unwrap();
        let id = std::env::var("BESIDE_ID").unwrap();
        let base = beside.trim_end_matches('/').trim_end_matches(url.path());
        let theirs = load("the other", base, url.path(), &key, &id, folder.path());
        println!(
            "\n{:.1} x its requests per second; our p99 is {:.2} x its p50",
            ours.per_second / theirs.per_second,
            ours.p99 / theirs.p50
        );
    }
    println!(
        "\nour log: {} MB in {} s of load",
        lines / 1_000_000,
        SECONDS.trim_end_matches('s')
    );
    recharge.stop().await;
    slow().await;
}

/// Recharge takes 8 s for everything; then it says nothing at all, and something is known.
async fn slow() {
    let recharge = start(Options {
        latency: Duration::from_secs(8),
        ..Options::default()
    })
    .await
    .unwrap();
    let base = service(&recharge, "deadline = \"4s\"\n").await;
    println!("\nRecharge takes 8 s:");
    for level in ["BASIC", "DETAILED"] {
        let (status, answer, took) = ask(&base, &body(level, KIM)).await;
        println!(
            "  {level:<9} {status} after {:.2} s  {answer}",
            took.as_secs_f64()
        );
    }
    recharge.stop().await;

    let recharge = start(Options::default()).await.unwrap();
    let base = service(
        &recharge,
        "deadline = \"4s\"\n[cache]\nfresh = \"1s\"\nrevalidate = \"1s\"\n",
    )
    .await;
    ask(&base, &body("BASIC", KIM)).await;
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    recharge.hold();
    println!("\nRecharge is down, something is known:");
    for level in ["BASIC", "DETAILED"] {
        let (status, answer, took) = ask(&base, &body(level, KIM)).await;
        let marked = answer.contains("not reachable");
        println!(
            "  {level:<9} {status} after {:.2} s, marked as old: {marked}",
            took.as_secs_f64()
        );
    }
    recharge.release();
    recharge.stop().await;
}

/// What one load came to; times in milliseconds.
struct Measured {
    per_second: f64,
    p50: f64,
    p99: f64,
}

fn load(what: &str, base: &str, path: &str, key: &str, external: &str, folder: &Path) -> Measured {
    let file = folder.join("requests");
    let key = Secret::new(key.to_owned());
    let host = base.trim_start_matches("http://");
    let body = body("DETAILED", external);
    let mut all = Vec::new();
    for _ in 0..REQUESTS {
        let now = Clock::system().now();
        let headers = sign(&key, path, body.as_bytes(), &random_hex(11), now);
        let head: String = headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        let length = body.len();
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n{head}\r\n{body}\0"
        );
        all.extend_from_slice(request.as_bytes());
    }
    std::fs::write(&file, all).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/gladly.lua");
    let ran = Command::new("wrk")
        .args(["-t1", "-c", CONNECTIONS, "-d", SECONDS, "-s"])
        .arg(script)
        .arg(format!("{base}{path}"))
        .env("SIDECARD_REQUESTS", &file)
        .output()
        .expect("wrk is there: apt-get install wrk");
    let out = String::from_utf8_lossy(&ran.stdout).into_owned();
    let line = out.lines().find_map(|line| line.strip_prefix("SIDECARD "));
    let line = line.unwrap_or_else(|| panic!("{out}{}", String::from_utf8_lossy(&ran.stderr)));
    let numbers: Vec<f64> = line
        .split(' ')
        .map(|number| number.parse().unwrap())
        .collect();
    let [per_second, p50, p99, requests, failed] = numbers[..] else {
        panic!("{line}");
    };
    let (p50, p99) = (p50 / 1e3, p99 / 1e3);
    println!(
        "{what:<22} {per_second:>12.0} {p50:>8.2}ms {p99:>8.2}ms {requests:>10.0} {failed:>8.0}"
    );
    Measured {
        per_second,
        p50,
        p99,
    }
}

fn body(level: &str, external: &str) -> String {
    let unique = level == "DETAILED";
    format!(
        r#"{{"lookupLevel":"{level}","query":{{"emails":["kim@acme.example"],"externalCustomerId":"{external}","id":"q0ZxT0a2QJ6n3m5o8s1u4w","name":"Kim Example"}},"uniqueMatchRequired":{unique}}}"#
    )
}

async fn ask(base: &str, body: &str) -> (u16, String, Duration) {
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .build()
        .unwrap();
    let path = format!("/ask/gladly/{WORKSPACE}");
    let key = Secret::new(KEY.to_owned());
    let request = client.post(format!("{base}{path}")).body(body.to_owned());
    let now = Clock::system().now();
    let request = sign(&key, &path, body.as_bytes(), "vXmSEPjVSWCaCMzvjufxZg", now)
        .into_iter()
        .fold(request, |request, (name, value)| {
            request.header(name, value)
        });
    let began = Instant::now();
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, text, began.elapsed())
}

async fn service(recharge: &Running, more: &str) -> String {
    let toml = format!(
        "[recharge]\nbase_url = \"{}\"\n[server]\nlisten = \"127.0.0.1:0\"\nops_listen = \"\"\nworkspace_rate = 1000000\nworkspace_burst = 1000000\n{more}",
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
        helpdesk: "gladly".into(),
        settings: WorkspaceSettings {
            enabled: true,
            installs: vec![name],
            ..WorkspaceSettings::default()
        },
        secret: Some(Secret::new(KEY.to_owned())),
    };
    let id = WorkspaceId::new(WORKSPACE);
    store.add_workspace_as(&id, &workspace, now).await.unwrap();
    let app = App::without_admin(&config, &clock, &store).await.unwrap();
    for install in store.installs().await.unwrap() {
        app.lookups().warm(&Arc::new(install.connected())).await;
    }
    let base = format!("http://{}", app.address());
    tokio::spawn(app.run(std::future::pending()));
    base
}
