//! What an agent sees, and how often.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::Deserialize;

/// What an agent saw.
#[derive(Debug, Clone, PartialEq)]
pub enum Seen {
    Found {
        as_of: DateTime<Utc>,
        stale: bool,
    },
    Unavailable(String),
    /// Anything else that an answer can say.
    Other(String),
    /// Not answered with 200.
    Status(u16),
    /// The connection ended without an answer.
    Lost,
}

impl Seen {
    pub fn is_found(&self) -> bool {
        matches!(self, Self::Found { .. })
    }

    /// Whether it is no answer at all.
    pub fn is_error(&self) -> bool {
        matches!(self, Self::Status(_) | Self::Lost)
    }

    fn word(&self) -> String {
        match self {
            Self::Found { stale: false, .. } => "found".into(),
            Self::Found { stale: true, .. } => "found and marked".into(),
            Self::Unavailable(reason) => format!("unavailable ({reason})"),
            Self::Other(other) => other.clone(),
            Self::Status(status) => format!("status {status}"),
            Self::Lost => "lost".into(),
        }
    }
}

/// How often what was seen.
#[derive(Debug, Default)]
pub struct Counts {
    words: BTreeMap<String, usize>,
    errors: usize,
    not_found: usize,
}

impl Counts {
    pub fn of<'a>(all: impl IntoIterator<Item = &'a Seen>) -> Self {
        let mut counts = Self::default();
        all.into_iter().for_each(|seen| counts.add(seen));
        counts
    }

    pub fn add(&mut self, seen: &Seen) {
        *self.words.entry(seen.word()).or_default() += 1;
        self.errors += usize::from(seen.is_error());
        self.not_found += usize::from(!seen.is_found());
    }

    pub fn extend(&mut self, other: Self) {
        for (word, count) in other.words {
            *self.words.entry(word).or_default() += count;
        }
        self.errors += other.errors;
        self.not_found += other.not_found;
    }

    /// How many were no answer at all.
    pub fn errors(&self) -> usize {
        self.errors
    }

    pub fn all_found(&self) -> bool {
        self.not_found == 0
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = self
            .words
            .iter()
            .map(|(word, count)| format!("{count} {word}"));
        f.write_str(&words.collect::<Vec<_>>().join(", "))
    }
}

#[derive(Deserialize)]
struct Answer {
    accounts: Vec<Account>,
}

#[derive(Deserialize)]
struct Account {
    outcome: String,
    stale: bool,
    reason: Option<String>,
    as_of: Option<DateTime<Utc>>,
}

/// Sends it; what the answer says.
pub async fn seen(request: reqwest::RequestBuilder) -> Seen {
    let Ok(response) = request.send().await else {
        return Seen::Lost;
    };
    let status = response.status().as_u16();
    let Ok(body) = response.text().await else {
        return Seen::Lost;
    };
    if status != 200 {
        return Seen::Status(status);
    }
    let answer: Answer = serde_json::from_str(&body).unwrap();
    let account = &answer.accounts[0];
    match (account.outcome.as_str(), account.as_of) {
        ("found", Some(as_of)) => Seen::Found {
            as_of,
            stale: account.stale,
        },
        ("unavailable", _) => Seen::Unavailable(account.reason.clone().unwrap_or_default()),
        (other, _) => Seen::Other(other.to_owned()),
    }
}
