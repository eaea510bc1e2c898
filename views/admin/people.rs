//! People who may use these pages.

use maud::{Markup, html};

use super::parts::{Field, Problem, copy, moment, pill, summary};
use super::shell::Shell;
use super::text::{self, people as words};
use crate::domain::day::Instant;

/// Somebody in the list.
pub struct PersonLine {
    /// Their id.
    pub id: String,
    /// Their name; empty when it can't be opened.
    pub name: String,
    /// Their login name.
    pub login: String,
    /// The word of their role.
    pub role: &'static str,
    /// Whether they have chosen a password.
    pub is_set_up: bool,
    /// Whether an authenticator is asked for.
    pub has_code: bool,
    /// Whether they are kept out.
    pub disabled: bool,
    /// Since when they are there.
    pub added: Instant,
}

/// What was typed of a new person.
#[derive(Default)]
pub struct NewPerson<'a> {
    /// Their name.
    pub name: &'a str,
    /// Their login name.
    pub login: &'a str,
    /// Their role.
    pub role: &'a str,
}

/// What the page shows.
pub struct PeoplePage<'a> {
    /// Everybody.
    pub people: &'a [PersonLine],
    /// The id of who looks.
    pub own: &'a str,
    /// A set-up link that is shown now and never again: for whom, and the address.
    pub link: Option<(&'a str, &'a str)>,
    /// What was typed.
    pub typed: NewPerson<'a>,
    /// What is wrong with it.
    pub problems: &'a [Problem],
}

/// The page.
pub fn people(shell: &Shell<'_>, page: &PeoplePage<'_>) -> Markup {
    let problems = page.problems;
    shell.page(
        text::PEOPLE,
        html! {
            h1 { (text::PEOPLE) }
            (summary(problems))
            @if let Some((name, link)) = page.link {
                section.note.wait.big aria-labelledby="link" {
                    h2 id="link" { (words::link_for(name)) }
                    p { (words::LINK_HINT) }
                    (copy(words::LINK, link))
                }
            }
            div.table tabindex="0" role="region" aria-label=(text::PEOPLE) {
                table {
                    thead { tr { th scope="col" { (words::THEIR_NAME) } th scope="col" { (words::ROLE) } th scope="col" { (text::STATE) } th scope="col" { (text::ADDED) } th scope="col" { (words::WHAT_TO_DO) } } }
                    tbody { @for person in page.people { (line(person, shell, page.own)) } }
                }
            }
            section.box aria-labelledby="add" {
                h2 id="add" { (words::ADD) }
                p.soft { (words::ADD_HINT) }
                form method="post" action="/admin/people" {
                    (shell.token())
                    (Field::text("name", words::THEIR_NAME, "", page.typed.name).html(problems))
                    (Field::text("login", words::LOGIN, words::LOGIN_HINT, page.typed.login).html(problems))
                    div.field {
                        label for="role" { (words::ROLE) }
                        (roles("role", page.typed.role))
                    }
                    button { (words::ADD_BUTTON) }
                }
            }
        },
    )
}

fn line(person: &PersonLine, shell: &Shell<'_>, own: &str) -> Markup {
    let name = if person.name.is_empty() {
        words::UNREADABLE
    } else {
        &person.name
    };
    let label = |what: &str| text::of(what, name);
    html! {
        tr {
            th scope="row" {
                (name) @if person.id == own { " (" (words::YOU) ")" }
                div.soft { (person.login) }
            }
            td { (text::role(person.role)) }
            td {
                @if person.disabled { (pill("", text::DISABLED)) }
                @else if person.is_set_up { (pill("good", words::ACTIVE)) }
                @else { (pill("wait", words::NOT_SET_UP)) }
                @if person.has_code { div.soft { (words::WITH_CODE) } }
            }
            td { (moment(person.added)) }
            td {
                @if person.id != own {
                    div.stack {
                        form.inline method="post" action={ "/admin/people/" (person.id) "/role" } {
                            (shell.token())
                            label.unseen for={ "role-" (person.id) } { (label(words::ROLE)) }
                            (roles(&format!("role-{}", person.id), person.role))
                            button.plain.small aria-label=(label(words::SET_ROLE)) { (words::SET_ROLE) }
                        }
                        div.row {
                            @if person.disabled {
                                (deed(shell, person, "enable", words::ENABLE, &label(words::ENABLE)))
                            } @else {
                                (deed(shell, person, "link", words::NEW_LINK, &label(words::NEW_LINK)))
                                (deed(shell, person, "disable", words::DISABLE, &label(words::DISABLE)))
                            }
                            (deed(shell, person, "remove", text::REMOVE, &label(text::REMOVE)))
                        }
                    }
                }
            }
        }
    }
}

fn deed(shell: &Shell<'_>, person: &PersonLine, what: &str, words: &str, label: &str) -> Markup {
    html! {
        form.inline method="post" action={ "/admin/people/" (person.id) "/" (what) } {
            (shell.token())
            button.plain.small aria-label=(label) { (words) }
        }
    }
}

fn roles(id: &str, chosen: &str) -> Markup {
    html! {
        select id=(id) name="role" {
            @for (word, sentence) in words::ROLES {
                option value=(word) selected[word == chosen] {
                    @if id == "role" { (sentence) } @else { (text::role(word)) }
                }
            }
        }
    }
}
