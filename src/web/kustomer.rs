//! The live card's page in Kustomer, and its script. Neither holds data, so nobody is verified for them.

use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};

use super::{Doors, ask, log, respond};
use crate::helpdesk::{Helpdesk, Problem, kustomer};

/// `/ask/kustomer/{workspace}/card`: for a workspace that there is not, too.
pub fn card(request: &HttpRequest, doors: &Doors) -> HttpResponse {
    log::note(request, |line| line.helpdesk = Some("kustomer"));
    if !is_looking(request) {
        return not_allowed();
    }
    let access = ask::known(request, doors);
    let workspace = access.as_ref().map(|access| &access.workspace);
    respond(kustomer::page(&doors.kustomer, workspace))
}

/// `/ask/kustomer/{workspace}/card.js`: a new script has a new address, so it may be kept.
pub fn script(request: &HttpRequest) -> HttpResponse {
    log::note(request, |line| line.helpdesk = Some("kustomer"));
    if !is_looking(request) {
        return not_allowed();
    }
    let mut response = respond(kustomer::script());
    let kept = HeaderValue::from_static("public, max-age=31536000, immutable");
    response.headers_mut().insert(CACHE_CONTROL, kept);
    response
}

fn is_looking(request: &HttpRequest) -> bool {
    matches!(*request.method(), Method::GET | Method::HEAD)
}

fn not_allowed() -> HttpResponse {
    respond(kustomer::Kustomer.problem(Problem::MethodNotAllowed))
}
