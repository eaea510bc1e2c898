//! A backfill of a whole shop, with the limits of both simulators on and their clocks moved whenever it waits: how long it
//! would take, how many requests, what it takes in memory; and whether one that is killed again and again makes any object
//! twice. The simulators, and each run, are processes of their own. It fails when a figure is worse than it may be.
//!
//! Memory at the end is compared with memory at a third within one process, which is not killed: one that was begun anew
//! at a third has next to nothing there, and would look as if it grew.
//!
//! ```sh
//! cargo bench --bench backfill
//! SUBSCRIPTIONS=5000 cargo bench --bench backfill
//! ```

#![allow(clippy::unwrap_used, missing_docs)]

#[allow(dead_code)]
#[path = "../tests/it/backfill/depot.rs"]
mod depot;

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sidecard::domain::subscription::Selection;

use depot::{Depot, began, customer_of, external_id, org, people, settle, shop};

/// A process of this program in another part.
struct Part {
    child: Child,
    out: BufReader<ChildStdout>,
    input: ChildStdin,
}

impl Part {
    fn start(part: &str, more: &[(&str, String)]) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .env("PART", part)
            .envs(more.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            out: BufReader::new(child.stdout.take().unwrap()),
            input: child.stdin.take().unwrap(),
            child,
        }
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.out.read_line(&mut line).unwrap();
        (read > 0).then(|| line.trim().to_owned())
    }

    /// What a simulator has seen.
    fn report(&mut self) -> Value {
        writeln!(self.input, "report").unwrap();
        serde_json::from_str(&self.line().unwrap()).unwrap()
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap()
}

fn subscriptions() -> usize {
    std::env::var("SUBSCRIPTIONS").map_or(50_000, |text| text.parse().unwrap())
}

/// Two of a hundred customers are not known in Kustomer.
fn is_known(customer: usize) -> bool {
    !customer.is_multiple_of(50)
}

#[tokio::main]
async fn main() {
    match std::env::var("PART").as_deref() {
        Ok("shop") => be_shop().await,
        Ok("org") => be_org().await,
        Ok("run") => be_run().await,
        _ => lead(),
    }
}

fn lead() {
    let total = subscriptions();
    println!(
        "{total} subscriptions of {} customers\n",
        customer_of(total - 1) + 1
    );
    let mut is_right = true;
    for kills in [0, 3] {
        let folder = tempfile::tempdir().unwrap();
        is_right &= measured(folder.path(), total, kills);
    }
    println!(
        "result  {}",
        if is_right { "all right" } else { "NOT right" }
    );
    assert!(is_right);
}

/// One backfill, killed so many times on its way. Whether all is as it should be.
fn measured(folder: &Path, total: usize, kills: usize) -> bool {
    let at = [("FOLDER", folder.display().to_string())];
    let (mut shop, mut org) = (Part::start("shop", &at), Part::start("org", &at));
    let (recharge, kustomer) = (shop.line().unwrap(), org.line().unwrap());
    let (mut now, mut ended) = (began(), None);
    for attempt in 0..=kills {
        let more = [
            ("FOLDER", folder.display().to_string()),
            ("RECHARGE", recharge.clone()),
            ("KUSTOMER", kustomer.clone()),
            ("NOW", now.to_rfc3339()),
        ];
        let mut run = Part::start("run", &more);
        let enough = total * (attempt + 1) / (kills + 1);
        let mut next = 0;
        while let Some(line) = run.line() {
            let said: Value = serde_json::from_str(&line).unwrap();
            now = said["now"]
                .as_str()
                .unwrap()
                .parse::<DateTime<Utc>>()
                .unwrap();
            let done = said["done"].as_u64().unwrap_or_default();
            if done >= next {
                println!(
                    "  {done} of {total} after {} min, simulated",
                    (now - began()).num_minutes()
                );
                next = done + total as u64 / 10;
            }
            if said["ended"] == true {
                ended = Some(said);
            } else if attempt < kills && done >= enough as u64 {
                run.child.kill().unwrap();
                break;
            }
        }
        // Long enough for the lease of one that was killed, as it is for a person.
        now += chrono::TimeDelta::seconds(40);
    }
    let ended = ended.unwrap();
    let (there, here) = (shop.report(), org.report());
    let known = (0..total).filter(|n| is_known(customer_of(*n))).count();
    let third = ended["third"].as_f64().unwrap();
    let end = ended["peak"].as_f64().unwrap();
    let memory = if kills == 0 {
        format!(
            "{:.1} MB, at a third {:.1} MB: {:.2} x",
            end / 1_000.0,
            third / 1_000.0,
            end / third
        )
    } else {
        format!("{:.1} MB, of the last process", end / 1_000.0)
    };
    println!("killed {kills} times");
    for (what, value) in [
        (
            "simulated time",
            format!("{} min", (now - began()).num_minutes()),
        ),
        ("requests to Recharge", there["requests"].to_string()),
        ("  of them 429", there["refused"].to_string()),
        ("requests to Kustomer", here["requests"].to_string()),
        ("  of them 429", here["refused"].to_string()),
        ("objects", format!("{} of {known}", here["objects"])),
        ("  of them twice", here["twice"].to_string()),
        ("counts", ended["counts"].to_string()),
        ("peak memory at the end", memory),
    ] {
        println!("  {what:<24} {value}");
    }
    println!();
    let is_steady = kills > 0 || end <= 1.1 * third;
    is_steady
        && there["refused"] == 0
        && here["refused"] == 0
        && here["objects"] == known
        && here["twice"] == 0
}

