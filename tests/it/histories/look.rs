//! What is seen in a history, and whether that may be.

use std::time::Duration;

use chrono::TimeDelta;
use sidecard::domain::answer::Outcome;
use sidecard::domain::day::Instant;
use sidecard::domain::email::Email;
use sidecard::domain::question::{MatchedBy, Question, Subject};

use super::life::{Life, PATIENCE, Tie};
use crate::shop;

/// The first of a card's clocks; a look may take some seconds more.
const FRESH: TimeDelta = TimeDelta::seconds(125);

impl Life<'_> {
    pub async fn find(&mut self, address: &str, profile: Option<u8>) -> Result<(), String> {
        let outcome = self.look(address, profile).await;
        self.judge(&outcome, address, profile)?;
        if let Some(profile) = profile {
            self.is_tied(profile, &outcome).await?;
        }
        let Some(read_at) = unmarked(&outcome) else {
            return Ok(());
        };
        if self.is_shy() || self.world.clock.now() - read_at <= FRESH {
            return Ok(());
        }
        // It was shown for once, and is read again behind.
        self.lands().await;
        let outcome = self.look(address, profile).await;
        self.judge(&outcome, address, profile)?;
        match unmarked(&outcome) {
            Some(read_again_at) if read_again_at <= read_at => {
                Err(format!("it is still of {read_at}"))
            }
            _ => Ok(()),
        }
    }

    /// Who was found by an address alone is tied to the profile, unless an agent has spoken.
    async fn is_tied(&mut self, profile: u8, outcome: &Outcome) -> Result<(), String> {
        let Outcome::Found {
            snapshot,
            matched_by: MatchedBy::Email,
            stale: None,
        } = outcome
        else {
            return Ok(());
        };
        let tie = &mut self.ties[usize::from(profile)];
        if matches!(tie, Tie::None | Tie::ByItself(_)) {
            let id = snapshot.customer.id.clone();
            let whose = (0..2).find(|n| shop::customer(self.first + n).to_string() == id.as_str());
            *tie = Tie::ByItself(whose.ok_or("somebody whom nobody knows")?);
            let tied = async {
                while self.tied_to(profile).await.as_ref() != Some(&id) {
                    tokio::task::yield_now().await;
                }
            };
            let tied = tokio::time::timeout(PATIENCE, tied).await;
            tied.map_err(|_| String::from("the profile is not tied to them"))?;
        }
        Ok(())
    }

    pub async fn look(&self, address: &str, profile: Option<u8>) -> Outcome {
        let world = self.world;
        let subject = Subject::Email(Email::parse(address).unwrap());
        let mut question = Question::about([subject]).unwrap();
        question.profile = profile.map(|profile| self.profile(profile));
        let deadline = world.clock.deadline(Duration::from_millis(2_500));
        let lookups = &self.service.lookups;
        let found = lookups.find(&world.access, &question, &deadline);
        let time = async {
            loop {
                self.passes().await;
            }
        };
        let mut found = tokio::select! {
            found = found => found,
            () = time => unreachable!(),
        };
        found.answer.accounts.remove(0).outcome
    }

    pub fn is_shy(&self) -> bool {
        self.faults || self.world.clock.now() < self.shy_until
    }

    /// Whom a profile is to lead to, while they are there.
    fn led_to(&self, profile: Option<u8>) -> Option<usize> {
        let tie = profile.map(|profile| self.ties[usize::from(profile)]);
        match tie {
            Some(Tie::To(whose) | Tie::ByItself(whose)) => Some(whose),
            _ => None,
        }
        .filter(|whose| self.truth(*whose)["customer"].is_object())
    }

    pub fn judge(
        &self,
        outcome: &Outcome,
        address: &str,
        profile: Option<u8>,
    ) -> Result<(), String> {
        let is_nobody = profile.is_some_and(|n| self.ties[usize::from(n)] == Tie::Nobody);
        let led_to = self.led_to(profile);
        let known = (0..2).filter(|whose| self.models[*whose].is_known_at(address));
        let known: Vec<usize> = known.collect();
        self.count(outcome);
        match outcome {
            Outcome::Found {
                snapshot,
                matched_by,
                stale,
            } => {
                let id = snapshot.customer.id.as_str();
                let whose = (0..2).find(|whose| self.id(*whose).to_string() == id);
                let whose = whose.ok_or("somebody whom nobody knows")?;
                if is_nobody {
                    return Err(String::from("an agent said that it is none of them"));
                }
                if led_to.is_some_and(|other| other != whose) {
                    return Err(String::from("the profile is the other one's"));
                }
                if *matched_by == MatchedBy::Email {
                    let own = &snapshot.customer.email;
                    if own.as_deref() != Some(address) {
                        return Err(format!("found by {address}, and has {own:?}"));
                    }
                    if known.len() > 1 {
                        return Err(format!("{address} is both of theirs, and shows one"));
                    }
                }
                let now = self.world.clock.now();
                let wrong = self.models[whose].complaint(snapshot, stale.is_some(), now);
                wrong.map_or(Ok(()), Err)
            }
            Outcome::NotFound { .. } | Outcome::Several { .. } if led_to.is_some() => {
                Err(String::from("the profile leads to somebody"))
            }
            Outcome::NotFound { .. } if is_nobody || known.is_empty() => Ok(()),
            Outcome::NotFound { .. } => Err(format!("{address} is somebody's")),
            Outcome::Several { .. } if is_nobody => {
                Err(String::from("an agent said that it is none of them"))
            }
            Outcome::Several { candidates, .. } if candidates.len() == 2 => {
                let mut models = self.models.iter();
                let both = models.all(|model| model.was_ever_at(address));
                both.then_some(())
                    .ok_or(String::from("they never both had it"))
            }
            Outcome::Unlinked { .. } if is_nobody => Ok(()),
            Outcome::Unavailable { .. } if self.is_shy() => Ok(()),
            other => Err(format!("unexpected: {other:?}")),
        }
    }

    fn count(&self, outcome: &Outcome) {
        let mut counts = self.world.counts.borrow_mut();
        let counted = match outcome {
            Outcome::Found { stale: None, .. } => &mut counts.found,
            Outcome::Found { .. } => &mut counts.stale,
            Outcome::Several { .. } => &mut counts.several,
            _ => &mut counts.otherwise,
        };
        *counted += 1;
    }
}

/// When a card was read that is shown without a mark.
fn unmarked(outcome: &Outcome) -> Option<Instant> {
    match outcome {
        Outcome::Found {
            snapshot,
            stale: None,
            ..
        } => Some(snapshot.as_of),
        _ => None,
    }
}
