//! The simulator on a port.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap};
use actix_web::web::{self, Bytes, PayloadConfig, Query};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use tokio::sync::oneshot;

use super::connection::{self, CutShort};
use super::control::control;
use super::data::DataError;
use super::hooks::deliver;
use super::options::Options;
use super::request::Request;
use super::running::Running;
use super::simulator::{Manner, Reply, Simulator};

/// The largest body that it takes.
const LARGEST_BODY: usize = 16 * 1024 * 1024;

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
        .name("recharge-simulator".to_owned())
        .spawn(move || actix_web::rt::System::new().block_on(serve(shared, options.listen, tell)))
        .map_err(StartError::Thread)?;
    let ended = |_| StartError::Thread(io::Error::other("it ended at once"));
    let (address, handle) = told.await.map_err(ended)??;
    Ok(Running::new(simulator, address, handle))
}

type Started = Result<(SocketAddr, ServerHandle), StartError>;

async fn serve(simulator: Arc<Simulator>, listen: SocketAddr, tell: oneshot::Sender<Started>) {
    let sender = Arc::clone(&simulator);
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
    actix_web::rt::spawn(deliver(sender));
    if tell.send(Ok((address, server.handle()))).is_ok()
        && let Err(error) = server.await
    {
        tracing::error!(%error, "the Recharge simulator broke down");
    }
}

fn bind(simulator: Arc<Simulator>, listen: SocketAddr) -> io::Result<(Server, SocketAddr)> {
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::from(Arc::clone(&simulator)))
            .app_data(PayloadConfig::new(LARGEST_BODY))
            .default_service(web::to(handle))
    })
    .on_connect(connection::remember)
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
    if let ["_sim", controls @ ..] = request.segments().as_slice() {
        let answer = control(&simulator, &request.method, controls, &request.body);
        return HttpResponse::build(status(answer.status))
            .content_type(answer.content_type)
            .body(answer.body);
    }
    let reply = simulator.reply(&request).await;
    write(&http, reply)
}

fn read(http: &HttpRequest, body: &[u8]) -> Request {
    let text = |headers: &HeaderMap, name: &str| Some(headers.get(name)?.to_str().ok()?.to_owned());
    let token = text(http.headers(), "X-Recharge-Access-Token").or_else(|| {
        // Two clients of the OAuth era send a bearer token, to the root alone.
        let bearer = text(http.headers(), "Authorization").filter(|_| http.path() == "/")?;
        bearer.strip_prefix("Bearer ").map(str::to_owned)
    });
    let query = Query::<Vec<(String, String)>>::from_query(http.query_string());
    Request {
        method: http.method().to_string(),
        path: http.uri().path().to_owned(),
        query: query.map(Query::into_inner).unwrap_or_default(),
        token,
        version: text(http.headers(), "X-Recharge-Version"),
        body: String::from_utf8_lossy(body).into_owned(),
    }
}

fn write(http: &HttpRequest, reply: Reply) -> HttpResponse {
    let Reply {
        answer,
        bucket,
        request_id,
        version,
        manner,
        ..
    } = reply;
    let mut response = HttpResponse::build(status(answer.status));
    response
        .insert_header((CONTENT_TYPE, answer.content_type))
        .insert_header((
            "X-Recharge-Limit",
            format!("{}/{}", bucket.used, bucket.capacity),
        ))
        .insert_header(("X-Recharge-Version", version))
        .insert_header(("X-Request-Id", request_id));
    match manner {
        Manner::Whole => response.body(answer.body),
        Manner::Truncated => response.body(CutShort::half_of(&answer.body)),
        Manner::Silent => response.body(CutShort::nothing()),
        Manner::Reset => {
            if let Err(error) = connection::reset_when_closed(http) {
                tracing::warn!(%error, "a connection is closed, but not reset");
            }
            response.body(CutShort::nothing())
        }
    }
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
