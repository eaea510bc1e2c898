//! From a change at Recharge to the object in Kustomer, both simulated, everything on this machine:
//!
//! 1. with its own clock, one change after the other: how long, and how many calls
//! 2. with a clock that is moved, 10,000 changes while 5 of 100 calls fail: whether all end right
//!
//! ```sh
//! cargo bench --bench push
//! CHANGES=500 ROUNDS=10 cargo bench --bench push
//! ```
//!
//! It fails when an object is wrong or there twice, or when a part takes longer than 30 minutes.

#![allow(clippy::unwrap_used, missing_docs)]

#[allow(dead_code)]
#[path = "../../tests/it/backfill/depot.rs"]
mod depot;
mod desk;

use std::collections::BTreeMap;
use std::future::Future;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sidecard::clock::Clock;
use sidecard::simulator::{kustomer, recharge};

use depot::{bodies, customer_of, people};
use desk::Desk;

const SUBSCRIPTION: u64 = 585_000_001;
/// Of 400 customers.
const SUBSCRIPTIONS: usize = 600;
/// Changes at a time, each of another subscription.
const AT_A_TIME: u64 = 25;
/// When so many objects wait to be told, the next changes wait, too: else several changes of one would be told as one.
const WAITING: u64 = 100;
/// What fails: refused, done or not done without an answer, never answered.
const FAULTS: &str = "429=0.02,500=0.02,lost=0.007,silent=0.003";
/// No part takes longer than this.
const LONGEST: Duration = Duration::from_secs(30 * 60);

fn number(name: &str, else_this: u64) -> u64 {
    std::env::var(name).map_or(else_this, |text| text.parse().unwrap())
}

#[tokio::main]
async fn main() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    within(latency()).await;
    within(faults()).await;
}

/// Ends the program when a part does not come to its end.
async fn within(part: impl Future<Output = ()>) {
    let ended = tokio::time::timeout(LONGEST, part).await;
    assert!(ended.is_ok(), "not done after {} s", LONGEST.as_secs());
}

