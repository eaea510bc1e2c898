//! What a page in a frame asks for after it was opened: `/ask/embed/{workspace}/{act}`.
//!
//! One door for all of it: the session that the page was given is verified before anything is read of what it wants, and
//! only a session becomes a question. No workspace, a disabled one, no session, one that is altered, foreign or over: one
//! and the same 401.
//!
//! | act | takes | gives |
//! |---|---|---|
//! | `POST refresh` | `{}`: the card as it is known; `{"anew":true}`: read anew, once in ten seconds | the card |
//! | `POST search` | `{"by":"email","text":"…"}`; also `customer_id`, `shopify_customer_id`, `subscription_id`, `order` | masked hits |
//! | `POST open` | `{"pick":"…"}`: a hit | that record's card |
//! | `POST link` | `{"pick":"…"}`: a hit, or a record among several | the card |
//! | `POST unlink` | `{"install":"acme-usa"}` | the card |
//! | `GET events` | | `text/event-stream`: `events.rs` |
//!
//! | file | is |
//! |---|---|
//! | `card` | the card, again or read anew |
//! | `search` | looking for somebody else, and opening what was found |
//! | `link` | tying a person to a record, and to nobody |
//! | `events` | telling an open page that its card has changed |
//! | `live` | who is told |
//! | `window` | how often somebody may do something |

mod card;
mod events;
mod link;
mod live;
mod search;
mod window;

use std::sync::Arc;

use actix_web::web::{Bytes, Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use chrono::TimeDelta;

use self::window::Window;
use super::ask::{closed, known, nobodys, read};
use super::{Called, Doors, log, refused, respond};
use crate::domain::access::Access;
use crate::domain::day::Instant;
use crate::domain::email::Fingerprint;
use crate::helpdesk::embed::{Act, Embed, Hand, Session, Wanted};
use crate::helpdesk::json::Json;
use crate::helpdesk::{Cause, Helpdesk, Problem, Unverified};
use crate::store::{AuditEntry, Store, StoreError};

pub use live::{Change, Live};

/// What open pages need. Made once, shared by all workers.
pub struct Pages {
    /// Holds links and the audit.
    pub store: Store,
    /// Who is told of changes.
    pub live: Live,
    searches: Window,
    rereads: Window,
}

impl Pages {
    /// Pages that keep what agents do there, and are told of changes by `live`.
    pub fn new(store: &Store, live: Live) -> Self {
        Self {
            store: store.clone(),
            live,
            searches: Window::new(20, TimeDelta::seconds(60)),
            rereads: Window::new(1, TimeDelta::seconds(10)),
        }
    }
}

/// A verified request of an open page.
struct Page {
    doors: Data<Doors>,
    access: Arc<Access>,
    session: Session,
    now: Instant,
}

impl Page {
    /// Who searches and links, where that is allowed.
    fn hand(&self) -> Result<Hand<'_>, Problem> {
        let workspace = &self.access.workspace;
        self.session.hand(workspace).ok_or(Problem::NotByHand)
    }

    /// Equal for equal texts of this workspace, and of no use without the store's key.
    fn fingerprint(&self, kind: &str, text: &str) -> Fingerprint {
        let workspace = &self.access.workspace.id;
        let key = &self.doors.fingerprints;
        key.in_workspace(kind, workspace, text)
    }

    /// Notes what an agent does, before it is done.
    async fn audit(
        &self,
        hand: Hand<'_>,
        action: &str,
        (kind, object): (&str, String),
        detail: String,
    ) -> Result<(), Problem> {
        let entry = AuditEntry {
            at: self.now,
            who: self.fingerprint("agent", hand.agent).to_string(),
            action: action.to_owned(),
            kind: kind.to_owned(),
            object,
            detail: format!("workspace {}; {detail}", self.access.workspace.id),
        };
        let noted = self.doors.pages.store.audit(&entry).await;
        noted.map_err(|error| failed(&error))
    }
}

