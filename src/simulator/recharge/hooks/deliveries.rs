//! The deliveries: which wait, which are on their way, and what became of the others.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::delivery::{ATTEMPTS, Delivery, Fate, LostWebhook, Tally, pause};
use super::mischief::Hooks;
use crate::simulator::recharge::chance::Chance;

/// How many that have ended are remembered; the oldest go first.
const KEPT: usize = 10_000;

/// A delivery with what is sent.
#[derive(Debug)]
pub(in super::super) struct Letter {
    pub(super) delivery: Delivery,
    pub(super) body: Arc<str>,
    rank: u64,
    first: Option<DateTime<Utc>>,
}

impl Letter {
    pub(in super::super) fn webhook(&self) -> i64 {
        self.delivery.webhook
    }
}

/// Who is told, and of what.
#[derive(Debug)]
pub(in super::super) struct Notice<'a> {
    pub(in super::super) webhook: i64,
    pub(in super::super) topic: &'a str,
    pub(in super::super) address: &'a str,
    pub(in super::super) object: i64,
    pub(in super::super) body: Arc<str>,
}

/// When a delivery goes, then its place among those of that time, then its number.
type Place = (DateTime<Utc>, u64, u64);

#[derive(Debug)]
pub(in super::super) struct Deliveries {
    hooks: Hooks,
    chance: Chance,
    waiting: BTreeMap<Place, Letter>,
    sending: BTreeMap<u64, Delivery>,
    ended: VecDeque<Delivery>,
    lost: Vec<LostWebhook>,
    tally: Tally,
    held: bool,
}

impl Deliveries {
    pub(in super::super) fn new(hooks: Hooks) -> Self {
        Self {
            chance: hooks.chance(),
            hooks,
            waiting: BTreeMap::new(),
            sending: BTreeMap::new(),
            ended: VecDeque::new(),
            lost: Vec::new(),
            tally: Tally::default(),
            held: false,
        }
    }

    /// Other mischief from now on, from the beginning of its sequence.
    pub(in super::super) fn set_hooks(&mut self, hooks: Hooks) {
        self.chance = hooks.chance();
        self.hooks = hooks;
    }

    /// How long an address has to answer.
    pub(in super::super) fn timeout(&self) -> Duration {
        self.hooks.timeout
    }

    pub(in super::super) fn hold(&mut self, held: bool) {
        self.held = held;
    }

    /// Makes a delivery. Out of order means behind others that wait with it; while the clock runs, few ever do, and it
    /// goes one to three seconds later, too.
    pub(in super::super) fn make(&mut self, notice: &Notice<'_>, now: DateTime<Utc>, runs: bool) {
        let trick = self.hooks.draw(&mut self.chance);
        let mut due = now + TimeDelta::from_std(trick.delay).unwrap_or_default();
        if runs && trick.back > 0 {
            due += TimeDelta::milliseconds(1_000 + i64::try_from(trick.back * 60).unwrap_or(0));
        }
        self.post(notice, now, due, trick.back, trick.drop);
        if let Some(back) = trick.copy {
            self.tally.duplicates += 1;
            self.post(notice, now, due, back, false);
        }
    }

    fn post(
        &mut self,
        notice: &Notice<'_>,
        now: DateTime<Utc>,
        due: DateTime<Utc>,
        back: u64,
        drop: bool,
    ) {
        self.tally.made += 1;
        let number = self.tally.made;
        let letter = Letter {
            delivery: Delivery {
                number,
                webhook: notice.webhook,
                topic: notice.topic.to_owned(),
                address: notice.address.to_owned(),
                object: notice.object,
                at: now,
                due: Some(due),
                attempts: 0,
                status: None,
                fate: Fate::Waiting,
            },
            body: Arc::clone(&notice.body),
            rank: number + back,
            first: None,
        };
        if drop {
            self.tally.dropped += 1;
            self.end(letter.delivery, Fate::Dropped);
        } else {
            self.wait(letter, due);
        }
    }

    fn wait(&mut self, mut letter: Letter, due: DateTime<Utc>) {
        letter.delivery.due = Some(due);
        letter.delivery.fate = Fate::Waiting;
        let place = (due, letter.rank, letter.delivery.number);
        self.waiting.insert(place, letter);
    }

