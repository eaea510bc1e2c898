//! Reading a shop's subscriptions, page by page, in the order in which they began.

use super::{Backfill, Source, Stopped};
use crate::domain::day::Instant;
use crate::domain::id::CustomerId;
use crate::domain::subscription::{Selection, Subscription};
use crate::provider::{Place, ProviderError};
use crate::store::BackfillPlace;

/// A subscription and whose it is.
pub type Row = (Option<CustomerId>, Subscription);

/// A walk through one shop.
pub struct Walk<'a> {
    pub source: &'a Source,
    selection: Selection,
    /// Where the next page begins; `None`: at the first subscription.
    next: Option<Place>,
    is_over: bool,
    /// What was done before the place at which the walk began, or began anew, and comes once more.
    done: BackfillPlace,
}

impl<'a> Walk<'a> {
    /// A walk that goes on where a run is.
    pub fn from(source: &'a Source, selection: Selection, place: &BackfillPlace) -> Self {
        Self {
            source,
            selection,
            next: place.reached.map(Place::Since),
            is_over: false,
            done: place.clone(),
        }
    }

    /// Leaves out what was done before.
    fn fresh(&mut self, rows: Vec<Row>) -> Vec<Row> {
        let Some(reached) = self.done.reached else {
            return rows;
        };
        let mut rows = rows;
        rows.retain(|(_, row)| match row.created_at {
            Some(at) if at < reached => false,
            Some(at) if at == reached && self.done.passed > 0 => {
                self.done.passed -= 1;
                false
            }
            _ => true,
        });
        rows
    }
}

/// These are done, too, in the order in which they began.
pub fn pass(place: &mut BackfillPlace, times: &[Option<Instant>]) {
    for at in times.iter().flatten() {
        if place.reached == Some(*at) {
            place.passed += 1;
        } else if place.reached < Some(*at) {
            place.reached = Some(*at);
            place.passed = 1;
        }
    }
}

impl Backfill {
    /// The next page; `None`: there is none. `done` is how far it is. A page may be empty, of what was done before.
    pub(super) async fn next_page(
        &self,
        walk: &mut Walk<'_>,
        done: &BackfillPlace,
    ) -> Result<Option<Vec<Row>>, Stopped> {
        if walk.is_over {
            return Ok(None);
        }
        let source = walk.source;
        let (selection, place) = (walk.selection, walk.next.as_ref());
        let ask = || {
            source
                .provider
                .all_subscriptions(&source.with, &selection, place)
        };
        let page = match self.ask(source, ask).await {
            // How long a cursor is honoured is not established. It may have been for shorter than it took to get here, and
            // then the walk begins anew at the time of what is done.
            Err(Stopped::Provider {
                error: ProviderError::Declined { .. },
                ..
            }) if matches!(walk.next, Some(Place::After(_))) => {
                tracing::info!("a cursor is honoured no more: the list is read from where it was");
                walk.next = done.reached.map(Place::Since);
                walk.done = done.clone();
                return Ok(Some(Vec::new()));
            }
            page => page?,
        };
        walk.is_over = page.next.is_none();
        walk.next = page.next;
        Ok(Some(walk.fresh(page.rows)))
    }
}
