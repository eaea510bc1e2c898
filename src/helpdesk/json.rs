//! `json`: scripts and other services. A bearer secret, email addresses in, the answer as JSON out.

use std::borrow::Cow;
use std::time::Duration;

use serde::Deserialize;

use super::{
    Cause, Context, Helpdesk, Place, Problem, Refused, Reply, Step, Unverified, Verified,
    bearer_of, pairs,
};
use crate::domain::access::Workspace;
use crate::domain::answer::Answer;
use crate::domain::day::Instant;
use crate::domain::email::Email;
use crate::domain::question::{Question, QuestionError, Subject};
use crate::views::json;

/// The protocol.
pub struct Json;

const TYPE: &str = "application/json";
/// The maximum of addresses in one request: a program that has more sends several.
const MOST_EMAILS: usize = 10;

/// The body of a POST. Fields of later versions are ignored.
#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    emails: Vec<Cow<'a, str>>,
}

impl Helpdesk for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn title(&self) -> &'static str {
        "JSON, for scripts and other services"
    }

    fn setup(&self, place: &Place<'_>) -> Vec<Step> {
        let address = place.address("/ask/json");
        vec![
            Step::doing("Send a POST with a body like {\"emails\":[\"name@domain.example\"]} to this address.")
                .copying("address", address),
            place.secret_step("Send the secret in the header `Authorization: Bearer …`."),
            Step::doing("The answer is described in the README, under \"The answer as JSON\"."),
        ]
    }

    fn methods(&self) -> &'static [&'static str] {
        &["GET", "POST"]
    }

    fn deadline(&self) -> Duration {
        Duration::from_secs(4)
    }

    fn authenticate<'a>(
        &self,
        request: Unverified<'a>,
        workspace: &Workspace,
        _now: Instant,
    ) -> Result<Verified<'a>, Refused> {
        bearer(request, workspace)
    }

    fn kind(&self, _: &Verified<'_>) -> &'static str {
        "lookup"
    }

    fn question(&self, Verified(request, _): &Verified<'_>) -> Result<Question, Problem> {
        let texts = if request.method == "GET" {
            let pairs = pairs(request.query).ok_or(Problem::NotAnEmail)?;
            let emails = pairs.into_iter().filter(|(name, _)| name == "email");
            emails.map(|(_, value)| value).collect()
        } else {
            let body: Body<'_> =
                serde_json::from_slice(request.body).map_err(|_| Problem::NotJson)?;
            body.emails
        };
        let question = question(texts)?;
        if question.subjects().len() > MOST_EMAILS {
            return Err(Problem::TooManyAsked);
        }
        Ok(question)
    }

    fn reply(&self, answer: &Answer, context: &Context<'_>) -> Reply {
        let body = json::answer(answer, context.now);
        Reply {
            status: 200,
            content_type: TYPE,
            body: body.into(),
            policy: None,
        }
    }

    fn problem(&self, problem: Problem) -> Reply {
        let body = json::problem(problem.code(), problem.message(), problem.hint());
        Reply {
            status: problem.status(),
            content_type: TYPE,
            body: body.into(),
            policy: None,
        }
    }
}

/// Whether the request carries one of the workspace's secrets: `Authorization: Bearer …`.
pub(super) fn bearer<'a>(
    request: Unverified<'a>,
    workspace: &Workspace,
) -> Result<Verified<'a>, Refused> {
    let presented = bearer_of(&request);
    // Compared also when nothing was presented, and with each secret: the same work, whoever asks.
    let matches = workspace.secrets.iter().fold(false, |matches, secret| {
        matches | secret.is(presented.unwrap_or_default())
    });
    match presented {
        None => Err(Refused(Cause::NoBearer)),
        Some(_) if !matches => Err(Refused(Cause::WrongBearer)),
        Some(_) => Ok(Verified::new(request)),
    }
}

/// A question about email addresses as somebody wrote them.
pub(super) fn question<T: AsRef<str>>(
    texts: impl IntoIterator<Item = T>,
) -> Result<Question, Problem> {
    let subjects: Result<Vec<_>, _> = texts
        .into_iter()
        .map(|text| Email::parse(text.as_ref()).map(Subject::Email))
        .collect();
    let subjects = subjects.map_err(|_| Problem::NotAnEmail)?;
    Question::about(subjects).map_err(|error| match error {
        QuestionError::Empty => Problem::NothingAsked,
        QuestionError::TooMany => Problem::TooManyAsked,
    })
}
