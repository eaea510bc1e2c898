//! A helpdesk's settings as fields of a form.

use maud::{Markup, html};

use super::parts::{Field, Problem, sentence, wrong};
use super::text::workspace as words;
use crate::views::readable::capitalised;

/// A setting as a field.
#[derive(Debug, Clone)]
pub struct SettingField {
    /// The field's name.
    pub name: String,
    /// What it is called.
    pub title: &'static str,
    /// What it does.
    pub help: &'static str,
    /// What may be written.
    pub kind: SettingKind,
    /// As kept, or as typed; never a secret.
    pub value: String,
    /// Whether it is folded away.
    pub is_rare: bool,
}

/// What may be written for it.
#[derive(Debug, Clone, Copy)]
pub enum SettingKind {
    /// Yes or no.
    Switch,
    /// One of these words, each with what it means.
    Choice(&'static [(&'static str, &'static str)]),
    /// Anything.
    Text,
    /// Never shown; whether there is one.
    Secret {
        /// Whether one is kept.
        is_kept: bool,
    },
}

/// The usual ones, and the rare ones below a fold that opens when something is wrong in it.
pub(super) fn fields(settings: &[SettingField], problems: &[Problem]) -> Markup {
    let (rare, usual): (Vec<_>, Vec<_>) = settings.iter().partition(|setting| setting.is_rare);
    html! {
        (groups(&usual, problems))
        @if !rare.is_empty() { (fold(words::RARE, groups(&rare, problems), has_problem(&rare, problems))) }
    }
}

/// All of them below a fold.
pub(super) fn folded(settings: &[SettingField], problems: &[Problem]) -> Markup {
    let all: Vec<&SettingField> = settings.iter().collect();
    html! {
        @if !all.is_empty() { (fold(words::ALL_SETTINGS, fields(settings, problems), has_problem(&all, problems))) }
    }
}

fn fold(title: &str, body: Markup, open: bool) -> Markup {
    html! { details.more open[open] { summary { (title) } div.stack { (body) } } }
}

fn has_problem(settings: &[&SettingField], problems: &[Problem]) -> bool {
    problems
        .iter()
        .any(|problem| settings.iter().any(|setting| setting.name == problem.field))
}

/// Those that follow each other and are explained alike are explained once.
fn groups(settings: &[&SettingField], problems: &[Problem]) -> Markup {
    html! {
        @for group in settings.chunk_by(|a, b| a.help == b.help) {
            @match group {
                [one] => (field(one, one.help, problems)),
                many => {
                    fieldset.many {
                        legend { (sentence(many[0].help)) }
                        @for one in many { (field(one, "", problems)) }
                    }
                }
            }
        }
    }
}

fn field(setting: &SettingField, help: &str, problems: &[Problem]) -> Markup {
    let name = setting.name.as_str();
    match setting.kind {
        SettingKind::Switch => switch(setting, help, problems),
        SettingKind::Choice(choices) => {
            let hint = (!help.is_empty()).then(|| format!("{name}-hint"));
            html! {
                div.field {
                    label for=(name) { (setting.title) }
                    @if hint.is_some() { p.hint id={ (name) "-hint" } { (sentence(help)) } }
                    (wrong(name, problems))
                    select id=(name) name=(name) aria-describedby=[hint] {
                        @for (word, title) in choices {
                            option value=(word) selected[*word == setting.value] { (title) }
                        }
                    }
                }
            }
        }
        SettingKind::Text => {
            let help = capitalised(help);
            Field::text(name, setting.title, &help, &setting.value).html(problems)
        }
        SettingKind::Secret { is_kept } => {
            let help = capitalised(if is_kept { words::SECRET_KEPT } else { help });
            Field::password(name, setting.title, &help, "off").html(problems)
        }
    }
}

/// A box that is not ticked is not sent, so its other word goes before it.
fn switch(setting: &SettingField, help: &str, problems: &[Problem]) -> Markup {
    let name = setting.name.as_str();
    html! {
        div.field {
            (wrong(name, problems))
            div.check {
                input type="hidden" name=(name) value="off";
                input type="checkbox" id=(name) name=(name) value="on" checked[setting.value == "on"]
                    aria-describedby=[(!help.is_empty()).then(|| format!("{name}-hint"))];
                label for=(name) { b { (setting.title) } }
            }
            @if !help.is_empty() { p.hint id={ (name) "-hint" } { (sentence(help)) } }
        }
    }
}
