//! The service in a process of its own, with a clock that is moved from here: so ten minutes pass in some seconds, and a kill
//! is a real one. Both sides are this program; the child is made of the parts that `sidecard serve` is made of, over SQLite.
//!
//! The clock is moved by lines on its standard input, one instant each, in microseconds; for each it says how things stand.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use chrono::{DateTime, Utc};
use sidecard::app::App;
use sidecard::clock::Clock;
use sidecard::config::Config;
use sidecard::store::{KeyRing, Store};

/// The word by which this program learns that it is the child.
pub const ROLE: &str = "moved-service";

pub const KEYS: &str = "bench 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// The store of a folder.
pub fn url(folder: &Path) -> String {
    format!("sqlite://{}", folder.join("sidecard.db").display())
}

/// Runs as the child, until its standard input ends.
#[tokio::main]
pub async fn run(arguments: &[String]) {
    let [folder, listen, now, recharge] = arguments else {
        panic!("folder, address, time, Recharge");
    };
    let _ = rustls::crypto::ring::default_provider().install_default();
    let toml = format!(
        "[server]\nlisten = \"{listen}\"\nops_listen = \"\"\n[recharge]\nbase_url = \"{recharge}\"\n\
         [log]\nlevel = \"info\"\nformat = \"json\"\n"
    );
    let config = Config::parse(&toml, &BTreeMap::new()).unwrap();
    sidecard::telemetry::start(&config.log);
    let clock = Clock::fixed(instant(now));
    let keys = KeyRing::parse(KEYS, "bench.keys").unwrap();
    let store = Store::open(&url(Path::new(folder)), keys, clock.now())
        .await
        .unwrap();
    let app = App::without_admin(&config, &clock, &store).await.unwrap();
    let lookups = app.lookups().clone();
    tokio::spawn(app.run(std::future::pending()));
    // Reading blocks, and so has a thread of its own; it ends the process when nobody moves the clock any more.
    let moved = tokio::task::spawn_blocking(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            let by = instant(&line) - clock.now();
            clock.advance(by.to_std().unwrap_or_default());
            println!(
                "{} {} {} {}",
                lookups.waiting(),
                lookups.fetching(),
                lookups.paused(),
                lookups.open_circuits().len()
            );
        }
    });
    moved.await.unwrap();
    std::process::exit(0);
}

fn instant(micros: &str) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros.trim().parse().unwrap()).unwrap()
}

/// How things stand with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Callers who wait for flights.
    pub waiting: usize,
    /// Flights under way.
    pub flying: usize,
    /// What waits for time to pass: in line, or before another try.
    pub paused: usize,
    /// Circuits that are open.
    pub open: usize,
}

/// The child, from its parent's side. Ends when it is dropped.
pub struct Service {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Service {
    pub fn start(folder: &Path, address: SocketAddr, now: DateTime<Utc>, recharge: &str) -> Self {
        let log = File::options()
            .create(true)
            .append(true)
            .open(folder.join("log"))
            .unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([ROLE, folder.to_str().unwrap()])
            .args([&address.to_string(), &now.timestamp_micros().to_string()])
            .arg(recharge)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let (orders, answers) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let service = Self {
            child,
            orders,
            answers: BufReader::new(answers),
        };
        while std::net::TcpStream::connect(address).is_err() {
            std::thread::sleep(Duration::from_millis(20));
        }
        service
    }

    /// Moves its clock to an instant, or looks without moving it.
    pub fn moved_to(&mut self, now: DateTime<Utc>) -> Standing {
        writeln!(self.orders, "{}", now.timestamp_micros()).unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        let numbers: Vec<usize> = line.split(' ').map(|n| n.trim().parse().unwrap()).collect();
        let [waiting, flying, paused, open] = numbers[..] else {
            panic!("{line}");
        };
        Standing {
            waiting,
            flying,
            paused,
            open,
        }
    }

    /// Ends it as `kill -9` does.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}
