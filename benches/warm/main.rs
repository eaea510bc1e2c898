//! What a warm card costs, beside a handler that returns the same bytes, head and body, from memory: CPU for each request,
//! and latency at half of what that handler can do. The sides are asked by turns of a second, and of their latencies the
//! middle turn counts. The service is a process as it is installed: SQLite, log as JSON into a file, every request
//! authenticated by a signature of its own (JSON: by its secret). The load's CPU is counted for neither side.
//!
//! ```sh
//! cargo bench --bench warm
//! ```

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

pub mod crowd;
pub mod load;
pub mod side;

use std::fs::Permissions;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

pub use load::Requests;
use load::{Line, flat_out, steady};
use serde_json::{Value, json};
use side::{Side, command, free, serve_fixed};
use sidecard::app::{sign, signed_query};
use sidecard::clock::Clock;
use sidecard::domain::id::WorkspaceId;
use sidecard::domain::secret::{Secret, random_hex};
use sidecard::simulator::recharge::{Options, start};

/// As the service's, so that the two sides differ by their work alone.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub const CUSTOMERS: usize = 1_000;
const CONNECTIONS: usize = 64;
pub const TOKEN: &str =
    "sk_test_1x1_000000000000000000000000000000000000000000000000000000000000fa4e";
/// Turns of each side, and how long one takes.
const ROUNDS: usize = 9;
const SECONDS: f64 = 1.0;

/// One way of asking.
struct Way {
    what: &'static str,
    helpdesk: &'static str,
    bar: f64,
}

const WAYS: [Way; 3] = [
    Way {
        what: "card HTML",
        helpdesk: "embed",
        bar: 2.0,
    },
    Way {
        what: "JSON",
        helpdesk: "json",
        bar: 2.0,
    },
    Way {
        what: "Gladly DETAILED",
        helpdesk: "gladly",
        bar: 4.0,
    },
];

/// What came of one side's turns.
#[derive(Default)]
struct Measured {
    answers: usize,
    failed: usize,
    /// In microseconds.
    cpu: f64,
    /// Of each turn the 50th and the 99th of 100 latencies, in milliseconds.
    middle: Vec<f64>,
    last: Vec<f64>,
}

impl Measured {
    /// CPU of a request, in microseconds.
    fn each(&self) -> f64 {
        self.cpu / self.answers as f64
    }
}

/// The middle one: what else the machine did in one turn does not speak for all.
fn middle(of: &[f64]) -> f64 {
    let mut sorted = of.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// What was measured of one way of asking.
pub struct Figures {
    pub what: &'static str,
    /// CPU of a request, ours over the static handler's, and what it may be.
    pub ratio: f64,
    pub bar: f64,
    /// Requests a second: half of what the static handler can do.
    pub rate: f64,
    /// The 99th of 100, of the static handler and ours, in milliseconds; of the middle turn.
    pub static_p99: f64,
    pub our_p99: f64,
}

pub fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, role, address, folder] = &arguments[..]
        && role == "static"
    {
        return serve_fixed(address, folder);
    }
    measure();
}

/// Prints what it measures, and returns it.
pub fn measure() -> Vec<Figures> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let recharges = tokio::runtime::Runtime::new().unwrap();
    let options = Options {
        data: crowd::crowd(CUSTOMERS),
        bucket: 1_000_000,
        ..Options::default()
    };
    let recharge = recharges.block_on(start(options)).unwrap();
    let base = recharge.base_url();
    // Spawned, so that nothing of the load runs on a second thread.
    runtime.block_on(async { tokio::spawn(compare(base)).await.unwrap() })
}

