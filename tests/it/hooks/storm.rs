//! A storm of hooks: out of order, some twice, while cards are looked at. Then no card is older than what was told of it.

mod verdict;
mod weather;

use std::time::Duration;

use serde_json::Value;
use sidecard::simulator::recharge::{Data, DateMoves, Now, Options};

use self::weather::{Planted, Shares, Victim, Weather};
use super::outside::Outside;
use super::{Desk, SECRET, broken, until};
use crate::house::{TOKEN, as_of, minutes};
use crate::shop;

const CUSTOMERS: usize = 30;
/// Seconds of the storm, in each of which something happens to every customer.
const SECONDS: usize = 16;
const SHARES: Shares = Shares {
    ties: 100,
    reversed: 100,
    deletions: 150,
    gone: 50,
    movers: 200,
};

/// What became of the cards while Recharge could not be asked.
#[derive(Debug, Default)]
struct Seen {
    clean: usize,
    /// Marked, though whatever was told of them could be decided.
    dirty: Vec<usize>,
    /// Marked, as had to be expected.
    doubted: usize,
    /// Nobody has asked for their new address yet.
    unknown: usize,
}

async fn calm(seed: u64) -> (Desk, Outside, Weather) {
    let options = Options {
        now: Now::Fixed(as_of()),
        bucket: 1_000_000,
        data: Data::Bodies(shop::bodies(CUSTOMERS, as_of())),
        // Every change has a stamp of its own, so that every event can be ordered and no card needs another read.
        date_moves: DateMoves::Stamped,
        ..Options::default()
    };
    let mut desk = Desk::with(options, &["acme-usa"]).await;
    // Only events change cards here, and not time.
    desk.more = String::from("[cache]\nfresh = \"1h\"\nrevalidate = \"2h\"\n");
    let outside = Outside::closed().await;
    desk.public_url = outside.url.clone();
    let secret = format!("{SECRET}-acme-usa");
    desk.recharge.set_client_secret(TOKEN, &secret);
    desk.serve_at(&outside).await;
    desk.registered().await;
    let weather = Weather::new(seed, CUSTOMERS, SHARES);
    for victim in &weather.victims {
        let (card, _) = desk.card(&victim.email()).await;
        assert_eq!(verdict::difference(&card, &desk.truth(victim)), None);
    }
    // Of what was told before the service began nothing can be known; clocks differ by half a minute.
    desk.later(minutes(1));
    (desk, outside, weather)
}

impl Desk {
    fn truth(&self, of: &Victim) -> Value {
        self.recharge.truth(of.id())
    }

    /// A second of the storm: its hooks go out late or at once, and some twice.
    async fn storms(&self, weather: &mut Weather, second: usize) {
        self.later(Duration::from_secs(1));
        let late = (second * 7) % 13;
        let hooks = format!("reorder=0.5,duplicate=0.1,delay=0.4:{late}s,seed={second}");
        self.recharge.set_hooks(hooks.parse().unwrap());
        for n in 0..CUSTOMERS {
            weather.strike(&self.recharge, self.clock.now(), n, second + 1 == SECONDS);
            if n % 8 == second % 8 {
                self.accounts(&weather.victims[n].email()).await;
            }
        }
        self.recharge.delivered().await;
    }

    /// All that was delayed comes, and is applied.
    async fn settles(&self) {
        self.later(Duration::from_secs(15));
        self.recharge.delivered().await;
        self.applied("acme-usa").await;
        // Who is told to be gone is asked for behind everything else.
        until("everything is decided or done", async || {
            self.store.inbox_depth().await.unwrap() == 0
        })
        .await;
    }

    async fn seen_without_recharge(&self, weather: &Weather) -> Seen {
        let mut seen = Seen::default();
        for victim in &weather.victims {
            let (card, _) = self.card(&victim.email()).await;
            let truth = self.truth(victim);
            match (card["outcome"].as_str().unwrap(), card["stale"] == true) {
                ("found", false) => {
                    let difference = verdict::difference(&card, &truth);
                    assert_eq!(difference, None, "{:?} {}", victim.planted, victim.n);
                    seen.clean += 1;
                }
                ("found", true) => {
                    assert!(!victim.is_gone, "{}", victim.n);
                    let older = verdict::older(&card, &truth);
                    assert_eq!(older, None, "{:?} {}", victim.planted, victim.n);
                    match victim.planted {
                        Planted::Nothing => seen.dirty.push(victim.n),
                        _ => seen.doubted += 1,
                    }
                }
                (outcome, _) => {
                    assert_eq!(outcome, "unavailable");
                    assert!(victim.is_gone || victim.moves > 0, "{}", victim.n);
                    seen.unknown += 1;
                }
            }
        }
        seen
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_storm_no_card_is_older_than_what_was_told_of_it() {
    let (desk, _outside, mut weather) = calm(1).await;
    for second in 0..SECONDS {
        desk.storms(&mut weather, second).await;
    }
    desk.settles().await;
    let tally = desk.recharge.tally();
    assert!(
        tally.duplicates * 20 > tally.made && tally.accepted == tally.made,
        "{tally:?}"
    );

    desk.recharge.set_faults(broken());
    let seen = desk.seen_without_recharge(&weather).await;
    // A subscription that an event changed and that no charge to come names is read again, though nothing was missed.
    assert!(seen.dirty.len() <= 1, "{seen:?}");
    assert!(seen.clean > CUSTOMERS / 3, "{seen:?}");

    desk.recharge.set_faults("".parse().unwrap());
    desk.later(minutes(2));
    for victim in &weather.victims {
        let (card, _) = desk.card(&victim.email()).await;
        if victim.is_gone {
            assert_eq!(card["outcome"], "not_found");
        } else {
            let difference = verdict::difference(&card, &desk.truth(victim));
            assert_eq!(difference, None, "{:?} {}", victim.planted, victim.n);
        }
    }
}
