//! As many objects as one request takes: claimed, written together, and one by one where nobody can tell what became of them.

use super::bulk::Told;
use super::page::Item;
use super::{Backfill, Source, Stopped};
use crate::push::kustomer::{MOST, Trouble};
use crate::push::timeline::{Found, Person};
use crate::store::{BackfillRecord, Claim, Claimed, Made, Standing, Stock};

/// What became of one.
pub enum Outcome {
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
        let claimed = self.claim(run, chunk.iter()).await?;
        let (mut together, mut alone) = (Vec::new(), Vec::new());
        let mut leftovers = Vec::new();
        for (item, claimed) in chunk.into_iter().zip(claimed) {
            if Self::is_settled(run, &claimed) {
                continue;
            }
            match claimed {
                Claimed::Before(leftover) => leftovers.push((item, leftover)),
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
        alone.extend(leftovers.into_iter().map(|(item, _)| (item, true)));
        let done = self.all_at_once(&together, are_new).await?;
        let mut outcomes = Vec::with_capacity(together.len());
        for (item, done) in together.into_iter().zip(done) {
            match done {
                Told::Done(outcome) => outcomes.push((item, outcome)),
                Told::NotDone => alone.push((item, false)),
                Told::Unknown => alone.push((item, are_new)),
            }
        }
        self.keep(run, source, &outcomes).await?;
        for (item, was_to_be_made) in alone {
            // It may have taken long to get here: what the service was told meanwhile is left to it.
            let claimed = self.claim(run, [&item]).await?.pop();
            if claimed.is_some_and(|claimed| Self::is_settled(run, &claimed)) {
                let released = [item.external_id().to_owned()];
                let now = self.clock.now();
                self.store
                    .keep_backfilled(run.number, &self.workspace, &[], &released, now)
                    .await?;
                continue;
            }
            let outcome = self.one(&item, was_to_be_made).await?;
            self.keep(run, source, &[(item, outcome)]).await?;
        }
        Ok(())
    }

    async fn claim<'a>(
        &self,
        run: &BackfillRecord,
        items: impl IntoIterator<Item = &'a Item>,
    ) -> Result<Vec<Claimed>, Stopped> {
        let mut claims = Vec::new();
        for item in items {
            claims.push(Claim {
                external_id: item.external_id(),
                subscription: &item.subscription,
                mark: &item.marked.mark,
            });
        }
        let now = self.clock.now();
        Ok(self
            .store
            .claim_objects(run.number, &self.workspace, &claims, now)
            .await?)
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
        if outcomes.is_empty() {
            return Ok(());
        }
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
