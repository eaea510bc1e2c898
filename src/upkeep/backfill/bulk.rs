//! Many objects with one request. Kustomer does it later, so that what became of each is asked for.

use std::collections::BTreeSet;
use std::time::Duration;

use super::chunk::Outcome;
use super::page::Item;
use super::{Backfill, Stopped};
use crate::domain::day::Instant;
use crate::push::kustomer::{Done, Object, Trouble};
use crate::push::object::Origin;
use crate::store::{Leftover, Standing};

/// How long a request whose name nobody has heard may still be on its way to being done. How long Kustomer takes at most is
/// not established.
const SETTLES: Duration = Duration::from_secs(5 * 60);
/// How long until it is seen first whether a request is done, and how long then, at most.
const FIRST_LOOK: Duration = Duration::from_millis(1_500);
const NEXT_LOOK: Duration = Duration::from_secs(10);
/// After so many looks it is said that there is something to wait for …
const SHORT: u32 = 3;
/// … and after so many, about an hour, one that is still not done is not waited for any more.
const LOOKS: u32 = 360;

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
        let ids: Vec<String> = items.iter().map(|i| i.external_id().to_owned()).collect();
        self.store.name_claims(&self.workspace, &ids, &id).await?;
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
                    if let Some(last) = items.last() {
                        self.until_there(last, self.clock.now()).await?;
                    }
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
        for looks in 0..LOOKS {
            if looks < SHORT {
                self.clock.deadline(pause).passed().await;
            } else {
                self.wait(pause, "for Kustomer, which is at it").await;
            }
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
    pub(super) async fn until_settled(
        &self,
        leftovers: &[(Item, Leftover)],
    ) -> Result<(), Stopped> {
        let left = || leftovers.iter().map(|(_, left)| left);
        let bulks: BTreeSet<&str> = left().filter_map(|left| left.bulk.as_deref()).collect();
        for bulk in bulks {
            self.until_done(bulk).await?;
        }
        let unnamed = leftovers.iter().filter(|(_, left)| left.bulk.is_none());
        if let Some((last, left)) = unnamed.max_by_key(|(_, left)| left.at) {
            self.until_there(last, left.at).await?;
        }
        Ok(())
    }

    /// Waits until one of those that were asked for with a request at this time, or a little later, is as it was to be: then
    /// the others are, too, a moment later. If it never is, the request has never come there.
    async fn until_there(&self, item: &Item, asked_at: Instant) -> Result<(), Stopped> {
        let (client, klass) = (self.timeline.client(), self.timeline.klass());
        let mut is_there = false;
        while !is_there && (self.clock.now() - asked_at).to_std().unwrap_or_default() < SETTLES {
            self.stop.is_asked()?;
            let ask = || {
                self.timeline
                    .paced(client.object(klass, item.external_id()))
            };
            let there = self.insist(ask).await?;
            let mark = there.and_then(|there| Origin::of(&there)).map(|o| o.mark);
            is_there = mark.as_ref() == Some(&item.marked.mark);
            self.wait(NEXT_LOOK, "for what may be on its way to Kustomer")
                .await;
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