fn failed(error: &StoreError) -> Problem {
    tracing::error!(%error, "what an agent did can't be kept, so it is not done");
    Problem::Internal
}

/// `/ask/embed/{workspace}/{act}`
pub async fn act(
    request: &HttpRequest,
    body: Payload,
    doors: &Data<Doors>,
    name: &str,
) -> HttpResponse {
    let Some(act) = Act::named(name) else {
        return super::nothing_here().await;
    };
    log::note(request, |line| {
        line.helpdesk = Some(Embed.name());
        line.act = Some(act.name());
    });
    let watch = doors.clock.start();
    let at = doors.clock.now();
    let answered = answer(request, body, doors, act).await;
    if let Err(problem) = &answered {
        log::note(request, |line| line.problem = Some(problem.code()));
    }
    // A page that looks again is no call that an admin would look for; one that is refused is.
    let is_told = !matches!(act, Act::Refresh | Act::Events) || answered.is_err();
    if let Some(access) = known(request, doors).filter(|_| is_told) {
        log::note(request, |line| {
            doors.calls.note(Called {
                workspace: access.workspace.id.clone(),
                at,
                kind: act.name(),
                refused: line.refused.clone(),
                problem: line.problem,
                outcome: line.outcome,
                people: line.people,
                duration: watch.elapsed(),
            });
        });
    }
    match answered {
        Ok(response) => response,
        Err(problem) => refused(&Json, problem, &[act.method()]),
    }
}

async fn answer(
    request: &HttpRequest,
    body: Payload,
    doors: &Data<Doors>,
    act: Act,
) -> Result<HttpResponse, Problem> {
    if request.method().as_str() != act.method() {
        return Err(Problem::MethodNotAllowed);
    }
    let body = read(body, doors).await?;
    let (page, wanted) = page(request, &body, doors, act)?;
    let reply = match wanted {
        Wanted::Events => return events::stream(page).await,
        Wanted::Card { anew } => card::refresh(request, &page, anew).await?,
        Wanted::Search(subject) => search::search(request, &page, subject).await?,
        Wanted::Picked(pick) if act == Act::Link => link::link(request, &page, &pick).await?,
        Wanted::Picked(pick) => search::open(request, &page, &pick).await?,
        Wanted::Nobody(install) => link::unlink(request, &page, &install).await?,
    };
    Ok(respond(reply))
}

/// Verifies the session. What the page wants is read only then.
fn page(
    request: &HttpRequest,
    body: &Bytes,
    doors: &Data<Doors>,
    act: Act,
) -> Result<(Page, Wanted), Problem> {
    let now = doors.clock.now();
    let known = known(request, doors);
    let closed = known.as_ref().map_or(Some(Cause::NoWorkspace), |access| {
        closed(&access.workspace, &Embed)
    });
    let access = known.filter(|_| closed.is_none());
    let workspace = access
        .as_ref()
        .map_or_else(|| nobodys(), |access| &access.workspace);
    let headers: Vec<(&str, &[u8])> = request
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_bytes()))
        .collect();
    let unverified = Unverified {
        method: request.method().as_str(),
        path: request.uri().path(),
        query: request.query_string(),
        headers: &headers,
        body,
    };
    let resumed = Session::resume(unverified, workspace, now);
    let ((verified, session), access) = match (resumed, access) {
        (Ok(resumed), Some(access)) => (resumed, access),
        (refused, _) => {
            let cause = closed.or_else(|| refused.err().map(|refused| refused.0));
            log::note(request, |line| line.refused = cause.map(Cause::word));
            return Err(Problem::SessionOver);
        }
    };
    // Only now: who has no session can't use the workspace's share up.
    if !doors.rate.allows(&access.workspace.id) {
        return Err(Problem::TooManyRequests);
    }
    let wanted = act.wanted(&verified)?;
    let page = Page {
        doors: doors.clone(),
        access,
        session,
        now,
    };
    Ok((page, wanted))
}