    /// The next one to send, unless enough are on their way.
    pub(in super::super) fn take(&mut self, now: DateTime<Utc>) -> Option<Letter> {
        let may = !self.held && self.sending.len() < self.hooks.parallel;
        if !may || self.next_due()? > now {
            return None;
        }
        let (_, mut letter) = self.waiting.pop_first()?;
        letter.delivery.fate = Fate::Sending;
        letter.delivery.attempts += 1;
        letter.first.get_or_insert(now);
        self.tally.attempts += 1;
        let delivery = letter.delivery.clone();
        self.sending.insert(delivery.number, delivery);
        Some(letter)
    }

    /// When the next one is due, if none is held.
    pub(in super::super) fn next_due(&self) -> Option<DateTime<Utc>> {
        let (place, _) = self.waiting.first_key_value().filter(|_| !self.held)?;
        Some(place.0)
    }

    /// Notes how an attempt ended; `exists` says whether the webhook is still there. What comes back is a webhook that is
    /// to be deleted, because all its attempts failed.
    pub(in super::super) fn tried(
        &mut self,
        mut letter: Letter,
        status: Option<u16>,
        now: DateTime<Utc>,
        exists: bool,
    ) -> Option<i64> {
        self.sending.remove(&letter.delivery.number);
        letter.delivery.status = status;
        let failed = status.is_none_or(|status| matches!(status, 408 | 429 | 500..));
        if !failed {
            self.tally.answered += 1;
            self.tally.accepted +=
                u64::from(status.is_some_and(|status| (200..300).contains(&status)));
            self.end(letter.delivery, Fate::Answered);
            return None;
        }
        let attempts = letter.delivery.attempts;
        if !exists || attempts >= ATTEMPTS {
            let webhook = letter.delivery.webhook;
            self.tally.given_up += 1;
            if exists {
                self.lost.push(LostWebhook {
                    id: webhook,
                    topic: letter.delivery.topic.clone(),
                    address: letter.delivery.address.clone(),
                    at: now,
                });
            }
            self.end(letter.delivery, Fate::GivenUp);
            return exists.then_some(webhook);
        }
        let due = letter.first.unwrap_or(now) + pause(attempts);
        self.wait(letter, due);
        None
    }

    /// Gives up what waits for a webhook that is gone.
    pub(in super::super) fn give_up(&mut self, webhook: i64) {
        let theirs = |_: &Place, letter: &mut Letter| letter.delivery.webhook == webhook;
        let given_up: Vec<_> = self.waiting.extract_if(.., theirs).collect();
        for (_, letter) in given_up {
            self.tally.given_up += 1;
            self.end(letter.delivery, Fate::GivenUp);
        }
    }

    /// Whether nothing is on its way, and nothing is due that is not.
    pub(in super::super) fn is_settled(&self, now: DateTime<Utc>) -> bool {
        let due = self
            .waiting
            .first_key_value()
            .is_some_and(|(place, _)| place.0 <= now);
        self.sending.is_empty() && !due
    }

    pub(in super::super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    pub(in super::super) fn tally(&self) -> Tally {
        self.tally
    }

    pub(in super::super) fn lost(&self) -> Vec<LostWebhook> {
        self.lost.clone()
    }

    /// All of them by number: those that have not ended, and the newest of the others.
    pub(in super::super) fn all(&self) -> Vec<Delivery> {
        let waiting = self.waiting.values().map(|letter| &letter.delivery);
        let all = self
            .ended
            .iter()
            .chain(self.sending.values())
            .chain(waiting);
        let mut all: Vec<_> = all.cloned().collect();
        all.sort_by_key(|delivery| delivery.number);
        all
    }

    /// Forgets those that have ended.
    pub(in super::super) fn forget(&mut self) {
        self.ended.clear();
        self.lost.clear();
    }

    fn end(&mut self, mut delivery: Delivery, fate: Fate) {
        delivery.due = None;
        delivery.fate = fate;
        if self.ended.len() == KEPT {
            self.ended.pop_front();
        }
        self.ended.push_back(delivery);
    }
}