async fn compare(recharge: String) -> Vec<Figures> {
    let mut figures = Vec::new();
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (ask, admin) = (free(), free());
    let configuration = format!(
        "[server]\nlisten = \"{ask}\"\nops_listen = \"\"\nworkspace_rate = 1000000\nworkspace_burst = 1000000\n[admin]\nlisten = \"{admin}\"\n[recharge]\nbase_url = \"{recharge}\"\n\
         [cache]\nfresh = \"2h\"\nrevalidate = \"3h\"\n[log]\nlevel = \"info\"\nformat = \"json\"\n"
    );
    std::fs::write(folder.join("sidecard.toml"), configuration).unwrap();
    let keys = command(folder, &["keys", "new"], "");
    std::fs::write(folder.join("sidecard.keys"), keys).unwrap();
    std::fs::set_permissions(folder.join("sidecard.keys"), Permissions::from_mode(0o600)).unwrap();
    command(
        folder,
        &["install", "add", "--shop", "acme-usa"],
        &format!("{TOKEN}\n"),
    );
    let workspaces: Vec<Joined> = WAYS
        .iter()
        .map(|way| Joined::at(folder, way.helpdesk))
        .collect();
    let service = Side::service(folder, ask);

    println!(
        "{CUSTOMERS} customers, {CONNECTIONS} connections; rates are half of what the static handler can do\n"
    );
    println!(
        "{:<18}{:>9}{:>10}{:>11}{:>11}{:>7}{:>6}{:>18}{:>18}{:>8}",
        "",
        "bytes",
        "rate/s",
        "static",
        "ours",
        "ratio",
        "bar",
        "static p50/p99",
        "ours p50/p99",
        "failed"
    );
    for (way, joined) in WAYS.iter().zip(&workspaces) {
        // Twice: what is kept of a card is kept on its second use.
        let mut size = 0;
        let mut line = Line::open(service.address).await;
        for _ in 0..3 {
            for request in joined.requests(service.address, CUSTOMERS).iter() {
                let [head, body] = line.answer(request).await;
                let text = String::from_utf8_lossy(body);
                assert!(head.starts_with(b"HTTP/1.1 200"), "{text}");
                size = head.len() + body.len();
                std::fs::write(folder.join("head"), head).unwrap();
                std::fs::write(folder.join("body"), body).unwrap();
            }
        }
        let fixed = Side::fixed(folder);
        // Who has answered has its workers.
        let requests = joined.requests(service.address, 10_000);
        assert!(Line::open(fixed.address).await.ask(&requests[0]).await);
        if !(fixed.spread() && service.spread()) {
            println!(
                "the workers of neither side are kept on a core each: the kernel's choices count"
            );
        }
        let most = flat_out(
            fixed.address,
            &requests,
            CONNECTIONS,
            Duration::from_secs(3),
        )
        .await;
        let rate = most.per_second() / 2.0;
        let count = (rate * SECONDS) as usize;
        let mut sides = [Measured::default(), Measured::default()];
        // By turns: what else goes on in the machine meets both.
        for _ in 0..ROUNDS {
            for (side, measured) in [&fixed, &service].into_iter().zip(&mut sides) {
                let requests = joined.requests(service.address, count);
                let before = side.cpu();
                let came = steady(side.address, &requests, CONNECTIONS, rate).await;
                measured.cpu += side.cpu() - before;
                measured.answers += came.answers;
                measured.failed += came.failed;
                measured.middle.push(came.at(0.5));
                measured.last.push(came.at(0.99));
            }
        }
        let [their, our] = sides;
        let (theirs, ours) = (their.each(), our.each());
        let [their_p99, our_p99] = [&their, &our].map(|side| middle(&side.last));
        println!(
            "{:<18}{size:>9}{rate:>10.0}{theirs:>9.1}us{ours:>9.1}us{:>7.2}{:>6.0}{:>10.2}/{their_p99:>5.2}ms{:>10.2}/{our_p99:>5.2}ms{:>8}",
            way.what,
            ours / theirs,
            way.bar,
            middle(&their.middle),
            middle(&our.middle),
            our.failed + their.failed,
        );
        figures.push(Figures {
            what: way.what,
            ratio: ours / theirs,
            bar: way.bar,
            rate,
            static_p99: their_p99,
            our_p99,
        });
        if std::env::var_os("FLAT_OUT").is_some() {
            let seconds = std::env::var("FLAT_OUT").unwrap().parse().unwrap();
            println!("  pid {}", service.pid());
            let requests = joined.requests(service.address, 30_000);
            let before = service.cpu();
            let most_ours = flat_out(
                service.address,
                &requests,
                CONNECTIONS,
                Duration::from_secs(seconds),
            )
            .await;
            println!(
                "  at most: static {:.0}/s, ours {:.0}/s, {:.1} us each",
                most.per_second(),
                most_ours.per_second(),
                (service.cpu() - before) / most_ours.answers as f64
            );
        }
    }
    figures
}

/// A workspace that was added, and how it is asked.
pub struct Joined {
    helpdesk: &'static str,
    id: WorkspaceId,
    secret: Secret<String>,
}

impl Joined {
    pub fn at(folder: &std::path::Path, helpdesk: &'static str) -> Self {
        let words = [
            "workspace",
            "add",
            "--install",
            "acme-usa",
            "--helpdesk",
            helpdesk,
            "--json",
        ];
        let printed: Value = serde_json::from_str(&command(folder, &words, "")).unwrap();
        let text = |name: &str| printed[name].as_str().unwrap().to_owned();
        Self {
            helpdesk,
            id: WorkspaceId::new(text("id")),
            secret: Secret::new(text("secret")),
        }
    }

    /// Its id and its secret.
    pub fn key(&self) -> (&WorkspaceId, &str) {
        (&self.id, self.secret.reveal())
    }

    /// So many requests, each signed for itself, going round the customers.
    pub fn requests(&self, host: SocketAddr, count: usize) -> Requests {
        Arc::new(
            (0..count)
                .map(|number| self.request(host, number).into_bytes())
                .collect(),
        )
    }

    fn request(&self, host: SocketAddr, number: usize) -> String {
        let (email, customer) = (
            crowd::email(number % CUSTOMERS),
            crowd::id(number % CUSTOMERS),
        );
        let path = format!("/ask/{}/{}", self.helpdesk, self.id);
        let now = Clock::system().now();
        match self.helpdesk {
            "embed" => {
                let expires =
                    (now.timestamp() + 600 + (number / CUSTOMERS % 2_900) as i64).to_string();
                let parameters = [("v", "1"), ("email", &email), ("expires", &expires)];
                let query = signed_query(&self.secret, &self.id, &parameters);
                format!("GET {path}?{query} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\n\r\n")
            }
            "json" => {
                let body = json!({ "emails": [email] }).to_string();
                let secret = self.secret.reveal();
                post(
                    &path,
                    host,
                    &[("authorization", format!("Bearer {secret}"))],
                    &body,
                )
            }
            _ => {
                let query = json!({
                    "emails": [email], "externalCustomerId": format!("acme-usa:{customer}"),
                    "id": "q0ZxT0a2QJ6n3m5o8s1u4w", "name": "Customer Number",
                });
                let body = json!({ "lookupLevel": "DETAILED", "query": query, "uniqueMatchRequired": true });
                let body = body.to_string();
                let headers = sign(&self.secret, &path, body.as_bytes(), &random_hex(11), now);
                post(&path, host, &headers, &body)
            }
        }
    }
}

fn post(path: &str, host: SocketAddr, headers: &[(&str, String)], body: &str) -> String {
    let head: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let length = body.len();
    format!("POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n{head}\r\n{body}")
}
