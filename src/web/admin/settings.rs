//! A workspace's settings and its secret, as forms have them.

use super::form::Form;
use crate::domain::access::Settings;
use crate::domain::secret::{Secret, unquoted};
use crate::helpdesk::setting::{self, NONE};
use crate::helpdesk::{self, Helpdesk, Kind, Setting, Wrong};
use crate::views::admin::text::workspace as words;
use crate::views::admin::{Problem, SecretChoice, SettingField, SettingKind};
use crate::views::text::settings::MISSING;

/// The fields of a helpdesk's settings: as they were typed, else as they are kept.
pub fn fields(helpdesk: &dyn Helpdesk, kept: &Settings, form: Option<&Form>) -> Vec<SettingField> {
    let settings = helpdesk.settings().iter();
    settings
        .map(|setting| {
            let name = field(helpdesk, setting.name);
            let typed = form.and_then(|form| form.last(&name));
            let typed = typed.filter(|_| !setting.is_secret());
            SettingField {
                title: setting.title,
                help: setting.help,
                kind: kind(setting, kept),
                value: typed.map_or_else(|| setting.shown(kept), str::to_owned),
                is_rare: setting.is_rare,
                name,
            }
        })
        .collect()
}

fn kind(setting: &Setting, kept: &Settings) -> SettingKind {
    match setting.kind {
        Kind::Switch => SettingKind::Switch,
        Kind::Choice(choices) => SettingKind::Choice(choices),
        Kind::Number(..) | Kind::Text(_) | Kind::Names => SettingKind::Text,
        Kind::Secret => SettingKind::Secret {
            is_kept: kept.text(setting.name).is_some(),
        },
    }
}

/// The settings as the form has them, or everything that is wrong. A field that was not sent changes nothing, nor does a
/// secret that is left empty.
pub fn read(
    helpdesk: &dyn Helpdesk,
    kept: &Settings,
    form: &Form,
) -> Result<Settings, Vec<Problem>> {
    let known = helpdesk.settings();
    let mut pairs = Vec::new();
    for setting in known {
        let Some(typed) = form.last(&field(helpdesk, setting.name)) else {
            continue;
        };
        match (setting.is_secret(), typed.trim()) {
            (true, "") => {}
            (true, NONE) => pairs.push((setting.name, "")),
            _ => pairs.push((setting.name, typed)),
        }
    }
    setting::change(known, kept, pairs).map_err(|wrong| {
        let problem = |misset: setting::Misset| Problem {
            field: field(helpdesk, &misset.name).into(),
            message: match misset.wrong {
                Wrong::Value(message) => message,
                Wrong::Unknown(_) | Wrong::Missing => MISSING.to_owned(),
            },
        };
        wrong.into_iter().map(problem).collect()
    })
}

/// Whether quotation marks around a secret setting, or around the helpdesk's own secret, are left out.
pub fn was_quoted(helpdesk: &str, form: &Form) -> bool {
    let is_quoted = |name: &str| form.last(name).is_some_and(|typed| unquoted(typed).1);
    let helpdesk = helpdesk::named(helpdesk);
    let mut settings = helpdesk.iter().flat_map(|helpdesk| {
        let secret = helpdesk.settings().iter().filter(|s| s.is_secret());
        secret.map(|setting| field(*helpdesk, setting.name))
    });
    settings.any(|name| is_quoted(&name)) || is_quoted("own_secret")
}

/// Two helpdesks may have settings of one name, and one form has both.
fn field(helpdesk: &dyn Helpdesk, setting: &str) -> String {
    format!("{}.{setting}", helpdesk.name())
}

/// Who makes the secret.
pub fn choice(form: &Form) -> SecretChoice {
    match form.get("secret") {
        "paste" => SecretChoice::Given,
        _ => SecretChoice::Made,
    }
}

/// The secret that the helpdesk made; `None`: one is made here.
pub fn secret(form: &Form) -> Result<Option<Secret<String>>, Problem> {
    let typed = form.get("own_secret");
    let wrong = |message: &str| Problem {
        field: "own_secret".into(),
        message: message.to_owned(),
    };
    match choice(form) {
        SecretChoice::Given => setting::chosen_secret(typed).map(Some).map_err(wrong),
        SecretChoice::Made if typed.is_empty() => Ok(None),
        SecretChoice::Made => Err(wrong(words::SECRET_TWO_WAYS)),
    }
}
