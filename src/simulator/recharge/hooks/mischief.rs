//! What goes wrong with webhooks on request, and how a flag says it.

use std::str::FromStr;
use std::time::Duration;

use crate::simulator::recharge::chance::Chance;
use crate::simulator::recharge::faults::duration;

/// How webhooks are delivered; the default is in order of time, each once, none lost.
///
/// Written as `reorder=0.2,duplicate=0.1,delay=0.1:30s,drop=0.05,parallel=1,timeout=2s,seed=7`, each part where it is
/// wanted; an empty text is the default.
///
/// - `reorder`, `duplicate`, `drop`: the share of deliveries, from 0 to 1, that go after later ones, twice, never.
/// - `delay`: the share, and how much later by the simulator's clock.
/// - `parallel`: how many are on their way at once, from 1 to 64; 16 if not said. With 1 they arrive one by one in order.
/// - `timeout`: how long an address has to answer, 5 s if not said.
/// - `seed`: begins another sequence of chances. The same seed and the same changes are the same mischief.
#[derive(Debug, Clone, PartialEq)]
pub struct Hooks {
    pub(super) reorder: f64,
    pub(super) duplicate: f64,
    pub(super) drop: f64,
    pub(super) delay: f64,
    pub(super) delayed_by: Duration,
    pub(super) parallel: usize,
    pub(super) timeout: Duration,
    pub(super) seed: Option<u64>,
}

impl Default for Hooks {
    fn default() -> Self {
        Self {
            reorder: 0.0,
            duplicate: 0.0,
            drop: 0.0,
            delay: 0.0,
            delayed_by: Duration::ZERO,
            parallel: 16,
            // <https://docs.getrecharge.com/docs/webhooks-overview>
            timeout: Duration::from_secs(5),
            seed: None,
        }
    }
}

/// Why a text does not say how webhooks are delivered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HooksError {
    /// Not of the form `name=value`.
    #[error(
        "not of the form `name=value`: `{0}`\n  hint: write a name and a share: `duplicate=0.1`"
    )]
    Form(String),
    /// No such name.
    #[error(
        "unknown name: `{0}`\n  hint: use reorder, duplicate, delay, drop, parallel, timeout, seed"
    )]
    Name(String),
    /// Not a share from 0 to 1.
    #[error("not a share: `{0}`\n  hint: write a number from 0 to 1, such as `0.05`")]
    Share(String),
    /// A duration is missing, or cannot be read.
    #[error("no duration: `{0}`\n  hint: write it like `delay=0.1:30s`, `timeout=2s`")]
    Duration(String),
    /// Not a number that fits.
    #[error(
        "not a number: `{0}`\n  hint: write `parallel` from 1 to 64, `seed` as any whole number"
    )]
    Number(String),
}

impl FromStr for Hooks {
    type Err = HooksError;

    fn from_str(text: &str) -> Result<Self, HooksError> {
        let mut hooks = Self::default();
        for part in text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            let (name, value) = part
                .split_once('=')
                .ok_or_else(|| HooksError::Form(part.to_owned()))?;
            let long =
                |value: &str| duration(value).ok_or_else(|| HooksError::Duration(part.to_owned()));
            let number = || HooksError::Number(part.to_owned());
            match name.trim() {
                "reorder" => hooks.reorder = share(value)?,
                "duplicate" => hooks.duplicate = share(value)?,
                "drop" => hooks.drop = share(value)?,
                "delay" => {
                    let (part_of, by) = value
                        .split_once(':')
                        .ok_or_else(|| HooksError::Duration(part.to_owned()))?;
                    hooks.delay = share(part_of)?;
                    hooks.delayed_by = long(by.trim())?;
                }
                "parallel" => {
                    let count = value.trim().parse().ok();
                    let count = count.filter(|count| (1..=64).contains(count));
                    hooks.parallel = count.ok_or_else(number)?;
                }
                "timeout" => hooks.timeout = long(value.trim())?,
                "seed" => hooks.seed = Some(value.trim().parse().map_err(|_| number())?),
                name => return Err(HooksError::Name(name.to_owned())),
            }
        }
        Ok(hooks)
    }
}

