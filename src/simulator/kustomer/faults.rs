//! Things that go wrong: what they are, how a flag names them, and which request they strike.

use std::str::FromStr;

/// One thing that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// This status; nothing was done.
    Status(u16),
    /// It was done, and the answer is lost on the way.
    Lost,
    /// No answer for as long as the simulator runs; nothing was done.
    Silent,
}

const STATUSES: [u16; 8] = [401, 403, 404, 409, 429, 500, 502, 503];

/// Faults that strike any request of the API, each with its probability; none by default.
///
/// Written as `429=0.1,500=0.05,lost=0.01`: a status (401, 403, 404, 409, 429, 500, 502, 503), `lost` (done, and the
/// answer is cut off) or `silent` (not done, and never answered), and behind `=` the probability from 0 to 1; together 1 at
/// most. `seed=7` begins another sequence.
///
/// Which requests are struck is drawn from a sequence that is the same at every start with the same seed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Faults {
    probabilities: Vec<(Fault, f64)>,
    seed: u64,
}

/// Why a text does not name faults.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a fault: `{0}`\n  hint: write a status such as `429`, `lost` or `silent` and a probability, as in `429=0.1,500=0.05`; together 1 at most"
)]
pub struct FaultsError(String);

impl FromStr for Faults {
    type Err = FaultsError;

    fn from_str(text: &str) -> Result<Self, FaultsError> {
        let wrong = |part: &str| FaultsError(part.to_owned());
        let mut faults = Self::default();
        let parts = text.split(',').map(str::trim);
        for part in parts.filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').ok_or_else(|| wrong(part))?;
            if name == "seed" {
                faults.seed = value.parse().map_err(|_| wrong(part))?;
                continue;
            }
            let fault = match name {
                "lost" => Fault::Lost,
                "silent" => Fault::Silent,
                status => {
                    let status = status.parse().ok().filter(|s| STATUSES.contains(s));
                    Fault::Status(status.ok_or_else(|| wrong(part))?)
                }
            };
            let probability = value.parse::<f64>().ok();
            let probability = probability.filter(|p| (0.0..=1.0).contains(p));
            let probability = probability.ok_or_else(|| wrong(part))?;
            faults.probabilities.push((fault, probability));
        }
        // Tenths do not add up exactly in binary: ten times 0.1 must still pass.
        if faults.probabilities.iter().map(|(_, p)| p).sum::<f64>() > 1.0 + 1e-9 {
            return Err(wrong(text));
        }
        Ok(faults)
    }
}

/// Draws, request after request, which fault strikes.
#[derive(Debug)]
pub(super) struct Dice {
    faults: Faults,
    state: u64,
}

impl Dice {
    pub(super) fn new(faults: Faults) -> Self {
        let state = faults.seed;
        Self { faults, state }
    }

    pub(super) fn draw(&mut self) -> Option<Fault> {
        let mut mark = self.next();
        for (fault, probability) in &self.faults.probabilities {
            if mark < *probability {
                return Some(*fault);
            }
            mark -= probability;
        }
        None
    }

    /// The next number of SplitMix64 (public domain, S. Vigna), from 0 up to but not including 1.
    fn next(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        (z >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read_or_refused() {
        let faults: Faults = "429=0.1, lost=0.05,seed=7".parse().unwrap();
        assert_eq!(
            faults.probabilities,
            [(Fault::Status(429), 0.1), (Fault::Lost, 0.05)]
        );
        assert_eq!("".parse::<Faults>().unwrap(), Faults::default());
        for wrong in [
            "429",
            "418=1",
            "teapot=1",
            "429=often",
            "429=1.5",
            "429=NaN",
            "429=0.6,500=0.6",
            "seed=x",
        ] {
            assert!(wrong.parse::<Faults>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_same_seed_strikes_the_same_requests_and_another_one_others() {
        let run = |spec: &str| {
            let mut dice = Dice::new(spec.parse().unwrap());
            std::iter::repeat_with(move || dice.draw())
                .take(10_000)
                .collect::<Vec<_>>()
        };
        assert_eq!(run("429=0.25"), run("429=0.25"));
        assert_ne!(run("429=0.25"), run("429=0.25,seed=1"));
        let hits = run("429=0.25").iter().flatten().count();
        assert!((2_300..2_700).contains(&hits), "{hits}");
    }
}
