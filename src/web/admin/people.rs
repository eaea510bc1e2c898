//! People: added, given a role, kept out, removed. Nobody does it to themselves, and never to the last owner.

use chrono::TimeDelta;

use super::door::Call;
use super::form::Form;
use super::reply::{Answer, Failure, ok, see, wrong};
use super::setup::names;
use crate::store::{Person, PersonProfile, Role, StoreError};
use crate::views::admin::text::people as words;
use crate::views::admin::{NewPerson, PeoplePage, PersonLine, Problem, Section, people as view};

/// A set-up link is good for so long.
const LINK: TimeDelta = TimeDelta::minutes(15);

/// Everybody; a set-up link that was made a moment ago is shown once.
pub async fn page(call: Call) -> Answer {
    let link = call.admin.links.take(&call.own("link"), call.now());
    let link = link
        .as_ref()
        .map(|(name, link)| (name.as_str(), link.reveal().as_str()));
    ok(shown(&call, link, NewPerson::default(), &[]).await?)
}

/// Adds somebody, and makes their link.
pub async fn add(call: Call, form: Form) -> Answer {
    let (name, login) = (form.get("name").trim(), form.get("login").trim());
    let typed = || NewPerson {
        name,
        login,
        role: form.get("role"),
    };
    let mut problems = names(name, login);
    let role = Role::of(form.get("role"));
    if role.is_none() {
        problems.push(problem("role", words::NO_ROLE));
    }
    let Some(role) = role.filter(|_| problems.is_empty()) else {
        return wrong(shown(&call, None, typed(), &problems).await?);
    };
    let profile = PersonProfile {
        name: name.to_owned(),
        login: login.to_owned(),
        role,
        password: None,
        totp: None,
        disabled: false,
    };
    match call.admin.store.add_person(&profile, call.now()).await {
        Ok(id) => {
            call.note("person.add", ("person", &id), role.as_str())
                .await?;
            make_link(&call, &id, name).await
        }
        Err(StoreError::PersonExists) => {
            let problems = [problem("login", words::LOGIN_TAKEN)];
            wrong(shown(&call, None, typed(), &problems).await?)
        }
        Err(error) => Err(error.into()),
    }
}

/// A new set-up link, for somebody who has lost what they log in with.
pub async fn link(call: Call, _: Form) -> Answer {
    let person = other(&call).await?;
    make_link(&call, &person.id, &person.profile.name).await
}

/// Another role.
pub async fn role(call: Call, form: Form) -> Answer {
    let person = other(&call).await?;
    let role = Role::of(form.get("role")).ok_or(Failure::Missing)?;
    let store = &call.admin.store;
    let changed = store.set_person(&person.id, |profile| profile.role = role);
    done(&call, changed.await, &person, "person.role", role.as_str()).await
}

/// In again.
pub async fn enable(call: Call, _: Form) -> Answer {
    let person = other(&call).await?;
    let store = &call.admin.store;
    let changed = store.set_person(&person.id, |profile| profile.disabled = false);
    done(&call, changed.await, &person, "person.enable", "").await
}

/// Kept out, at once.
pub async fn disable(call: Call, _: Form) -> Answer {
    let person = other(&call).await?;
    let store = &call.admin.store;
    let changed = store.set_person(&person.id, |profile| profile.disabled = true);
    done(&call, changed.await, &person, "person.disable", "").await
}

/// Away; what they did stays in the audit.
pub async fn remove(call: Call, _: Form) -> Answer {
    let person = other(&call).await?;
    let removed = call.admin.store.remove_person(&person.id).await;
    done(&call, removed, &person, "person.remove", "").await
}

async fn make_link(call: &Call, id: &str, name: &str) -> Answer {
    let (store, now) = (&call.admin.store, call.now());
    let token = store.make_setup_link(Some(id), now + LINK).await?;
    call.note("person.link", ("person", id), "").await?;
    let address = format!("{}/admin/setup?token={}", call.origin(), token.reveal());
    let link = (name.to_owned(), address.into());
    call.admin.links.put(call.own("link"), link, now);
    see("/admin/people")
}

async fn done(
    call: &Call,
    changed: Result<bool, StoreError>,
    person: &Person,
    action: &str,
    detail: &str,
) -> Answer {
    match changed {
        Ok(true) => {}
        Ok(false) => return Err(Failure::Missing),
        Err(StoreError::LastOwner) => {
            let problems = [problem("role", words::LAST_OWNER)];
            return wrong(shown(call, None, NewPerson::default(), &problems).await?);
        }
        Err(error) => return Err(error.into()),
    }
    call.note(action, ("person", &person.id), detail).await?;
    see("/admin/people?done=saved")
}

/// The person of the address, who is not the one who asks: one's own account has a page of its own.
async fn other(call: &Call) -> Result<Person, Failure> {
    let person = call.admin.store.person(call.part("id")).await?;
    person
        .filter(|person| person.id != call.person.id)
        .ok_or(Failure::Missing)
}

async fn shown(
    call: &Call,
    link: Option<(&str, &str)>,
    typed: NewPerson<'_>,
    problems: &[Problem],
) -> Result<String, Failure> {
    let people = call.admin.store.people().await?;
    let lines: Vec<PersonLine> = people.into_iter().map(line).collect();
    let page = PeoplePage {
        people: &lines,
        own: &call.person.id,
        link,
        typed,
        problems,
    };
    Ok(view(&call.shell(Section::People), &page).into_string())
}

fn line(person: Person) -> PersonLine {
    let Person {
        id,
        profile,
        created_at,
    } = person;
    PersonLine {
        id,
        role: profile.role.as_str(),
        is_set_up: profile.password.is_some(),
        has_code: profile.totp.is_some(),
        disabled: profile.disabled,
        added: created_at,
        name: profile.name,
        login: profile.login,
    }
}

fn problem(field: &'static str, message: &str) -> Problem {
    Problem {
        field: field.into(),
        message: message.to_owned(),
    }
}