fn share(text: &str) -> Result<f64, HooksError> {
    let share = text.trim().parse().ok();
    let share = share.filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| HooksError::Share(text.to_owned()))
}

/// What happens to one delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Trick {
    /// How many later ones go first.
    pub(super) back: u64,
    /// How many later ones go before the second copy, if there is one.
    pub(super) copy: Option<u64>,
    pub(super) drop: bool,
    pub(super) delay: Duration,
}

/// A delivery that goes out of order lets at most so many go first.
const FURTHEST: f64 = 32.0;

impl Hooks {
    pub(super) fn chance(&self) -> Chance {
        self.seed.map_or_else(Chance::default, Chance::of_seed)
    }

    /// Draws what happens to the next delivery. Always as many numbers, so that one share does not change the others'
    /// victims.
    pub(super) fn draw(&self, chance: &mut Chance) -> Trick {
        let [reorder, far, duplicate, copy, drop, delay] = std::array::from_fn(|_| chance.draw());
        let distance = |part: f64| 1 + (part * FURTHEST) as u64;
        Trick {
            back: if reorder < self.reorder {
                distance(far)
            } else {
                0
            },
            copy: (duplicate < self.duplicate).then(|| distance(copy)),
            drop: drop < self.drop,
            delay: if delay < self.delay {
                self.delayed_by
            } else {
                Duration::ZERO
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_specification_is_read() {
        let hooks: Hooks =
            "reorder=0.2, duplicate=1,delay=0.1:30s,drop=0,parallel=1,timeout=200ms,seed=7"
                .parse()
                .unwrap();
        let wanted = Hooks {
            reorder: 0.2,
            duplicate: 1.0,
            drop: 0.0,
            delay: 0.1,
            delayed_by: Duration::from_secs(30),
            parallel: 1,
            timeout: Duration::from_millis(200),
            seed: Some(7),
        };
        assert_eq!(hooks, wanted);
        assert_eq!("".parse(), Ok(Hooks::default()));
    }

    #[test]
    fn a_wrong_specification_says_what_to_write() {
        for (text, start) in [
            ("drop", "not of the form `name=value`: `drop`\n  hint: "),
            ("lose=1", "unknown name: `lose`"),
            ("drop=2", "not a share: `2`"),
            ("drop=NaN", "not a share: `NaN`"),
            ("delay=1", "no duration: `delay=1`"),
            ("delay=1:soon", "no duration: `delay=1:soon`"),
            ("timeout=5", "no duration: `timeout=5`"),
            ("parallel=0", "not a number: `parallel=0`"),
            ("seed=x", "not a number: `seed=x`"),
        ] {
            let message = text.parse::<Hooks>().unwrap_err().to_string();
            assert!(message.starts_with(start), "{text}: {message}");
        }
    }

    #[test]
    fn a_seed_is_one_sequence_and_a_share_does_not_change_the_others_victims() {
        let drawn = |text: &str| {
            let hooks: Hooks = text.parse().unwrap();
            let mut chance = hooks.chance();
            std::iter::repeat_with(|| hooks.draw(&mut chance))
                .take(1_000)
                .collect::<Vec<_>>()
        };
        assert_eq!(drawn("drop=0.1,seed=7"), drawn("drop=0.1,seed=7"));
        assert_ne!(drawn("drop=0.1,seed=7"), drawn("drop=0.1,seed=8"));
        let dropped = |tricks: Vec<Trick>| tricks.iter().map(|t| t.drop).collect::<Vec<_>>();
        let alone = dropped(drawn("drop=0.1"));
        assert_eq!(alone, dropped(drawn("drop=0.1,duplicate=0.5,reorder=0.5")));
        let count = alone.iter().filter(|drop| **drop).count();
        assert!((60..140).contains(&count), "{count}");
    }
}
