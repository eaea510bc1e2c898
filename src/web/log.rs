//! One line per request.
//!
//! The line is built of named fields that handlers note; the request's address, query, headers and body never get here.

use std::borrow::Cow;

use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpRequest};

use super::Doors;
use crate::clock::Stopwatch;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What a line says besides method, status and duration.
#[derive(Debug, Default, Clone)]
pub struct Line {
    /// Which protocol was spoken.
    pub helpdesk: Option<&'static str>,
    /// What an open page asked for.
    pub act: Option<&'static str>,
    /// What kind of call it is, in the helpdesk's word.
    pub kind: Option<&'static str>,
    /// Why the request was refused: a code, and behind a blank what it is about.
    pub refused: Option<Cow<'static, str>>,
    /// The code of the problem that was answered.
    pub problem: Option<&'static str>,
    /// The best outcome of the answer.
    pub outcome: Option<&'static str>,
    /// How many people were found.
    pub people: usize,
    /// What memory had, the worst of all installs.
    pub cache: Option<&'static str>,
    /// Calls sent to providers.
    pub upstream_calls: u32,
    /// The installs that were asked.
    pub installs: String,
    /// The topic of a hook that was believed.
    pub topic: Option<String>,
    /// Fingerprints of what was looked for.
    pub subjects: String,
}

/// Adds to the request's line.
pub fn note(request: &HttpRequest, add: impl FnOnce(&mut Line)) {
    let mut extensions = request.extensions_mut();
    if extensions.get::<Line>().is_none() {
        extensions.insert(Line::default());
    }
    if let Some(line) = extensions.get_mut::<Line>() {
        add(line);
    }
}

/// A request that has not been answered yet.
pub struct Pending {
    doors: Option<Data<Doors>>,
    watch: Option<Stopwatch>,
    route: &'static str,
    id: HeaderValue,
    method: Method,
}

impl Pending {
    /// Gives the request an id, or keeps the one it came with.
    pub fn begin(request: &ServiceRequest) -> Self {
        let doors = request.app_data::<Data<Doors>>().cloned();
        let given = request
            .headers()
            .get(&REQUEST_ID)
            .filter(|id| is_id(id.as_bytes()));
        Self {
            watch: doors.as_ref().map(|doors| doors.clock.start()),
            doors,
            route: route(request.path()),
            id: given.cloned().unwrap_or_else(an_id),
            method: request.method().clone(),
        }
    }

    /// It has been answered: its line is written.
    pub fn end<B>(self, response: &mut ServiceResponse<B>) {
        let line = response
            .request()
            .extensions_mut()
            .remove::<Line>()
            .unwrap_or_default();
        let status = response.status().as_u16();
        if let Some(doors) = &self.doors {
            doors.metrics.requested(self.route, status);
        }
        let duration = self.watch.map(|watch| watch.elapsed()).unwrap_or_default();
        tracing::info!(
            request_id = self.id.to_str().ok(),
            method = self.method.as_str(),
            status,
            duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
            helpdesk = line.helpdesk,
            act = line.act,
            kind = line.kind,
            installs = (!line.installs.is_empty()).then_some(line.installs),
            subjects = (!line.subjects.is_empty()).then_some(line.subjects),
            topic = line.topic,
            outcome = line.outcome,
            cache = line.cache,
            upstream_calls = line.outcome.is_some().then_some(line.upstream_calls),
            refused = line.refused.as_deref(),
            problem = line.problem,
            "request"
        );
        response.headers_mut().insert(REQUEST_ID, self.id);
    }
}

/// The class of a route, for metrics.
fn route(path: &str) -> &'static str {
    match path.split('/').nth(1) {
        Some("ask") => "ask",
        Some("hooks") => "hooks",
        Some("healthz" | "readyz" | "version") => "health",
        _ => "other",
    }
}

fn is_id(text: &[u8]) -> bool {
    let is_plain = |b: &u8| b.is_ascii_alphanumeric() || b"._-".contains(b);
    (1..=64).contains(&text.len()) && text.iter().all(is_plain)
}

/// Tells requests apart, and keeps nothing secret: no call of the system is made for it.
fn an_id() -> HeaderValue {
    let id = format!("{:016x}", fastrand::u64(..));
    // Hex digits are always a value.
    HeaderValue::try_from(id).unwrap_or_else(|_| HeaderValue::from_static("-"))
}
