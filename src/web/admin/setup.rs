//! The page behind a one-time set-up link.

use actix_web::http::StatusCode;

use super::HOME;
use super::door::Door;
use super::form::Form;
use super::password::problems;
use super::reply::{Answer, Failure, ok, page as reply_page, see_with, wrong};
use crate::domain::secret::Secret;
use crate::store::{Person, PersonProfile, Role, SetupLink};
use crate::views::admin::text::people as words;
use crate::views::admin::{Problem, SetupPage, setup};

/// A good link's form.
pub async fn page(door: Door) -> Answer {
    let token = door.query("token").unwrap_or_default();
    let Some((_, person)) = opened(&door, &token).await? else {
        return over();
    };
    let shown = SetupPage {
        token: &token,
        person: person.as_ref().map(|person| person.profile.login.as_str()),
        name: "",
        login: "",
        problems: &[],
    };
    ok(setup(Some(&shown)).into_string())
}

/// Uses the link up: the first owner is made, or a person gets their password.
pub async fn set_up(door: Door, form: Form) -> Answer {
    let token = form.get("token");
    let Some((link, person)) = opened(&door, token).await? else {
        return over();
    };
    let name = form.get("name").trim();
    let login = match &person {
        Some(person) => person.profile.login.as_str(),
        None => form.get("login").trim(),
    };
    let mut wrongs = match &person {
        Some(_) => Vec::new(),
        None => names(name, login),
    };
    wrongs.extend(problems(
        form.get("new_password"),
        form.get("repeat"),
        login,
    ));
    if !wrongs.is_empty() {
        let shown = SetupPage {
            token,
            person: person.as_ref().map(|person| person.profile.login.as_str()),
            name,
            login,
            problems: &wrongs,
        };
        return wrong(setup(Some(&shown)).into_string());
    }
    // Hashed before the link is used up: what fails here leaves the link as it was.
    let hashed = door
        .admin
        .passwords
        .hash(form.secret("new_password"))
        .await?;
    let (store, now) = (&door.admin.store, door.now());
    if store.use_setup_link(token, now).await?.as_ref() != Some(&link) {
        return over();
    }
    let id = match person {
        Some(person) => give_password(&door, person, None, hashed).await?,
        None => first_owner(&door, name, login, hashed).await?,
    };
    door.note_as(&id, "person.set_up", ("person", &id), "")
        .await?;
    let cookies = door.begin(&id).await?;
    see_with(HOME, &cookies)
}

/// What is wrong with a person's names.
pub fn names(name: &str, login: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut wrong = |field: &'static str, message: &str| {
        problems.push(Problem {
            field: field.into(),
            message: message.to_owned(),
        });
    };
    if name.is_empty() || name.chars().count() > 80 || name.chars().any(char::is_control) {
        wrong("name", words::NO_NAME);
    }
    let odd = |c: char| c.is_whitespace() || c.is_control();
    if login.is_empty() || login.chars().count() > 120 || login.chars().any(odd) {
        wrong("login", words::NO_LOGIN);
    }
    problems
}

async fn opened(door: &Door, token: &str) -> Result<Option<(SetupLink, Option<Person>)>, Failure> {
    let store = &door.admin.store;
    let Some(link) = store.setup_link(token, door.now()).await? else {
        return Ok(None);
    };
    let Some(id) = &link.person else {
        return Ok(Some((link, None)));
    };
    let person = store.person(id).await?;
    Ok(person
        .filter(|person| !person.profile.disabled)
        .map(|person| (link, Some(person))))
}

/// The first owner, or one who has lost the password: whoever reads the terminal where Sidecard runs may do anything.
async fn first_owner(
    door: &Door,
    name: &str,
    login: &str,
    password: Secret<String>,
) -> Result<String, Failure> {
    let store = &door.admin.store;
    if let Some(person) = store.person_by_login(login).await? {
        return give_password(door, person, Some(name), password).await;
    }
    let profile = PersonProfile {
        name: name.to_owned(),
        login: login.to_owned(),
        role: Role::Owner,
        password: Some(password),
        totp: None,
        disabled: false,
    };
    Ok(store.add_person(&profile, door.now()).await?)
}

/// A new password, and no authenticator: a lost phone is one reason for a new link. With a name: as an owner.
async fn give_password(
    door: &Door,
    person: Person,
    owner: Option<&str>,
    password: Secret<String>,
) -> Result<String, Failure> {
    let owner = owner.map(str::to_owned);
    let change = move |profile: &mut PersonProfile| {
        profile.password = Some(password);
        profile.totp = None;
        if let Some(name) = owner {
            profile.name = name;
            profile.role = Role::Owner;
            profile.disabled = false;
        }
    };
    if door.admin.store.set_person(&person.id, change).await? {
        Ok(person.id)
    } else {
        Err(Failure::Missing)
    }
}

fn over() -> Answer {
    Ok(reply_page(StatusCode::GONE, setup(None).into_string()))
}
