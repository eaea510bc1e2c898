//! Many objects with one request. Kustomer does it later, so that what became of each is asked for.

use std::time::Duration;

use super::chunk::Outcome;
use super::page::Item;
use super::{Backfill, Stopped};
use crate::push::kustomer::{Done, Object, Trouble};
use crate::store::{Leftover, Standing};

/// How long a request that nobody has heard of again may still be on its way to being done.
const SETTLES: Duration = Duration::from_secs(60);
/// How long until it is seen first whether a request is done, and how long then, at most.
const FIRST_LOOK: Duration = Duration::from_millis(1_500);
const NEXT_LOOK: Duration = Duration::from_secs(10);
/// One that is not done after so many looks is not waited for any more.
const LOOKS: u32 = 30;

/// What became of a request.
enum Sent {
    /// It is being done, under this id.
    As(String),
    /// Nothing of it is done.
    Not,
    /// Nobody knows.
    Perhaps,
}

/// What is known of one after the request for many.
pub enum Told {
    /// What became of it.
    Done(Outcome),
    /// It was not done.
    NotDone,
    /// Nobody knows: it is looked for.
    Unknown,
}

impl Backfill {
    /// Asks for all of these with one request.
    pub(super) async fn all_at_once(
        &self,
        items: &[Item],
        are_new: bool,
    ) -> Result<Vec<Told>, Stopped> {
        let all = |told: fn() -> Told| items.iter().map(|_| told()).collect();
        if items.len() < 2 {
            return Ok(all(|| Told::NotDone));
        }
        let id = match self.send(items, are_new).await? {
            Sent::As(id) => id,
            Sent::Not => return Ok(all(|| Told::NotDone)),
            Sent::Perhaps => return Ok(all(|| Told::Unknown)),
        };
        if are_new {
            let ids: Vec<String> = items.iter().map(|i| i.external_id().to_owned()).collect();
            self.store.name_claims(&self.workspace, &ids, &id).await?;
        }
        if !self.until_done(&id).await? {
            return Ok(all(|| Told::Unknown));
        }
        let client = self.timeline.client();
        let ask = || self.timeline.paced(client.bulk_results(&id));
        let done: Done = self.insist(ask).await?;
        Ok(items
            .iter()
            .map(|item| told(item, &done, are_new))
            .collect())
    }

    async fn send(&self, items: &[Item], are_new: bool) -> Result<Sent, Stopped> {
        let (client, klass) = (self.timeline.client(), self.timeline.klass());
        loop {
            let sent = if are_new {
                let objects: Vec<(&str, &Object)> = items
                    .iter()
                    .filter_map(|item| {
                        let owner = item.owner.as_ref()?.id.as_deref()?;
                        Some((owner, &item.marked.object))
                    })
                    .collect();
                self.timeline
                    .paced(client.create_in_bulk(klass, &objects))
                    .await
            } else {
                let objects: Vec<(&str, &Object)> = items
                    .iter()
                    .filter_map(|item| {
                        let there = item.known.as_ref()?.standing.as_ref()?;
                        Some((there.object.as_str(), &item.marked.object))
                    })
                    .collect();
                self.timeline
                    .paced(client.update_in_bulk(klass, &objects))
                    .await
            };
            return match sent {
                Ok(id) => Ok(Sent::As(id)),
                // Nothing was done, and the pace knows by now how long Kustomer wants to be left alone.
                Err(Trouble::RateLimited { .. }) => {
                    self.stop.is_asked()?;
                    continue;
                }
                // It may be done all the same.
                Err(trouble) if trouble.is_unsettled() => {
                    self.wait(SETTLES, "for Kustomer, which did not answer")
                        .await;
                    Ok(Sent::Perhaps)
                }
                Err(trouble @ (Trouble::Refused | Trouble::Forbidden | Trouble::Redirected)) => {
                    Err(trouble.into())
                }
                // One by one it will be seen which of them it is about.
                Err(_) => Ok(Sent::Not),
            };
        }
    }

    /// Waits until a request is done; `false`: it takes too long.
    pub(super) async fn until_done(&self, id: &str) -> Result<bool, Stopped> {
        let client = self.timeline.client();
        let mut pause = FIRST_LOOK;
        for _ in 0..LOOKS {
            self.clock.deadline(pause).passed().await;
            let ask = || self.timeline.paced(client.is_bulk_done(id));
            match self.insist(ask).await {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(Trouble::NotFound(_)) => return Ok(false),
                Err(trouble) => return Err(trouble.into()),
            }
            pause = (pause * 2).min(NEXT_LOOK);
        }
        Ok(false)
    }

    /// Waits until what a run that died had asked for is done, or will not be any more.
    pub(super) async fn until_settled(&self, leftovers: &[Leftover]) -> Result<(), Stopped> {
        let mut bulks: Vec<&str> = leftovers.iter().filter_map(|l| l.bulk.as_deref()).collect();
        bulks.sort_unstable();
        bulks.dedup();
        for bulk in bulks {
            self.until_done(bulk).await?;
        }
        let unnamed = leftovers.iter().filter(|leftover| leftover.bulk.is_none());
        if let Some(last) = unnamed.map(|leftover| leftover.at).max() {
            let passed = (self.clock.now() - last).to_std().unwrap_or_default();
            let left = SETTLES.saturating_sub(passed);
            if !left.is_zero() {
                self.wait(left, "for what was on its way when the run was broken off")
                    .await;
            }
        }
        Ok(())
    }
}

/// What became of one, as far as that was told.
fn told(item: &Item, done: &Done, is_new: bool) -> Told {
    if is_new {
        return match done.each.get(item.external_id()) {
            Some(Ok(id)) => Told::Done(Outcome::Made(Standing {
                object: id.clone(),
                owner: item.owner.as_ref().and_then(|owner| owner.id.clone()),
            })),
            Some(Err(_)) => Told::NotDone,
            None => Told::Unknown,
        };
    }
    let there = item.known.as_ref().and_then(|known| known.standing.clone());
    match there {
        Some(there) if done.ids.contains(&there.object) => Told::Done(Outcome::Written(there)),
        _ => Told::NotDone,
    }
}
