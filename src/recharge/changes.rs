//! What changed lately: lists by `updated_at_min`, the oldest change first, so that a walk that ends early has missed only what
//! is newest.
//!
//! What was deleted is in no list.

use chrono::SecondsFormat;
use serde_json::Value;

use super::client::Client;
use super::endpoint::Endpoint;
use super::{pages, webhook};
use crate::domain::event::Event;
use crate::provider::{ChangesPage, Credentials, List, Place, ProviderError};

/// A page of a list. That a filter and an order go with the first page alone is what holds for all lists.
pub async fn page(
    client: &Client,
    with: &Credentials,
    list: List,
    place: &Place,
) -> Result<ChangesPage, ProviderError> {
    let (endpoint, resource) = match list {
        List::Customers => (Endpoint::Customers, "customer"),
        List::Subscriptions => (Endpoint::Subscriptions, "subscription"),
        List::Charges => (Endpoint::Charges, "charge"),
    };
    let limit = ("limit", pages::LIMIT);
    let page = match place {
        Place::Since(at) => {
            let at = at.to_rfc3339_opts(SecondsFormat::Secs, true);
            let query = [
                ("updated_at_min", at.as_str()),
                ("sort_by", "updated_at-asc"),
                limit,
            ];
            pages::first(client, with, endpoint, &query).await?
        }
        Place::After(cursor) => {
            let query = [("cursor", cursor.as_str()), limit];
            pages::first(client, with, endpoint, &query).await?
        }
    };
    // A page without rows is the end, whatever cursor it names.
    let next = page.next.filter(|_| !page.rows.is_empty());
    Ok(ChangesPage {
        events: read(endpoint, resource, page.rows),
        next: next.map(Place::After),
    })
}

/// Rows that lead to nobody can change no card.
fn read(endpoint: Endpoint<'_>, resource: &str, rows: Vec<Value>) -> Vec<Event> {
    let sent = rows.len();
    let events: Vec<Event> = rows
        .into_iter()
        .filter_map(|row| webhook::row(resource, row).ok())
        .collect();
    if events.len() < sent {
        tracing::warn!(
            endpoint = endpoint.template(),
            unreadable = sent - events.len(),
            "rows that can't be read were left out"
        );
    }
    events
}
