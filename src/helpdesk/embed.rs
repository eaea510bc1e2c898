//! `embed`: any helpdesk that can show an iframe. The host signs an address; a page with the card comes back.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::Sha256;
use url::Url;

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
use crate::views;

/// The protocol.
pub struct Embed;

const TYPE: &str = "text/html; charset=utf-8";
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

    fn methods(&self) -> &'static [&'static str] {
        &["GET"]
    }

    fn deadline(&self) -> Duration {
        Duration::from_millis(2_500)
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
            matches | is_signature(secret, &message, signature)
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
            Some(_) => Ok(Verified::new(request)),
        }
    }

    fn question(&self, Verified(request, _): &Verified<'_>) -> Result<Question, Problem> {
        let parameters = pairs(request.query).ok_or(Problem::NotAnEmail)?;
        let emails = || {
            let named = parameters.iter().filter(|(name, _)| name == "email");
            named.map(|(_, value)| value)
        };
        if emails().count() > MOST_EMAILS {
            return Err(Problem::TooManyAsked);
        }
        let text = |name| {
            value_of(&parameters, name)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let mut question = json::question(emails())?;
        question.profile = text("profile");
        question.agent = text("agent");
        question.locale = text("locale");
        Ok(question)
    }

    fn reply(&self, answer: &Answer, context: &Context<'_>) -> Reply {
        let context = views::Context { now: context.now };
        page(200, views::page(answer, &context))
    }

    fn problem(&self, problem: Problem) -> Reply {
        let notice = match problem {
            Problem::Unauthorized => views::Notice::NotSigned,
            Problem::NotFound | Problem::NoActions => views::Notice::NotFound,
            Problem::TooLarge => views::Notice::TooLarge,
            Problem::Internal => views::Notice::Failed,
            Problem::NotAnEmail
            | Problem::NotJson
            | Problem::NotALookup
            | Problem::NoExternalId
            | Problem::NothingAsked
            | Problem::TooManyAsked
            | Problem::MethodNotAllowed
            | Problem::TooSlow
            | Problem::Unreadable => views::Notice::BadRequest,
        };
        let mut reply = page(problem.status(), views::notice_page(notice).into_string());
        if let Some(policy) = &mut reply.policy {
            // It holds no data, and whoever shows the frame has to be told: which site that is, is not known here.
            policy.push_str("; frame-ancestors *");
        }
        reply
    }
}

fn page(status: u16, body: String) -> Reply {
    // No script, no form, no other site; the style by its digest, pictures from wherever the shop keeps them.
    let policy = format!(
        "default-src 'none'; style-src {}; img-src https:; base-uri 'none'; form-action 'none'",
        views::style_source()
    );
    Reply {
        status,
        content_type: TYPE,
        body,
        policy: Some(policy),
    }
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
    let signature = base16ct::lower::encode_string(&mac(secret, &message(workspace, &parameters)));
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

fn mac(secret: &Secret<String>, message: &str) -> Vec<u8> {
    // HMAC takes a key of any length, so this constructor does not fail.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.reveal().as_bytes()) else {
        return Vec::new();
    };
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// In constant time. Lower-case hex alone: one request has one spelling.
fn is_signature(secret: &Secret<String>, message: &str, presented: &str) -> bool {
    use subtle::ConstantTimeEq;
    let expected = base16ct::lower::encode_string(&mac(secret, message));
    expected.as_bytes().ct_eq(presented.as_bytes()).into()
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

/// A site that may show a page in a frame: `https://desk.example`, with `*.` for all below a domain; http on loopback only.
pub fn frame_ancestor(text: &str) -> Result<String, &'static str> {
    let text = text.trim().trim_end_matches('/');
    const WRONG: &str =
        "write a site without a path, like `https://acme.desk.example` or `https://*.desk.example`";
    let Some((scheme, host)) = text.split_once("://") else {
        return Err(WRONG);
    };
    let plain = host.strip_prefix("*.").unwrap_or(host);
    let plain = plain.strip_suffix(":*").unwrap_or(plain);
    let harmless = plain
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']'));
    let host = Url::parse(&format!("{scheme}://{plain}/"))
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned));
    let on_loopback = matches!(host.as_deref(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let fits = scheme == "https" || (scheme == "http" && on_loopback);
    if harmless && host.is_some() && fits {
        Ok(text.to_ascii_lowercase())
    } else {
        Err(WRONG)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_an_origin_and_nothing_that_could_end_the_header() {
        for good in [
            "https://acme.desk.example",
            "https://*.desk.example",
            "https://desk.example:8443",
            "http://localhost:3000",
            "http://127.0.0.1:*",
        ] {
            assert_eq!(frame_ancestor(good).unwrap(), good);
        }
        assert_eq!(
            frame_ancestor("https://Desk.example/").unwrap(),
            "https://desk.example"
        );
        for bad in [
            "",
            "*",
            "desk.example",
            "http://desk.example",
            "http://localhost.desk.example",
            "https://desk.example/path",
            "https://desk.example; script-src *",
            "https://a.example https://b.example",
            "https://'none'",
            "https://",
            "javascript://x",
        ] {
            assert!(frame_ancestor(bad).is_err(), "{bad}");
        }
    }
}
