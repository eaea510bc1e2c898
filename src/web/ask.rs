//! The one door of all helpdesks.
//!
//! A protocol can't forget to authenticate, because it never owns the route: this handler finds the workspace, has the
//! request verified, and only then asks for the question.

use std::sync::{Arc, OnceLock};

use actix_web::http::header;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};

use super::{Doors, log, respond};
use crate::domain::access::{Access, Settings, Workspace};
use crate::domain::id::WorkspaceId;
use crate::domain::question::Question;
use crate::domain::secret::Secret;
use crate::helpdesk::{self, Context, Helpdesk, Problem, Unverified};
use crate::lookup::CacheState;

/// `/ask/{helpdesk}/{workspace}`
pub async fn ask(
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
    doors: Data<Doors>,
) -> HttpResponse {
    let name = request.match_info().get("helpdesk").unwrap_or_default();
    let Some(helpdesk) = helpdesk::named(name) else {
        return super::nothing_here().await;
    };
    log::note(&request, |line| line.helpdesk = Some(helpdesk.name()));
    match answer(&request, body, &doors, helpdesk).await {
        Ok(response) => response,
        Err(problem) => {
            log::note(&request, |line| line.problem = Some(problem.code()));
            let mut response = respond(helpdesk.problem(problem));
            if problem == Problem::MethodNotAllowed {
                let allowed = header::HeaderValue::from_str(&helpdesk.methods().join(", "));
                if let Ok(allowed) = allowed {
                    response.headers_mut().insert(header::ALLOW, allowed);
                }
            }
            response
        }
    }
}

/// `/ask/{helpdesk}/{workspace}/actions/…`: kept free for what agents will do from their helpdesk; nothing is offered yet,
/// and nobody is verified for it.
pub async fn actions(request: HttpRequest) -> HttpResponse {
    let name = request.match_info().get("helpdesk").unwrap_or_default();
    match helpdesk::named(name) {
        Some(helpdesk) if helpdesk.name() == "gladly" => {
            log::note(&request, |line| line.helpdesk = Some(helpdesk.name()));
            respond(helpdesk.problem(Problem::NoActions))
        }
        _ => super::nothing_here().await,
    }
}

async fn answer(
    request: &HttpRequest,
    body: Result<Bytes, actix_web::Error>,
    doors: &Doors,
    helpdesk: &'static dyn Helpdesk,
) -> Result<HttpResponse, Problem> {
    if !helpdesk.methods().contains(&request.method().as_str()) {
        return Err(Problem::MethodNotAllowed);
    }
    let body = body.map_err(
        |error| match error.as_response_error().status_code().as_u16() {
            413 => Problem::TooLarge,
            _ => Problem::Unreadable,
        },
    )?;
    let now = doors.clock.now();
    let access = access(request, doors, helpdesk);
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
        (refused, access) => {
            let cause = refused.err().map_or("", |refused| refused.0);
            let cause = if access.is_some() {
                cause
            } else {
                "no such workspace on this helpdesk's address"
            };
            log::note(request, |line| line.refused = Some(cause));
            return Err(Problem::Unauthorized);
        }
    };
    let question = helpdesk.question(&verified)?;
    let deadline = doors
        .clock
        .deadline(helpdesk.deadline().min(doors.deadline));
    let found = doors.lookups.find(&access, &question, &deadline).await;
    log::note(request, |line| {
        line.outcome = Some(found.answer.outcome());
        line.subjects = fingerprints(doors, &question);
        line.installs = found
            .notes
            .iter()
            .map(|note| note.install.to_string())
            .collect();
        line.cache = found
            .notes
            .iter()
            .map(|note| note.cache)
            .max()
            .map(CacheState::as_str);
        line.upstream_calls = found.notes.iter().map(|note| note.upstream_calls).sum();
    });
    let mut reply = helpdesk.reply(
        &found.answer,
        &Context {
            request: &verified,
            workspace: &access.workspace,
            now: doors.clock.now(),
        },
    );
    if let Some(policy) = &mut reply.policy {
        policy.push_str("; frame-ancestors ");
        policy.push_str(&ancestors(&access.workspace));
    }
    Ok(respond(reply))
}

/// The workspace of the address, if it answers on this helpdesk's routes.
fn access(request: &HttpRequest, doors: &Doors, helpdesk: &dyn Helpdesk) -> Option<Arc<Access>> {
    let id = WorkspaceId::new(request.match_info().get("workspace").unwrap_or_default());
    let access = doors.workspaces.access(&id)?;
    (access.workspace.enabled && access.workspace.helpdesk == helpdesk.name()).then_some(access)
}

/// A workspace that no request comes from.
fn nobodys() -> &'static Workspace {
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

fn fingerprints(doors: &Doors, question: &Question) -> String {
    let subjects = question.subjects().iter();
    let prints: Vec<_> = subjects
        .map(|subject| subject.key().fingerprint(&doors.fingerprints).to_string())
        .collect();
    prints.join(",")
}
