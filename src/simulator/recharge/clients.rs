//! API clients: which token registered a webhook, and the secret that signs for it.

use std::collections::BTreeMap;
use std::fmt;

use super::json::Json;
use super::tables::Tables;
use super::tokens::{Token, fingerprint};

/// What signs for a token that was given no `client_secret`, and for webhooks that came with the data when no token has
/// one. It is not the token: whoever takes the one for the other should find out here.
pub const CLIENT_SECRET: &str = "simulated-client-secret";

/// Tokens are known by their fingerprints, so that nothing printed holds one.
#[derive(Default)]
pub(super) struct Clients {
    owners: BTreeMap<i64, String>,
    secrets: BTreeMap<String, String>,
    /// The first token of the list.
    first: Option<String>,
    /// Webhooks that were deleted, and whose deliveries are still to be given up.
    lost: Vec<i64>,
}

impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clients")
            .field("owners", &self.owners)
            .finish_non_exhaustive()
    }
}

impl Clients {
    /// Learns the secrets of the listed tokens.
    pub(super) fn learn(&mut self, tokens: &[Token]) {
        for token in tokens {
            if let Some(secret) = &token.client_secret {
                self.set_secret(&token.token, secret);
            }
        }
        self.first = tokens.first().map(|token| fingerprint(&token.token));
    }

    pub(super) fn set_secret(&mut self, token: &str, secret: &str) {
        self.secrets.insert(fingerprint(token), secret.to_owned());
    }

    pub(super) fn own(&mut self, webhook: i64, token: &Token) {
        self.owners.insert(webhook, fingerprint(&token.token));
    }

    pub(super) fn lose(&mut self, webhook: i64) {
        self.owners.remove(&webhook);
        self.lost.push(webhook);
    }

    /// The webhooks that were deleted since this was last asked.
    pub(super) fn take_lost(&mut self) -> Vec<i64> {
        std::mem::take(&mut self.lost)
    }

    /// Whether a token's client registered a webhook. One that came with the data is everybody's.
    pub(super) fn owns(&self, token: Option<&Token>, webhook: i64) -> bool {
        match (self.owners.get(&webhook), token) {
            (Some(owner), Some(token)) => *owner == fingerprint(&token.token),
            _ => true,
        }
    }

    /// What signs a webhook's deliveries now.
    pub(super) fn secret(&self, webhook: i64) -> &str {
        let owner = self.owners.get(&webhook).or(self.first.as_ref());
        owner
            .and_then(|owner| self.secrets.get(owner))
            .map_or(CLIENT_SECRET, String::as_str)
    }
}

/// The webhooks that a token's client sees, as tables of their own.
pub(super) fn webhooks_of(token: &Token, tables: &Tables) -> Tables {
    let mut own = Tables::default();
    for (id, webhook) in tables.all("webhooks") {
        if tables.clients.owns(Some(token), id) {
            let webhook: &Json = webhook;
            own.insert("webhooks", id, webhook.clone());
        }
    }
    own
}
