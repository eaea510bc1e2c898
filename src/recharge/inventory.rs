//! All subscriptions of a shop, in the order in which they began: that order never changes, so a walk that was broken off
//! goes on at the time of the last one that it saw, whatever has changed meanwhile. A cursor may have expired by then (how
//! long one is honoured is not established), and a time does not.

use chrono::SecondsFormat;

use super::client::Client;
use super::endpoint::Endpoint;
use super::wire::Owned;
use super::{map, pages, wire};
use crate::domain::day::Instant;
use crate::domain::id::CustomerId;
use crate::domain::subscription::Selection;
use crate::provider::{Credentials, Place, ProviderError, SubscriptionsPage};

/// A page. The cursor holds filters and order, as for all lists.
pub async fn page(
    client: &Client,
    with: &Credentials,
    selection: &Selection,
    place: Option<&Place>,
) -> Result<SubscriptionsPage, ProviderError> {
    let endpoint = Endpoint::Subscriptions;
    let limit = ("limit", pages::LIMIT);
    let page = if let Some(Place::After(cursor)) = place {
        let query = [("cursor", cursor.as_str()), limit];
        pages::first(client, with, endpoint, &query).await?
    } else {
        let stamp = |at: &Instant| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let began = match place {
            Some(Place::Since(at)) => Some(stamp(at)),
            _ => None,
        };
        let changed = selection.changed_since.as_ref().map(stamp);
        let mut query = vec![("sort_by", "created_at-asc"), limit];
        query.extend(began.iter().map(|at| ("created_at_min", at.as_str())));
        query.extend(changed.iter().map(|at| ("updated_at_min", at.as_str())));
        query.extend(selection.only_active.then_some(("status", "active")));
        pages::first(client, with, endpoint, &query).await?
    };
    // A page without rows is the end, whatever cursor it names.
    let next = page.next.filter(|_| !page.rows.is_empty());
    let listed = pages::read(endpoint, page.rows, |row: wire::Subscription| {
        let owner = row.owner().map(CustomerId::new);
        Some(map::listed(row)?.map(|subscription| (owner, subscription)))
    })?;
    Ok(SubscriptionsPage {
        rows: listed.into_iter().flatten().collect(),
        next: next.map(Place::After),
    })
}
