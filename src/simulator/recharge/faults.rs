//! Things that go wrong: what they are, how a flag names them, and which request they strike.

use std::str::FromStr;
use std::time::Duration;

use super::chance::Chance;
use super::lag::Lag;
use super::request::Request;

/// One thing that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// This status, with the body that goes with it.
    Status(u16),
    /// 500, 502 and 503 in turn.
    ServerError,
    /// 200 with a body that is not JSON: a gateway's page.
    BrokenJson,
    /// 200 whose connection closes half way through the body.
    Truncated,
    /// The connection is reset instead of an answer.
    Reset,
    /// No answer for as long as the simulator runs.
    Silent,
    /// The right answer, this much later.
    Slow(Duration),
    /// A cursor is refused as too old.
    ExpiredCursor,
    /// A page of a list has no cursor, though there are more rows.
    EarlyEnd,
    /// A page of a list has a row twice, or the last row of the page before it again.
    RepeatedRow,
    /// A full last page has a cursor, which leads to an empty one.
    EmptyPage,
}

impl Fault {
    /// A fault by its name or its status.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        let status = name.parse().ok().filter(|status| STATUSES.contains(status));
        status.map(Self::Status).or_else(|| Self::named(name))
    }

    /// Whether it can strike such a request at all.
    pub(super) fn fits(self, request: &Request) -> bool {
        self != Self::ExpiredCursor || request.parameter("cursor").is_some()
    }

    /// A fault by its name; `slow` is told apart by its duration and has no name here.
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "rate-limited" => Self::Status(429),
            "unauthorized" => Self::Status(401),
            "server-error" => Self::ServerError,
            "broken-json" => Self::BrokenJson,
            "truncated" => Self::Truncated,
            "reset" => Self::Reset,
            "silent" => Self::Silent,
            "expired-cursor" => Self::ExpiredCursor,
            "early-end" => Self::EarlyEnd,
            "repeated-row" => Self::RepeatedRow,
            "empty-page" => Self::EmptyPage,
            _ => return None,
        })
    }

    /// Whether nothing was done: a refusal, or an error before anything was. The other faults strike the answer alone.
    pub(super) fn prevents(self) -> bool {
        matches!(self, Self::Status(_) | Self::ServerError)
    }

    /// The fault that an email address asks for with its local part: `rate-limited@…`, `slow-6s@…`.
    pub(super) fn of_email(email: &str) -> Option<Self> {
        let (local, _) = email.trim().split_once('@')?;
        let local = local.to_ascii_lowercase();
        match local.strip_prefix("slow-") {
            Some(wait) => duration(wait).map(Self::Slow),
            None => Self::named(&local),
        }
    }
}

const STATUSES: [u16; 10] = [401, 403, 404, 409, 429, 500, 501, 502, 503, 504];

/// Faults that strike any request, each with its probability; none by default.
///
/// Written as `429=0.1,500=0.05,reset=0.01`: a status (401, 403, 404, 409, 429, 500, 501, 502, 503, 504) or one of
/// `rate-limited`, `unauthorized`, `server-error`, `broken-json`, `truncated`, `reset`, `silent`, `slow`; behind `=` the
/// probability from 0 to 1; `slow` takes its duration behind it: `slow=0.1:6s`. The probabilities add up to 1 at most,
/// because one request meets one fault. An empty text is no fault.
///
/// Four names strike lists alone: `expired-cursor` (422 for a cursor), `early-end` (a page without a cursor though there
/// are more rows), `repeated-row` (a row twice), `empty-page` (a full last page with a cursor that leads nowhere).
///
/// `lag=30s` is not drawn: every list shows what there was that long ago, while webhooks go out at once and one object by
/// its id is as it is now. With `lag-all=30s` single objects lag, too.
///
/// Which requests are struck is drawn from a sequence that is the same at every start and begins anew whenever faults are
/// set: the same requests in the same order meet the same faults.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Faults {
    drawn: Vec<(Fault, f64)>,
    pub(super) lag: Lag,
}

