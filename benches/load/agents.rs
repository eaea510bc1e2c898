//! The load: agents who open a ticket every five seconds, mostly of the customers who write often.

use std::time::Duration;

use crate::stage::{STEP, Stage};

const AGENTS: usize = 200;
/// An agent opens a ticket so often.
const EVERY: Duration = Duration::from_secs(5);
/// Somebody whom nobody has looked at before writes so often.
const NEWCOMER_EVERY: Duration = Duration::from_secs(3);

/// A team at work.
pub struct Team {
    ranks: Zipf,
    /// Customers with numbers from here on are newcomers; none come while it is `None`.
    newcomers: Option<usize>,
    chance: fastrand::Rng,
    steps: u128,
}

impl Team {
    /// A team that looks at the first `customers`, the first ones most often. With `newcomers` the next ones come, one by one.
    pub fn new(customers: usize, newcomers: bool) -> Self {
        Self {
            ranks: Zipf::new(customers),
            newcomers: newcomers.then_some(customers),
            // The same views at every run.
            chance: fastrand::Rng::with_seed(7),
            steps: 0,
        }
    }

    /// Works for so long, of moved time; `look` is shown how things stand after each step.
    pub async fn work(
        &mut self,
        stage: &mut Stage,
        lasting: Duration,
        mut look: impl FnMut(chrono::DateTime<chrono::Utc>, crate::child::Standing),
    ) {
        let per_step = AGENTS as u128 * STEP.as_millis() / EVERY.as_millis();
        for _ in 0..lasting.as_millis() / STEP.as_millis() {
            for _ in 0..per_step {
                stage.ask(0, self.ranks.draw(&mut self.chance));
            }
            let is_due = self
                .steps
                .is_multiple_of(NEWCOMER_EVERY.as_millis() / STEP.as_millis());
            if let Some(next) = self.newcomers.as_mut().filter(|_| is_due) {
                stage.ask(0, *next);
                *next += 1;
            }
            self.steps += 1;
            let standing = stage.advance().await;
            look(stage.now(), standing);
        }
    }
}

/// How many newcomers come in that time.
pub fn newcomers(lasting: Duration) -> usize {
    lasting.as_secs() as usize / NEWCOMER_EVERY.as_secs() as usize + 1
}

/// Ranks by Zipf's law: the n-th is drawn 1/n as often as the first.
pub struct Zipf(Vec<f64>);

impl Zipf {
    pub fn new(size: usize) -> Self {
        let mut sum = 0.0;
        let sums = (1..=size).map(|rank| {
            sum += 1.0 / rank as f64;
            sum
        });
        Self(sums.collect())
    }

    pub fn draw(&self, chance: &mut fastrand::Rng) -> usize {
        let mark = chance.f64() * self.0[self.0.len() - 1];
        self.0
            .partition_point(|sum| *sum < mark)
            .min(self.0.len() - 1)
    }
}
