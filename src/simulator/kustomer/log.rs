//! The request log: bounded, and without keys.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use super::request::Request;

/// How many requests are remembered; the oldest go first.
const KEPT: usize = 100_000;

/// A request that arrived.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LoggedRequest {
    /// When it arrived, by the simulator's clock.
    pub at: DateTime<Utc>,
    /// The HTTP method.
    pub method: String,
    /// The path as sent, without the query.
    pub path: String,
    /// Its body, if that was JSON; else null.
    pub body: Value,
    /// Whether it carried a key.
    pub with_key: bool,
    /// The answer's status; `None` when there was none.
    pub status: Option<u16>,
}

#[derive(Debug, Default)]
pub(super) struct Log(VecDeque<LoggedRequest>);

impl Log {
    pub(super) fn note(&mut self, request: &Request, at: DateTime<Utc>, status: Option<u16>) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(LoggedRequest {
            at,
            method: request.method.clone(),
            path: request.path.clone(),
            body: request.json(),
            with_key: request.key.is_some(),
            status,
        });
    }

    pub(super) fn all(&self) -> Vec<LoggedRequest> {
        self.0.iter().cloned().collect()
    }

    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}
