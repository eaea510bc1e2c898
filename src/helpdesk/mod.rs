//! The helpdesks' protocols, one file or folder each: authenticate -> question -> reply. Free of any web framework.
//!
//! No protocol owns a route: all requests come through one door (`web::ask`), which authenticates before it asks. The
//! types say so: a [`Question`] is made of a [`Verified`] request alone, and only [`Helpdesk::authenticate`] makes one.

mod cause;
pub mod embed;
pub mod gladly;
pub mod json;
pub mod kustomer;
mod problem;
pub mod setting;
mod setup;

use std::any::Any;
use std::borrow::Cow;
use std::cell::OnceCell;
use std::time::Duration;

use crate::domain::access::Workspace;
use crate::domain::answer::Answer;
use crate::domain::day::Instant;
use crate::domain::question::Question;
use crate::views::Parts;

pub use cause::Cause;
pub use problem::Problem;
pub use setting::{Kind, Misset, Setting, Wrong};
pub use setup::{Place, Step};

/// A request as it came in.
#[derive(Clone, Copy)]
pub struct Unverified<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// The address's path as sent, percent signs and all.
    pub path: &'a str,
    /// The query as sent, without the question mark.
    pub query: &'a str,
    /// All headers, one that came twice twice; names lower-case, values as sent.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The body's bytes, untouched.
    pub body: &'a [u8],
}

impl<'a> Unverified<'a> {
    /// The value of a header that came exactly once. Which of two would count is nobody's guess, so two are none.
    /// `name` is lower-case.
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        let mut values = self.headers.iter().filter(|(other, _)| *other == name);
        match (values.next(), values.next()) {
            (Some((_, value)), None) => Some(value.trim_ascii()),
            _ => None,
        }
    }

    /// The same, when it is text.
    pub fn header_text(&self, name: &str) -> Option<&'a str> {
        std::str::from_utf8(self.header(name)?).ok()
    }
}

/// What a request carries as `Authorization: Bearer …`.
fn bearer_of<'a>(request: &Unverified<'a>) -> Option<&'a str> {
    let (scheme, token) = request.header_text("authorization")?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// A request that proved to come from the workspace, and what was read of it.
pub struct Verified<'a>(Unverified<'a>, OnceCell<Box<dyn Any>>);

impl<'a> Verified<'a> {
    fn new(request: Unverified<'a>) -> Self {
        Self(request, OnceCell::new())
    }

    /// One that had to be read to be verified.
    fn knowing<T: 'static>(request: Unverified<'a>, read: T) -> Self {
        Self(request, OnceCell::from(Box::new(read) as Box<dyn Any>))
    }

    /// What `read` makes of the request: read for the question, and again known for the reply. A protocol reads one thing.
    fn once<T: 'static>(&self, read: impl FnOnce(&Unverified<'a>) -> T) -> Option<&T> {
        let read = self.1.get_or_init(|| Box::new(read(&self.0)));
        read.downcast_ref()
    }

    /// What it was read as before.
    fn known<T: 'static>(&self) -> Option<&T> {
        self.1.get()?.downcast_ref()
    }
}

/// Why a request proved nothing. For the log alone: whoever sent it learns only that it was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused(pub Cause);

/// What goes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The content type.
    pub content_type: &'static str,
    /// The body.
    pub body: Parts,
    /// What the page may load, as a Content-Security-Policy; `None` for what is no page.
    pub policy: Option<Cow<'static, str>>,
}

/// What a reply needs besides the answer.
pub struct Context<'a> {
    /// The request that is answered.
    pub request: &'a Verified<'a>,
    /// The workspace that it came from.
    pub workspace: &'a Workspace,
    /// The time.
    pub now: Instant,
}

/// A helpdesk's protocol.
pub trait Helpdesk: Sync {
    /// Its name in routes, workspaces and logs.
    fn name(&self) -> &'static str;

    /// Its name for people.
    fn title(&self) -> &'static str;

    /// What a workspace may have otherwise.
    fn settings(&self) -> &'static [Setting] {
        &[]
    }

    /// What somebody does, step by step, to join a workspace to this helpdesk.
    fn setup(&self, place: &Place<'_>) -> Vec<Step>;

    /// The HTTP methods it uses.
    fn methods(&self) -> &'static [&'static str];

    /// How long it waits for an answer.
    fn deadline(&self) -> Duration;

    /// Whether its page learns of changes by itself: then a first card need not wait for charges while calls are short.
    fn follows_changes(&self) -> bool {
        false
    }

    /// Whether the request comes from this workspace. Does the same work whether it does or not.
    fn authenticate<'a>(
        &self,
        request: Unverified<'a>,
        workspace: &Workspace,
        now: Instant,
    ) -> Result<Verified<'a>, Refused>;

    /// What kind of call a request is, in a word that this helpdesk's people know: for the list of a workspace's last calls.
    fn kind(&self, request: &Verified<'_>) -> &'static str;

    /// What is asked.
    fn question(&self, request: &Verified<'_>) -> Result<Question, Problem>;

    /// The answer in this helpdesk's form.
    fn reply(&self, answer: &Answer, context: &Context<'_>) -> Reply;

    /// A problem in this helpdesk's form.
    fn problem(&self, problem: Problem) -> Reply;
}

/// All protocols.
pub const ALL: [&dyn Helpdesk; 4] = [
    &json::Json,
    &embed::Embed,
    &gladly::Gladly,
    &kustomer::Kustomer,
];

/// The protocol of this name.
pub fn named(name: &str) -> Option<&'static dyn Helpdesk> {
    ALL.into_iter().find(|helpdesk| helpdesk.name() == name)
}

/// Name and value of a query.
type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

/// Percent-decoded pairs of a query, in the order they were sent. `None` when something is not UTF-8. A `+` is a plus, not
/// a blank: an address with a tag must not become another one.
fn pairs(query: &str) -> Option<Vec<Pair<'_>>> {
    let decode = |text| {
        percent_encoding::percent_decode_str(text)
            .decode_utf8()
            .ok()
    };
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decode(name)?, decode(value)?))
        })
        .collect()
}
