//! For the platform: bare words, no names.

use actix_web::HttpResponse;

/// The process answers.
pub async fn alive() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body("ok\n")
}

/// The service takes requests. It does so as soon as it is bound: what it needs is made before.
pub async fn ready() -> HttpResponse {
    alive().await
}

/// Which Sidecard this is.
pub async fn version() -> HttpResponse {
    let version = concat!(env!("CARGO_PKG_VERSION"), "\n");
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body(version)
}
