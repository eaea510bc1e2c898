//! `embed`: any helpdesk that can show an iframe. The host signs an address; a page with the card comes back.
//!
//! | file | is |
//! |---|---|
//! | `embed` | the signed address: who may open a page, and what it asks |
//! | `session` | what the address has proven, carried on in the page |
//! | `acts` | what an open page asks for |
//! | `card` | the card as a page, and as a part of one |
//! | `site` | which sites may show the page |
//!
//! # A part of the page
//!
//! A signed address, fetched with the header [`FRAGMENT`]`: 1`, brings the part of the page that is one customer's, with its
//! session (`card`).

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::Sha256;

mod acts;
mod card;
mod session;
mod site;

use super::{
    Cause, Context, Helpdesk, Pair, Place, Problem, Refused, Reply, Step, Unverified, Verified,
    json, pairs,
};
use crate::domain::access::Workspace;
use crate::domain::answer::Answer;
use crate::domain::day::Instant;
use crate::domain::id::WorkspaceId;
use crate::domain::question::Question;
use crate::domain::secret::Secret;
use crate::helpdesk::setting::{Kind, Setting};
use crate::views;
use crate::views::text::by_hand as text;

pub use acts::{Act, Wanted};
pub use card::{Shown, fragment};
pub use session::{Hand, LINGERS, Session};
pub use site::frame_ancestor;

/// The protocol.
pub struct Embed;

/// With this header a signed address brings the part of the page that is one customer's, not the whole page.
pub const FRAGMENT: &str = "x-sidecard-fragment";
/// The setting that allows searching and linking by hand.
const SEARCH: &str = "search";
const SETTINGS: [Setting; 1] = [Setting::new(
    SEARCH,
    text::SEARCHING,
    text::SEARCHING_HELP,
    Kind::Switch,
    "off",
)];
/// What every signature begins with, so that it can't be mistaken for one of another purpose.
const PURPOSE: &str = "sidecard-embed-v1";
/// The parameters there are.
const KNOWN: [&str; 7] = [
    "v",
    "email",
    "profile",
    "agent",
    "locale",
    "expires",
    "signature",
];
/// So many addresses fit one signed address.
const MOST_EMAILS: usize = 5;
/// What stands unescaped in a signed address.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

impl Helpdesk for Embed {
    fn name(&self) -> &'static str {
        "embed"
    }

    fn title(&self) -> &'static str {
        "A card in a frame, for any helpdesk"
    }

    fn setup(&self, place: &Place<'_>) -> Vec<Step> {
        let address = place.address("/ask/embed");
        vec![
            Step::doing("Show this address in a frame beside the ticket, with the customer's email address in it, signed.")
                .copying("address", address),
            Step::doing("The id of the workspace is part of what is signed.")
                .copying("workspace", place.workspace.as_str()),
            place.secret_step("Sign on your server with the secret; it must never reach a browser."),
            Step::doing("How to sign, with an example to compare, stands in the README, under \"The card in a helpdesk\"."),
            Step::doing("Name the site that shows the frame in the workspace's settings: no other may show it."),
        ]
    }

    fn settings(&self) -> &'static [Setting] {
        &SETTINGS
    }

    fn methods(&self) -> &'static [&'static str] {
        &["GET"]
    }

    fn deadline(&self) -> Duration {
        Duration::from_millis(2_500)
    }

    fn follows_changes(&self) -> bool {
        true
    }

    fn authenticate<'a>(
        &self,
        request: Unverified<'a>,
        workspace: &Workspace,
        now: Instant,
    ) -> Result<Verified<'a>, Refused> {
        let parameters = pairs(request.query).unwrap_or_default();
        let signature = value_of(&parameters, "signature").unwrap_or_default();
        let message = message(&workspace.id, &parameters);
        let matches = workspace.secrets.iter().fold(false, |matches, secret| {
            matches | is_signature(secret, &[&message], signature)
        });
        if !matches {
            return Err(Refused(Cause::WrongSignature));
        }
        if let Some(refused) = odd(&parameters) {
            return Err(refused);
        }
        let expires = value_of(&parameters, "expires").and_then(|text| text.parse::<i64>().ok());
        match expires.map(|expires| expires.saturating_sub(now.timestamp())) {
            None => Err(Refused(Cause::NoExpiry)),
            Some(left) if left < 0 => Err(Refused(Cause::Expired)),
            Some(left) if left > workspace.longest_expiry => Err(Refused(Cause::TooFarAhead)),
            Some(_) => Ok(Verified::knowing(request, asked(&parameters))),
        }
    }

    fn kind(&self, _: &Verified<'_>) -> &'static str {
        "card"
    }

    fn question(&self, request: &Verified<'_>) -> Result<Question, Problem> {
        read(request)?.question()
    }

    fn reply(&self, answer: &Answer, context: &Context<'_>) -> Reply {
        let session = match read(context.request) {
            Ok(session) => session,
            Err(problem) => return self.problem(problem),
        };
        let shown = Shown {
            answer,
            session,
            workspace: context.workspace,
            now: context.now,
            said: None,
            opened: false,
        };
        let Verified(request, _) = context.request;
        if request.header(FRAGMENT).is_some() {
            shown.fragment()
        } else {
            shown.page()
        }
    }

    fn problem(&self, problem: Problem) -> Reply {
        let notice = match problem {
            Problem::Unauthorized => views::Notice::NotSigned,
            Problem::NotFound | Problem::NoActions => views::Notice::NotFound,
            Problem::TooLarge => views::Notice::TooLarge,
            Problem::TooManyRequests => views::Notice::TooOften,
            Problem::Internal => views::Notice::Failed,
            Problem::NotAnEmail
            | Problem::NotJson
            | Problem::NotALookup
            | Problem::NoExternalId
            | Problem::NothingAsked
            | Problem::TooManyAsked
            | Problem::MethodNotAllowed
            | Problem::HeadTooLarge
            | Problem::TooSlow
            | Problem::SessionOver
            | Problem::NotAnAct
            | Problem::NotSearchable
            | Problem::NotByHand
            | Problem::NotPicked
            | Problem::TooManySearches
            | Problem::TooManyStreams
            | Problem::Unreadable => views::Notice::BadRequest,
        };
        let mut reply = card::page(problem.status(), views::notice_page(notice).into_string());
        if let Some(policy) = &mut reply.policy {
            // It holds no data, and whoever shows the frame has to be told: which site that is, is not known here.
            policy.to_mut().push_str("; frame-ancestors *");
        }
        reply
    }
}

