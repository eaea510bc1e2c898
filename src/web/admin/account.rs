//! One's own account: password and authenticator.

use super::codes;
use super::door::Call;
use super::form::Form;
use super::password::problems as password_problems;
use super::reply::{Answer, ok, see, see_with, wrong};
use crate::domain::secret::Secret;
use crate::views::admin::text::people as words;
use crate::views::admin::{Account, Enrolment, Problem, Section, account as view};

const HERE: &str = "/admin/account";
const ENROLMENT: &str = "enrolment";

/// The page.
pub async fn page(call: Call) -> Answer {
    ok(shown(&call, &[]))
}

/// A new password. All sessions end with it, and this one begins anew.
pub async fn password(call: Call, form: Form) -> Answer {
    let profile = &call.person.profile;
    let old = form.secret("old_password");
    let mut problems =
        password_problems(form.get("new_password"), form.get("repeat"), &profile.login);
    if problems.is_empty() && !knows(&call, old).await? {
        problems.push(problem("old_password", words::WRONG_PASSWORD));
    }
    if !problems.is_empty() {
        return wrong(shown(&call, &problems));
    }
    let hashed = call
        .admin
        .passwords
        .hash(form.secret("new_password"))
        .await?;
    set(&call, "person.password", "password", move |profile| {
        profile.password = Some(hashed);
    })
    .await
}

/// A key to scan, which counts once it is confirmed.
pub async fn begin_code(call: Call, _: Form) -> Answer {
    if call.person.profile.totp.is_none() {
        let key = call.own(ENROLMENT);
        call.admin.enrolments.put(key, codes::new_key(), call.now());
    }
    see(HERE)
}

/// The first code: from now on one is asked for.
pub async fn confirm_code(call: Call, form: Form) -> Answer {
    let (held, now) = (call.own(ENROLMENT), call.now());
    let Some(key) = call.admin.enrolments.look(&held, now) else {
        return see(HERE);
    };
    let id = &call.person.id;
    if !call.accepts(id, &key, form.get("code")).await? {
        return wrong(shown(&call, &[problem("code", words::WRONG_CODE)]));
    }
    call.admin.enrolments.take(&held, now);
    set(&call, "person.code_on", "code-on", move |profile| {
        profile.totp = Some(key);
    })
    .await
}

/// No code any more; whoever sits at an open browser does not know the password.
pub async fn code_off(call: Call, form: Form) -> Answer {
    if !knows(&call, form.secret("password")).await? {
        return wrong(shown(&call, &[problem("password", words::WRONG_PASSWORD)]));
    }
    set(&call, "person.code_off", "code-off", |profile| {
        profile.totp = None;
    })
    .await
}

/// Whether this is the person's password. Guesses count as tries to log in.
async fn knows(call: &Call, password: Secret<String>) -> Result<bool, super::reply::Failure> {
    let (id, now) = (&call.person.id, call.now());
    if call.admin.throttle.begin(id, None, now).is_err() {
        return Ok(false);
    }
    let kept = call.person.profile.password.as_ref();
    let knows = call.admin.passwords.is(kept, password).await?;
    if knows {
        call.admin.throttle.succeeded(id, None);
    }
    Ok(knows)
}

/// Changes the person; the store ends all sessions for that, so this browser gets a new one.
async fn set(
    call: &Call,
    action: &str,
    done: &str,
    change: impl FnOnce(&mut crate::store::PersonProfile) + Send,
) -> Answer {
    let id = &call.person.id;
    call.admin.store.set_person(id, change).await?;
    call.note(action, ("person", id), "").await?;
    let cookies = call.begin(id).await?;
    see_with(&format!("{HERE}?done={done}"), &cookies)
}

fn shown(call: &Call, problems: &[Problem]) -> String {
    let profile = &call.person.profile;
    let key = call.admin.enrolments.look(&call.own(ENROLMENT), call.now());
    let url = key.as_ref().map(|key| codes::url(key, &profile.login));
    let page = Account {
        has_code: profile.totp.is_some(),
        enrolment: key.as_ref().zip(url.as_ref()).map(|(key, url)| Enrolment {
            key: key.reveal(),
            url: url.reveal(),
        }),
        problems,
    };
    view(&call.shell(Section::Account), &page).into_string()
}

fn problem(field: &'static str, message: &str) -> Problem {
    Problem {
        field: field.into(),
        message: message.to_owned(),
    }
}