/// Why a text does not name faults.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultsError {
    /// Not of the form `name=probability`.
    #[error("not a fault: `{0}`\n  hint: write a name and a probability: `429=0.1`")]
    Form(String),
    /// Neither a status nor a name that is known.
    #[error(
        "unknown fault: `{0}`\n  hint: use a status such as `429`, or rate-limited, unauthorized, server-error, broken-json, truncated, reset, silent, slow, expired-cursor, early-end, repeated-row, empty-page, lag, lag-all"
    )]
    Name(String),
    /// The probability is not a number from 0 to 1.
    #[error("not a probability: `{0}`\n  hint: write a number from 0 to 1, such as `0.05`")]
    Probability(String),
    /// `slow` without a duration, or with one that cannot be read.
    #[error(
        "no duration: `{0}`\n  hint: write it behind the probability: `slow=0.1:6s`, `slow=0.1:300ms`"
    )]
    Duration(String),
    /// `lag` without a duration that can be read.
    #[error("no duration: `{0}`\n  hint: write it like `lag=30s`")]
    Lag(String),
    /// The probabilities add up to more than 1.
    #[error(
        "probabilities add up to more than 1: `{0}`\n  hint: one request meets one fault; lower them"
    )]
    Sum(String),
}

impl FromStr for Faults {
    type Err = FaultsError;

    fn from_str(text: &str) -> Result<Self, FaultsError> {
        let parts = text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty());
        let mut faults = Self::default();
        for part in parts {
            match lag(part)? {
                Some(lag) => faults.lag = lag,
                None => faults.drawn.push(one(part)?),
            }
        }
        // Tenths do not add up exactly in binary: ten times 0.1 must still pass.
        if faults.drawn.iter().map(|(_, p)| p).sum::<f64>() > 1.0 + 1e-9 {
            return Err(FaultsError::Sum(text.to_owned()));
        }
        Ok(faults)
    }
}

/// The lag, if the part names one.
fn lag(part: &str) -> Result<Option<Lag>, FaultsError> {
    let Some((name @ ("lag" | "lag-all"), by)) = part.split_once('=') else {
        return Ok(None);
    };
    let by = duration(by.trim()).ok_or_else(|| FaultsError::Lag(part.to_owned()))?;
    let objects = name == "lag-all";
    Ok(Some(Lag { by, objects }))
}

fn one(part: &str) -> Result<(Fault, f64), FaultsError> {
    let (name, rest) = part
        .split_once('=')
        .ok_or_else(|| FaultsError::Form(part.to_owned()))?;
    let (name, rest) = (name.trim(), rest.trim());
    let (probability, fault) = if name == "slow" {
        let without = || FaultsError::Duration(part.to_owned());
        let (probability, wait) = rest.split_once(':').ok_or_else(without)?;
        (
            probability,
            Fault::Slow(duration(wait).ok_or_else(without)?),
        )
    } else {
        let fault = Fault::of_name(name).ok_or_else(|| FaultsError::Name(name.to_owned()))?;
        (rest, fault)
    };
    let value = probability
        .parse::<f64>()
        .ok()
        .filter(|p| (0.0..=1.0).contains(p));
    let value = value.ok_or_else(|| FaultsError::Probability(probability.to_owned()))?;
    Ok((fault, value))
}

/// `300ms`, `6s`, `2m` or `3h`.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let unit = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(unit);
    let number: u64 = number.parse().ok()?;
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_secs(number.checked_mul(60)?)),
        "h" => Some(Duration::from_secs(number.checked_mul(3600)?)),
        _ => None,
    }
}

/// Draws, request after request, which fault strikes.
#[derive(Debug)]
pub(super) struct Dice {
    faults: Faults,
    chance: Chance,
    planned: Vec<Planned>,
}

/// A fault that is to strike the next requests of a path.
#[derive(Debug)]
struct Planned {
    path: String,
    fault: Fault,
    times: usize,
}

impl Dice {
    pub(super) fn new(faults: Faults) -> Self {
        Self {
            faults,
            chance: Chance::default(),
            planned: Vec::new(),
        }
    }

    /// Plans a fault for the next requests of a path that it fits.
    pub(super) fn plan(&mut self, path: &str, fault: Fault, times: usize) {
        let path = path.to_owned();
        self.planned.push(Planned { path, fault, times });
    }

