//! The card as a page, and as the part of a page that is one customer's.

use std::sync::LazyLock;

use super::{Session, site};
use crate::domain::access::Workspace;
use crate::domain::answer::Answer;
use crate::domain::day::Instant;
use crate::domain::id::CustomerId;
use crate::domain::install::InstallName;
use crate::helpdesk::Reply;
use crate::views::{self, ByHand, Frame, Parts, Said};

const TYPE: &str = "text/html; charset=utf-8";

/// A card with all that a page needs besides the answer.
pub struct Shown<'a> {
    /// What was found.
    pub answer: &'a Answer,
    /// Whose page it is.
    pub session: &'a Session,
    /// The workspace that it belongs to.
    pub workspace: &'a Workspace,
    /// The time.
    pub now: Instant,
    /// What is said above the card.
    pub said: Option<Said>,
    /// Whether this is a record that an agent opened from a search, which nothing ties to the person yet.
    pub opened: bool,
}

impl Shown<'_> {
    /// The whole page.
    pub fn page(&self) -> Reply {
        let hosts = site::pattern(&self.workspace.frame_ancestors);
        self.framed(|frame, context| {
            let page = views::framed_page(self.answer, context, frame, &hosts);
            page_with(200, page, &WITH_SCRIPT)
        })
    }

    /// The part that the page's script puts in place of the one before.
    pub fn fragment(&self) -> Reply {
        self.framed(|frame, context| {
            fragment(views::framed(self.answer, context, frame).into_string())
        })
    }

    /// Equal for equal cards of one session.
    pub fn version(&self) -> String {
        self.framed(|frame, context| views::version(self.answer, context, frame.by_hand))
    }

    fn framed<T>(&self, make: impl FnOnce(&Frame<'_>, &views::Context) -> T) -> T {
        let pick = |install: &InstallName, customer: &CustomerId| {
            self.session.pick(self.workspace, install, customer)
        };
        let hand = self.session.hand(self.workspace);
        let token = self.session.token(self.workspace);
        let frame = Frame {
            session: &token,
            until: self.session.until(),
            by_hand: hand.map(|_| ByHand {
                pick: &pick,
                opened: self.opened,
            }),
            said: self.said,
        };
        make(&frame, &views::Context::at(self.now))
    }
}

/// A piece of HTML for a page that is open already.
pub fn fragment(body: String) -> Reply {
    Reply {
        status: 200,
        content_type: TYPE,
        body: body.into(),
        policy: None,
    }
}

/// What a page with the card's script may load.
static WITH_SCRIPT: LazyLock<String> = LazyLock::new(|| policy(views::card_script_source()));
/// What a page without a script may load.
static WITHOUT: LazyLock<String> = LazyLock::new(|| policy("'none'"));

/// No form that goes anywhere, no other site; script and style by their digests, pictures from wherever the shop keeps them.
fn policy(script: &str) -> String {
    format!(
        "default-src 'none'; style-src {}; script-src {script}; connect-src 'self'; img-src https:; base-uri 'none'; form-action 'none'",
        views::style_source()
    )
}

/// A page without a script.
pub(super) fn page(status: u16, body: String) -> Reply {
    page_with(status, body.into(), &WITHOUT)
}

fn page_with(status: u16, body: Parts, policy: &'static str) -> Reply {
    Reply {
        status,
        content_type: TYPE,
        body,
        policy: Some(policy.into()),
    }
}
