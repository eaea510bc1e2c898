//! What is seen in a history, and whether that may be.

use std::time::Duration;

use sidecard::domain::answer::Outcome;
use sidecard::domain::email::Email;
use sidecard::domain::question::{MatchedBy, Question, Subject};

use super::life::{Life, Tie};

impl Life<'_> {
    pub async fn find(&self, address: &str, profile: Option<u8>) -> Result<(), String> {
        let outcome = self.look(address, profile).await;
        self.judge(&outcome, address, profile)
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

    pub fn judge(
        &self,
        outcome: &Outcome,
        address: &str,
        profile: Option<u8>,
    ) -> Result<(), String> {
        let tie = profile.map_or(Tie::None, |profile| self.ties[usize::from(profile)]);
        let is_shy = self.faults || self.world.clock.now() < self.shy_until;
        let mut counts = self.world.counts.borrow_mut();
        match outcome {
            Outcome::Found {
                snapshot,
                matched_by,
                stale,
            } => {
                *(if stale.is_some() {
                    &mut counts.stale
                } else {
                    &mut counts.found
                }) += 1;
                let id = snapshot.customer.id.as_str();
                let whose = (0..2).find(|whose| self.id(*whose).to_string() == id);
                let whose = whose.ok_or("somebody whom nobody knows")?;
                match tie {
                    Tie::Nobody => {
                        return Err(String::from("an agent said that it is none of them"));
                    }
                    Tie::To(tied) if tied != whose && self.truth(tied)["customer"].is_object() => {
                        return Err(String::from("an agent said that it is the other one"));
                    }
                    _ => {}
                }
                let has = snapshot.customer.email.as_deref() == Some(address);
                if *matched_by == MatchedBy::Email && !has {
                    let own = &snapshot.customer.email;
                    return Err(format!("found by {address}, and has {own:?}"));
                }
                let wrong = self.models[whose].complaint(snapshot, stale.is_some());
                wrong.map_or(Ok(()), Err)
            }
            Outcome::NotFound { .. } => {
                counts.otherwise += 1;
                match self.models.iter().any(|model| model.is_known_at(address)) {
                    true if tie != Tie::Nobody => Err(format!("{address} is somebody's")),
                    _ => Ok(()),
                }
            }
            Outcome::Unlinked { .. } if tie == Tie::Nobody => Ok(()),
            Outcome::Unavailable { .. } if is_shy => Ok(()),
            other => Err(format!("unexpected: {other:?}")),
        }
    }
}
