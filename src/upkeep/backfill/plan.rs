//! Counting before a run: how many subscriptions there are, how many requests that takes, and how long.

use std::collections::HashSet;
use std::time::Duration;

use super::{Backfill, Stopped};
use crate::domain::subscription::Selection;
use crate::domain::timeline::external_id;
use crate::push::kustomer::MOST;
use crate::store::{BackfillCounts, BackfillPlace};

/// Requests that a hundred objects take at the helpdesk: sent, looked at, asked for.
const PER_HUNDRED: u64 = 3;

/// What a run will take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Plan {
    /// Subscriptions to look at.
    pub subscriptions: u64,
    /// Those of which there is no object that is known.
    pub unknown: u64,
    /// Calls to the provider.
    pub provider_calls: u64,
    /// Calls to the helpdesk, at least: it finds all customers by a search, and nothing goes wrong.
    pub least: u64,
    /// At most: it finds none of them so.
    pub most: u64,
    /// How long the run takes, at least …
    pub shortest: Duration,
    /// … and at most, if nobody else asks either side for anything.
    pub longest: Duration,
}

impl Backfill {
    /// Counts. Nothing is written, neither there nor here. `per_minute`: calls that the helpdesk allows a run.
    pub async fn plan(
        &self,
        selection: Selection,
        most: Option<u64>,
        per_minute: u32,
    ) -> Result<Plan, Stopped> {
        let mut plan = Plan::default();
        let mut seconds = 0.0;
        'sources: for source in &self.sources {
            let install = &source.install.install;
            let rate = source
                .provider
                .rate(&source.install.token)
                .per_second
                .max(0.01);
            let mut walk = super::walk::Walk::from(source, selection, &BackfillPlace::default());
            let mut done = BackfillPlace::default();
            while let Some(mut rows) = self.next_page(&mut walk, &done).await? {
                let times: Vec<_> = rows.iter().map(|(_, row)| row.created_at).collect();
                super::walk::pass(&mut done, &times);
                let left = most.map_or(u64::MAX, |most| most - plan.subscriptions);
                rows.truncate(usize::try_from(left).unwrap_or(usize::MAX));
                plan.subscriptions += rows.len() as u64;
                plan.provider_calls += 2;
                seconds += 2.0 / rate;
                let ids: Vec<String> = rows
                    .iter()
                    .map(|(_, row)| external_id(&install.provider, &install.name, &row.id))
                    .collect();
                let known = self.store.objects(&self.workspace, &ids).await?;
                let is_there = |id: &str| known.get(id).is_some_and(|k| k.standing.is_some());
                let unknown: HashSet<_> = rows
                    .iter()
                    .zip(&ids)
                    .filter(|(_, id)| !is_there(id))
                    .filter_map(|((customer, _), _)| customer.as_ref())
                    .collect();
                let objects = ids.iter().filter(|id| !is_there(id)).count() as u64;
                let people = unknown.len() as u64;
                plan.unknown += objects;
                let requests = objects.div_ceil(MOST as u64) * PER_HUNDRED;
                let searches = people.div_ceil(MOST as u64);
                plan.least += requests + searches;
                // Each by what Sidecard calls them, by the address, and made.
                plan.most += requests + searches + people * 3;
                self.progress.send_modify(|progress| {
                    progress.counts = BackfillCounts {
                        looked_at: plan.subscriptions,
                        ..BackfillCounts::default()
                    };
                });
                if most == Some(plan.subscriptions) {
                    break 'sources;
                }
            }
        }
        self.tell(&BackfillCounts::default());
        let minutes = |calls: u64| calls as f64 / f64::from(per_minute.max(1));
        let long = |calls| Duration::from_secs_f64((minutes(calls) * 60.0).max(seconds));
        plan.shortest = long(plan.least);
        plan.longest = long(plan.most);
        Ok(plan)
    }
}
