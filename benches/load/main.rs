//! Sidecard under load, and when Recharge does not hold: starts a Recharge and the service for each row, and prints one table
//! of what was measured, what was asked for, and whether it was met. Loopback only; it stops by itself.
//!
//! ```sh
//! cargo bench --bench load                     # all rows but the soak, and that one a minute long
//! cargo bench --bench load -- --quick          # smaller crowds, shorter times
//! cargo bench --bench load -- outage soak      # these rows; the soak takes ten minutes
//! ```
//!
//! Where a row says *moved*, the clocks of Recharge and of the service are moved from here: ten minutes pass in some
//! seconds, and a wait is counted by those clocks. Everything else is real time on this machine, and depends on it.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod agents;
mod child;
mod installed;
#[allow(dead_code)]
#[path = "../lookups.rs"]
mod lookups;
mod rows;
mod seen;
mod shop;
mod stage;
mod table;
#[allow(dead_code)]
#[path = "../warm/main.rs"]
mod warm;

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use table::Line;

/// Beside what was counted by the moved clocks.
pub const MOVED: &str = "(moved)";

/// How much of everything.
pub struct Scale {
    /// Whom the agents look at.
    pub customers: usize,
    /// How long the agents work.
    pub agents: Duration,
    /// How long Recharge is gone.
    pub outage: Duration,
    /// How long each fault strikes, in real time.
    pub fault: Duration,
    /// How long the soak takes, in real time.
    pub soak: Duration,
    /// Cases of any input, of each kind.
    pub cases: u32,
}

impl Scale {
    const WHOLE: Self = Self {
        customers: 20_000,
        agents: Duration::from_secs(600),
        outage: Duration::from_secs(600),
        fault: Duration::from_secs(6),
        soak: Duration::from_secs(600),
        cases: 1_000_000,
    };

    const QUICK: Self = Self {
        customers: 2_000,
        agents: Duration::from_secs(180),
        outage: Duration::from_secs(120),
        fault: Duration::from_secs(2),
        soak: Duration::from_secs(60),
        cases: 20_000,
    };

    /// The agents' work, in words.
    pub fn crowd(&self) -> String {
        format!(
            "{} customers in {} s {MOVED}",
            self.customers,
            self.agents.as_secs()
        )
    }
}

type Running<'a> = Pin<Box<dyn Future<Output = Vec<Line>> + 'a>>;

/// A row: the word that names it, and how it is measured.
struct Row {
    name: &'static str,
    run: fn(&Scale) -> Running<'_>,
}

macro_rules! row {
    ($name:literal, $run:path) => {
        Row {
            name: $name,
            run: |scale| Box::pin($run(scale)),
        }
    };
}

const ROWS: [Row; 10] = [
    row!("warm", rows::measured::warm),
    row!("one-email", rows::one_email::row),
    row!("agents", rows::agents::warm),
    row!("empty", rows::agents::empty),
    row!("cold", rows::measured::lookups),
    row!("outage", rows::outage::row),
    row!("faults", rows::faults::row),
    row!("soak", rows::soak::row),
    row!("shares", rows::shares::row),
    row!("input", rows::any_input::row),
];

fn main() {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some(child::ROLE) => return child::run(&arguments[1..]),
        // A child of the warm row.
        Some("static") => return warm::main(),
        _ => {}
    }
    // What cargo says to every bench.
    arguments.retain(|argument| argument != "--bench");
    let is_quick = arguments.iter().any(|argument| argument == "--quick");
    arguments.retain(|argument| argument != "--quick");
    let known = |name: &String| ROWS.iter().any(|row| row.name == name);
    if let Some(unknown) = arguments.iter().find(|name| !known(name)) {
        let names: Vec<_> = ROWS.iter().map(|row| row.name).collect();
        eprintln!(
            "error: no such row: `{unknown}`\n  hint: write `--quick`, or some of: {}",
            names.join(", ")
        );
        std::process::exit(2);
    }
    let mut scale = if is_quick { Scale::QUICK } else { Scale::WHOLE };
    if arguments.is_empty() {
        // Ten minutes of real time are for who asks for them.
        scale.soak = Scale::QUICK.soak;
    }
    let _ = rustls::crypto::ring::default_provider().install_default();
    let began = Instant::now();
    let mut lines = Vec::new();
    for row in ROWS {
        if arguments.is_empty() || arguments.iter().any(|name| name == row.name) {
            // Each on a runtime of its own, so that what one leaves behind ends with it. One that breaks down has not met
            // anything, and costs no other.
            let run = || {
                let runtime = tokio::runtime::Runtime::new().unwrap();
                runtime.block_on((row.run)(&scale))
            };
            let broken = |_| vec![Line::new(row.name, "broke down, as said above", "", false)];
            let came = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run));
            lines.extend(came.unwrap_or_else(broken));
        }
    }
    println!();
    table::print(&lines);
    println!(
        "{:.0} s on {} cores",
        began.elapsed().as_secs_f64(),
        cores()
    );
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
