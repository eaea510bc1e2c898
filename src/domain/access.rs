//! What one workspace may see: the installs it is joined to, with their opened credentials. Held in memory only.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::id::WorkspaceId;
use super::install::{Install, ShopProfile};
use super::secret::Secret;

/// A workspace: one helpdesk joined to one or more installs.
#[derive(Debug, Clone)]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// The helpdesk whose routes it answers on (`json`, `embed` …).
    pub helpdesk: String,
    /// The secrets it accepts: the current one first, then one that a rotation still honours.
    pub secrets: Vec<Secret<String>>,
    /// What its helpdesk needs besides.
    pub settings: Settings,
    /// Sites that may show its page in a frame; for `embed`.
    pub frame_ancestors: Vec<String>,
    /// How far ahead a signed address may expire, in seconds.
    pub longest_expiry: i64,
    /// Whether it answers at all.
    pub enabled: bool,
}

impl Workspace {
    /// Whether a profile that the helpdesk vouches for is tied to a customer without an agent: unless `auto_link` says no.
    pub fn links_by_itself(&self) -> bool {
        let word = self.settings.text("auto_link").unwrap_or_default();
        !["off", "no", "false"]
            .iter()
            .any(|no| word.trim().eq_ignore_ascii_case(no))
    }
}

/// What one kind of helpdesk needs besides, as names and texts: how it authenticates, what it calls a field. A name within
/// a name is joined by a dot (`keys.status`). An API key may be among them, so none is printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Settings(Arc<BTreeMap<String, String>>);

impl Settings {
    /// From names and texts; of a name that comes twice, the last counts.
    pub fn of<N: Into<String>, T: Into<String>>(pairs: impl IntoIterator<Item = (N, T)>) -> Self {
        let pairs = pairs.into_iter();
        Self(Arc::new(pairs.map(|(n, t)| (n.into(), t.into())).collect()))
    }

    /// The text of this name.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Keeps a text under this name.
    pub fn set(&mut self, name: &str, text: String) {
        Arc::make_mut(&mut self.0).insert(name.to_owned(), text);
    }

    /// Keeps nothing under this name.
    pub fn clear(&mut self, name: &str) {
        Arc::make_mut(&mut self.0).remove(name);
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// An install with its credentials opened.
#[derive(Debug, Clone)]
pub struct Connected {
    /// The install.
    pub install: Install,
    /// The provider's API token.
    pub token: Secret<String>,
    /// What the provider said of the shop when it was last checked: until it has been asked again.
    pub profile: ShopProfile,
}

/// What a verified request of a workspace may use.
#[derive(Debug, Clone)]
pub struct Access {
    /// The workspace.
    pub workspace: Workspace,
    /// Its installs, in the order they were joined.
    pub installs: Vec<Arc<Connected>>,
}
