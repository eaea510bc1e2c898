//! `kustomer`: a private app in the helpdesk. Its command asks us, server to server, and the card that comes back is shown
//! in the insights panel by a page of ours that holds no data.
//!
//! `definition` the app as it is registered · `settings` what a workspace has · `setup` how it is joined · `card` the page

mod card;
pub mod definition;
pub mod settings;
mod setup;

use std::collections::HashSet;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::{
    Context, Helpdesk, Place, Problem, Refused, Reply, Setting, Step, Unverified, Verified, json,
};
use crate::domain::access::Workspace;
use crate::domain::answer::Answer;
use crate::domain::day::Instant;
use crate::domain::email::Email;
use crate::domain::question::{MOST_SUBJECTS, Question};
use crate::views;

pub use card::{Hosts, page, script};
pub use settings::{Choices, Missing, Names, Ready};

/// The protocol.
pub struct Kustomer;

const TYPE: &str = "application/json";

static SETTINGS: [Setting; 4] = settings::ALL;

/// The command's body. Fields of later versions are ignored.
#[derive(Deserialize)]
struct Body {
    emails: Vec<String>,
    #[serde(default)]
    customer_id: Option<String>,
    #[serde(default)]
    agent: Option<String>,
    /// Comes back with the answer, so that the card knows an answer to another question.
    #[serde(default)]
    tag: Option<String>,
}

impl Body {
    /// Whether Kustomer sends a body on as it was given or as a text that holds it is not established: both are read.
    fn read(bytes: &[u8]) -> Result<Self, Problem> {
        let value: Value = serde_json::from_slice(bytes).map_err(|_| Problem::NotJson)?;
        let body = match &value {
            Value::String(inner) => serde_json::from_str(inner),
            _ => serde_json::from_value(value),
        };
        body.map_err(|_| Problem::NotJson)
    }

    /// The addresses that are looked for, and how many more there are. A profile may hold what is no address at all; one
    /// that can be read is enough.
    fn addresses(&self) -> (Vec<&str>, usize) {
        let all = self.emails.iter().map(String::as_str);
        let mut known = HashSet::new();
        let is_new = |text: &&str| Email::parse(text).is_ok_and(|email| known.insert(email.key()));
        let readable: Vec<&str> = all.clone().filter(is_new).collect();
        if readable.is_empty() {
            return (all.collect(), 0);
        }
        let untried = readable.len().saturating_sub(MOST_SUBJECTS);
        (readable.into_iter().take(MOST_SUBJECTS).collect(), untried)
    }
}

impl Helpdesk for Kustomer {
    fn name(&self) -> &'static str {
        "kustomer"
    }

    fn title(&self) -> &'static str {
        views::text::kustomer::TITLE
    }

    fn settings(&self) -> &'static [Setting] {
        &SETTINGS
    }

    fn setup(&self, place: &Place<'_>) -> Vec<Step> {
        setup::steps(place)
    }

    fn methods(&self) -> &'static [&'static str] {
        &["POST"]
    }

    /// How long Kustomer's servers wait is not established. An agent waits before a frame.
    fn deadline(&self) -> Duration {
        Duration::from_millis(2_500)
    }

    fn authenticate<'a>(
        &self,
        request: Unverified<'a>,
        workspace: &Workspace,
        _now: Instant,
    ) -> Result<Verified<'a>, Refused> {
        json::bearer(request, workspace)
    }

    fn kind(&self, _: &Verified<'_>) -> &'static str {
        "card"
    }

    fn question(&self, Verified(request, _): &Verified<'_>) -> Result<Question, Problem> {
        let body = Body::read(request.body)?;
        let mut question = json::question(body.addresses().0)?;
        let said = |text: Option<String>| text.filter(|text| !text.is_empty());
        question.profile = said(body.customer_id);
        question.agent = said(body.agent);
        Ok(question)
    }

    fn reply(&self, answer: &Answer, context: &Context<'_>) -> Reply {
        let Verified(request, _) = context.request;
        // It was read once, to become the question.
        let body = Body::read(request.body).ok();
        let shown = views::Context {
            untried: body.as_ref().map_or(0, |body| body.addresses().1),
            ..views::Context::at(context.now)
        };
        let tag = body.and_then(|body| body.tag);
        let card = views::card(answer, &shown);
        let html = Value::String(card.into_string());
        let tag = tag.map_or(Value::Null, Value::String);
        let answer = views::json::answer(answer, context.now);
        let answer = &**answer;
        Reply {
            status: 200,
            content_type: TYPE,
            body: format!(r#"{{"answer":{answer},"html":{html},"tag":{tag}}}"#).into(),
            policy: None,
        }
    }

    fn problem(&self, problem: Problem) -> Reply {
        json::Json.problem(problem)
    }
}
