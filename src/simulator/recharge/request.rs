//! A request, as far as the simulator looks at it.

/// One call of the API. It holds the token and is therefore never printed.
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    /// Decoded, in the order they came.
    pub(super) query: Vec<(String, String)>,
    pub(super) token: Option<String>,
    pub(super) version: Option<String>,
    pub(super) body: String,
}

impl Request {
    /// A request that comes from no client.
    pub(super) fn of_a_control(method: &str, path: &str, body: String) -> Self {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: pairs
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            token: None,
            version: None,
            body,
        }
    }

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
