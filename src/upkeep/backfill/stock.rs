//! What stood on the timelines before: of an object that is made in bulk it has to be known that it is not there, because a
//! bulk request is no upsert. All that is there by Sidecard is in the store, but for what an earlier store has put there.

use super::{Backfill, Stopped};
use crate::push::kustomer::{Kept, Trouble};
use crate::push::object::Origin;
use crate::store::{Adopted, BackfillRecord, Stock};

/// As many pages as are read: a million objects.
const MOST_PAGES: u32 = 10_000;

impl Backfill {
    /// Learns it, unless an earlier run did: since then everything there is this store's.
    pub(super) async fn take_stock(&self, run: &mut BackfillRecord) -> Result<(), Stopped> {
        if run.stock.is_some() {
            return Ok(());
        }
        let earlier = self.store.backfills(&self.workspace).await?;
        let is_known = earlier
            .iter()
            .any(|other| other.klass == run.klass && other.stock == Some(Stock::Known));
        let stock = if is_known || self.read_stock().await? {
            Stock::Known
        } else {
            Stock::Unknown
        };
        run.stock = Some(stock);
        Ok(self.store.advance_backfill(run, None).await?)
    }

    /// Whether all of it could be read.
    async fn read_stock(&self) -> Result<bool, Stopped> {
        let (client, klass) = (self.timeline.client(), self.timeline.klass());
        let mut first = None;
        for number in 1..=MOST_PAGES {
            self.stop.is_asked()?;
            let ask = || self.timeline.paced(client.objects_page(klass, number));
            let page = match self.insist(ask).await {
                Ok(page) => page,
                Err(trouble @ (Trouble::Refused | Trouble::Redirected)) => {
                    return Err(trouble.into());
                }
                Err(trouble) => {
                    tracing::info!(%trouble, "the objects of the klass can't be listed: each is looked for");
                    return Ok(false);
                }
            };
            // A list that is not paged is the same with every number.
            let begins = page.objects.first().map(|object| object.id.clone());
            if number > 1 && begins == first {
                return Ok(false);
            }
            first = first.or(begins);
            let adopted: Vec<Adopted> = page.objects.into_iter().filter_map(adopted).collect();
            self.store
                .adopt_objects(&self.workspace, &adopted, self.clock.now())
                .await?;
            if !page.has_more {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// An object as the store keeps it; `None`: it is none of Sidecard's.
fn adopted(kept: Kept) -> Option<Adopted> {
    let origin = Origin::of(&kept)?;
    Some(Adopted {
        external_id: kept.external_id?,
        install: origin.install,
        customer: origin.customer,
        object: kept.id,
        owner: kept.customer,
        mark: origin.mark,
    })
}
