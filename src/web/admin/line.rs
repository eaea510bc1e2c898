//! One line per request: the route as it is written here, never the address, a query, a header or a form.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpRequest};

use super::Admin;
use crate::domain::secret::random_hex;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

struct RequestId(String);
struct Who(String);

/// The request's id.
pub fn id(request: &HttpRequest) -> String {
    let extensions = request.extensions();
    extensions
        .get::<RequestId>()
        .map(|id| id.0.clone())
        .unwrap_or_default()
}

/// Says whose request it is: a person's id.
pub fn note(request: &HttpRequest, person: &str) {
    request.extensions_mut().insert(Who(person.to_owned()));
}

/// Gives the request an id, and writes its line when it has been answered.
pub async fn logged(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let watch = request
        .app_data::<Data<Admin>>()
        .map(|admin| admin.clock.start());
    let id = random_hex(8);
    request.extensions_mut().insert(RequestId(id.clone()));
    let method = request.method().clone();
    let mut response = next.call(request).await?;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let route = response.request().match_pattern();
    let who = response
        .request()
        .extensions()
        .get::<Who>()
        .map(|who| who.0.clone());
    let duration = watch.map(|watch| watch.elapsed()).unwrap_or_default();
    tracing::info!(
        request = id,
        method = method.as_str(),
        route = route.as_deref().unwrap_or("none"),
        status = response.status().as_u16(),
        duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
        person = who,
        "admin"
    );
    Ok(response)
}
