//! The live card's page in Kustomer, and its script. Neither holds data, so nobody is verified for them.

use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::{Doors, log, respond};
use crate::domain::id::WorkspaceId;
use crate::helpdesk::{Helpdesk, Problem, kustomer};

/// `/ask/kustomer/{workspace}/card`: for a workspace that there is not, too.
pub async fn card(request: HttpRequest, doors: Data<Doors>) -> HttpResponse {
    log::note(&request, |line| line.helpdesk = Some("kustomer"));
    let id = WorkspaceId::new(request.match_info().get("workspace").unwrap_or_default());
    let access = doors.workspaces.access(&id);
    let workspace = access.as_ref().map(|access| &access.workspace);
    respond(kustomer::page(&doors.kustomer, workspace))
}

/// `/ask/kustomer/{workspace}/card.js`: a new script has a new address, so it may be kept.
pub async fn script(request: HttpRequest) -> HttpResponse {
    log::note(&request, |line| line.helpdesk = Some("kustomer"));
    let mut response = respond(kustomer::script());
    let kept = HeaderValue::from_static("public, max-age=31536000, immutable");
    response.headers_mut().insert(CACHE_CONTROL, kept);
    response
}

/// Another method than GET.
pub async fn not_allowed() -> HttpResponse {
    respond(kustomer::Kustomer.problem(Problem::MethodNotAllowed))
}
