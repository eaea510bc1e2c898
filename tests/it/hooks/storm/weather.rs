//! What happens to the customers in a storm: drawn by chance from a seed, and done at the simulator, which sends the hooks.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sidecard::simulator::recharge::Running;

use crate::shop::{self, EACH};

/// What is planted in some customers' way, beside what happens to all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Planted {
    /// Nothing: whatever hooks say of them can be decided.
    Nothing,
    /// Two changes of one subscription within one second: the stamps are tied.
    Ties,
    /// Cancellations that leave `updated_at` behind.
    Reversed,
    /// Subscriptions come and are deleted, and all are cancelled, which deletes the charge to come: hooks with nothing but an
    /// id.
    Deletions,
    /// In the end they are deleted themselves.
    Gone,
}

/// How many customers of a thousand have what planted; the others have nothing.
#[derive(Debug, Clone, Copy)]
pub struct Shares {
    pub ties: u64,
    pub reversed: u64,
    pub deletions: u64,
    pub gone: u64,
    /// How many of a thousand, among those who have nothing planted, move to another address now and then.
    pub movers: u64,
}

/// One customer, as far as the storm has to know.
pub struct Victim {
    pub n: usize,
    pub planted: Planted,
    /// How often they have moved to another address.
    pub moves: u32,
    /// Whether they are deleted.
    pub is_gone: bool,
    moves_at_all: bool,
    active: [bool; EACH as usize],
    made: Vec<i64>,
}

/// The storm.
pub struct Weather {
    chance: fastrand::Rng,
    pub victims: Vec<Victim>,
}

impl Weather {
    pub fn new(seed: u64, customers: usize, shares: Shares) -> Self {
        let mut chance = fastrand::Rng::with_seed(seed);
        let bounds = [
            (shares.ties, Planted::Ties),
            (shares.reversed, Planted::Reversed),
            (shares.deletions, Planted::Deletions),
            (shares.gone, Planted::Gone),
        ];
        // By number and not by chance, so that few customers have something of everything.
        let planted = |n: usize| {
            let mut at = (n as u64 * 1_000 / customers as u64 * 7) % 1_000;
            for (share, planted) in bounds {
                if at < share {
                    return planted;
                }
                at -= share;
            }
            Planted::Nothing
        };
        let victims = (0..customers).map(|n| Victim {
            n,
            planted: planted(n),
            moves: 0,
            is_gone: false,
            moves_at_all: chance.u64(0..1_000) < shares.movers,
            active: [true; EACH as usize],
            made: Vec::new(),
        });
        let victims = victims.collect();
        Self { chance, victims }
    }

    /// Something happens to customer number `n`, in one second of the simulator's. `is_last`: nothing will any more.
    pub fn strike(&mut self, recharge: &Running, now: DateTime<Utc>, n: usize, is_last: bool) {
        let (chance, victim) = (&mut self.chance, &mut self.victims[n]);
        if victim.is_gone {
            return;
        }
        let is_planted = victim.planted != Planted::Nothing && chance.u8(0..3) == 0;
        match victim.planted {
            Planted::Gone if is_last => victim.goes(recharge),
            Planted::Ties if is_planted || is_last => {
                victim.changes(recharge, chance);
                victim.changes(recharge, chance);
            }
            Planted::Reversed if is_planted => victim.is_cancelled_in_reverse(recharge, now),
            Planted::Deletions if is_planted => victim.comes_and_goes(recharge, chance),
            _ => victim.is_struck(recharge, chance),
        }
    }
}

impl Victim {
    pub fn id(&self) -> i64 {
        shop::customer(self.n)
    }

    pub fn email(&self) -> String {
        shop::email(self.n, self.moves)
    }

    fn is_struck(&mut self, recharge: &Running, chance: &mut fastrand::Rng) {
        match chance.u8(0..20) {
            0..11 => self.changes(recharge, chance),
            11..16 => self.is_cancelled_or_comes_back(recharge, chance),
            // Who comes back after a payment comes back to a box of their own, which goes again with the next cancellation.
            16 if self.active.iter().all(|active| *active) => self.pays(recharge),
            17 | 18 if self.moves_at_all => {
                self.moves += 1;
                let body = json!({ "email": self.email() });
                self.acts(recharge, "PUT", &format!("/customers/{}", self.id()), body);
            }
            _ => {
                let body = json!({ "first_name": format!("Name{}", chance.u32(..)) });
                self.acts(recharge, "PUT", &format!("/customers/{}", self.id()), body);
            }
        }
    }

