//! `gladly`: a Lookup Adaptor. Gladly posts BASIC (who is it?) and DETAILED (all of one customer) to one address.
//!
//! One adaptor's error counts as an error of all adaptors of an organisation, and so does a late answer. So the only errors
//! here are for requests that are not Gladly's; whatever goes wrong at a provider is a 200.
//!
//! | file | is |
//! |---|---|
//! | `signature` | the request signature: verifying, and signing for tests and the demo |
//! | `request` | the body -> a lookup -> the question |
//! | `reply` | the answer -> results: who is named, and what is written into a profile |
//! | `attributes` | custom attributes of a customer |
//! | `transaction` | subscriptions as SUBSCRIPTION, or as ORDER |
//! | `values` | single values of a transaction |
//! | `settings`, `choices` | what a workspace may have otherwise: the list, and how the protocol reads it |
//! | `setup` | what somebody fills in at Gladly |
//!
//! Comments name the public page or repository that a fact about Gladly comes from.

mod attributes;
mod choices;
mod reply;
mod request;
mod settings;
mod setup;
mod signature;
mod transaction;
mod values;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{
    Cause, Context, Helpdesk, Place, Problem, Refused, Reply, Setting, Step, Unverified, Verified,
};
use crate::domain::access::Workspace;
use crate::domain::answer::Answer;
use crate::domain::day::Instant;
use crate::domain::question::Question;
use crate::domain::secret::Secret;

use choices::{Auth, Choices};
use request::Lookup;

pub use signature::sign;

/// The protocol.
pub struct Gladly;

const TYPE: &str = "application/json";

impl Helpdesk for Gladly {
    fn name(&self) -> &'static str {
        "gladly"
    }

    fn title(&self) -> &'static str {
        "Gladly"
    }

    fn settings(&self) -> &'static [Setting] {
        settings::all()
    }

    fn setup(&self, place: &Place<'_>) -> Vec<Step> {
        setup::steps(place)
    }

    fn methods(&self) -> &'static [&'static str] {
        &["POST"]
    }

    /// Gladly asks for less than five seconds, and gives up at fifteen.
    fn deadline(&self) -> Duration {
        Duration::from_secs(4)
    }

    fn authenticate<'a>(
        &self,
        request: Unverified<'a>,
        workspace: &Workspace,
        now: Instant,
    ) -> Result<Verified<'a>, Refused> {
        let choices = Choices(&workspace.settings);
        match choices.auth() {
            Auth::Signature => signature::verify(&request, &workspace.secrets, now)?,
            Auth::Basic => {
                let refused = Refused(Cause::WrongPassword);
                let presented = basic(&request).unwrap_or_default();
                let (user, password) = presented.split_once(':').unwrap_or_default();
                let user_is_right = Secret::new(choices.user().to_owned()).is(user);
                if !(knows(workspace, password) & user_is_right) {
                    return Err(refused);
                }
            }
            Auth::Header => {
                let presented = request.header_text(&choices.header());
                if !knows(workspace, presented.unwrap_or_default()) {
                    return Err(Refused(Cause::WrongHeader));
                }
            }
        }
        Ok(Verified::new(request))
    }

    fn kind(&self, request: &Verified<'_>) -> &'static str {
        match read(request) {
            Ok(Lookup::Basic { .. }) => "BASIC",
            Ok(Lookup::Detailed { .. }) => "DETAILED",
            Err(_) => "no lookup",
        }
    }

    fn question(&self, request: &Verified<'_>) -> Result<Question, Problem> {
        read(request)?.question()
    }

    fn reply(&self, answer: &Answer, context: &Context<'_>) -> Reply {
        match read(context.request) {
            Ok(lookup) => {
                let choices = Choices(&context.workspace.settings);
                ok(reply::body(lookup, answer, choices, context.now))
            }
            // It was read once, to become the question.
            Err(problem) => self.problem(problem),
        }
    }

    fn problem(&self, problem: Problem) -> Reply {
        let attr = match problem {
            // A profile without an address, an agent who typed nothing that can be looked for, an id that is not ours.
            Problem::NothingAsked => return ok(json!({ "results": [] }).to_string()),
            Problem::Unauthorized => Some("Gladly-Authorization"),
            Problem::NotALookup => Some("lookupLevel"),
            Problem::NoExternalId => Some("externalCustomerId"),
            _ => None,
        };
        let mut error = json!({
            "code": problem.code(),
            "detail": format!("{}: {}", problem.message(), problem.hint()),
        });
        if let Some(attr) = attr {
            error["attr"] = attr.into();
        }
        Reply {
            status: problem.status(),
            content_type: TYPE,
            body: json!({ "errors": [error] }).to_string().into(),
            policy: None,
        }
    }
}

/// The lookup that a request is.
fn read<'a>(request: &'a Verified<'_>) -> Result<&'a Lookup, Problem> {
    match request.once(|request| Lookup::read(request.body)) {
        Some(Ok(lookup)) => Ok(lookup),
        Some(Err(problem)) => Err(*problem),
        // Nothing else is ever read of a request.
        None => Err(Problem::Internal),
    }
}

fn ok(body: String) -> Reply {
    Reply {
        status: 200,
        content_type: TYPE,
        body: body.into(),
        policy: None,
    }
}

/// `user:password` of the Authorization header.
fn basic(request: &Unverified<'_>) -> Option<String> {
    let (scheme, encoded) = request.header_text("authorization")?.split_once(' ')?;
    let decoded = STANDARD.decode(encoded.trim()).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    scheme.eq_ignore_ascii_case("basic").then_some(text)
}

/// Compared with each secret, also when nothing was presented: the same work, whoever asks.
fn knows(workspace: &Workspace, presented: &str) -> bool {
    workspace
        .secrets
        .iter()
        .fold(false, |matches, secret| matches | secret.is(presented))
}
