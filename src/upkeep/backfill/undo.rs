//! Removing what a run made. What stood there before stays, also what the run wrote anew; customers that it created stay.

use super::{Backfill, Stopped};
use crate::push::kustomer::{MOST, Trouble};

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Undone {
    /// Objects that are gone now.
    pub removed: u64,
}

impl Backfill {
    /// Removes the objects that a run made. Broken off, it goes on where it was.
    pub async fn undo(&self, run: i64) -> Result<Undone, Stopped> {
        self.alone(self.remove_all(run)).await
    }

    async fn remove_all(&self, run: i64) -> Result<Undone, Stopped> {
        let mut undone = Undone::default();
        loop {
            self.stop.is_asked()?;
            let objects = self.store.backfilled(run, MOST).await?;
            if objects.is_empty() {
                break;
            }
            self.remove(&objects).await?;
            let ids: Vec<String> = objects.into_iter().map(|(id, _)| id).collect();
            self.store.drop_objects(&self.workspace, &ids).await?;
            undone.removed += ids.len() as u64;
            self.progress
                .send_modify(|progress| progress.counts.looked_at = undone.removed);
        }
        self.store.undone_backfill(run, self.clock.now()).await?;
        Ok(undone)
    }

    /// Removes these, external ids and ids. To remove one twice does no harm.
    async fn remove(&self, objects: &[(String, String)]) -> Result<(), Stopped> {
        let (client, klass) = (self.timeline.client(), self.timeline.klass());
        let ids: Vec<&str> = objects.iter().map(|(_, id)| id.as_str()).collect();
        let ids: Vec<&str> = ids.into_iter().filter(|id| !id.is_empty()).collect();
        let ask = || self.timeline.paced(client.delete_in_bulk(klass, &ids));
        let begun = if ids.len() < 2 {
            None
        } else {
            match self.insist(ask).await {
                Ok(bulk) => Some(bulk),
                Err(trouble @ (Trouble::Refused | Trouble::Forbidden | Trouble::Redirected)) => {
                    return Err(trouble.into());
                }
                Err(_) => None,
            }
        };
        let mut gone = std::collections::HashSet::new();
        if let Some(bulk) = begun
            && self.until_done(&bulk).await?
        {
            let ask = || self.timeline.paced(client.bulk_results(&bulk));
            gone = self.insist(ask).await?.ids;
        }
        for (external_id, id) in objects.iter().filter(|(_, id)| !gone.contains(id)) {
            let id = Some(id.as_str()).filter(|id| !id.is_empty());
            self.insist(|| self.timeline.remove(id, external_id))
                .await?;
        }
        Ok(())
    }
}
