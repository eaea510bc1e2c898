//! A workspace's page: what to paste where, and why it shows nothing.

use maud::{Markup, html};

use super::parts::{Field, Problem, ago, copy, literals, moment, sentence, summary};
use super::settings::{SettingField, fields};
use super::shell::Shell;
use super::text::{self, workspace as words};
use super::timeline::{Timeline, timeline};
use super::workspaces::{SecretChoice, choice, secret, state};
use crate::domain::day::Instant;
use crate::domain::secret::Secret;

/// A call of the helpdesk.
pub struct CallLine {
    /// When.
    pub at: Instant,
    /// What kind.
    pub kind: String,
    /// What became of its signature or secret.
    pub verdict: String,
    /// What was found; `None`: refused.
    pub outcome: Option<String>,
    /// How long it took.
    pub duration_ms: i64,
    /// What was wrong with it.
    pub cause: Option<String>,
    /// What is likely behind that.
    pub likely: Option<String>,
}

/// A step of joining it to its helpdesk.
pub struct StepLine {
    /// What to do.
    pub text: String,
    /// What to copy for it, and what that is.
    pub copy: Option<(&'static str, Secret<String>)>,
}

/// What the page shows.
pub struct WorkspacePage<'a> {
    /// Its id.
    pub id: &'a str,
    /// What it is called.
    pub name: &'a str,
    /// Its helpdesk, for people.
    pub helpdesk: &'a str,
    /// Whether it answers.
    pub enabled: bool,
    /// Whether the service knows the address that helpdesks reach.
    pub has_address: bool,
    /// Whether its secret can be opened.
    pub readable: bool,
    /// Until when the old secret is good.
    pub old_until: Option<Instant>,
    /// What to do, and what to copy for it.
    pub steps: &'a [StepLine],
    /// Whether the steps hold the secret, this one time.
    pub revealed: bool,
    /// The last calls, newest first.
    pub calls: &'a [CallLine],
    /// Installs to choose from.
    pub shops: &'a [String],
    /// As typed.
    pub chosen: &'a [String],
    /// As typed.
    pub own_name: &'a str,
    /// As typed.
    pub ancestors: &'a str,
    /// What it puts on its helpdesk's timelines.
    pub timeline: Option<&'a Timeline>,
    /// The helpdesk's settings.
    pub settings: &'a [SettingField],
    /// Who makes the next secret.
    pub secret: SecretChoice,
    /// The profile to unlink, as typed.
    pub profile: &'a str,
    /// What is wrong with it.
    pub problems: &'a [Problem],
}