async fn latency() {
    let rounds = number("ROUNDS", 60);
    println!("1. from the change at Recharge to the object in Kustomer\n");
    let desk = Desk::open(
        Clock::system(),
        recharge::Options::default().data,
        kustomer::Options::default(),
        "30",
    )
    .await;
    desk.until_hooked().await;
    desk.ask("kim@acme.example").await;
    while desk.quantity(SUBSCRIPTION).is_none() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    desk.until_empty().await;
    desk.kustomer.forget_requests();
    desk.recharge.forget_requests();
    let mut times = Vec::new();
    let mut quantity = desk.quantity(SUBSCRIPTION).unwrap();
    for _ in 0..rounds {
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
    println!("changes            {rounds}");
    println!("median             {:.1} ms", at(0.5));
    println!("95 of 100 within   {:.1} ms", at(0.95));
    println!("longest            {:.1} ms", at(1.0));
    println!("calls per change   {:.2}", calls as f64 / rounds as f64);
    println!("calls to Recharge  {}\n", desk.recharge.requests().len());
}

async fn faults() {
    let changes = number("CHANGES", 10_000);
    println!("2. {changes} changes of {SUBSCRIPTIONS} subscriptions, 5 of 100 calls fail\n");
    let options = kustomer::Options {
        data: kustomer::Data::Text(people(customer_of(SUBSCRIPTIONS - 1) + 1, |_| true)),
        now: kustomer::Now::Fixed(depot::began()),
        limit: 10_000_000,
        object_limit: 10_000_000,
        // What Kustomer does with a second object of the same external id is not established: here it would stand there.
        refuses_duplicates: false,
        ..kustomer::Options::default()
    };
    let clock = Clock::fixed(depot::began());
    let data = recharge::Data::Bodies(shop(SUBSCRIPTIONS));
    let desk = Desk::open(clock, data, options, "90").await;
    let last = tokio::select! {
        last = change_all(&desk, changes) => last,
        () = desk.keep_moving() => unreachable!(),
    };
    sum_up(&desk, &last).await;
}

/// Changes one subscription after the other at Recharge, until all is told. Returns the last quantity of each.
async fn change_all(desk: &Desk, changes: u64) -> BTreeMap<u64, u64> {
    desk.until_hooked().await;
    desk.kustomer.forget_requests();
    desk.kustomer.set_faults(FAULTS.parse().unwrap());
    let (began, mut said) = (Instant::now(), Instant::now());
    let mut last = BTreeMap::new();
    for first in (0..changes).step_by(usize::try_from(AT_A_TIME).unwrap()) {
        for change in first..changes.min(first + AT_A_TIME) {
            let id = 585_000_000 + change * 7 % SUBSCRIPTIONS as u64;
            let quantity = change + 10;
            let members = json!({ "quantity": quantity });
            let which = i64::try_from(id).unwrap();
            desk.recharge.patch("subscriptions", which, members);
            last.insert(id, quantity);
        }
        // Stamps have whole seconds: the next change of the same subscription is in another one.
        desk.move_on(Duration::from_millis(100));
        loop {
            let waiting = desk.waiting().await;
            if said.elapsed() > Duration::from_secs(5) {
                said = Instant::now();
                println!(
                    "  {:>4} s  {} of {changes} changed, {waiting} wait",
                    began.elapsed().as_secs(),
                    first + AT_A_TIME,
                );
            }
            if waiting < WAITING {
                break;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    println!("changed in         {:.1} s", began.elapsed().as_secs_f64());
    desk.until_empty().await;
    println!("told in            {:.1} s", began.elapsed().as_secs_f64());
    last
}

async fn sum_up(desk: &Desk, last: &BTreeMap<u64, u64>) {
    let mut shown: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for object in desk.kustomer.kobjects(&desk.names.klass) {
        let custom = &object["attributes"]["custom"];
        let id = custom["subscriptionStr"].as_str().unwrap().parse().unwrap();
        let quantity = custom["quantityNum"].as_u64().unwrap();
        shown.entry(id).or_default().push(quantity);
    }
    let right = |id: &u64, quantity: u64| shown.get(id).is_some_and(|all| all == &[quantity]);
    let right = last.iter().filter(|(id, q)| right(id, **q)).count();
    let twice = shown.values().filter(|all| all.len() > 1).count();
    let lost = last.keys().filter(|id| !shown.contains_key(id)).count();
    let requests = desk.kustomer.requests();
    let of = |wanted: &[Option<u16>]| {
        requests
            .iter()
            .filter(|r| wanted.contains(&r.status))
            .count()
    };
    let writes = requests.iter().filter(|r| {
        matches!(r.method.as_str(), "PUT" | "POST") && r.status.is_some_and(|s| s < 300)
    });
    let parked = desk.depth().await.parked;
    println!("hooks              {:?}", desk.recharge.tally());
    println!("calls              {}", requests.len());
    println!(
        "  429, 500         {}, {}",
        of(&[Some(429)]),
        of(&[Some(500)])
    );
    println!("  no answer        {}", of(&[None]));
    println!("  written          {}", writes.count());
    println!("subscriptions      {}", last.len());
    println!("right in the end   {right}");
    println!("lost               {lost}");
    println!("there twice        {twice}");
    println!("parked             {parked}");
    let is_right = (right, twice, lost, parked) == (last.len(), 0, 0, 0);
    let word = if is_right { "all right" } else { "NOT right" };
    println!("\nresult             {word}");
    assert!(is_right);
}

/// A shop's bodies, and the tokens of the fixtures. The rows have all the keys that Recharge sends: of one that lacks some the
/// customer is read again.
fn shop(subscriptions: usize) -> Vec<(String, String)> {
    let fixture = |name: &str| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/recharge/");
        std::fs::read_to_string(format!("{folder}{name}")).unwrap()
    };
    let whole: Value = serde_json::from_str(&fixture("subscriptions.json")).unwrap();
    let mut all = bodies(subscriptions);
    for (name, body) in &mut all {
        if name == "subscriptions.json" {
            let mut rows: Value = serde_json::from_str(body).unwrap();
            for row in rows["subscriptions"].as_array_mut().unwrap() {
                let mut full = whole["subscriptions"][0].clone();
                full.as_object_mut()
                    .unwrap()
                    .append(row.as_object_mut().unwrap());
                *row = full;
            }
            *body = rows.to_string();
        }
    }
    all.push(("tokens.json".to_owned(), fixture("tokens.json")));
    all
}
