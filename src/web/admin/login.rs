//! Logging in and out.

use actix_web::http::StatusCode;

use super::HOME;
use super::door::{Call, Door};
use super::form::Form;
use super::reply::{Answer, ok, page as reply_page, see_with};
use crate::domain::secret::Secret;
use crate::views::admin::{LoginPage, Wrong, login};

/// The form.
pub async fn page(door: Door) -> Answer {
    let page = LoginPage {
        done: door.done(),
        ..LoginPage::default()
    };
    ok(login(&page).into_string())
}

/// Name, password, and a code where one is asked for.
pub async fn enter(door: Door, form: Form) -> Answer {
    let (admin, now) = (&door.admin, door.now());
    let typed = form.get("login").trim();
    let print = admin
        .store
        .fingerprint_key()
        .of("login", &typed.to_lowercase())
        .to_string();
    let address = door.address();
    if let Err(minutes) = admin.throttle.begin(&print, address, now) {
        return refused(
            StatusCode::TOO_MANY_REQUESTS,
            typed,
            Wrong::SlowDown { minutes },
        );
    }
    let person = admin.store.person_by_login(typed).await?;
    let person = person.filter(|person| !person.profile.disabled);
    let kept: Option<&Secret<String>> = person
        .as_ref()
        .and_then(|person| person.profile.password.as_ref());
    let knows = admin.passwords.is(kept, form.secret("password")).await?;
    let Some(person) = person.filter(|_| knows) else {
        return not_let_in(&door, typed, &print).await;
    };
    let has_code = match &person.profile.totp {
        Some(key) => door.accepts(&person.id, key, form.get("code")).await?,
        None => true,
    };
    if !has_code {
        return not_let_in(&door, typed, &print).await;
    }
    admin.throttle.succeeded(&print, address);
    let cookies = door.begin(&person.id).await?;
    door.note_as(&person.id, "login", ("person", &person.id), "")
        .await?;
    see_with(HOME, &cookies)
}

/// Out again.
pub async fn leave(call: Call, _: Form) -> Answer {
    let cookies = call.end().await?;
    call.note("logout", ("person", &call.person.id), "").await?;
    see_with("/admin/login?done=out", &cookies)
}

async fn not_let_in(door: &Door, typed: &str, print: &str) -> Answer {
    door.note_as("somebody", "login.failed", ("login", print), "")
        .await?;
    refused(StatusCode::UNAUTHORIZED, typed, Wrong::NoMatch)
}

fn refused(status: StatusCode, typed: &str, wrong: Wrong) -> Answer {
    let page = LoginPage {
        login: typed,
        wrong: Some(wrong),
        done: None,
    };
    Ok(reply_page(status, login(&page).into_string()))
}
