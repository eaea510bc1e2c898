//! Writing many objects with one request. Kustomer does it later, so that what became of each is asked for; what nobody can
//! tell is looked for, one by one, and written so.

use std::time::Duration;

use super::page::Item;
use super::{Backfill, Source, Stopped};
use crate::push::kustomer::{Done, MOST, Object, Trouble};
use crate::push::timeline::{Found, Person};
use crate::store::{BackfillRecord, Claim, Claimed, Leftover, Made, Standing, Stock};

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
enum Told {
    /// What became of it.
    Done(Outcome),
    /// It was not done.
    NotDone,
    /// Nobody knows: it is looked for.
    Unknown,
}

/// What became of one.
enum Outcome {
    /// It was made.
    Made(Standing),
    /// It was there, and was written anew.
    Written(Standing),
    /// It was there, and said the same.
    Same(Standing),
    /// Kustomer does not accept it.
    Refused,
    /// It has nobody any more.
    Nobody,
}

impl Backfill {
    /// Makes objects that are not there, on their owners' timelines.
    pub(super) async fn make(
        &self,
        run: &mut BackfillRecord,
        source: &Source,
        items: Vec<Item>,
    ) -> Result<(), Stopped> {
        self.chunk_by_chunk(run, source, items, true).await
    }

    /// Writes objects anew that are there.
    pub(super) async fn write(
        &self,
        run: &mut BackfillRecord,
        source: &Source,
        items: Vec<Item>,
    ) -> Result<(), Stopped> {
        self.chunk_by_chunk(run, source, items, false).await
    }

    async fn chunk_by_chunk(
        &self,
        run: &mut BackfillRecord,
        source: &Source,
        items: Vec<Item>,
        are_new: bool,
    ) -> Result<(), Stopped> {
        let mut items = items.into_iter().peekable();
        while items.peek().is_some() {
            self.stop.is_asked()?;
            let chunk: Vec<Item> = items.by_ref().take(MOST).collect();
            self.put_chunk(run, source, chunk, are_new).await?;
            self.tell(&run.counts);
        }
        Ok(())
    }

    async fn put_chunk(
        &self,
        run: &mut BackfillRecord,
        source: &Source,
        chunk: Vec<Item>,
        are_new: bool,
    ) -> Result<(), Stopped> {
        let claims: Vec<Claim<'_>> = chunk
            .iter()
            .map(|item| Claim {
                external_id: item.external_id(),
                subscription: &item.subscription,
                mark: &item.marked.mark,
            })
            .collect();
        let now = self.clock.now();
        let claimed = self
            .store
            .claim_objects(run.number, &self.workspace, &claims, now)
            .await?;
        let (mut together, mut alone) = (Vec::new(), Vec::new());
        let mut leftovers = Vec::new();
        for (item, claimed) in chunk.into_iter().zip(claimed) {
            if Self::is_settled(run, &claimed) {
                continue;
            }
            match claimed {
                Claimed::Before(leftover) => {
                    leftovers.push(leftover);
                    alone.push((item, true));
                }
                // One that was somebody else's is removed first; and where it is not known what is there, it is looked for.
                _ if are_new
                    && (item.known.as_ref().is_some_and(|k| k.standing.is_some())
                        || run.stock == Some(Stock::Unknown)) =>
                {
                    alone.push((item, false));
                }
                _ => together.push(item),
            }
        }
        self.until_settled(&leftovers).await?;
        let done = self.all_at_once(&together, are_new).await?;
        let mut outcomes = Vec::with_capacity(together.len() + alone.len());
        for (item, done) in together.into_iter().zip(done) {
            match done {
                Told::Done(outcome) => outcomes.push((item, outcome)),
                Told::NotDone => alone.push((item, false)),
                Told::Unknown => alone.push((item, are_new)),
            }
        }
        for (item, was_to_be_made) in alone {
            let outcome = self.one(&item, was_to_be_made).await?;
            outcomes.push((item, outcome));
        }
        self.keep(run, source, &outcomes).await
    }

    /// Asks for all of these with one request.
    async fn all_at_once(&self, items: &[Item], are_new: bool) -> Result<Vec<Told>, Stopped> {
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
    async fn until_settled(&self, leftovers: &[Leftover]) -> Result<(), Stopped> {
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

    /// Looks for one, and makes or writes it as it should be. `is_ours`: if it is there, this run has made it.
    async fn one(&self, item: &Item, is_ours: bool) -> Result<Outcome, Stopped> {
        let person = item.person();
        let put = || async {
            // Nothing is known of one that this run may have made.
            let known = item.known.as_ref();
            let found = self.timeline.find(&item.marked, known).await?;
            let ours = is_ours && known.is_none_or(|known| known.standing.is_none());
            Ok(match found {
                Found::Same(there) | Found::Written(there) if ours => Outcome::Made(there),
                Found::Same(there) => Outcome::Same(there),
                Found::Written(there) => Outcome::Written(there),
                Found::Missing => match self.owner_now(item, person).await? {
                    Some(owner) => Outcome::Made(self.timeline.create(&item.marked, &owner).await?),
                    None => Outcome::Nobody,
                },
            })
        };
        match self.insist(put).await {
            Err(
                trouble @ (Trouble::Invalid(..)
                | Trouble::UnknownAttribute(_)
                | Trouble::Conflict(_)
                | Trouble::NotFound(_)),
            ) => {
                tracing::warn!(external_id = item.external_id(), %trouble, "an object is not accepted");
                Ok(Outcome::Refused)
            }
            outcome => Ok(outcome?),
        }
    }

    /// Whose timeline it is by now: who was found for it may have been joined with another since.
    async fn owner_now(
        &self,
        item: &Item,
        person: Option<&Person>,
    ) -> Result<Option<String>, Trouble> {
        match person {
            Some(person) => self.timeline.owner(person).await,
            None => Ok(item
                .known
                .as_ref()
                .and_then(|known| known.standing.as_ref()?.owner.clone())),
        }
    }

    async fn keep(
        &self,
        run: &mut BackfillRecord,
        source: &Source,
        outcomes: &[(Item, Outcome)],
    ) -> Result<(), Stopped> {
        let counts = &mut run.counts;
        let mut made = Vec::with_capacity(outcomes.len());
        let mut released = Vec::with_capacity(outcomes.len());
        for (item, outcome) in outcomes {
            released.push(item.external_id().to_owned());
            let (standing, is_new) = match outcome {
                Outcome::Made(there) => {
                    counts.made += 1;
                    (Some(there), true)
                }
                Outcome::Written(there) => {
                    counts.written += 1;
                    (Some(there), false)
                }
                Outcome::Same(there) => {
                    counts.same += 1;
                    (Some(there), false)
                }
                Outcome::Nobody => {
                    counts.nobody += 1;
                    (None, false)
                }
                Outcome::Refused => {
                    counts.refused += 1;
                    continue;
                }
            };
            made.push(Made {
                placed: item.placed(self, source, standing.cloned()),
                is_new,
            });
        }
        let now = self.clock.now();
        Ok(self
            .store
            .keep_backfilled(run.number, &self.workspace, &made, &released, now)
            .await?)
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
