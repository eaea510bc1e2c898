//! One's own account.

use maud::{Markup, html};

use super::doors::new_password;
use super::parts::{Field, Kind, Problem, copy, summary};
use super::qr;
use super::shell::Shell;
use super::text::{self, people as words};

/// What it shows.
pub struct Account<'a> {
    /// Whether an authenticator is asked for.
    pub has_code: bool,
    /// An authenticator that is being set up.
    pub enrolment: Option<Enrolment<'a>>,
    /// What is wrong with what was typed.
    pub problems: &'a [Problem],
}

/// A key for an authenticator that is not confirmed yet.
pub struct Enrolment<'a> {
    /// As people type it.
    pub key: &'a str,
    /// As phones scan it.
    pub url: &'a str,
}

/// The page.
pub fn account(shell: &Shell<'_>, page: &Account<'_>) -> Markup {
    let problems = page.problems;
    shell.page(
        text::ACCOUNT,
        html! {
            div.head { h1 { (text::ACCOUNT) } p.soft { (words::you_are(text::role(shell.role))) } }
            (summary(problems))
            section.box aria-labelledby="authenticator" {
                h2 id="authenticator" { (words::AUTHENTICATOR) }
                @if let Some(enrolment) = &page.enrolment {
                    ol.steps {
                        li { p { (words::SCAN) } (qr::code(enrolment.url, words::QR)) }
                        li { (words::SCAN_INSTEAD) (copy(words::KEY, enrolment.key)) }
                        li {
                            p { (words::CONFIRM_CODE) }
                            form method="post" action="/admin/account/code/confirm" {
                                (shell.token())
                                (Field::text("code", words::CODE, "", "").of_kind(Kind::Code, "one-time-code").html(problems))
                                button { (words::CONFIRM) }
                            }
                        }
                    }
                } @else if page.has_code {
                    p { (words::AUTHENTICATOR_ON) }
                    form method="post" action="/admin/account/code/off" {
                        (shell.token())
                        (Field::password("password", words::PASSWORD, "", "current-password").html(problems))
                        button.danger { (words::TURN_OFF) }
                    }
                } @else {
                    p { (words::AUTHENTICATOR_OFF) }
                    form method="post" action="/admin/account/code" {
                        (shell.token())
                        button.plain { (words::TURN_ON) }
                    }
                }
            }
            section.box aria-labelledby="change" {
                h2 id="change" { (words::CHANGE_PASSWORD) }
                form method="post" action="/admin/account/password" {
                    (shell.token())
                    (Field::password("old_password", words::OLD_PASSWORD, "", "current-password").html(problems))
                    (new_password(problems))
                    button { (words::CHANGE) }
                }
            }
        },
    )
}
