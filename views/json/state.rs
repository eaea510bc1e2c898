//! In which state everything is, for the platform.

use serde::Serialize;

use super::write;

/// The whole service.
#[derive(Serialize)]
pub struct State<'a> {
    /// Whether requests are welcome.
    pub ready: bool,
    /// Whether it has been asked to end.
    pub ending: bool,
    /// Whether the store can be read.
    pub store: bool,
    /// Every install that was asked for, in the order of names.
    pub installs: Vec<InstallState<'a>>,
}

/// One install.
#[derive(Serialize)]
pub struct InstallState<'a> {
    /// Its name.
    pub install: &'a str,
    /// Whether its provider answers.
    pub answers: bool,
    /// Whether its credentials are accepted.
    pub accepted: bool,
    /// Calls in its token's bucket.
    pub calls: Option<f64>,
    /// Calls that fit.
    pub capacity: Option<f64>,
    /// Rounds in line.
    pub waiting: Option<usize>,
}

impl State<'_> {
    /// As JSON.
    pub fn to_json(&self) -> String {
        write(self, false)
    }
}
