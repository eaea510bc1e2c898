//! What somebody does, step by step, to join a workspace to a helpdesk: the same on the command line and in the admin pages.

use crate::domain::access::Settings;
use crate::domain::id::WorkspaceId;
use crate::domain::secret::Secret;

/// The workspace to join.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The service's address from outside, without a slash at the end; `None` while none is set.
    pub public_url: Option<&'a str>,
    /// The workspace.
    pub workspace: &'a WorkspaceId,
    /// Its secret, the one time it is shown.
    pub secret: Option<&'a Secret<String>>,
    /// What it has otherwise.
    pub settings: &'a Settings,
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What to do.
    pub text: String,
    /// What to copy for it, and its label.
    pub copy: Option<(&'static str, Secret<String>)>,
}

impl Step {
    /// Something to do.
    pub fn doing(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            copy: None,
        }
    }

    /// Something to copy for it. Addresses and secrets alike are kept out of debug output.
    pub fn copying(mut self, label: &'static str, value: impl Into<String>) -> Self {
        self.copy = Some((label, Secret::new(value.into())));
        self
    }
}

impl Place<'_> {
    /// An address of the service; a stand-in for the host where none is set.
    pub fn address(&self, path: &str) -> String {
        format!(
            "{}{path}/{}",
            self.public_url.unwrap_or("https://YOUR-SIDECARD"),
            self.workspace
        )
    }

    /// The step at which the secret is copied, or what to do when it was not.
    pub fn secret_step(&self, text: &str) -> Step {
        match self.secret {
            Some(secret) => Step::doing(text).copying("secret", secret.reveal().clone()),
            None => Step::doing(format!(
                "{text} It is not shown again: where it is lost, rotate it."
            )),
        }
    }
}
