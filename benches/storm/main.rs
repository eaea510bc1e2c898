//! A storm of hooks over many customers: out of order, some twice, tied stamps, cancellations that leave `updated_at` behind,
//! reactivations, deletions, moved addresses; while cards are looked at. Then Recharge is off, and no card is older than the
//! last hook that could be decided; then it is on again, and every card is the simulator's truth. It fails if one is not.
//!
//! The service is the program itself, in a process of its own, over a store on the disk; Recharge is the simulator, which
//! changes, signs and sends. Both have the machine's clock.
//!
//! ```sh
//! cargo bench --bench storm
//! EVENTS=10000 CUSTOMERS=500 cargo bench --bench storm
//! ```

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../../tests/it/shop.rs"]
mod shop;
#[path = "../../tests/it/hooks/storm/verdict.rs"]
mod verdict;
#[path = "../../tests/it/hooks/storm/weather.rs"]
mod weather;

mod desk;
mod judged;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::Value;

use self::desk::Desk;
use self::weather::{Shares, Weather};

/// So many look at cards all the time, and how long each rests after a look.
const LOOKERS: usize = 4;
const REST: Duration = Duration::from_millis(10);
/// So many deliveries wait at most: the storm is as fast as they are taken.
const WAITING: usize = 4_000;
/// So long it takes at least until something has happened to everybody.
const CYCLE: Duration = Duration::from_millis(2_500);
/// Nothing happens to a customer twice within a second, but where that is planted: stamps are whole seconds.
const APART: Duration = Duration::from_secs(1);
/// Of a thousand customers.
const SHARES: Shares = Shares {
    ties: 10,
    reversed: 3,
    deletions: 3,
    gone: 2,
    movers: 50,
};

fn number(variable: &str, usual: usize) -> usize {
    std::env::var(variable).map_or(usual, |text| text.parse().unwrap())
}

#[tokio::main]
async fn main() {
    let (events, customers) = (number("EVENTS", 100_000), number("CUSTOMERS", 5_000));
    let began = chrono::Utc::now();
    let desk = Desk::open(shop::bodies(customers, began)).await;
    let emails: Vec<String> = (0..customers).map(|n| shop::email(n, 0)).collect();
    desk.each(&emails, |_, card| assert_eq!(card["outcome"], "found"))
        .await;
    // Of what was told before the service began nothing can be known, and clocks may differ by half a minute.
    tokio::time::sleep(Duration::from_secs(35)).await;
    println!(
        "{customers} customers, each with {} subscriptions\n",
        shop::EACH
    );

    let emails = Arc::new(Mutex::new(emails));
    let stop = Arc::new(AtomicBool::new(false));
    let looks = Arc::new(AtomicU64::new(0));
    let lookers: Vec<_> = (0..LOOKERS)
        .map(|_| {
            tokio::spawn(look(
                desk.clone(),
                Arc::clone(&emails),
                Arc::clone(&stop),
                Arc::clone(&looks),
            ))
        })
        .collect();
    let mut weather = Weather::new(1, customers, SHARES);
    let start = Instant::now();
    storm(&desk, &mut weather, &emails, events).await;
    desk.recharge.set_hooks(desk::hooks(0, 0));
    desk.settled().await;
    let took = start.elapsed();
    stop.store(true, Ordering::Relaxed);
    join_all(lookers).await;
    let tally = desk.recharge.tally();
    println!(
        "hooks delivered           {}, {} of them twice",
        tally.made, tally.duplicates
    );
    println!(
        "applied                   {:.0} a second",
        tally.made as f64 / took.as_secs_f64()
    );
    println!(
        "looks meanwhile           {:.0} a second",
        looks.load(Ordering::Relaxed) as f64 / took.as_secs_f64()
    );
    println!("the service's peak memory {} MB", desk.peak() / 1_000_000);

    // All is seen before anything is found wanting.
    desk.recharge.set_faults("server-error=1".parse().unwrap());
    let without = judged::without_recharge(&desk, &weather).await;
    desk.recharge.set_faults("".parse().unwrap());
    // Failures are remembered for three seconds, and a circuit is tried again within five.
    tokio::time::sleep(Duration::from_secs(8)).await;
    // Who asks first tries it for everybody.
    if let Some(email) = &without.marked {
        desk.card(email).await;
    }
    let with = judged::with_recharge(&desk, &weather).await;
    desk.close().await;
    assert_eq!(tally.accepted, tally.made, "{tally:?}");
    assert!(without.wrong.is_empty(), "{:#?}", without.wrong);
    assert!(with.is_empty(), "{with:#?}");
    assert!(
        without.marked_untied <= 1.0,
        "too many are marked: {:.2} of 100",
        without.marked_untied
    );
}

async fn look(
    desk: Desk,
    emails: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
    looks: Arc<AtomicU64>,
) {
    while !stop.load(Ordering::Relaxed) {
        let email = {
            let emails = emails.lock().unwrap();
            emails[fastrand::usize(..emails.len())].clone()
        };
        desk.card(&email).await;
        looks.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(REST).await;
    }
}

/// Changes everybody, one after the other and again, until so many hooks are made.
async fn storm(desk: &Desk, weather: &mut Weather, emails: &Mutex<Vec<String>>, events: usize) {
    let customers = weather.victims.len();
    let mut struck: Vec<Option<Instant>> = vec![None; customers];
    for cycle in 1.. {
        let is_last = desk.recharge.tally().made >= events as u64;
        desk.recharge
            .set_hooks(desk::hooks(cycle, (cycle * 7) % 13));
        let start = Instant::now();
        for (n, struck) in struck.iter_mut().enumerate() {
            let rest = struck.and_then(|at| APART.checked_sub(at.elapsed()));
            if let Some(rest) = rest {
                tokio::time::sleep(rest).await;
            }
            weather.strike(&desk.recharge, chrono::Utc::now(), n, is_last);
            *struck = Some(Instant::now());
            emails.lock().unwrap()[n] = weather.victims[n].email();
            let pace = CYCLE.mul_f64(n as f64 / customers as f64);
            while desk.recharge.deliveries_waiting() > WAITING {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            if let Some(early) = pace.checked_sub(start.elapsed()) {
                tokio::time::sleep(early).await;
            }
        }
        if is_last {
            return;
        }
    }
}

/// A card, of an answer.
pub fn first(answer: &mut Value) -> Value {
    answer["accounts"][0].take()
}
