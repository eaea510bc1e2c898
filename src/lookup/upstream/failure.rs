//! Why a fetch failed, and what it was for.

use crate::domain::answer::Reason;
use crate::domain::id::CustomerId;
use crate::domain::install::InstallName;
use crate::domain::question::SubjectKey;

/// A failed fetch, and how many calls it cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    pub reason: Reason,
    pub calls: u32,
    /// The provider gave no usable answer, as if it were down.
    pub is_down: bool,
}

impl Failure {
    /// The failure of a fetch that sent nothing.
    pub fn not_sent(reason: Reason) -> Self {
        Self {
            reason,
            calls: 0,
            is_down: false,
        }
    }
}

/// The purpose of a fetch.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// Finding the customers that a subject names.
    Subject(InstallName, SubjectKey),
    /// Reading one customer.
    Customer(InstallName, CustomerId),
}

impl Target {
    /// The install that is read.
    pub fn install(&self) -> &InstallName {
        match self {
            Self::Subject(install, _) | Self::Customer(install, _) => install,
        }
    }
}