/// What a signed address says, as it was read when it was verified.
fn read<'a>(request: &'a Verified<'_>) -> Result<&'a Session, Problem> {
    match request.known() {
        Some(Ok(session)) => Ok(session),
        Some(Err(problem)) => Err(*problem),
        // Nothing else is ever read of a signed address.
        None => Err(Problem::Internal),
    }
}

/// What a signed address says.
fn asked(parameters: &[Pair<'_>]) -> Result<Session, Problem> {
    let emails = parameters.iter().filter(|(name, _)| name == "email");
    let emails: Vec<String> = emails.map(|(_, value)| value.to_string()).collect();
    if emails.len() > MOST_EMAILS {
        return Err(Problem::TooManyAsked);
    }
    let texts = ["profile", "agent", "locale"].map(|name| {
        value_of(parameters, name)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    });
    let expires = value_of(parameters, "expires").and_then(|text| text.parse().ok());
    Ok(Session::new(emails, texts, expires.unwrap_or_default()))
}

fn question_of(emails: &[String]) -> Result<Question, Problem> {
    json::question(emails)
}

/// The query of a signed address, as a host makes it: `parameters` (without `signature`) are put in, signed and escaped.
pub fn signed_query(
    secret: &Secret<String>,
    workspace: &WorkspaceId,
    parameters: &[(&str, &str)],
) -> String {
    let parameters: Vec<Pair<'_>> = parameters
        .iter()
        .map(|(name, value)| ((*name).into(), (*value).into()))
        .collect();
    let message = message(workspace, &parameters);
    let signature = base16ct::lower::encode_string(&mac(secret, &[&message]));
    let mut query = String::new();
    for (name, value) in &parameters {
        query.push_str(&format!("{name}={}&", utf8_percent_encode(value, ESCAPED)));
    }
    query + "signature=" + &signature
}

/// What is signed: the purpose, the workspace, and every parameter but the signature itself, sorted.
fn message(workspace: &WorkspaceId, parameters: &[Pair<'_>]) -> String {
    let mut signed: Vec<&Pair<'_>> = parameters
        .iter()
        .filter(|(name, _)| name != "signature")
        .collect();
    signed.sort();
    let mut message = String::with_capacity(256);
    for part in [PURPOSE, "\n", workspace.as_str()] {
        message.push_str(part);
    }
    for (name, value) in signed {
        for part in ["\n", name, "=", value] {
            message.push_str(part);
        }
    }
    message
}

/// Of the parts, one behind the other.
fn mac(secret: &Secret<String>, parts: &[&str]) -> [u8; 32] {
    // HMAC takes a key of any length, so this constructor does not fail.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.reveal().as_bytes()) else {
        return [0; 32];
    };
    for part in parts {
        mac.update(part.as_bytes());
    }
    mac.finalize().into_bytes().into()
}

/// In constant time. Lower-case hex alone: one request has one spelling.
fn is_signature(secret: &Secret<String>, message: &[&str], presented: &str) -> bool {
    use subtle::ConstantTimeEq;
    let mut expected = [0; 64];
    // As long as the digest's hex is.
    let written = base16ct::lower::encode(&mac(secret, message), &mut expected).is_ok();
    written & bool::from(expected.ct_eq(presented.as_bytes()))
}

/// What may not be in a signed address although it is signed: the host's code was tricked into it.
fn odd(parameters: &[Pair<'_>]) -> Option<Refused> {
    for (name, value) in parameters {
        if !KNOWN.contains(&&**name) {
            return Some(Refused(Cause::UnknownParameter));
        }
        if value.chars().any(char::is_control) {
            return Some(Refused(Cause::ControlCharacter));
        }
        let times = parameters.iter().filter(|(other, _)| other == name).count();
        if times > 1 && name != "email" {
            return Some(Refused(Cause::ParameterTwice));
        }
    }
    (value_of(parameters, "v") != Some("1")).then_some(Refused(Cause::UnknownVersion))
}

fn value_of<'a>(parameters: &'a [Pair<'_>], name: &str) -> Option<&'a str> {
    let mut values = parameters.iter().filter(|(other, _)| other == name);
    values.next().map(|(_, value)| &**value)
}

#[cfg(test)]
mod tests;