    /// The fault that strikes a request: what was planned for it, else what chance says. A number is drawn for every
    /// request, so that who is struck does not depend on what else goes wrong.
    pub(super) fn strike(&mut self, request: &Request) -> Option<Fault> {
        let drawn = self.draw();
        let path = request.path.trim_matches('/');
        let planned = self.planned.iter_mut().find(|planned| {
            planned.times > 0
                && planned.path.trim_matches('/') == path
                && planned.fault.fits(request)
        });
        match planned {
            Some(planned) => {
                planned.times -= 1;
                Some(planned.fault)
            }
            None => drawn,
        }
    }

    fn draw(&mut self) -> Option<Fault> {
        let mut mark = self.chance.draw();
        for (fault, probability) in &self.faults.drawn {
            if mark < *probability {
                return Some(*fault);
            }
            mark -= probability;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_specification_is_read() {
        let faults: Faults = "429=0.1, server-error=0.05,slow=0.2:300ms,reset=0"
            .parse()
            .unwrap();
        assert_eq!(
            faults.drawn,
            [
                (Fault::Status(429), 0.1),
                (Fault::ServerError, 0.05),
                (Fault::Slow(Duration::from_millis(300)), 0.2),
                (Fault::Reset, 0.0)
            ]
        );
        assert_eq!(faults.lag, Lag::default());
        let faults: Faults = "early-end=1,lag=30s".parse().unwrap();
        assert_eq!(faults.drawn, [(Fault::EarlyEnd, 1.0)]);
        let by = Duration::from_secs(30);
        assert_eq!(faults.lag, Lag { by, objects: false });
        let faults: Faults = "lag-all=30s".parse().unwrap();
        assert_eq!(faults.lag, Lag { by, objects: true });
        assert_eq!("".parse(), Ok(Faults::default()));
        assert!(["429=0.1"; 10].join(",").parse::<Faults>().is_ok());
    }

    #[test]
    fn a_wrong_specification_says_what_to_write() {
        let message = |text: &str| text.parse::<Faults>().unwrap_err().to_string();
        assert!(message("429").starts_with("not a fault: `429`\n  hint: "));
        assert!(message("teapot=1").starts_with("unknown fault: `teapot`"));
        assert!(message("418=1").starts_with("unknown fault: `418`"));
        assert!(message("429=often").starts_with("not a probability: `often`"));
        assert!(message("429=1.5").starts_with("not a probability: `1.5`"));
        assert!(message("429=NaN").starts_with("not a probability: `NaN`"));
        assert!(message("slow=0.1").starts_with("no duration: `slow=0.1`"));
        assert!(message("slow=0.1:soon").starts_with("no duration: `slow=0.1:soon`"));
        assert!(message("lag=0.1").starts_with("no duration: `lag=0.1`"));
        assert!(message("429=0.6,500=0.6").starts_with("probabilities add up to more than 1"));
    }

    #[test]
    fn an_email_names_its_fault() {
        assert_eq!(
            Fault::of_email("Rate-Limited@acme.example"),
            Some(Fault::Status(429))
        );
        assert_eq!(
            Fault::of_email("slow-6s@x"),
            Some(Fault::Slow(Duration::from_secs(6)))
        );
        assert_eq!(
            Fault::of_email("slow-2m@x"),
            Some(Fault::Slow(Duration::from_secs(120)))
        );
        for harmless in [
            "slow-@x",
            "slow-motion@x",
            "reset.me@x",
            "kim@reset",
            "reset",
            "",
        ] {
            assert_eq!(Fault::of_email(harmless), None, "{harmless}");
        }
    }

    #[test]
    fn the_same_faults_strike_again_and_about_as_often_as_they_should() {
        let faults: Faults = "429=0.25,reset=0.25".parse().unwrap();
        let run = || {
            let mut dice = Dice::new(faults.clone());
            std::iter::repeat_with(|| dice.draw())
                .take(10_000)
                .collect::<Vec<_>>()
        };
        assert_eq!(run(), run());
        for fault in [Fault::Status(429), Fault::Reset] {
            let hits = run().iter().filter(|drawn| **drawn == Some(fault)).count();
            assert!((2_300..2_700).contains(&hits), "{fault:?}: {hits}");
        }
    }
}
