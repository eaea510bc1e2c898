//! The one door of all helpdesks.
//!
//! A protocol can't forget to authenticate, because it never owns the route: this handler finds the workspace, has the
//! request verified, and only then asks for the question.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix_web::web::{Bytes, Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::{Called, Doors, LARGEST_BODY, embed, kustomer, log, refused, respond};
use crate::clock::Stopwatch;
use crate::domain::access::{Access, Settings, Workspace};
use crate::domain::id::WorkspaceId;
use crate::domain::question::Question;
use crate::domain::secret::Secret;
use crate::helpdesk::{self, Cause, Context, Helpdesk, Problem, Unverified};
use crate::lookup::{CacheState, Found, Options};

/// Who has not sent a question by then has none.
const LONGEST_BODY: Duration = Duration::from_secs(5);

/// `/ask/{helpdesk}/{workspace}` and what is below. Read here: a route with a pattern costs more than a card's lookup.
pub async fn door(request: HttpRequest, body: Payload, doors: Data<Doors>) -> HttpResponse {
    let mut parts = request.path().splitn(5, '/').skip(2);
    let (name, workspace, rest) = (parts.next(), parts.next(), parts.next());
    let (Some(helpdesk), Some(_)) = (name.and_then(helpdesk::named), workspace) else {
        return super::nothing_here().await;
    };
    match (helpdesk.name(), rest) {
        ("kustomer", Some("card")) => kustomer::card(&request, &doors),
        ("kustomer", Some("card.js")) => kustomer::script(&request),
        ("kustomer", None) => super::nothing_here().await,
        ("kustomer", Some("subscriptions")) | (_, None) => {
            ask(&request, body, &doors, helpdesk).await
        }
        ("embed", Some(act)) => Box::pin(embed::act(&request, body, &doors, act)).await,
        (_, Some(rest)) if rest.starts_with("actions/") => actions(&request, helpdesk).await,
        (_, Some(_)) => super::nothing_here().await,
    }
}

/// The workspace of the address, whether or not it answers.
pub(super) fn known(request: &HttpRequest, doors: &Doors) -> Option<Arc<Access>> {
    let id = request.path().split('/').nth(3)?;
    doors.workspaces.access(&WorkspaceId::new(id))
}

