//! A session: what a signed address has proven, carried on in the page that it opened.
//!
//! Frames have no cookies, and nothing personal belongs into a second address. So the page is given a token, which its
//! script sends in a header: `Authorization: Bearer …`. The token is the session itself, readable by whoever holds it (it is
//! what the address said), and signed with the workspace's secret under a purpose of its own: it outlives a restart, any
//! node accepts it, and a rotation of the secret ends it when the overlap is over.
//!
//! A session ends [`LINGERS`] after the address that opened it, so that the workspace's own limit holds for both.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta};
use serde::{Deserialize, Serialize};

use super::{is_signature, mac, question_of};
use crate::domain::access::Workspace;
use crate::domain::day::Instant;
use crate::domain::id::CustomerId;
use crate::domain::install::InstallName;
use crate::domain::question::Question;
use crate::helpdesk::{Cause, Problem, Refused, Unverified, Verified, bearer_of};

/// So long a page lives on after its signed address has expired.
pub const LINGERS: TimeDelta = TimeDelta::minutes(15);

/// What every signature of a session begins with.
const SESSION: &str = "sidecard-embed-session-v1";
/// What every signature of a record that was picked begins with.
const PICK: &str = "sidecard-embed-pick-v1";

/// What a signed address said, for as long as its page lives.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    #[serde(rename = "e")]
    emails: Vec<String>,
    #[serde(rename = "p")]
    profile: Option<String>,
    #[serde(rename = "a")]
    agent: Option<String>,
    #[serde(rename = "l")]
    locale: Option<String>,
    /// Unix seconds.
    #[serde(rename = "x")]
    until: i64,
}

/// Whose hand links and searches: nobody's without both.
#[derive(Clone, Copy)]
pub struct Hand<'a> {
    /// The helpdesk's id of the person.
    pub profile: &'a str,
    /// The agent, as the helpdesk calls them.
    pub agent: &'a str,
}

/// A record at an install, picked from those that this session was shown.
#[derive(Serialize, Deserialize)]
struct Picked {
    #[serde(rename = "i")]
    install: String,
    #[serde(rename = "c")]
    customer: String,
}

impl Session {
    pub(super) fn new(
        emails: Vec<String>,
        [profile, agent, locale]: [Option<String>; 3],
        expires: i64,
    ) -> Self {
        Self {
            emails,
            profile,
            agent,
            locale,
            until: expires.saturating_add(LINGERS.num_seconds()),
        }
    }

    /// The session of a request that carries its token. Whoever sent it learns from a refusal only that it is one.
    pub fn resume<'a>(
        request: Unverified<'a>,
        workspace: &Workspace,
        now: Instant,
    ) -> Result<(Verified<'a>, Self), Refused> {
        let token = bearer_of(&request);
        let session = opened::<Self>(workspace, SESSION, "", token.unwrap_or_default());
        match session {
            None if token.is_none() => Err(Refused(Cause::NoSession)),
            None => Err(Refused(Cause::WrongSession)),
            Some(session) if session.until() <= now => Err(Refused(Cause::SessionOver)),
            Some(session) => Ok((Verified::new(request), session)),
        }
    }

    /// The token for the page; made with the workspace's newest secret.
    pub fn token(&self, workspace: &Workspace) -> String {
        closed(workspace, SESSION, "", self)
    }

    /// What the page asks, again and again.
    pub fn question(&self) -> Result<Question, Problem> {
        let mut question = question_of(&self.emails)?;
        question.profile.clone_from(&self.profile);
        question.agent.clone_from(&self.agent);
        question.locale.clone_from(&self.locale);
        Ok(question)
    }

    /// When it ends.
    pub fn until(&self) -> Instant {
        DateTime::from_timestamp(self.until, 0).unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// Who may search and link here: the workspace allows it, and the address was signed for this agent and profile.
    pub fn hand(&self, workspace: &Workspace) -> Option<Hand<'_>> {
        let (Some(profile), Some(agent)) = (&self.profile, &self.agent) else {
            return None;
        };
        let is_allowed = workspace.settings.text(super::SEARCH) == Some("on");
        is_allowed.then_some(Hand { profile, agent })
    }

    /// The agent, where the address names one.
    pub fn agent(&self) -> Option<&str> {
        self.agent.as_deref()
    }

    /// The profile, where the address names one.
    pub fn profile(&self) -> Option<&str> {
        self.profile.as_deref()
    }

    /// A record that this session was shown, for the page to hand back: no other session, and no record that was not
    /// shown, can be picked with it.
    pub fn pick(
        &self,
        workspace: &Workspace,
        install: &InstallName,
        customer: &CustomerId,
    ) -> String {
        let picked = Picked {
            install: install.to_string(),
            customer: customer.to_string(),
        };
        closed(workspace, PICK, &self.text(), &picked)
    }

    /// What was picked.
    pub fn picked(&self, workspace: &Workspace, pick: &str) -> Option<(InstallName, CustomerId)> {
        let picked = opened::<Picked>(workspace, PICK, &self.text(), pick)?;
        let install = InstallName::parse(&picked.install).ok()?;
        Some((install, CustomerId::new(picked.customer)))
    }

    fn text(&self) -> String {
        let json = serde_json::to_vec(self).unwrap_or_default();
        URL_SAFE_NO_PAD.encode(json)
    }
}

/// A value as a token: base64url of its JSON, a dot, and the signature. `about` is signed with it and not repeated in it.
fn closed(workspace: &Workspace, purpose: &str, about: &str, value: &impl Serialize) -> String {
    let Some(secret) = workspace.secrets.first() else {
        // A workspace without a secret answers nobody.
        return String::new();
    };
    // Texts, numbers and lists of them: this does not fail.
    let json = serde_json::to_vec(value).unwrap_or_default();
    let mut token = URL_SAFE_NO_PAD.encode(json);
    let signature = mac(secret, &message(workspace, purpose, about, &token));
    token.push('.');
    token.push_str(&base16ct::lower::encode_string(&signature));
    token
}

/// The value of a token, if one of the workspace's secrets has signed it. The same work whichever did, and if none did.
fn opened<T: for<'a> Deserialize<'a>>(
    workspace: &Workspace,
    purpose: &str,
    about: &str,
    token: &str,
) -> Option<T> {
    let (text, presented) = token.split_once('.').unwrap_or((token, ""));
    let message = message(workspace, purpose, about, text);
    let matches = workspace.secrets.iter().fold(false, |matches, secret| {
        matches | is_signature(secret, &message, presented)
    });
    if !matches {
        return None;
    }
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

/// What is signed. No part has a line break, so that no two of them make one message.
fn message<'a>(
    workspace: &'a Workspace,
    purpose: &'a str,
    about: &'a str,
    text: &'a str,
) -> [&'a str; 7] {
    let workspace = workspace.id.as_str();
    [purpose, "\n", workspace, "\n", about, "\n", text]
}

#[cfg(test)]
mod tests;
