//! Views: an agent asks one of the processes.

use std::time::Duration;

use chrono::TimeDelta;
use sidecard::domain::answer::Outcome;
use sidecard::domain::day::Instant;
use sidecard::domain::email::Email;
use sidecard::domain::question::{Question, Subject};
use sidecard::lookup;

use super::Process;
use super::history::History;
use super::model::Kept;

/// The first of a card's ages; a view may take some seconds more.
const FRESH: TimeDelta = TimeDelta::seconds(125);

/// A question of an agent.
#[derive(Debug, Clone)]
pub struct View {
    pub process: Process,
    pub addresses: Vec<String>,
    pub profile: Option<u8>,
    pub refresh: bool,
}

impl View {
    pub fn of(process: Process, addresses: impl IntoIterator<Item = String>) -> Self {
        Self {
            process,
            addresses: addresses.into_iter().collect(),
            profile: None,
            refresh: false,
        }
    }
}

impl History<'_> {
    /// A view, whether its answer may be, and what it leads to: a link, and a card that is read again behind it.
    pub async fn view(&mut self, view: &View) -> Result<(), String> {
        let outcome = self.look(view).await;
        self.judge(&outcome, view)?;
        self.keep(&outcome);
        if let Some(profile) = view.profile {
            self.is_linked(profile, view, &outcome).await?;
        }
        let Some(read_at) = fresh(&outcome) else {
            return Ok(());
        };
        let is_old = |read_at| self.world.clock.now() - read_at > FRESH;
        if self.is_shy() || !is_old(read_at) {
            return Ok(());
        }
        // It was shown once more, and is read again behind that.
        self.lands().await;
        let outcome = self.look(view).await;
        self.judge(&outcome, view)?;
        match fresh(&outcome) {
            Some(read_again_at) if read_again_at <= read_at => {
                Err(format!("it is still of {read_at}"))
            }
            _ => Ok(()),
        }
    }

    pub async fn look(&self, view: &View) -> Outcome {
        let world = self.world;
        let subjects = view
            .addresses
            .iter()
            .map(|address| Subject::Email(Email::parse(address).unwrap()));
        let mut question = Question::about(subjects).unwrap();
        question.profile = view.profile.map(|profile| self.profile(profile));
        let deadline = world.clock.deadline(Duration::from_millis(2_500));
        let options = lookup::Options {
            refetch: view.refresh,
            follows_changes: false,
        };
        let lookups = self.lookups(view.process);
        let found = lookups.find_with(&world.access, &question, &deadline, options);
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

    /// Notes whom the service has stored something of.
    pub fn keep(&mut self, outcome: &Outcome) {
        let (shown, kept): (Vec<String>, _) = match outcome {
            Outcome::Found { snapshot, .. } => (vec![snapshot.customer.id.to_string()], Kept::Card),
            Outcome::Several { candidates, .. } => {
                let ids = candidates.iter().map(|one| one.id.to_string());
                (ids.collect(), Kept::Record)
            }
            _ => return,
        };
        for model in &mut self.people {
            if !model.is_erased() && shown.contains(&model.id.to_string()) {
                model.kept = model.kept.max(kept);
            }
        }
    }
}

/// When a card was read that is not stale.
fn fresh(outcome: &Outcome) -> Option<Instant> {
    match outcome {
        Outcome::Found {
            snapshot,
            stale: None,
            ..
        } => Some(snapshot.as_of),
        _ => None,
    }
}
