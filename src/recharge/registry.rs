//! The addresses that Recharge sends hooks to. They belong to the token that made them, or to its app: no other token lists
//! them.

use reqwest::Method;
use serde_json::json;

use super::client::Client;
use super::endpoint::Endpoint;
use super::pages;
use super::wire::{self, Lenient};
use crate::domain::id::is_numeric_id;
use crate::provider::{Credentials, ProviderError, Webhook};

/// All that the token has.
pub async fn all(client: &Client, with: &Credentials) -> Result<Vec<Webhook>, ProviderError> {
    let endpoint = Endpoint::Webhooks;
    let rows = pages::unlimited(client, with, endpoint).await?;
    pages::read(endpoint, rows, read)
}

/// One more.
pub async fn add(
    client: &Client,
    with: &Credentials,
    topic: &str,
    address: &str,
) -> Result<Webhook, ProviderError> {
    let body = json!({ "address": address, "topic": topic });
    let answer = client
        .act(with, Method::POST, Endpoint::Webhooks, Some(&body))
        .await?;
    let envelope = Endpoint::Webhook("").envelope();
    let made = answer.and_then(|mut answer| answer.get_mut(envelope).map(serde_json::Value::take));
    made.and_then(wire::Webhook::read)
        .and_then(read)
        .ok_or_else(pages::no_envelope)
}

/// One less.
pub async fn remove(client: &Client, with: &Credentials, id: &str) -> Result<(), ProviderError> {
    let endpoint = Endpoint::Webhook(numeric(id)?);
    client
        .act(with, Method::DELETE, endpoint, None)
        .await
        .map(drop)
}

/// Has one tried. What Recharge sends then is not established; its answer says nothing.
pub async fn test(client: &Client, with: &Credentials, id: &str) -> Result<(), ProviderError> {
    let endpoint = Endpoint::WebhookTest(numeric(id)?);
    client
        .act(with, Method::POST, endpoint, Some(&json!({})))
        .await
        .map(drop)
}

fn read(row: wire::Webhook) -> Option<Webhook> {
    Some(Webhook {
        id: row.id.0?.0,
        topic: row.topic.0?,
        address: row.address.0?,
    })
}

/// What has another id is none of Recharge's.
fn numeric(id: &str) -> Result<&str, ProviderError> {
    if is_numeric_id(id) {
        Ok(id)
    } else {
        Err(ProviderError::NotFound)
    }
}
