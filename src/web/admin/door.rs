//! Who comes in. Only what is here makes a [`Call`], and only a call from our own page brings a [`Form`].

use std::future::Future;

use actix_web::web::{self, Bytes, Data};
use actix_web::{HttpRequest, Route};
use chrono::TimeDelta;
use sha2::{Digest, Sha256};

use super::form::Form;
use super::reply::{self, Answer, Failure};
use super::{Admin, line};
use crate::domain::day::Instant;
use crate::domain::secret::Secret;
use crate::store::{AuditEntry, Person, Role};
use crate::views::admin::text;
use crate::views::admin::{Section, Shell};

/// Without a click for so long, a session ends.
const IDLE: TimeDelta = TimeDelta::minutes(30);
/// And in any case after so long.
const LONGEST: TimeDelta = TimeDelta::hours(12);

/// A request of anybody.
pub struct Door {
    /// What the pages need.
    pub admin: Data<Admin>,
    /// The request.
    pub request: HttpRequest,
}

/// A request of somebody who is logged in and may do this.
pub struct Call {
    door: Door,
    /// Who it is.
    pub person: Person,
    /// The session's token.
    session: Secret<String>,
    csrf: String,
}

impl std::ops::Deref for Call {
    type Target = Door;

    fn deref(&self) -> &Door {
        &self.door
    }
}

/// A page for everybody.
pub fn open<F, R>(page: F) -> Route
where
    F: Fn(Door) -> R + Clone + 'static,
    R: Future<Output = Answer> + 'static,
{
    web::get().to(move |request: HttpRequest, admin: Data<Admin>| {
        let answer = page(Door {
            admin,
            request: request.clone(),
        });
        async move { reply::finish(&request, answer.await) }
    })
}

/// A deed of somebody who is not logged in yet.
pub fn open_act<F, R>(deed: F) -> Route
where
    F: Fn(Door, Form) -> R + Clone + 'static,
    R: Future<Output = Answer> + 'static,
{
    web::post().to(
        move |request: HttpRequest, admin: Data<Admin>, body: Body| {
            let deed = deed.clone();
            async move {
                let door = Door {
                    admin,
                    request: request.clone(),
                };
                let answer = match (door.is_from_here(), form(body)) {
                    (false, _) => Err(Failure::Forbidden("another site's form")),
                    (true, Err(failure)) => Err(failure),
                    (true, Ok(form)) => to_the_end(deed(door, form)).await,
                };
                reply::finish(&request, answer)
            }
        },
    )
}

/// A page for those whose role is at least `least`.
pub fn look<F, R>(least: Role, page: F) -> Route
where
    F: Fn(Call) -> R + Clone + 'static,
    R: Future<Output = Answer> + 'static,
{
    web::get().to(move |request: HttpRequest, admin: Data<Admin>| {
        let page = page.clone();
        async move {
            let door = Door {
                admin,
                request: request.clone(),
            };
            let answer = match door.call(least).await {
                Ok(call) => page(call).await,
                Err(failure) => Err(failure),
            };
            reply::finish(&request, answer)
        }
    })
}

/// A deed of those whose role is at least `least`, asked for by a form of ours.
pub fn act<F, R>(least: Role, deed: F) -> Route
where
    F: Fn(Call, Form) -> R + Clone + 'static,
    R: Future<Output = Answer> + 'static,
{
    web::post().to(
        move |request: HttpRequest, admin: Data<Admin>, body: Body| {
            let deed = deed.clone();
            async move {
                let door = Door {
                    admin,
                    request: request.clone(),
                };
                let answer = match checked(door, body, least).await {
                    Ok((call, form)) => to_the_end(deed(call, form)).await,
                    Err(failure) => Err(failure),
                };
                reply::finish(&request, answer)
            }
        },
    )
}

type Body = Result<Bytes, actix_web::Error>;

async fn checked(door: Door, body: Body, least: Role) -> Result<(Call, Form), Failure> {
    if !door.is_from_here() {
        return Err(Failure::Forbidden("another site's form"));
    }
    let form = form(body)?;
    let call = door.call(least).await?;
    if !Secret::new(call.csrf.clone()).is(form.get("csrf")) {
        return Err(Failure::Forbidden("a form that is not this session's"));
    }
    Ok((call, form))
}