/// Answers what is asked on standard input, until it is closed.
fn answer(report: impl Fn() -> Value) {
    for line in std::io::stdin().lines() {
        if line.unwrap() == "report" {
            println!("{}", report());
        }
    }
}

async fn be_shop() {
    let shop = shop(subscriptions()).await;
    println!("{}", shop.base_url());
    answer(|| {
        let requests = shop.requests();
        let refused = requests.iter().filter(|r| r.status == Some(429)).count();
        json!({"requests": requests.len(), "refused": refused})
    });
}

async fn be_org() {
    let total = subscriptions();
    let org = org(people(customer_of(total - 1) + 1, is_known)).await;
    let folder = variable("FOLDER");
    settle(folder.as_ref(), &org).await;
    org.forget_requests();
    println!("{}", org.base_url());
    answer(|| {
        let requests = org.requests();
        let refused = requests.iter().filter(|r| r.status == Some(429)).count();
        let there = (0..total).map(external_id);
        let klass = format!(
            "sidecard_{}-subscription",
            sidecard::simulator::kustomer::Options::default().org_id
        );
        let objects = org.kobjects(&klass);
        let ids: HashSet<&str> = objects
            .iter()
            .filter_map(|object| object["attributes"]["externalId"].as_str())
            .collect();
        let known = there.filter(|id| ids.contains(id.as_str())).count();
        json!({"requests": requests.len(), "refused": refused, "objects": known, "twice": objects.len() - ids.len()})
    });
}

/// A run, begun or gone on with. It says how far it is.
async fn be_run() {
    let now = variable("NOW").parse::<DateTime<Utc>>().unwrap();
    let folder = variable("FOLDER");
    let (recharge, kustomer) = (variable("RECHARGE"), variable("KUSTOMER"));
    let depot = Depot::over(folder.as_ref(), &recharge, &kustomer, now).await;
    let backfill = depot.backfill(false).await;
    let total = subscriptions() as u64;
    let mut progress = backfill.progress();
    let all = Selection::default();
    let mut run = match backfill.unfinished(all, None).await.unwrap() {
        Some(run) => run,
        None => {
            let plan = depot.while_counting(backfill.plan(all, None, 150)).await;
            backfill.begin(all, None, &plan.unwrap()).await.unwrap()
        }
    };
    let mut third = 0;
    let watching = async {
        let mut said = 0;
        loop {
            progress.changed().await.unwrap();
            let counts = progress.borrow_and_update().counts;
            // Counted ones are looked at, too, and nothing is written then.
            let done = if counts.made == 0 {
                0
            } else {
                counts.looked_at
            };
            if third == 0 && done * 3 >= total {
                third = peak();
            }
            if done > said {
                said = done;
                println!(
                    "{}",
                    json!({"done": done, "now": depot.clock.now().to_rfc3339()})
                );
            }
        }
    };
    tokio::select! {
        done = depot.while_running(backfill.run(&mut run)) => done.unwrap(),
        () = watching => unreachable!(),
    }
    let counts = run.counts;
    let now = depot.clock.now().to_rfc3339();
    println!(
        "{}",
        json!({"ended": true, "now": now, "third": third.max(1), "peak": peak(), "counts": counts})
    );
}

/// The most that the process has had in memory so far, in kB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.unwrap()
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .unwrap()
}
