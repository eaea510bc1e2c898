//! The doors: HTTP in, HTTP out.
//!
//! | file | is |
//! |---|---|
//! | `admin` | the pages for people, on an address of their own |
//! | `ask` | the one door of all helpdesks: access -> authenticate -> question -> lookup -> reply |
//! | `embed` | what a page in a frame asks for after it was opened |
//! | `bounds` | how large a request's head may be, and how often a workspace may ask |
//! | `ops` | metrics and detailed readiness, on an address of their own |
//! | `kustomer` | the live card's page there, without data |
//! | `hooks` | where providers say that something has changed |
//! | `health` | whether the service is alive, ready, and which version it is |
//! | `log` | one line per request, with a request id; never an address, a query or a header |
//! | `headers` | what every response carries |
//! | `parts` | a body that is sent part by part |

pub mod admin;
mod ask;
mod bounds;
mod embed;
mod headers;
mod health;
mod hooks;
mod kustomer;
mod log;
pub mod ops;
mod parts;

use std::borrow::Cow;
use std::sync::Arc;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderValue};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::ServiceConfig;
use actix_web::{HttpResponse, guard, web};

use crate::clock::Clock;
use crate::domain::access::Access;
use crate::domain::day::Instant;
use crate::domain::email::FingerprintKey;
use crate::domain::id::WorkspaceId;
use crate::helpdesk::kustomer::Hosts;
use crate::helpdesk::{Helpdesk, Problem, Reply, json::Json};
use crate::lookup::Lookups;
use crate::telemetry::Metrics;

pub use bounds::Rate;
pub use embed::{Change, Live, Pages};
pub use headers::headers;
pub use health::Readiness;
pub use hooks::{HookDoor, Hooked, Hooks};

/// The largest body of a question.
pub const LARGEST_BODY: usize = 64 * 1_024;

/// Who may ask what: workspaces with their installs and opened secrets.
pub trait Workspaces: Send + Sync + 'static {
    /// The workspace of this id; `None` when there is none.
    fn access(&self, workspace: &WorkspaceId) -> Option<Arc<Access>>;
}

/// A call at a workspace, without personal data: for whoever asks why its card shows nothing.
#[derive(Debug, Clone)]
pub struct Called {
    /// The workspace that was called, whether or not it accepted the request.
    pub workspace: WorkspaceId,
    /// When.
    pub at: Instant,
    /// What kind of call, in the helpdesk's words.
    pub kind: &'static str,
    /// Why it was refused: a code, and behind a blank what it is about.
    pub refused: Option<Cow<'static, str>>,
    /// The code of the problem that was answered.
    pub problem: Option<&'static str>,
    /// What was found.
    pub outcome: Option<&'static str>,
    /// How many people.
    pub people: usize,
    /// How long it took.
    pub duration: std::time::Duration,
}

/// Where calls are written down. Never makes a caller wait.
pub trait Calls: Send + Sync + 'static {
    /// Notes a call.
    fn note(&self, call: Called);
}

/// What the doors need. Made once, shared by all workers.
pub struct Doors {
    /// Looks customers up.
    pub lookups: Lookups,
    /// What open pages need.
    pub pages: Pages,
    /// Who may ask.
    pub workspaces: Arc<dyn Workspaces>,
    /// Where calls are written down.
    pub calls: Arc<dyn Calls>,
    /// The time.
    pub clock: Clock,
    /// Under which personal values appear in the log.
    pub fingerprints: FingerprintKey,
    /// Whom the live card's page in Kustomer has to do with.
    pub kustomer: Hosts,
    /// How long a caller waits at most, if shorter than its helpdesk does.
    pub deadline: std::time::Duration,
    /// How often each workspace may ask.
    pub rate: Rate,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Whether requests are still welcome.
    pub readiness: Readiness,
    /// Verifies webhooks and passes them to the inbox.
    pub hooks: HookDoor,
}

/// All routes, with what every one of them needs.
pub fn routes(doors: web::Data<Doors>) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config
            .app_data(doors)
            .app_data(web::PayloadConfig::new(LARGEST_BODY))
            .service(
                web::scope("/ask")
                    .wrap(from_fn(received))
                    .default_service(web::to(ask::door)),
            )
            .service(
                web::scope("/hooks")
                    .wrap(from_fn(received))
                    .route(
                        "/{provider}/{hook}/{resource}/{event}",
                        web::post().to(hooks::hook),
                    )
                    .default_service(web::to(nothing_here)),
            )
            .service(
                web::scope("")
                    .wrap(from_fn(received))
                    .route("/healthz", looking().to(health::alive))
                    .route("/readyz", looking().to(health::ready))
                    .route("/version", looking().to(health::version))
                    .default_service(web::to(nothing_here)),
            );
    }
}

/// What is done with every request, in one step: each layer of its own would cost a warm card more than its lookup does.
async fn received<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    let pending = log::Pending::begin(&request);
    let mut response = match bounds::refusal(&request) {
        Some(refusal) => request.into_response(refusal).map_into_right_body(),
        None => next.call(request).await?.map_into_left_body(),
    };
    headers::add(response.headers_mut());
    pending.end(&mut response);
    Ok(response)
}

/// GET, and HEAD: load balancers use either.
fn looking() -> actix_web::Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

async fn nothing_here() -> HttpResponse {
    respond(Json.problem(Problem::NotFound))
}

/// A problem as a response, in the helpdesk's form: with the methods that the address takes, and when to ask again.
fn refused(helpdesk: &dyn Helpdesk, problem: Problem, methods: &[&str]) -> HttpResponse {
    let mut response = respond(helpdesk.problem(problem));
    let headers = response.headers_mut();
    if let Some(seconds) = problem.retry_after() {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if problem == Problem::MethodNotAllowed
        && let Ok(allowed) = HeaderValue::try_from(methods.join(", "))
    {
        headers.insert(header::ALLOW, allowed);
    }
    response
}

/// A reply as a response.
fn respond(reply: Reply) -> HttpResponse {
    let status = actix_web::http::StatusCode::from_u16(reply.status)
        .unwrap_or(actix_web::http::StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::with_body(status, parts::boxed(reply.body));
    let headers = response.headers_mut();
    let content_type = HeaderValue::from_static(reply.content_type);
    headers.insert(header::CONTENT_TYPE, content_type);
    // Texts of ours: there is nothing in them that a header can't hold.
    if let Some(Ok(policy)) = reply
        .policy
        .map(|policy| HeaderValue::try_from(policy.into_owned()))
    {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}