fn form(body: Body) -> Result<Form, Failure> {
    body.map(|body| Form::read(&body))
        .map_err(|_| Failure::TooMuch)
}

/// A worker drops a handler whose client resets the connection: what has begun is a task of its own.
async fn to_the_end(deed: impl Future<Output = Answer> + 'static) -> Answer {
    let done = actix_web::rt::spawn(deed).await;
    done.unwrap_or(Err(Failure::Broken("a deed panicked")))
}

impl Door {
    /// The time.
    pub fn now(&self) -> Instant {
        self.admin.clock.now()
    }

    /// A part of the address.
    pub fn part(&self, name: &str) -> &str {
        self.request.match_info().get(name).unwrap_or_default()
    }

    /// A value of the query.
    pub fn query(&self, name: &str) -> Option<String> {
        url::form_urlencoded::parse(self.request.query_string().as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }

    /// What has just been done, as the address says.
    pub fn done(&self) -> Option<&'static str> {
        text::done(&self.query("done")?)
    }

    /// Begins a session; returns its cookies.
    pub async fn begin(&self, person: &str) -> Result<Vec<String>, Failure> {
        let now = self.now();
        let token = self
            .admin
            .store
            .begin_session(person, now + LONGEST, now)
            .await?;
        Ok(self.set_cookies(token.reveal(), LONGEST.num_seconds()))
    }

    /// Notes what somebody did.
    pub async fn note_as(
        &self,
        who: &str,
        action: &str,
        (kind, object): (&str, &str),
        detail: impl Into<String>,
    ) -> Result<(), Failure> {
        let entry = AuditEntry {
            at: self.now(),
            who: who.to_owned(),
            action: action.to_owned(),
            kind: kind.to_owned(),
            object: object.to_owned(),
            detail: detail.into(),
        };
        Ok(self.admin.store.audit(&entry).await?)
    }

    /// The session that lasts, by its token, and the id of whose it is.
    async fn session(&self) -> Result<(Secret<String>, String), Failure> {
        let (store, now) = (&self.admin.store, self.now());
        let mut late = false;
        for token in self.tokens() {
            if let Some(found) = store.session(token.reveal(), now - IDLE, now).await? {
                return Ok((token, found.person));
            }
            late = true;
        }
        Err(Failure::LoggedOut { late })
    }

    async fn call(self, least: Role) -> Result<Call, Failure> {
        let (session, person) = self.session().await?;
        let person = self.admin.store.person(&person).await?;
        let person = person.filter(|person| !person.profile.disabled);
        let person = person.ok_or(Failure::LoggedOut { late: true })?;
        line::note(&self.request, &person.id);
        if rank(person.profile.role) < rank(least) {
            return Err(Failure::Forbidden("the role"));
        }
        // The session's token is 256 random bits: its digest tells nothing of it, and nobody else can make it.
        let digest = Sha256::digest(format!("csrf {}", session.reveal()));
        Ok(Call {
            csrf: base16ct::lower::encode_string(&digest),
            door: self,
            person,
            session,
        })
    }
}

impl Call {
    /// What every page of theirs depends on.
    pub fn shell(&self, section: Section) -> Shell<'_> {
        let profile = &self.person.profile;
        Shell {
            name: &profile.name,
            role: profile.role.as_str(),
            may_change: self.may(Role::Admin),
            may_people: self.may(Role::Owner),
            csrf: &self.csrf,
            section,
            done: self.done(),
            now: self.now(),
        }
    }

    /// Whether their role is at least this one.
    pub fn may(&self, least: Role) -> bool {
        rank(self.person.profile.role) >= rank(least)
    }

    /// A key of this session alone, for what is held for one more page.
    pub fn own(&self, what: &str) -> String {
        format!("{} {what}", self.csrf)
    }

    /// Notes what they did.
    pub async fn note(
        &self,
        action: &str,
        object: (&str, &str),
        detail: impl Into<String>,
    ) -> Result<(), Failure> {
        self.note_as(&self.person.id, action, object, detail).await
    }

    /// Ends the session; returns the cookies that say so.
    pub async fn end(&self) -> Result<Vec<String>, Failure> {
        self.admin.store.end_session(self.session.reveal()).await?;
        Ok(self.set_cookies("", 0))
    }
}

fn rank(role: Role) -> u8 {
    match role {
        Role::Viewer => 0,
        Role::Admin => 1,
        Role::Owner => 2,
    }
}
