//! Random histories: whatever happens at the provider, and in whatever order it comes to be known, the rows end in the
//! provider's state or say that a read is needed.

use proptest::collection::vec;
use proptest::prelude::*;

use super::compose::compose;
use super::customer::CustomerRows;
use super::observe::{Observed, observe};
use super::rule::{Commit, LAG, Moment, Source};
use super::samples::{IntoObject, complete, known, seen, subscription};
use crate::domain::day::Instant;
use crate::domain::object::{Object, ObjectKey};
use crate::domain::subscription::Subscription;

/// One thing that happens.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// A subscription gets another quantity, with a newer stamp.
    Change(usize),
    /// A subscription gets another quantity, and Recharge does not move the stamp.
    Move(usize),
    /// A subscription is deleted.
    Delete(usize),
    /// A subscription is made.
    Create,
    /// A webhook is delivered, one of those that are under way.
    Receive(usize),
    /// A webhook is stored, one of those that were received.
    Apply(usize),
    /// A complete read begins.
    Begin,
    /// A read of a page of a list of many customers begins.
    BeginList,
    /// The provider answers a read that is under way.
    Answer(usize),
    /// An answer is stored.
    Finish(usize),
    /// So many seconds pass.
    Wait(u32),
}

fn step(with_moves: bool) -> impl Strategy<Value = Step> {
    let change = prop_oneof![
        4 => any::<usize>().prop_map(Step::Change),
        (if with_moves { 2 } else { 0 }) => any::<usize>().prop_map(Step::Move),
        1 => any::<usize>().prop_map(Step::Delete),
        1 => Just(Step::Create),
    ];
    prop_oneof![
        3 => change,
        3 => any::<usize>().prop_map(Step::Receive),
        3 => any::<usize>().prop_map(Step::Apply),
        1 => Just(Step::Begin),
        1 => Just(Step::BeginList),
        1 => any::<usize>().prop_map(Step::Answer),
        1 => any::<usize>().prop_map(Step::Finish),
        1 => (1..4_000_u32).prop_map(Step::Wait),
    ]
}

/// What a webhook says.
#[derive(Debug, Clone)]
enum Body {
    Is(Box<Subscription>),
    Deleted(ObjectKey),
}

struct Read {
    source: Source,
    moment: Moment,
    answer: Option<Vec<Subscription>>,
}

/// The provider, what is under way from it, and what is stored.
struct World {
    now: Instant,
    number: Commit,
    /// How far its lists may lag.
    lag: chrono::TimeDelta,
    subscriptions: Vec<Subscription>,
    /// What its lists would have said before, and until when.
    past: Vec<(Instant, Vec<Subscription>)>,
    quantity: u32,
    made: u32,
    sent: Vec<Body>,
    received: Vec<(Moment, Body)>,
    reads: Vec<Read>,
    rows: CustomerRows,
}

impl World {
    fn new(lag: chrono::TimeDelta) -> Self {
        let subscriptions: Vec<_> = ["1", "2"].map(plain).to_vec();
        Self {
            now: super::samples::at(0),
            number: 2,
            lag,
            rows: known(&objects(&subscriptions)),
            subscriptions,
            past: Vec::new(),
            quantity: 1,
            made: 0,
            sent: Vec::new(),
            received: Vec::new(),
            reads: Vec::new(),
        }
    }

    fn go(&mut self, step: Step) {
        // No two things happen at the same time.
        self.now += chrono::TimeDelta::seconds(1);
        match step {
            Step::Change(n) => self.change(n, true),
            Step::Move(n) => self.change(n, false),
            Step::Delete(n) => {
                if let Some(at) = n.checked_rem(self.subscriptions.len()) {
                    self.remember();
                    let gone = self.subscriptions.remove(at);
                    self.sent.push(Body::Deleted(gone.object().key()));
                }
            }
            Step::Create => {
                self.remember();
                self.made += 1;
                let new = Subscription {
                    created_at: Some(self.now),
                    ..plain(&format!("new{}", self.made))
                };
                self.subscriptions.push(new.clone());
                self.sent.push(Body::Is(Box::new(new)));
            }
            Step::Receive(n) => {
                if let Some(body) = take(&mut self.sent, n) {
                    self.number += 1;
                    let moment = self.moment();
                    self.received.push((moment, body));
                }
            }
            Step::Apply(n) => {
                if let Some((moment, body)) = take(&mut self.received, n) {
                    self.apply(moment, body);
                }
            }
            Step::Begin => self.begin(Source::Read),
            Step::BeginList => self.begin(Source::List),
            Step::Answer(n) => {
                let listed = self.listed();
                if let Some(at) = n.checked_rem(self.reads.len()) {
                    self.reads[at].answer.get_or_insert(listed);
                }
            }
            Step::Finish(n) => {
                if let Some(read) = take(&mut self.reads, n) {
                    self.finish(read);
                }
            }
            Step::Wait(seconds) => self.now += chrono::TimeDelta::seconds(seconds.into()),
        }
    }

    /// Everything that is under way arrives.
    fn settle(&mut self) {
        while !self.sent.is_empty() {
            self.go(Step::Receive(0));
        }
        while !self.received.is_empty() {
            self.go(Step::Apply(0));
        }
        while !self.reads.is_empty() {
            self.go(Step::Finish(0));
        }
    }

    /// A complete read, all at once.
    fn read(&mut self) {
        self.go(Step::Begin);
        let last = self.reads.len() - 1;
        self.go(Step::Finish(last));
    }

    fn begin(&mut self, source: Source) {
        self.reads.push(Read {
            source,
            moment: self.moment(),
            answer: None,
        });
    }

    fn moment(&self) -> Moment {
        Moment {
            began: self.number,
            at: self.now,
        }
    }

