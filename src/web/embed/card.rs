//! The card of an open page: as it is known, or read anew.

use actix_web::HttpRequest;

use super::Page;
use crate::clock::Deadline;
use crate::domain::question::Question;
use crate::helpdesk::embed::{Embed, Shown};
use crate::helpdesk::{Helpdesk, Problem, Reply};
use crate::lookup::{Found, Options};
use crate::views::Said;
use crate::web::ask::{fingerprints, note_found};

/// The card again. Read anew it is once in ten seconds, whoever looks at this customer in this workspace; in between, and
/// when Recharge can't be asked, it is the card that is known.
pub async fn refresh(request: &HttpRequest, page: &Page, anew: bool) -> Result<Reply, Problem> {
    if !anew {
        return card(request, page, None).await;
    }
    let question = page.session.question()?;
    let who = page.fingerprint("customer", &fingerprints(&page.doors, &question));
    let rereads = &page.doors.pages.rereads;
    if !rereads.admits(&who.to_string(), page.now) {
        return card(request, page, Some(Said::TooSoon)).await;
    }
    let (watch, deadline) = (page.doors.clock.start(), page.deadline());
    let lookups = &page.doors.lookups;
    let options = Options {
        refetch: true,
        follows_changes: true,
    };
    let found = lookups
        .find_with(&page.access, &question, &deadline, options)
        .await;
    note_found(request, &page.doors, &Embed, &question, &found, &watch);
    let is_stale = found.answer.accounts.iter().any(|a| a.outcome.is_stale());
    Ok(page.shown(&found, (!is_stale).then_some(Said::ReadAnew), false))
}

/// The card as it is known.
pub async fn card(
    request: &HttpRequest,
    page: &Page,
    said: Option<Said>,
) -> Result<Reply, Problem> {
    let question = page.session.question()?;
    let found = page.find(request, &question).await;
    Ok(page.shown(&found, said, false))
}

impl Page {
    /// Answers a question, and notes it.
    pub async fn find(&self, request: &HttpRequest, question: &Question) -> Found {
        let (watch, lookups) = (self.doors.clock.start(), &self.doors.lookups);
        let options = Options {
            follows_changes: true,
            ..Options::default()
        };
        let deadline = self.deadline();
        let found = lookups
            .find_with(&self.access, question, &deadline, options)
            .await;
        note_found(request, &self.doors, &Embed, question, &found, &watch);
        found
    }

    /// How long a page waits.
    pub fn deadline(&self) -> Deadline {
        let longest = Embed.deadline().min(self.doors.deadline);
        self.doors.clock.deadline(longest)
    }

    /// What was found, in place of the card that the page shows.
    pub fn shown(&self, found: &Found, said: Option<Said>, opened: bool) -> Reply {
        let shown = Shown {
            answer: &found.answer,
            session: &self.session,
            workspace: &self.access.workspace,
            now: self.doors.clock.now(),
            said,
            opened,
        };
        shown.fragment()
    }
}
