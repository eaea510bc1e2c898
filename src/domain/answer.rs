//! What we found.

use std::sync::Arc;

use super::customer::Customer;
use super::day::{Instant, Zone};
use super::install::Install;
use super::links::Links;
use super::money::Currency;
use super::question::MatchedBy;
use super::secret::Secret;
use super::snapshot::Snapshot;

/// The answer to a question: one account per install of the workspace.
#[derive(Debug, Clone)]
pub struct Answer {
    /// In the order the installs were joined.
    pub accounts: Vec<Account>,
}

/// What one install said about this person.
#[derive(Debug, Clone)]
pub struct Account {
    /// Which install.
    pub install: Arc<Install>,
    /// Where its days begin.
    pub zone: Zone,
    /// The shop's currency, in which amounts without one are.
    pub currency: Option<Currency>,
    /// Where its links lead.
    pub links: Arc<Links>,
    /// What it said.
    pub outcome: Outcome,
}

/// How a lookup at one install ended.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// Exactly one customer.
    Found {
        /// What the provider said of them.
        snapshot: Arc<Snapshot>,
        /// How they were found.
        matched_by: MatchedBy,
        /// Why this is not the newest, when it is not.
        stale: Option<Reason>,
        /// Whether an address of the question could not be looked up: it may be another customer's.
        emails_missing: bool,
    },
    /// Nobody.
    NotFound {
        /// When the provider said so.
        as_of: Instant,
    },
    /// Several records; an agent has to choose.
    Several {
        /// The records, the newest first.
        candidates: Arc<[Customer]>,
        /// When the provider said so.
        as_of: Instant,
        /// Why this is not the newest, when it is not.
        stale: Option<Reason>,
    },
    /// An agent unlinked this person.
    Unlinked {
        /// The records that match.
        candidates: Arc<[Customer]>,
        /// When the provider said so.
        as_of: Instant,
        /// Who said it, and when.
        unlinking: Unlinking,
    },
    /// The provider can't be asked, and nothing usable is remembered.
    Unavailable {
        /// Why.
        reason: Reason,
    },
}

/// An agent's word that a person is none of the records that match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlinking {
    /// The agent, as the helpdesk calls them, when it says it.
    pub agent: Option<Secret<String>>,
    /// When.
    pub at: Instant,
}

/// Why a provider can't be asked now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// It does not answer, or not in a way that can be read.
    Unreachable,
    /// It has had enough calls for now.
    RateLimited,
    /// It refuses the credentials: an admin has to reconnect.
    Reconnect,
}

impl Reason {
    /// The word for JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::RateLimited => "rate_limited",
            Self::Reconnect => "reconnect",
        }
    }
}

impl Outcome {
    /// The word for JSON and for `data-outcome`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Found { .. } => "found",
            Self::NotFound { .. } => "not_found",
            Self::Several { .. } => "several",
            Self::Unlinked { .. } => "unlinked",
            Self::Unavailable { .. } => "unavailable",
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Found { .. } => 0,
            Self::Several { .. } => 1,
            Self::Unlinked { .. } => 2,
            Self::Unavailable { .. } => 3,
            Self::NotFound { .. } => 4,
        }
    }

    /// When the provider said this; `None` when it said nothing.
    pub fn as_of(&self) -> Option<Instant> {
        match self {
            Self::Found { snapshot, .. } => Some(snapshot.as_of),
            Self::NotFound { as_of }
            | Self::Several { as_of, .. }
            | Self::Unlinked { as_of, .. } => Some(*as_of),
            Self::Unavailable { .. } => None,
        }
    }

    /// Why it is not the newest, or not there at all.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Self::Found { stale, .. } | Self::Several { stale, .. } => *stale,
            Self::Unavailable { reason } => Some(*reason),
            Self::NotFound { .. } | Self::Unlinked { .. } => None,
        }
    }

    /// Whether an older answer stands in for one that could not be had.
    pub fn is_stale(&self) -> bool {
        matches!(
            self,
            Self::Found { stale: Some(_), .. } | Self::Several { stale: Some(_), .. }
        )
    }
}

impl Answer {
    /// How many people are told of: those who were found, and those among whom somebody has to choose.
    pub fn people(&self) -> usize {
        let of = |outcome: &Outcome| match outcome {
            Outcome::Found { .. } => 1,
            Outcome::Several { candidates, .. } | Outcome::Unlinked { candidates, .. } => {
                candidates.len()
            }
            Outcome::NotFound { .. } | Outcome::Unavailable { .. } => 0,
        };
        self.accounts
            .iter()
            .map(|account| of(&account.outcome))
            .sum()
    }

    /// The best of the accounts' outcomes: found, several, unlinked, unavailable, not found.
    pub fn outcome(&self) -> &'static str {
        let best = self
            .accounts
            .iter()
            .map(|account| &account.outcome)
            .min_by_key(|outcome| outcome.rank());
        best.map_or("not_found", Outcome::as_str)
    }
}
