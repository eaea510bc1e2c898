//! Storing what fetches observed.

use std::sync::Arc;
use std::time::Duration;

use super::Inner;
use super::changes::Settled;
use crate::domain::day::Instant;
use crate::domain::install::InstallName;
use crate::records::{CustomerRows, Observed, compose, observe};
use crate::store::{Asked, Observation, StoreError};

/// How long an answer waits for the store.
const PATIENCE: Duration = Duration::from_millis(100);

impl Inner {
    /// Stores what a fetch observed and brings the cache up to date. Where nothing can be stored, because the store is full
    /// or slow or the customer was erased, the answer is what was observed, and is not cached.
    pub async fn observe(
        self: &Arc<Self>,
        name: &InstallName,
        observed: Vec<Observed>,
        asked: Vec<Asked>,
    ) -> Vec<Settled> {
        let inner = Arc::clone(self);
        let (install, seen) = (name.clone(), observed.clone());
        // A task of its own: a caller that leaves does not stop the write.
        let writing = self.upstream.runtime.spawn(async move {
            let observation = Observation {
                install: &install,
                customers: &seen,
                asked: &asked,
                deleted: &[],
                tickets: &[],
            };
            let stored = inner.store.observe(observation, inner.clock.now()).await?;
            for asked in &asked {
                let key = inner.store.subject_key(&asked.subject.key());
                inner.memory.drop_subject(&install, &key);
            }
            Ok::<_, StoreError>(inner.committed(&install, stored))
        });
        let limit = self.clock.deadline(PATIENCE);
        let settled = tokio::select! {
            written = writing => match written {
                Ok(Ok(settled)) => settled,
                Ok(Err(error)) => {
                    tracing::warn!(%error, "not stored: it would not survive a restart");
                    Vec::new()
                }
                Err(_) => Vec::new(),
            },
            () = limit.passed() => {
                tracing::debug!("the store is slow: the answer goes ahead");
                Vec::new()
            }
        };
        if settled.is_empty() || settled.iter().any(|one| one.is_refused) {
            let now = self.clock.now();
            let mut settled = Vec::with_capacity(observed.len());
            for seen in &observed {
                settled.push(self.by_itself(name, seen, now).await);
            }
            return settled;
        }
        settled
    }

    /// What an observation says of a customer of whom nothing is stored.
    async fn by_itself(&self, name: &InstallName, seen: &Observed, now: Instant) -> Settled {
        let mut rows = CustomerRows::default();
        observe(&mut rows, seen, seen.moment.began.saturating_add(1), now);
        let mut known = compose(&rows);
        if let Some(known) = &mut known
            && let Err(error) = self.store.fill_images(name, known).await
        {
            tracing::warn!(%error, "the store can't be read");
        }
        Settled {
            customer: seen.customer.clone(),
            known: known.map(Arc::new),
            is_refused: true,
        }
    }
}
