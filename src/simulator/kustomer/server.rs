//! The simulator on a port.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{Server, ServerHandle};
use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes, PayloadConfig, Query};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use tokio::sync::oneshot;

use super::agent;
use super::answer::Answer;
use super::control::control;
use super::data::DataError;
use super::limits::Reading;
use super::options::Options;
use super::request::Request;
use super::running::Running;
use super::simulator::{Reply, Simulator};

/// The largest body that is taken.
const LARGEST_BODY: usize = 4 * 1024 * 1024;

/// Why a simulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its data cannot be served.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Its address cannot be listened on.
    #[error("cannot listen on: `{address}`: {source}\n  hint: choose a free port, or 0 for any")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// Its thread could not be started, or ended at once.
    #[error(
        "cannot start a thread for the simulator: {0}\n  hint: end what runs beside it, and try again"
    )]
    Thread(io::Error),
}

/// Starts a simulator; it runs until the last handle to it is dropped, or until it is stopped.
///
/// It has threads of its own, and so does not depend on the runtime that started it.
///
/// # Errors
///
/// When the data is not as it should be, or the address is taken.
pub async fn start(options: Options) -> Result<Running, StartError> {
    let simulator = Arc::new(Simulator::new(&options)?);
    let (tell, told) = oneshot::channel();
    let shared = Arc::clone(&simulator);
    std::thread::Builder::new()
        .name("kustomer-simulator".to_owned())
        .spawn(move || actix_web::rt::System::new().block_on(serve(shared, options.listen, tell)))
        .map_err(StartError::Thread)?;
    let ended = |_| StartError::Thread(io::Error::other("it ended at once"));
    let (address, handle) = told.await.map_err(ended)??;
    Ok(Running::new(simulator, address, handle))
}

type Started = Result<(SocketAddr, ServerHandle), StartError>;

async fn serve(simulator: Arc<Simulator>, listen: SocketAddr, tell: oneshot::Sender<Started>) {
    let (server, address) = match bind(simulator, listen) {
        Ok(bound) => bound,
        Err(source) => {
            // Nobody listens any more when `start` was given up; there is nobody to tell then.
            let _ = tell.send(Err(StartError::Listen {
                address: listen,
                source,
            }));
            return;
        }
    };
    if tell.send(Ok((address, server.handle()))).is_ok()
        && let Err(error) = server.await
    {
        tracing::error!(%error, "the Kustomer simulator broke down");
    }
}

fn bind(simulator: Arc<Simulator>, listen: SocketAddr) -> io::Result<(Server, SocketAddr)> {
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::from(Arc::clone(&simulator)))
            .app_data(PayloadConfig::new(LARGEST_BODY))
            .default_service(web::to(handle))
    })
    .workers(1)
    // Who is slow is not refused with a 408, which the outside system would not send.
    .client_request_timeout(Duration::ZERO)
    .disable_signals()
    .bind(listen)?;
    let address = server
        .addrs()
        .first()
        .copied()
        .ok_or_else(|| io::Error::other("no address"))?;
    Ok((server.run(), address))
}

async fn handle(simulator: web::Data<Simulator>, http: HttpRequest, body: Bytes) -> HttpResponse {
    let request = read(&http, &body);
    let segments = request.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["_sim", controls @ ..] => respond(control(&simulator, &request, controls), None),
        ["agent" | "card-js", ..] => agent::answer(&simulator, &request, &segments).await,
        _ => match simulator.reply(&request).await {
            Reply::Whole(answer, reading) => respond(answer, reading),
            Reply::Lost | Reply::Silence => HttpResponse::Ok().body(Nothing),
        },
    }
}

fn read(http: &HttpRequest, body: &[u8]) -> Request {
    let key = http.headers().get("Authorization");
    let key = key.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let query = Query::<Vec<(String, String)>>::from_query(http.query_string());
    Request {
        method: http.method().to_string(),
        path: http.uri().path().to_owned(),
        query: query.map(Query::into_inner).unwrap_or_default(),
        key: key.map(str::to_owned),
        body: body.to_vec(),
    }
}

/// The answer over HTTP, with what is left of the limits.
pub(super) fn respond(answer: Answer, reading: Option<Reading>) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    response.content_type("application/json");
    if let Some(reading) = reading {
        response
            .insert_header(("x-ratelimit-limit", reading.limit.to_string()))
            .insert_header(("x-ratelimit-remaining", reading.remaining.to_string()))
            .insert_header(("x-ratelimit-reset", reading.reset.to_string()));
    }
    if let Some((remaining, limit)) = answer.object {
        response
            .insert_header(("x-ratelimit-object-limit", limit.to_string()))
            .insert_header(("x-ratelimit-object-remaining", remaining.to_string()));
    }
    if answer.body.is_null() {
        response.finish()
    } else {
        response.body(answer.body.to_string())
    }
}

/// A body that ends before the length it announced: the server then closes the connection.
struct Nothing;

impl MessageBody for Nothing {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(1)
    }

    fn poll_next(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        Poll::Ready(None)
    }
}
