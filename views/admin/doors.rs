//! Pages of those who are not logged in, and pages that say why there is none.

use maud::{Markup, html};

use super::parts::{Field, Kind, Problem, literals, summary};
use super::shell::bare;
use super::text::{self, people as words};

/// What the login page shows.
#[derive(Default)]
pub struct LoginPage<'a> {
    /// What was typed as a name.
    pub login: &'a str,
    /// What went wrong.
    pub wrong: Option<Wrong>,
    /// What has just been done.
    pub done: Option<&'static str>,
}

/// Why somebody is not let in. Nothing tells a wrong name from a wrong password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// Something does not match.
    NoMatch,
    /// Too many tries.
    SlowDown {
        /// How long to wait.
        minutes: i64,
    },
}

/// Logging in.
pub fn login(page: &LoginPage<'_>) -> Markup {
    let wrong = page.wrong.map(|wrong| match wrong {
        Wrong::NoMatch => words::WRONG.to_owned(),
        Wrong::SlowDown { minutes } => words::slow_down(minutes),
    });
    bare(
        words::LOG_IN,
        html! {
            h1 { (text::BRAND) }
            @if let Some(done) = page.done { p.note.wait role="status" { (done) } }
            @if let Some(wrong) = wrong { p.note.bad role="alert" { (wrong) } }
            form.box method="post" action="/admin/login" {
                (Field::text("login", words::LOGIN, "", page.login).of_kind(Kind::Text, "username").html(&[]))
                (Field::password("password", words::PASSWORD, "", "current-password").html(&[]))
                (Field::text("code", words::CODE, words::CODE_HINT, "").of_kind(Kind::Code, "one-time-code").html(&[]))
                button { (words::LOG_IN) }
            }
            p.soft { (literals(words::LOST)) }
        },
    )
}

/// What the page behind a set-up link shows.
pub struct SetupPage<'a> {
    /// The link's token.
    pub token: &'a str,
    /// Whom the link is for: their login name. `None`: the first owner.
    pub person: Option<&'a str>,
    /// What was typed.
    pub name: &'a str,
    /// What was typed.
    pub login: &'a str,
    /// What is wrong with it.
    pub problems: &'a [Problem],
}

/// The page behind a set-up link; `None`: the link is good no longer.
pub fn setup(page: Option<&SetupPage<'_>>) -> Markup {
    let Some(page) = page else {
        return bare(
            words::LINK_OVER,
            html! {
                h1 { (words::LINK_OVER) }
                p { (literals(words::LINK_OVER_HINT)) }
                p { a href="/admin/login" { (words::LOG_IN) } }
            },
        );
    };
    bare(
        words::SET_UP,
        html! {
            h1 { (words::SET_UP) }
            p.soft { @if page.person.is_none() { (words::SET_UP_OWNER) } @else { (words::SET_UP_PERSON) } }
            (summary(page.problems))
            form.box method="post" action="/admin/setup" {
                input type="hidden" name="token" value=(page.token);
                @match page.person {
                    Some(login) => {
                        // For the browser's password manager.
                        input type="hidden" name="username" value=(login) autocomplete="username";
                        p { (words::LOGIN) ": " b { (login) } }
                    }
                    None => {
                        (Field::text("name", words::NAME, words::NAME_HINT, page.name).of_kind(Kind::Text, "name").html(page.problems))
                        (Field::text("login", words::LOGIN, words::LOGIN_HINT, page.login).of_kind(Kind::Text, "username").html(page.problems))
                    }
                }
                (new_password(page.problems))
                button { (words::BEGIN) }
            }
        },
    )
}

/// A new password, twice.
pub(super) fn new_password(problems: &[Problem]) -> Markup {
    html! {
        (Field::password("new_password", words::NEW_PASSWORD, words::NEW_PASSWORD_HINT, "new-password").html(problems))
        (Field::password("repeat", words::REPEAT, "", "new-password").html(problems))
    }
}

/// Why there is no page. Constant for a status; the request's id leads to the log.
pub fn notice(status: u16, request: &str) -> Markup {
    let (title, hint) = text::notice(status);
    bare(
        title,
        html! {
            h1 { (title) }
            p { (hint) }
            @if status >= 500 { p.soft { (text::REQUEST) " " code { (request) } } }
            p { a href="/admin" { (text::TO_OVERVIEW) } }
        },
    )
}
