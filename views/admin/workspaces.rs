//! All workspaces, and a new one.

use maud::{Markup, html};

use super::parts::{Field, Problem, ago, pill, summary, wrong};
use super::settings::{self, SettingField};
use super::shell::Shell;
use super::text::{self, overview, workspace as words};
use crate::domain::day::Instant;

/// A workspace in the list.
pub struct WorkspaceLine {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Its helpdesk, for people.
    pub helpdesk: String,
    /// Its installs.
    pub shops: Vec<String>,
    /// Whether it answers.
    pub enabled: bool,
    /// Whether its helpdesk refuses its key.
    pub refused: bool,
    /// When it was last called.
    pub last_call: Option<Instant>,
}

/// The page.
pub fn workspaces(shell: &Shell<'_>, lines: &[WorkspaceLine]) -> Markup {
    shell.page(
        text::WORKSPACES,
        html! {
            div.head {
                h1 { (text::WORKSPACES) }
                @if shell.may_change { a.button href="/admin/workspaces/new" { (words::ADD) } }
                p.soft { (words::LEAD) }
            }
            @if lines.is_empty() { section.box.empty { p.soft { (overview::NO_WORKSPACES) } } }
            @else { (table(lines, shell.now)) }
        },
    )
}

/// The list.
pub(super) fn table(lines: &[WorkspaceLine], now: Instant) -> Markup {
    html! {
        div.table tabindex="0" role="region" aria-label=(text::WORKSPACES) {
            table {
                thead { tr {
                    th scope="col" { (overview::WORKSPACE) } th scope="col" { (overview::HELPDESK) }
                    th scope="col" { (words::SHOPS) } th scope="col" { (text::STATE) } th scope="col" { (overview::LAST_CALL) }
                } }
                tbody {
                    @for line in lines {
                        tr {
                            th scope="row" { a href={ "/admin/workspaces/" (line.id) } { (line.name) } }
                            td { (line.helpdesk) }
                            td { (line.shops.join(", ")) }
                            td { (state(line.enabled, line.refused)) }
                            td { @match line.last_call { Some(at) => (ago(at, now)), None => span.soft { (overview::WAITING) } } }
                        }
                    }
                }
            }
        }
    }
}

/// Whether it answers.
pub(super) fn state(enabled: bool, refused: bool) -> Markup {
    match (enabled, refused) {
        (false, _) => pill("", text::DISABLED),
        (true, true) => pill("bad", text::RECONNECT),
        (true, false) => pill("good", text::ENABLED),
    }
}

/// Who makes a workspace's secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretChoice {
    /// It is made here.
    Made,
    /// The helpdesk made it.
    Given,
}

/// A helpdesk to choose.
pub struct HelpdeskChoice {
    /// Its name in addresses.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Its settings.
    pub settings: Vec<SettingField>,
}

/// What the page of a new workspace shows.
pub struct NewWorkspacePage<'a> {
    /// Helpdesks to choose from.
    pub helpdesks: &'a [HelpdeskChoice],
    /// Installs to choose from.
    pub shops: &'a [String],
    /// As typed.
    pub helpdesk: &'a str,
    /// As typed.
    pub chosen: &'a [String],
    /// As typed.
    pub name: &'a str,
    /// As typed.
    pub ancestors: &'a str,
    /// Who makes the secret.
    pub secret: SecretChoice,
    /// What is wrong with it.
    pub problems: &'a [Problem],
}

/// The page.
pub fn new_workspace(shell: &Shell<'_>, page: &NewWorkspacePage<'_>) -> Markup {
    let problems = page.problems;
    shell.page(
        words::ADD,
        html! {
            div.head { h1 { (words::ADD) } p.soft { (words::LEAD) } }
            (summary(problems))
            @if page.shops.is_empty() {
                section.box.empty {
                    p.soft { (words::NO_SHOP) }
                    p { a.button href="/admin/connect" { (overview::CONNECT) } }
                }
            } @else {
                form.box method="post" action="/admin/workspaces/new" {
                    (shell.token())
                    fieldset id="helpdesk" aria-describedby=[is_wrong(problems, "helpdesk").then_some("helpdesk-wrong")] {
                        legend { (words::HELPDESK) }
                        (wrong("helpdesk", problems))
                        @for helpdesk in page.helpdesks {
                            div.option {
                                div.check {
                                    input type="radio" id={ "helpdesk-" (helpdesk.name) } name="helpdesk" value=(helpdesk.name) checked[helpdesk.name == page.helpdesk];
                                    label for={ "helpdesk-" (helpdesk.name) } { (helpdesk.title) }
                                }
                                (settings::folded(&helpdesk.settings, problems))
                            }
                        }
                    }
                    (choice(page.shops, page.chosen, problems))
                    (Field::text("name", words::NAME, words::NAME_HINT, page.name).html(problems))
                    (Field::text("ancestors", words::ANCESTORS, words::ANCESTORS_HINT, page.ancestors).html(problems))
                    (secret(page.secret, problems))
                    button { (words::CREATE) }
                }
            }
        },
    )
}

/// Which shops it answers about.
pub(super) fn choice(shops: &[String], chosen: &[String], problems: &[Problem]) -> Markup {
    html! {
        fieldset id="installs" aria-describedby=[is_wrong(problems, "installs").then_some("installs-wrong")] {
            legend { (words::SHOPS) }
            (wrong("installs", problems))
            @for shop in shops {
                div.check {
                    input type="checkbox" id={ "install-" (shop) } name="installs" value=(shop) checked[chosen.contains(shop)];
                    label for={ "install-" (shop) } { (shop) }
                }
            }
        }
    }
}

fn is_wrong(problems: &[Problem], field: &str) -> bool {
    problems.iter().any(|problem| problem.field == field)
}

/// Whose secret it is: one that is made here, or one that the helpdesk made. Either the field is empty or it counts.
pub(super) fn secret(choice: SecretChoice, problems: &[Problem]) -> Markup {
    html! {
        fieldset.choose id="secret" {
            legend { (words::SECRET) }
            @for (kind, word, title) in [
                (SecretChoice::Made, "make", words::SECRET_MADE),
                (SecretChoice::Given, "paste", words::SECRET_GIVEN),
            ] {
                div.check {
                    input type="radio" id={ "secret-" (word) } name="secret" value=(word) checked[kind == choice];
                    label for={ "secret-" (word) } { (title) }
                }
            }
            div.given { (Field::password("own_secret", words::OWN_SECRET, words::OWN_SECRET_HINT, "off").html(problems)) }
        }
    }
}
