//! What one workspace may see: the installs it is joined to, with their opened credentials. Held in memory only.

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
    /// Sites that may show its page in a frame; for `embed`.
    pub frame_ancestors: Vec<String>,
    /// How far ahead a signed address may expire, in seconds.
    pub longest_expiry: i64,
    /// Whether it answers at all.
    pub enabled: bool,
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
