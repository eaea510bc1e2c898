//! For the platform: bare words, no names.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::HttpResponse;
use actix_web::web::Data;

use super::Doors;

/// Whether requests are still welcome. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Readiness(Arc<AtomicBool>);

impl Readiness {
    /// The end has begun: whoever sends requests here is to send them elsewhere.
    pub fn end(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it has not.
    pub fn is_ready(&self) -> bool {
        !self.0.load(Ordering::Relaxed)
    }
}

/// The process answers.
pub async fn alive() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body("ok\n")
}

/// The service takes requests. It does so as soon as it is bound: what it needs is made before; and until it is asked to
/// end.
pub async fn ready(doors: Data<Doors>) -> HttpResponse {
    if doors.readiness.is_ready() {
        return alive().await;
    }
    HttpResponse::ServiceUnavailable()
        .content_type("text/plain; charset=utf-8")
        .body("ending\n")
}

/// Which Sidecard this is.
pub async fn version() -> HttpResponse {
    let version = concat!(env!("CARGO_PKG_VERSION"), "\n");
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body(version)
}
