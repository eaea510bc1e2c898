//! How a history ends.

use std::time::Duration;

use sidecard::domain::answer::Outcome;

use super::life::{Life, PATIENCE, SHY};

impl Life<'_> {
    /// Everything is told, and nothing fails any more: the cards are the truth.
    pub async fn ends(mut self) -> Result<(), String> {
        let world = self.world;
        world.recharge.set_faults("".parse().unwrap());
        self.faults = false;
        self.lands().await;
        world.later(SHY);
        self.shy_until = world.clock.now();
        while let Some(sent) = self.sent.pop() {
            self.arrives(&sent).await;
            self.applied().await;
            for model in &mut self.models {
                model.acknowledge(&sent);
            }
        }
        for address in self.addresses.clone() {
            let mut outcome = self.look(&address, None).await;
            if let Outcome::Found { snapshot, .. } = &outcome
                && snapshot.charges.is_none()
            {
                // They could not be had while calls failed, and are asked for behind what is shown.
                self.lands().await;
                outcome = self.look(&address, None).await;
            }
            self.judge(&outcome, &address, None)?;
            let is_there = |whose: &usize| self.truth(*whose)["customer"].is_object();
            let owners = (0..2).filter(|whose| self.own[*whose] == address);
            let owners: Vec<usize> = owners.filter(is_there).collect();
            match (&outcome, owners.as_slice()) {
                (
                    Outcome::Found {
                        snapshot,
                        stale: None,
                        ..
                    },
                    [owner],
                ) => {
                    let wrong = self.models[*owner].difference(snapshot);
                    wrong.map_or(Ok(()), |wrong| Err(format!("{address}: {wrong}")))?;
                }
                (Outcome::NotFound { .. }, []) | (Outcome::Several { .. }, [_, _]) => {}
                _ => return Err(format!("{address} of {owners:?} is {outcome:?}")),
            }
        }
        self.ties_are_loosed().await?;
        self.lands().await;
        Ok(())
    }

    /// Nobody is tied to who is gone.
    async fn ties_are_loosed(&self) -> Result<(), String> {
        let done = async {
            while self.world.store.inbox_depth().await.unwrap() > 0 {
                self.world.later(Duration::from_secs(1));
                tokio::task::yield_now().await;
            }
        };
        let done = tokio::time::timeout(PATIENCE, done).await;
        done.map_err(|_| String::from("a hook is never done with"))?;
        for profile in 0..2 {
            let tied = self.tied_to(profile).await;
            let tied = (0..2).find(|whose| {
                let id = self.id(*whose).to_string();
                tied.as_ref().is_some_and(|tied| tied.as_str() == id)
            });
            if tied.is_some_and(|whose| !self.truth(whose)["customer"].is_object()) {
                return Err(String::from("a profile is tied to somebody who is gone"));
            }
        }
        Ok(())
    }
}