async fn ask(
    request: &HttpRequest,
    body: Payload,
    doors: &Doors,
    helpdesk: &'static dyn Helpdesk,
) -> HttpResponse {
    log::note(request, |line| line.helpdesk = Some(helpdesk.name()));
    let (at, watch) = (doors.clock.now(), doors.clock.start());
    let known = known(request, doors);
    let answered = answer(request, body, doors, helpdesk, known.clone()).await;
    if let Err(problem) = &answered {
        log::note(request, |line| line.problem = Some(problem.code()));
    }
    // Calls at addresses of no workspace are nobody's.
    if let Some(access) = known {
        log::note(request, |line| {
            doors.calls.note(Called {
                workspace: access.workspace.id.clone(),
                at,
                kind: line.kind.unwrap_or(method_of(request)),
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
        Err(problem) => refused(helpdesk, problem, helpdesk.methods()),
    }
}

/// What a call is called of which nothing more is known.
fn method_of(request: &HttpRequest) -> &'static str {
    match request.method().as_str() {
        "GET" => "GET",
        "POST" => "POST",
        _ => "other method",
    }
}

/// `/ask/{helpdesk}/{workspace}/actions/…`: kept free for what agents will do from their helpdesk; nothing is offered yet,
/// and nobody is verified for it.
async fn actions(request: &HttpRequest, helpdesk: &'static dyn Helpdesk) -> HttpResponse {
    if helpdesk.name() != "gladly" {
        return super::nothing_here().await;
    }
    log::note(request, |line| line.helpdesk = Some(helpdesk.name()));
    respond(helpdesk.problem(Problem::NoActions))
}

async fn answer(
    request: &HttpRequest,
    body: Payload,
    doors: &Doors,
    helpdesk: &'static dyn Helpdesk,
    known: Option<Arc<Access>>,
) -> Result<HttpResponse, Problem> {
    if !helpdesk.methods().contains(&request.method().as_str()) {
        return Err(Problem::MethodNotAllowed);
    }
    let body = read(body, doors).await?;
    let now = doors.clock.now();
    let closed = known.as_ref().map_or(Some(Cause::NoWorkspace), |access| {
        closed(&access.workspace, helpdesk)
    });
    let access = known.filter(|_| closed.is_none());
    // Somebody without a workspace is verified against a secret that nobody has: the same work, the same refusal.
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
        body: &body,
    };
    let verified = helpdesk.authenticate(unverified, workspace, now);
    let (verified, access) = match (verified, access) {
        (Ok(verified), Some(access)) => (verified, access),
        (refused, _) => {
            let cause = closed.or_else(|| refused.err().map(|refused| refused.0));
            log::note(request, |line| line.refused = cause.map(Cause::word));
            return Err(Problem::Unauthorized);
        }
    };
    // Only now: who is not the workspace can't use its share up.
    if !doors.rate.allows(&access.workspace.id) {
        return Err(Problem::TooManyRequests);
    }
    log::note(request, |line| line.kind = Some(helpdesk.kind(&verified)));
    let question = helpdesk.question(&verified)?;
    let watch = doors.clock.start();
    let deadline = doors
        .clock
        .deadline(helpdesk.deadline().min(doors.deadline));
    let options = Options {
        follows_changes: helpdesk.follows_changes(),
        ..Options::default()
    };
    let found = doors
        .lookups
        .find_with(&access, &question, &deadline, options)
        .await;
    note_found(request, doors, helpdesk, &question, &found, &watch);
    let mut reply = helpdesk.reply(
        &found.answer,
        &Context {
            request: &verified,
            workspace: &access.workspace,
            now: doors.clock.now(),
        },
    );
    if let Some(policy) = &mut reply.policy {
        let ancestors = ancestors(&access.workspace);
        *policy = [policy, "; frame-ancestors ", &ancestors].concat().into();
    }
    Ok(respond(reply))
}

/// What the metrics and the line of a request say of what was found, in the time since the watch was started.
pub(super) fn note_found(
    request: &HttpRequest,
    doors: &Doors,
    helpdesk: &dyn Helpdesk,
    question: &Question,
    found: &Found,
    watch: &Stopwatch,
) {
    let worst = found.notes.iter().map(|note| note.cache).max();
    let cache = worst.map(CacheState::as_str);
    doors.metrics.looked_up(
        helpdesk.name(),
        found.answer.outcome(),
        cache.unwrap_or("none"),
        watch.elapsed(),
    );
    log::note(request, |line| {
        line.outcome = Some(found.answer.outcome());
        line.people = found.answer.people();
        line.subjects = fingerprints(doors, question);
        let installs: Vec<&str> = found.notes.iter().map(|n| n.install.as_str()).collect();
        line.installs = installs.join(",");
        line.cache = cache;
        line.upstream_calls = found.notes.iter().map(|note| note.upstream_calls).sum();
    });
}

/// Why a workspace takes no request at all on this helpdesk's routes. Whoever asks is not told.
pub(super) fn closed(workspace: &Workspace, helpdesk: &dyn Helpdesk) -> Option<Cause> {
    if workspace.helpdesk != helpdesk.name() {
        Some(Cause::OtherHelpdesk)
    } else if !workspace.enabled {
        Some(Cause::Disabled)
    } else {
        None
    }
}

/// The whole body, if it comes in time and is not too large. Read before anybody is verified, so it must not take long.
pub(super) async fn read(body: Payload, doors: &Doors) -> Result<Bytes, Problem> {
    let in_vain = async {
        let limit = doors.clock.deadline(LONGEST_BODY);
        limit.passed().await;
    };
    tokio::select! {
        // A body that is there already needs no timer.
        biased;
        read = body.to_bytes_limited(LARGEST_BODY) => match read {
            Ok(Ok(body)) => Ok(body),
            Ok(Err(_)) => Err(Problem::Unreadable),
            Err(_) => Err(Problem::TooLarge),
        },
        () = in_vain => Err(Problem::TooSlow),
    }
}

/// A workspace that no request comes from.
pub(super) fn nobodys() -> &'static Workspace {
    static NOBODYS: OnceLock<Workspace> = OnceLock::new();
    NOBODYS.get_or_init(|| Workspace {
        id: WorkspaceId::new("00000000000000000000000000000000"),
        helpdesk: String::new(),
        secrets: vec![Secret::new(crate::domain::secret::random_hex(32))],
        settings: Settings::default(),
        frame_ancestors: Vec::new(),
        longest_expiry: 0,
        enabled: false,
    })
}

fn ancestors(workspace: &Workspace) -> String {
    if workspace.frame_ancestors.is_empty() {
        String::from("'none'")
    } else {
        workspace.frame_ancestors.join(" ")
    }
}

pub(super) fn fingerprints(doors: &Doors, question: &Question) -> String {
    let mut prints = String::new();
    for subject in question.subjects() {
        if !prints.is_empty() {
            prints.push(',');
        }
        prints.push_str(subject.key().fingerprint(&doors.fingerprints).as_str());
    }
    prints
}
