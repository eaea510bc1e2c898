//! Reading lists: the walk along their cursors, and what is kept of their rows.

use std::collections::HashSet;

use serde_json::Value;

use super::client::{Client, broken};
use super::endpoint::Endpoint;
use super::wire::{self, Lenient, NoEnvelope, Owned, Page};
use crate::domain::id::CustomerId;
use crate::provider::{Credentials, ProviderError};

/// The most rows a page can have.
pub const LIMIT: &str = "250";
/// The same as a number.
pub const ROWS: usize = 250;

/// 50,000 rows. Nobody has so many subscriptions; a cursor that never ends could.
const MOST_PAGES: usize = 200;

/// The first page of a list.
pub async fn first(
    client: &Client,
    with: &Credentials,
    endpoint: Endpoint<'_>,
    query: &[(&str, &str)],
) -> Result<Page, ProviderError> {
    let body = client.ask(with, endpoint, query).await?;
    wire::page(body, endpoint.envelope()).map_err(|NoEnvelope| no_envelope())
}

/// All rows of a list that one filter selects.
///
/// The cursor holds the filter, so later pages are asked for with `cursor` and `limit` alone, as three independent clients
/// do; whether more would be refused is not established. The walk ends at a page without a next cursor, or
/// without rows: a last page that is exactly full may name a cursor that leads to an empty one.
pub async fn all(
    client: &Client,
    with: &Credentials,
    endpoint: Endpoint<'_>,
    filter: (&str, &str),
) -> Result<Vec<Value>, ProviderError> {
    let limit = ("limit", LIMIT);
    walk(client, with, endpoint, &[filter, limit], Some(limit)).await
}

/// All rows of a list of which it is not established that its pages can be made longer.
pub async fn unlimited(
    client: &Client,
    with: &Credentials,
    endpoint: Endpoint<'_>,
) -> Result<Vec<Value>, ProviderError> {
    walk(client, with, endpoint, &[], None).await
}

async fn walk(
    client: &Client,
    with: &Credentials,
    endpoint: Endpoint<'_>,
    query: &[(&str, &str)],
    limit: Option<(&str, &str)>,
) -> Result<Vec<Value>, ProviderError> {
    let mut page = first(client, with, endpoint, query).await?;
    let mut rows = Vec::new();
    let mut followed = HashSet::new();
    for _ in 0..MOST_PAGES {
        if page.rows.is_empty() {
            return Ok(rows);
        }
        rows.append(&mut page.rows);
        let Some(cursor) = page.next else {
            return Ok(rows);
        };
        if followed.contains(&cursor) {
            return Err(broken("a cursor came twice"));
        }
        let query: Vec<_> = [("cursor", cursor.as_str())]
            .into_iter()
            .chain(limit)
            .collect();
        page = first(client, with, endpoint, &query).await?;
        followed.insert(cursor);
    }
    Err(broken("too many pages"))
}

/// Reads the rows of a list. Those that can't be read at all, for want of an id, are left out and counted in the log; if
/// that is all of them, the answer as a whole can't be used: "has none" would not be true.
pub fn read<W: Lenient, D>(
    endpoint: Endpoint<'_>,
    rows: Vec<Value>,
    map: impl Fn(W) -> Option<D>,
) -> Result<Vec<D>, ProviderError> {
    let sent = rows.len();
    let kept: Vec<D> = rows
        .into_iter()
        .filter_map(|row| map(W::read(row)?))
        .collect();
    let unreadable = sent - kept.len();
    if unreadable > 0 {
        tracing::warn!(
            endpoint = endpoint.template(),
            sent,
            unreadable,
            "rows without an id were left out"
        );
    }
    if sent > 0 && kept.is_empty() {
        return Err(broken("no row can be read"));
    }
    Ok(kept)
}

/// Reads the rows of one customer.
///
/// A row that says it is somebody else's means that the filter was not applied, and then the list is not this customer's:
/// it may hold other people's rows, and lack some of theirs. Leaving the row out would show a part as the whole, so the
/// answer counts as broken. A row that does not say whose it is passes.
pub fn read_of<W: Lenient + Owned, D>(
    customer: &CustomerId,
    endpoint: Endpoint<'_>,
    rows: Vec<Value>,
    map: impl Fn(W) -> Option<D>,
) -> Result<Vec<D>, ProviderError> {
    let owned = read(endpoint, rows, |row: W| {
        let own = row.owner().is_none_or(|owner| owner == customer.as_str());
        map(row).map(|value| own.then_some(value))
    })?;
    owned
        .into_iter()
        .collect::<Option<Vec<D>>>()
        .ok_or_else(|| broken("a row of another customer"))
}

/// A body without what its endpoint promises.
pub fn no_envelope() -> ProviderError {
    broken("not the promised object")
}
