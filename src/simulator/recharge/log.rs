//! The request log: bounded, and without tokens.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::request::Request;
use super::tokens::fingerprint;

/// How many requests are remembered; the oldest go first.
const KEPT: usize = 10_000;

/// A request that arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LoggedRequest {
    /// When it arrived, by the simulator's clock.
    pub at: DateTime<Utc>,
    /// The HTTP method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query's names and values, decoded, in the order they came.
    pub query: Vec<(String, String)>,
    /// The `X-Recharge-Version` header.
    pub version: Option<String>,
    /// A mark that is the same for the same token, from which the token cannot be read.
    pub token: Option<String>,
    /// The answer's status; `None` while it is not sent, and for ever when there is none.
    pub status: Option<u16>,
}

impl LoggedRequest {
    /// The first value of a query parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

#[derive(Debug, Default)]
pub(super) struct Log {
    requests: VecDeque<(u64, LoggedRequest)>,
    arrived: u64,
}

impl Log {
    /// Notes a request, and numbers it.
    pub(super) fn arrived(&mut self, request: &Request, at: DateTime<Utc>) -> u64 {
        self.arrived += 1;
        if self.requests.len() == KEPT {
            self.requests.pop_front();
        }
        let logged = LoggedRequest {
            at,
            method: request.method.clone(),
            path: request.path.clone(),
            query: request.query.clone(),
            version: request.version.clone(),
            token: request.token.as_deref().map(fingerprint),
            status: None,
        };
        self.requests.push_back((self.arrived, logged));
        self.arrived
    }

    pub(super) fn answered(&mut self, number: u64, status: u16) {
        // It may have been forgotten meanwhile.
        if let Ok(index) = self.requests.binary_search_by_key(&number, |(n, _)| *n)
            && let Some((_, logged)) = self.requests.get_mut(index)
        {
            logged.status = Some(status);
        }
    }

    pub(super) fn all(&self) -> Vec<LoggedRequest> {
        self.requests
            .iter()
            .map(|(_, logged)| logged.clone())
            .collect()
    }

    pub(super) fn forget(&mut self) {
        self.requests.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_are_forgotten_first() {
        let mut log = Log::default();
        let request = Request {
            method: "GET".to_owned(),
            path: "/".to_owned(),
            query: Vec::new(),
            token: Some("sk_secret".to_owned()),
            version: None,
            body: String::new(),
        };
        for _ in 0..KEPT + 3 {
            log.arrived(&request, DateTime::UNIX_EPOCH);
        }
        log.answered(2, 200);
        log.answered(4, 201);
        let all = log.all();
        assert_eq!(all.len(), KEPT);
        assert_eq!(all[0].status, Some(201));
        assert!(!format!("{:?}", all[0]).contains("secret"));
    }
}