/// The page.
pub fn workspace(shell: &Shell<'_>, page: &WorkspacePage<'_>) -> Markup {
    let action = |deed: &str| format!("/admin/workspaces/{}/{deed}", page.id);
    shell.page(
        page.name,
        html! {
            div.head {
                div.row { h1 { (page.name) } (state(page.enabled, page.timeline.is_some_and(|on| on.refused_at.is_some()))) }
                p.soft { (page.helpdesk) " · " (words::ID) " " code { (page.id) } }
            }
            (summary(page.problems))
            @if !page.readable { p.note.bad { (words::UNREADABLE) } }
            section.box aria-labelledby="steps" {
                h2 id="steps" { (words::STEPS) }
                @if page.revealed {
                    div.note.wait { b { (words::ONCE) } p { (words::ONCE_HINT) } }
                }
                @if !page.has_address { div.note.wait { p { (literals(words::NO_ADDRESS)) } } }
                ol.steps {
                    @for step in page.steps {
                        li { (literals(&step.text)) @if let Some((label, value)) = &step.copy { (copy(label, value.reveal())) } }
                    }
                }
            }
            @if let Some(on) = page.timeline { (timeline(shell, page.id, on)) }
            div.stack {
                h2 { (words::DIAGNOSIS) }
                (calls(page.calls, shell.now))
            }
            @if shell.may_change {
                section.box aria-labelledby="new-secret" {
                    h2 id="new-secret" { (words::NEW_SECRET) }
                    @if let Some(until) = page.old_until {
                        div.note.wait {
                            p { (words::OVERLAP) " " (moment(until)) "." }
                            form.inline method="post" action=(action("end")) { (shell.token()) button.link { (words::END_OLD) } }
                        }
                    }
                    p.soft { (words::ROTATE_HINT) }
                    form method="post" action=(action("rotate")) {
                        (shell.token())
                        (secret(page.secret, page.problems))
                        button.plain { (words::ROTATE) }
                    }
                }
                section.box aria-labelledby="settings" {
                    h2 id="settings" { (words::SETTINGS) }
                    form method="post" action=(action("settings")) {
                        (shell.token())
                        (choice(page.shops, page.chosen, page.problems))
                        @if page.timeline.is_some() { p.soft { (words::TAKEN_OUT_HINT) } }
                        (Field::text("name", words::NAME, words::NAME_HINT, page.own_name).html(page.problems))
                        (Field::text("ancestors", words::ANCESTORS, words::ANCESTORS_HINT, page.ancestors).html(page.problems))
                        (fields(page.settings, page.problems))
                        button.plain { (text::SAVE) }
                    }
                }
                section.box aria-labelledby="unlink" {
                    h2 id="unlink" { (words::UNLINK_TITLE) }
                    p.soft { (words::UNLINK_HINT) }
                    form method="post" action=(action("unlink")) {
                        (shell.token())
                        (Field::text("profile", words::PROFILE, words::PROFILE_HINT, page.profile).html(page.problems))
                        button.plain { (words::UNLINK) }
                    }
                }
                section.box aria-labelledby="stop" {
                    h2 id="stop" { (words::DISABLE_TITLE) }
                    p.soft { (words::DISABLE_HINT) }
                    @if page.enabled {
                        form method="post" action=(action("disable")) { (shell.token()) button.plain { (words::DISABLE) } }
                    } @else {
                        form method="post" action=(action("enable")) { (shell.token()) button.plain { (words::ENABLE) } }
                    }
                    p.soft { (words::REMOVE_HINT) @if page.timeline.is_some() { " " (words::REMOVE_TIMELINE_HINT) } }
                    form method="post" action=(action("remove")) {
                        (shell.token())
                        (Field::text("confirm", words::TYPE_REMOVE, "", "").html(page.problems))
                        button.danger { (text::REMOVE) }
                    }
                }
            }
        },
    )
}

fn calls(calls: &[CallLine], now: Instant) -> Markup {
    let refusal = calls.iter().find_map(|call| call.likely.as_deref());
    html! {
        @if calls.is_empty() {
            div.box { p { b { (words::WAITING) } } p.soft { (words::WAITING_HINT) } }
        } @else {
            @if let Some(cause) = refusal {
                div.note.wait { b { (words::LIKELY) } p { (sentence(cause)) } }
            }
            p.soft { (words::LAST_CALLS) }
            div.table tabindex="0" role="region" aria-label=(words::DIAGNOSIS) {
                table {
                    thead { tr {
                        th scope="col" { (words::AT) } th scope="col" { (words::KIND) } th scope="col" { (words::VERDICT) }
                        th scope="col" { (words::OUTCOME) } th scope="col" { (words::DURATION) }
                    } }
                    tbody {
                        @for call in calls {
                            tr {
                                td.nowrap { (call.at.format("%H:%M:%S")) div.soft { (ago(call.at, now)) } }
                                td { (call.kind) }
                                td { (words::verdict(&call.verdict)) }
                                td {
                                    @match call.outcome.as_deref() {
                                        Some(outcome) => (words::outcome(outcome)),
                                        None if call.verdict == "good" => (words::NOT_ANSWERED),
                                        None => (words::REFUSED),
                                    }
                                    @if let Some(cause) = &call.cause { div.soft { (literals(cause)) } }
                                }
                                td.nowrap { (text::took(call.duration_ms)) }
                            }
                        }
                    }
                }
            }
        }
    }
}
