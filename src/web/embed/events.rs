//! Telling an open page that its card has changed: a stream of server-sent events.
//!
//! | event | data | means |
//! |---|---|---|
//! | `card` | the version of the card | the first one: what there is to show now. Whoever shows another version asks for the card |
//! | `changed` | | ask for the card |
//! | `over` | | the session is over, or the workspace is disabled: nothing more will come |
//! | (a comment) | | every 15 seconds: still here |
//!
//! No event holds anything of a customer: what changed is asked for with the session, as before. A stream that ends without
//! `over` (the service was restarted) is opened again. Who does not read is let go.

use std::convert::Infallible;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::Bytes;
use futures_util::stream::unfold;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;

use super::{Change, Page};
use crate::domain::answer::{Answer, Outcome};
use crate::domain::email::Fingerprint;
use crate::domain::id::{CustomerId, WorkspaceId};
use crate::domain::install::InstallName;
use crate::helpdesk::Problem;
use crate::helpdesk::embed::Shown;
use crate::lookup::Options;

/// How often something is said, so that nobody between takes the stream for dead.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Events that a page may be behind before it is let go.
const UNREAD: usize = 16;

/// Begins to tell the page.
pub async fn stream(page: Page) -> Result<HttpResponse, Problem> {
    let pages = &page.doors.pages;
    let session = page.session.token(&page.access.workspace);
    let seat = pages.live.sit(&page.access.workspace.id, &session);
    let seat = seat.ok_or(Problem::TooManyStreams)?;
    // Listened to from before the first look: what changes in between is told.
    let changes = pages.live.listen();
    let watched = Watched::of(&page).await?;
    let (events, unread) = mpsc::channel(UNREAD);
    actix_web::rt::spawn(async move {
        let _seat = seat;
        tell(&page, changes, watched, &events).await;
    });
    let body = unfold(unread, |mut unread| async {
        let event: Bytes = unread.recv().await?;
        Some((Ok::<_, Infallible>(event), unread))
    });
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(body))
}

/// Until the page is gone, does not read, or may be told no more.
async fn tell(
    page: &Page,
    mut changes: tokio::sync::broadcast::Receiver<Change>,
    mut watched: Watched,
    events: &mpsc::Sender<Bytes>,
) {
    let clock = &page.doors.clock;
    let left = (page.session.until() - clock.now()).to_std();
    let over = clock.deadline(left.unwrap_or_default());
    let first = format!("event: card\ndata: {}\n\n", watched.version);
    let mut is_read = events.try_send(Bytes::from(first)).is_ok();
    let mut heartbeat = clock.deadline(HEARTBEAT);
    while is_read {
        let event = tokio::select! {
            biased;
            () = events.closed() => return,
            () = page.doors.pages.live.ended() => return,
            () = over.passed() => {
                let _ = events.try_send(Bytes::from_static(b"event: over\n\n"));
                return;
            }
            change = changes.recv() => match change {
                Ok(change) if !watched.concerns(&change) => continue,
                // Whatever was missed may have been this card's.
                Ok(_) | Err(RecvError::Lagged(_)) => Event::Changed,
                Err(RecvError::Closed) => return,
            },
            () = heartbeat.passed() => Event::Heartbeat,
        };
        heartbeat = clock.deadline(HEARTBEAT);
        if !page.is_open() {
            let _ = events.try_send(Bytes::from_static(b"event: over\n\n"));
            return;
        }
        is_read = events.try_send(event.bytes()).is_ok();
        if event == Event::Changed
            && let Ok(now) = Watched::of(page).await
        {
            watched = now;
        }
    }
}

#[derive(PartialEq)]
enum Event {
    Changed,
    Heartbeat,
}

impl Event {
    fn bytes(&self) -> Bytes {
        Bytes::from_static(match self {
            Self::Changed => b"event: changed\ndata:\n\n",
            Self::Heartbeat => b": still here\n\n",
        })
    }
}

impl Page {
    /// Whether the session lasts, and the workspace still answers.
    fn is_open(&self) -> bool {
        if self.session.until() <= self.doors.clock.now() {
            return false;
        }
        let workspace = &self.access.workspace.id;
        let access = self.doors.workspaces.access(workspace);
        access.is_some_and(|access| access.workspace.enabled)
    }
}

/// What is on a page's card.
struct Watched {
    workspace: WorkspaceId,
    profile: Option<Fingerprint>,
    /// By their keys in the store.
    subjects: Vec<String>,
    customers: Vec<(InstallName, CustomerId)>,
    installs: Vec<InstallName>,
    version: String,
}

impl Watched {
    async fn of(page: &Page) -> Result<Self, Problem> {
        let question = page.session.question()?;
        let lookups = &page.doors.lookups;
        let options = Options {
            follows_changes: true,
            ..Options::default()
        };
        let deadline = page.deadline();
        let found = lookups
            .find_with(&page.access, &question, &deadline, options)
            .await;
        let shown = Shown {
            answer: &found.answer,
            session: &page.session,
            workspace: &page.access.workspace,
            now: page.doors.clock.now(),
            said: None,
            opened: false,
        };
        let profile = page.session.profile();
        Ok(Self {
            workspace: page.access.workspace.id.clone(),
            profile: profile.map(|profile| page.fingerprint("profile", profile)),
            subjects: question
                .subjects()
                .iter()
                .map(|s| lookups.subject_key(s))
                .collect(),
            customers: customers(&found.answer),
            installs: page
                .access
                .installs
                .iter()
                .map(|install| install.install.name.clone())
                .collect(),
            version: shown.version(),
        })
    }

    fn concerns(&self, change: &Change) -> bool {
        match change {
            Change::Customer(install, customer) => self
                .customers
                .iter()
                .any(|(at, id)| at == install && id == customer),
            Change::Subject(install, subject) => {
                self.installs.contains(install) && self.subjects.contains(subject)
            }
            Change::Missed => true,
            Change::Tie(workspace, profile) => {
                *workspace == self.workspace && self.profile.as_ref() == Some(profile)
            }
        }
    }
}

fn customers(answer: &Answer) -> Vec<(InstallName, CustomerId)> {
    let mut found = Vec::new();
    for account in &answer.accounts {
        let name = &account.install.name;
        match &account.outcome {
            Outcome::Found { snapshot, .. } => {
                found.push((name.clone(), snapshot.customer.id.clone()));
            }
            Outcome::Several { candidates, .. } | Outcome::Unlinked { candidates, .. } => {
                found.extend(candidates.iter().map(|c| (name.clone(), c.id.clone())));
            }
            Outcome::NotFound { .. } | Outcome::Unavailable { .. } => {}
        }
    }
    found
}
