//! A request as it arrived.

use percent_encoding::percent_decode_str;
use serde_json::Value;

/// What the API reads of a request.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) method: String,
    /// As sent, percent signs and all.
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    /// What stands behind `Bearer`.
    pub(super) key: Option<String>,
    pub(super) body: Vec<u8>,
}

impl Request {
    /// The path's segments, decoded one by one: a slash within one does not make two of it.
    pub(super) fn segments(&self) -> Vec<String> {
        let segments = self.path.split('/').filter(|segment| !segment.is_empty());
        segments
            .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
            .collect()
    }

    /// The first value of a query parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let mut values = self.query.iter().filter(|(key, _)| key == name);
        values.next().map(|(_, value)| value.as_str())
    }

    /// The body as JSON; `null` when it is none.
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}