    fn change(&mut self, n: usize, is_stamped: bool) {
        let Some(at) = n.checked_rem(self.subscriptions.len()) else {
            return;
        };
        self.remember();
        // A change that is taken back while a read is under way can't be told from none.
        self.quantity += 1;
        let subscription = &mut self.subscriptions[at];
        subscription.quantity = Some(self.quantity);
        if is_stamped {
            subscription.updated_at = Some(self.now);
        }
        self.sent.push(Body::Is(Box::new(subscription.clone())));
    }

    fn remember(&mut self) {
        self.past.push((self.now, self.subscriptions.clone()));
    }

    /// What the provider's list says: the oldest state that it may lag behind with.
    fn listed(&self) -> Vec<Subscription> {
        let oldest = self.now - self.lag;
        let past = self.past.iter().find(|(until, _)| *until > oldest);
        past.map_or_else(|| self.subscriptions.clone(), |(_, state)| state.clone())
    }

    fn apply(&mut self, moment: Moment, body: Body) {
        let observed = match body {
            Body::Is(subscription) => seen(Source::Webhook, moment, &[subscription.object()]),
            Body::Deleted(key) => Observed {
                deleted: vec![key],
                ..seen(Source::Webhook, moment, &[])
            },
        };
        self.store(&observed);
    }

    fn finish(&mut self, read: Read) {
        let answer = read.answer.unwrap_or_else(|| self.listed());
        let objects = objects(&answer);
        self.store(&match read.source {
            Source::List => seen(Source::List, read.moment, &objects),
            _ => complete(read.moment, &objects),
        });
    }

    fn store(&mut self, observed: &Observed) {
        self.number += 1;
        observe(&mut self.rows, observed, self.number, self.now);
    }

    /// Whether the card is the provider's state, whatever it says of how sure it is.
    fn is_true(&self) -> bool {
        let card = compose(&self.rows).unwrap().snapshot.unwrap();
        let mut ours: Vec<_> = card.subscriptions.iter().map(content).collect();
        let mut theirs: Vec<_> = self.subscriptions.iter().map(content).collect();
        ours.sort();
        theirs.sort();
        ours == theirs
    }

    /// Whether the customer is read again, now or later.
    fn is_doubted(&self) -> bool {
        let known = compose(&self.rows).unwrap();
        known.needs_read || known.recheck.is_some()
    }
}

/// Without a date, so that no charge belongs to it.
fn plain(id: &str) -> Subscription {
    Subscription {
        next_billing_date: None,
        ..subscription(id)
    }
}

fn objects(subscriptions: &[Subscription]) -> Vec<Object> {
    subscriptions.iter().map(IntoObject::object).collect()
}

fn content(subscription: &Subscription) -> (String, u32) {
    let id = subscription.id.as_str().to_owned();
    (id, subscription.quantity.unwrap())
}

fn take<T>(all: &mut Vec<T>, n: usize) -> Option<T> {
    n.checked_rem(all.len()).map(|at| all.remove(at))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn rows_end_in_the_providers_state_or_ask_for_a_read(steps in vec(step(true), 1..40)) {
        let mut world = World::new(chrono::TimeDelta::zero());
        for step in steps {
            world.go(step);
        }
        world.settle();
        prop_assert!(world.is_true() || world.is_doubted());
        // A read that no list lags behind ends all doubt.
        world.go(Step::Wait(36 * 60));
        world.read();
        prop_assert!(world.is_true() && !world.is_doubted());
    }

    #[test]
    fn lists_that_lag_are_made_good(steps in vec(step(false), 1..40)) {
        // Unstamped changes aside: a webhook of one marks the customer, and a list that lags behind it takes the mark away.
        let mut world = World::new(LAG - chrono::TimeDelta::minutes(1));
        for step in steps {
            world.go(step);
        }
        world.settle();
        prop_assert!(world.is_true() || world.is_doubted());
        // Reads whenever one is asked for, and no others, end in the provider's state.
        for _ in 0..9 {
            let known = compose(&world.rows).unwrap();
            match (known.needs_read, known.recheck) {
                (true, _) => {}
                (false, Some(recheck)) => world.now = world.now.max(recheck),
                (false, None) => break,
            }
            world.read();
        }
        prop_assert!(world.is_true() && !world.is_doubted());
    }

    #[test]
    fn a_webhook_never_lifts_a_tombstone(steps in vec(step(true), 1..40)) {
        let mut world = World::new(chrono::TimeDelta::zero());
        for step in steps {
            let before = world.rows.clone();
            world.go(step);
            if matches!(step, Step::Apply(_)) {
                for (key, row) in before.rows.iter().filter(|(_, row)| row.object.is_none()) {
                    prop_assert!(world.rows.rows[key].object.is_none(), "{key:?} {row:?}");
                }
            }
        }
    }

    #[test]
    fn a_read_that_began_before_a_commit_leaves_what_has_the_same_stamps(steps in vec(step(true), 1..40)) {
        let mut world = World::new(chrono::TimeDelta::zero());
        for step in steps {
            let read = match step {
                Step::Finish(n) => n.checked_rem(world.reads.len()).map(|at| &world.reads[at]),
                _ => None,
            };
            let read = read.filter(|read| read.source.is_read());
            let began = read.map(|read| read.moment.began);
            let before = world.rows.clone();
            world.go(step);
            for (key, row) in before.rows.iter().filter(|(_, row)| began.is_some_and(|began| began < row.commit)) {
                let after = &world.rows.rows[key];
                // A confirmed deletion aside.
                let is_newer = after.object.is_none() || after.version != row.version;
                prop_assert!(is_newer || after.object == row.object, "{key:?}");
            }
        }
    }
}
