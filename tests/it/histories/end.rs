//! How a history ends.

use std::time::Duration;

use chrono::TimeDelta;
use sidecard::domain::answer::Outcome;

use super::Process;
use super::history::{History, PATIENCE, SHY};
use super::model::Kept;
use super::view::View;

/// A card is read again after this.
const REREAD: Duration = Duration::from_secs(605);

impl History<'_> {
    /// Every webhook arrives, and nothing fails or lags any more: the cards are the truth.
    pub async fn end(mut self) -> Result<(), String> {
        self.calm();
        self.lands().await;
        // What lists that lagged have hidden is read again by then.
        let lagged = self.longest_lag > TimeDelta::zero();
        self.later(if lagged { REREAD } else { SHY }).await;
        while let Some(sent) = self.sent.pop() {
            self.arrives(&sent).await;
            self.applied().await;
            self.acknowledge(&sent, &vec![Kept::Card; self.people.len()]);
        }
        self.later(Duration::from_secs(60)).await;
        for process in [Process::Service, Process::Beside] {
            for address in self.addresses.clone() {
                self.is_true(process, address).await?;
            }
        }
        self.inbox_is_empty().await?;
        self.no_link_to_the_gone().await?;
        self.lands().await;
        self.holds().await
    }

    /// What an address shows is the truth.
    async fn is_true(&mut self, process: Process, address: String) -> Result<(), String> {
        let view = View::of(process, [address.clone()]);
        let mut outcome = self.look(&view).await;
        if let Outcome::Found { snapshot, .. } = &outcome
            && snapshot.charges.is_none()
        {
            // They could not be had while calls failed, and are read behind what is shown.
            self.lands().await;
            outcome = self.look(&view).await;
        }
        self.judge(&outcome, &view)?;
        let owners = self.people.iter().enumerate();
        let owners: Vec<usize> = owners
            .filter(|(_, model)| model.address == address && model.is_there())
            .map(|(whose, _)| whose)
            .collect();
        match (&outcome, owners.as_slice()) {
            (
                Outcome::Found {
                    snapshot,
                    stale: None,
                    ..
                },
                [owner],
            ) => {
                let wrong = self.people[*owner].difference(snapshot);
                wrong.map_or(Ok(()), |wrong| {
                    Err(format!("{process:?}, {address}: {wrong}"))
                })
            }
            (Outcome::NotFound { .. }, []) => Ok(()),
            (Outcome::Several { candidates, .. }, [_, _, ..])
                if candidates.len() == owners.len() =>
            {
                Ok(())
            }
            _ => Err(format!(
                "{process:?}, {address} of {owners:?} is {outcome:?}"
            )),
        }
    }

    async fn inbox_is_empty(&self) -> Result<(), String> {
        let done = async {
            while self.world.store.inbox_depth().await.unwrap() > 0 {
                self.world.later(Duration::from_secs(1));
                tokio::task::yield_now().await;
            }
        };
        let done = tokio::time::timeout(PATIENCE, done).await;
        done.map_err(|_| String::from("a webhook is never done with"))
    }

    /// No profile is linked to a customer who is gone.
    async fn no_link_to_the_gone(&self) -> Result<(), String> {
        for profile in 0..2 {
            let link = self.stored_link(profile).await;
            let to = link.and_then(|link| link.customer);
            let linked = self.people.iter().find(|model| {
                to.as_ref()
                    .is_some_and(|to| to.as_str() == model.id.to_string())
            });
            if linked.is_some_and(|model| !model.is_there()) {
                return Err(String::from(
                    "a profile is linked to a customer who is gone",
                ));
            }
        }
        Ok(())
    }
}