    /// The first of their subscriptions is never cancelled here: something stays in the box.
    fn changes(&mut self, recharge: &Running, chance: &mut fastrand::Rng) {
        let id = shop::subscription(self.n, 0);
        let body = match chance.u8(0..4) {
            0 => json!({ "price": format!("{}.{:02}", chance.u8(5..90), chance.u8(0..100)) }),
            1 => json!({
                "external_variant_id": {"ecommerce": chance.u32(..).to_string()},
                "variant_title": format!("{} oz", chance.u32(1..1_000)),
            }),
            _ => json!({ "quantity": chance.u32(1..1_000_000) }),
        };
        let is_there = self.active[0];
        let path = format!("/subscriptions/{id}");
        if is_there {
            self.acts(recharge, "PUT", &path, body);
        }
    }

    fn is_cancelled_or_comes_back(&mut self, recharge: &Running, chance: &mut fastrand::Rng) {
        let which = chance.usize(1..EACH as usize);
        self.turn(recharge, which);
    }

    fn turn(&mut self, recharge: &Running, which: usize) {
        let path = format!(
            "/subscriptions/{}",
            shop::subscription(self.n, which as i64)
        );
        let verb = if self.active[which] {
            "cancel"
        } else {
            "activate"
        };
        let body = json!({ "cancellation_reason": "The storm" });
        self.acts(recharge, "POST", &format!("{path}/{verb}"), body);
        self.active[which] = !self.active[which];
    }

    fn pays(&mut self, recharge: &Running) {
        let truth = recharge.truth(self.id());
        let queued = truth["charges"].as_array().unwrap().iter();
        let queued = queued.filter(|charge| charge["status"] == "queued");
        if let Some(charge) = queued.min_by_key(|charge| charge["id"].as_i64()) {
            let path = format!("/charges/{}/process", charge["id"]);
            self.acts(recharge, "POST", &path, json!({}));
        }
    }

    /// As Recharge has been seen to do it: `cancelled_at` is now, and `updated_at` stays what it was.
    fn is_cancelled_in_reverse(&mut self, recharge: &Running, now: DateTime<Utc>) {
        let id = shop::subscription(self.n, 1);
        let truth = recharge.truth(self.id());
        let mut rows = truth["subscriptions"].as_array().unwrap().iter();
        let row = rows.find(|row| row["id"] == id).unwrap();
        if row["status"] == "cancelled" {
            return self.turn(recharge, 1);
        }
        let now = now.format("%Y-%m-%dT%H:%M:%S+00:00").to_string();
        let cancelled = json!({
            "status": "cancelled", "cancelled_at": now, "updated_at": row["updated_at"],
            "cancellation_reason": "The storm, in reverse", "next_charge_scheduled_at": null,
            "has_queued_charges": false,
        });
        recharge.patch("subscriptions", id, cancelled);
        self.active[1] = false;
    }

    /// Something new is made; what was made before is deleted; and all that is active is cancelled and comes back.
    fn comes_and_goes(&mut self, recharge: &Running, chance: &mut fastrand::Rng) {
        match chance.u8(0..4) {
            0 | 1 => {
                let truth = recharge.truth(self.id());
                let due = &truth["subscriptions"][0]["next_charge_scheduled_at"];
                let body = json!({
                    "address_id": self.id(), "charge_interval_frequency": 30, "order_interval_frequency": 30,
                    "order_interval_unit": "day", "quantity": 1, "next_charge_scheduled_at": due,
                    "external_variant_id": {"ecommerce": "43510000000009"}, "price": "9.00", "product_title": "Guest",
                });
                if due.is_string() {
                    let made = self.acts(recharge, "POST", "/subscriptions", body);
                    self.made.push(made["subscription"]["id"].as_i64().unwrap());
                }
            }
            2 => {
                if let Some(id) = self.made.pop() {
                    self.acts(
                        recharge,
                        "DELETE",
                        &format!("/subscriptions/{id}"),
                        json!({}),
                    );
                }
            }
            _ => (0..EACH as usize).for_each(|which| self.turn(recharge, which)),
        }
    }

    fn goes(&mut self, recharge: &Running) {
        self.acts(
            recharge,
            "DELETE",
            &format!("/customers/{}", self.id()),
            json!({}),
        );
        self.is_gone = true;
    }

    fn acts(&self, recharge: &Running, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = recharge.act(method, path, body.clone());
        assert!(
            (200..300).contains(&status),
            "{method} {path} {body}: {status} {answer}"
        );
        answer
    }
}
