//! A request, as far as the simulator looks at it.

/// One call of the API. It holds the token and is therefore never printed.
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    /// Decoded, in the order they came.
    pub(super) query: Vec<(String, String)>,
    pub(super) token: Option<String>,
    pub(super) version: Option<String>,
}

impl Request {
    /// A parameter's value; the first one when it comes twice.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The path's segments.
    pub(super) fn segments(&self) -> Vec<&str> {
        match self.path.strip_prefix('/') {
            None | Some("") => Vec::new(),
            Some(path) => path.split('/').collect(),
        }
    }
}
