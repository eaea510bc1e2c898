//! What goes back.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpRequest, HttpResponse};

use super::{HOME, line};
use crate::store::StoreError;
use crate::views::admin::{notice, policy};

/// What a handler comes to.
pub type Answer = Result<HttpResponse, Failure>;

/// Why there is no page.
#[derive(Debug)]
pub enum Failure {
    /// The store can't.
    Store(StoreError),
    /// There is no such thing.
    Missing,
    /// They may not; for the log, why.
    Forbidden(&'static str),
    /// Nobody is logged in; `late`: not any more.
    LoggedOut {
        /// Whether there was a session.
        late: bool,
    },
    /// The body is too large.
    TooMuch,
    /// Our own fault.
    Broken(&'static str),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            // Removed by somebody else meanwhile.
            StoreError::NoSuchInstall(_) => Self::Missing,
            error => Self::Store(error),
        }
    }
}

/// A page.
pub fn page(status: StatusCode, html: String) -> HttpResponse {
    HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, policy()))
        .body(html)
}

/// A page that is all right.
pub fn ok(html: String) -> Answer {
    Ok(page(StatusCode::OK, html))
}

/// The same page once more, because of what was typed.
pub fn wrong(html: String) -> Answer {
    Ok(page(StatusCode::UNPROCESSABLE_ENTITY, html))
}

/// To another page, by GET.
pub fn see(address: &str) -> Answer {
    Ok(HttpResponse::SeeOther()
        .insert_header((header::LOCATION, address))
        .finish())
}

/// The same, with cookies.
pub fn see_with(address: &str, cookies: &[String]) -> Answer {
    let mut response = HttpResponse::SeeOther();
    response.insert_header((header::LOCATION, address));
    for cookie in cookies {
        response.append_header((header::SET_COOKIE, cookie.as_str()));
    }
    Ok(response.finish())
}

/// The answer, or why there is none; a fault of ours is logged here, and nowhere else.
pub fn finish(request: &HttpRequest, answer: Answer) -> HttpResponse {
    let failure = match answer {
        Ok(response) => return response,
        Err(failure) => failure,
    };
    let id = line::id(request);
    let status = match failure {
        Failure::LoggedOut { late } => {
            let to = if late {
                "/admin/login?done=late"
            } else {
                "/admin/login"
            };
            return HttpResponse::SeeOther()
                .insert_header((header::LOCATION, to))
                .finish();
        }
        Failure::Missing => StatusCode::NOT_FOUND,
        Failure::TooMuch => StatusCode::PAYLOAD_TOO_LARGE,
        Failure::Forbidden(why) => {
            tracing::warn!(request = id, why, "an admin page was refused");
            StatusCode::FORBIDDEN
        }
        Failure::Store(error) => {
            tracing::error!(request = id, error = %error, "an admin page failed");
            StatusCode::INTERNAL_SERVER_ERROR
        }
        Failure::Broken(what) => {
            tracing::error!(request = id, error = what, "an admin page failed");
            StatusCode::INTERNAL_SERVER_ERROR
        }
    };
    page(status, notice(status.as_u16(), &id).into_string())
}

/// There is no such page.
pub async fn nothing_here(request: HttpRequest) -> HttpResponse {
    finish(&request, Err(Failure::Missing))
}

/// Whoever types the bare address means the pages; any other address is none.
pub async fn home(request: HttpRequest) -> HttpResponse {
    if request.path() == "/" {
        return HttpResponse::SeeOther()
            .insert_header((header::LOCATION, HOME))
            .finish();
    }
    page(StatusCode::NOT_FOUND, notice(404, "").into_string())
}

/// Headers of every response. Unlike the helpdesks' doors, these pages tell their own origin where a form came from: with
/// `no-referrer` browsers would send `Origin: null`. No other site is told anything.
const HEADERS: [(&str, &str); 6] = [
    ("cache-control", "no-store"),
    (
        "content-security-policy",
        "default-src 'none'; frame-ancestors 'none'",
    ),
    ("referrer-policy", "same-origin"),
    ("x-content-type-options", "nosniff"),
    ("x-robots-tag", "noindex"),
    ("cross-origin-opener-policy", "same-origin"),
];

/// Adds the headers that are not there yet.
pub async fn headers(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        let name = HeaderName::from_static(name);
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    Ok(response)
}
