//! Where providers say that something has changed.
//!
//! A hook is acknowledged when it is on the disk, and not before. Who is not believed is told one thing, whatever the
//! cause, after the same work.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::StreamExt;

use super::{Doors, log};
use crate::domain::day::Instant;
use crate::domain::install::InstallName;
use crate::domain::secret::{Secret, random_hex};
use crate::store::NewHook;
use crate::upkeep::{Intake, NotTaken, Providers, Room};

/// The largest body of a hook.
const LARGEST_BODY: usize = 1_024 * 1_024;
/// With the time that a commit may take, this is within the five seconds that Recharge gives.
const LONGEST_BODY: Duration = Duration::from_secs(2);
/// No resource and no event of any provider has a longer name.
const LONGEST_WORD: usize = 40;

/// Whose hooks come in at an address.
pub trait Hooks: Send + Sync + 'static {
    /// The install with this hook id; `None` when there is none.
    fn hooked(&self, id: &str) -> Option<Arc<Hooked>>;
}

/// An install, as its hooks are verified.
#[derive(Debug, Clone)]
pub struct Hooked {
    /// Its name.
    pub install: InstallName,
    /// The provider that it connects to.
    pub provider: String,
    /// The client secrets that hooks may be signed with.
    pub secrets: Vec<Secret<String>>,
}

/// What the door of hooks needs.
pub struct HookDoor {
    /// Whose hooks come in where.
    pub hooks: Arc<dyn Hooks>,
    /// Who verifies and reads them.
    pub providers: Providers,
    /// Where they are kept.
    pub intake: Intake,
}

/// Why a hook is not acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    Unauthorized(&'static str),
    TooLarge,
    TooSlow,
    Unreadable,
    Busy(&'static str),
}

impl Refusal {
    fn response(self) -> HttpResponse {
        let (status, body) = match self {
            Self::Unauthorized(_) => (
                StatusCode::UNAUTHORIZED,
                r#"{"error":{"code":"unauthorized","message":"the hook is not accepted","hint":"check its address, and the API client secret"}}"#,
            ),
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                r#"{"error":{"code":"too_large","message":"the body is too large","hint":"send at most 1 MB"}}"#,
            ),
            Self::TooSlow => (
                StatusCode::REQUEST_TIMEOUT,
                r#"{"error":{"code":"too_slow","message":"the body did not come in time","hint":"send it at once"}}"#,
            ),
            Self::Unreadable => (
                StatusCode::BAD_REQUEST,
                r#"{"error":{"code":"unreadable","message":"the request could not be read to its end","hint":"send it again"}}"#,
            ),
            Self::Busy(_) => (
                StatusCode::SERVICE_UNAVAILABLE,
                r#"{"error":{"code":"busy","message":"the hook can't be kept just now","hint":"send it again"}}"#,
            ),
        };
        HttpResponse::build(status)
            .content_type("application/json")
            .body(body)
    }

    /// For the log.
    fn verdict(self) -> &'static str {
        match self {
            Self::Unauthorized(cause) | Self::Busy(cause) => cause,
            Self::TooLarge => "too large",
            Self::TooSlow => "too slow",
            Self::Unreadable => "cut short",
        }
    }
}

/// `POST /hooks/{provider}/{hook id}/{resource}/{event}`
pub async fn hook(request: HttpRequest, body: Payload, doors: Data<Doors>) -> HttpResponse {
    let Some(topic) = topic(&request) else {
        return super::nothing_here().await;
    };
    match take(&request, body, &doors, topic).await {
        Ok(()) => HttpResponse::Ok().finish(),
        Err(refusal) => {
            log::note(&request, |line| {
                line.refused = Some(refusal.verdict().into())
            });
            refusal.response()
        }
    }
}

async fn take(
    request: &HttpRequest,
    body: Payload,
    doors: &Doors,
    topic: String,
) -> Result<(), Refusal> {
    let door = &doors.hooks;
    let limit = doors.clock.deadline(LONGEST_BODY);
    let (body, room) = tokio::select! {
        read = read(body, &door.intake) => read?,
        () = limit.passed() => return Err(Refusal::TooSlow),
    };
    let now = doors.clock.now();
    let hooked = verified(request, &body, door, now)?;
    log::note(request, |line| {
        line.installs = hooked.install.to_string();
        line.topic = Some(topic.clone());
    });
    let hook = NewHook {
        install: hooked.install.clone(),
        topic,
        body,
        received_at: now,
    };
    match door.intake.take(hook, room).await {
        Ok(()) => Ok(()),
        Err(NotTaken::Gone) => Err(Refusal::Unauthorized("its install is gone")),
        Err(NotTaken::Full) => Err(Refusal::Busy("too many hooks wait")),
        Err(NotTaken::Late) => Err(Refusal::Busy("not kept in time")),
    }
}

/// The install whose hook this is. Who has no install is verified against a secret that nobody has: the same work, the
/// same refusal.
fn verified(
    request: &HttpRequest,
    body: &[u8],
    door: &HookDoor,
    now: Instant,
) -> Result<Arc<Hooked>, Refusal> {
    let name = request.match_info().get("provider").unwrap_or_default();
    let id = request.match_info().get("hook").unwrap_or_default();
    let known = door.hooks.hooked(id);
    let closed = match &known {
        None => Some("no such hook id"),
        Some(hooked) if hooked.provider != name => Some("the hook id of another provider"),
        Some(_) => None,
    };
    let hooked = known.filter(|_| closed.is_none());
    let provider = door
        .providers
        .get(name)
        .or_else(|| door.providers.values().next())
        .ok_or(Refusal::Unauthorized("no provider"))?;
    let secrets: &[Secret<String>] = hooked
        .as_ref()
        .map_or_else(|| nobodys(), |hooked| &hooked.secrets);
    let headers: Vec<(&str, &[u8])> = request
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_bytes()))
        .collect();
    match (provider.verify_hook(&headers, body, secrets, now), hooked) {
        (Ok(()), Some(hooked)) => Ok(hooked),
        (refused, _) => {
            let cause = closed.unwrap_or_else(|| refused.err().map_or("", |refused| refused.0));
            Err(Refusal::Unauthorized(cause))
        }
    }
}

/// The topic, if its two words can be one's.
fn topic(request: &HttpRequest) -> Option<String> {
    let word = |name| {
        let word = request.match_info().get(name)?;
        let is_word = (1..=LONGEST_WORD).contains(&word.len())
            && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        is_word.then_some(word)
    };
    Some(format!("{}/{}", word("resource")?, word("event")?))
}

/// The whole body, untouched. Memory is reserved as it comes, so that many slow senders can't fill it.
async fn read(mut body: Payload, intake: &Intake) -> Result<(Vec<u8>, Room), Refusal> {
    let full = Refusal::Busy("no memory left for bodies");
    let mut room = intake.reserve(0).ok_or(full)?;
    let mut whole = Vec::new();
    while let Some(part) = body.next().await {
        let part = part.map_err(|_| Refusal::Unreadable)?;
        if whole.len() + part.len() > LARGEST_BODY {
            return Err(Refusal::TooLarge);
        }
        room.merge(intake.reserve(part.len()).ok_or(full)?);
        whole.extend_from_slice(&part);
    }
    Ok((whole, room))
}

/// Secrets that no hook is signed with.
fn nobodys() -> &'static [Secret<String>] {
    static NOBODYS: OnceLock<Vec<Secret<String>>> = OnceLock::new();
    NOBODYS.get_or_init(|| vec![Secret::new(random_hex(32))])
}
