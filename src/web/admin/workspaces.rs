//! All workspaces, and a new one.

use super::door::Call;
use super::form::{Form, given};
use super::reply::{Answer, Failure, ok, see, wrong};
use super::settings;
use crate::domain::access::Settings;
use crate::domain::install::InstallName;
use crate::helpdesk;
use crate::helpdesk::embed::frame_ancestor;
use crate::store::{HelpdeskSettings, NewWorkspace, WorkspaceRecord, WorkspaceSettings};
use crate::views::admin::text::workspace as words;
use crate::views::admin::{
    HelpdeskChoice, NewWorkspacePage, Problem, SecretChoice, Section, WorkspaceLine, new_workspace,
    workspaces as view,
};

/// A signed address may expire so far ahead, in seconds.
const LONGEST_EXPIRY: i64 = 3_600;
/// A longer name is a story.
const LONGEST_NAME: usize = 80;

/// The list.
pub async fn page(call: Call) -> Answer {
    let lines = lines(&call).await?;
    ok(view(&call.shell(Section::Workspaces), &lines).into_string())
}

/// All workspaces as lists show them.
pub async fn lines(call: &Call) -> Result<Vec<WorkspaceLine>, Failure> {
    let store = &call.admin.store;
    let mut lines = Vec::new();
    for record in store.workspaces().await? {
        let calls = store.calls_of(&record.id).await?;
        lines.push(WorkspaceLine {
            id: record.id.to_string(),
            name: called(&record),
            helpdesk: title(&record.helpdesk),
            shops: record
                .settings
                .installs
                .iter()
                .map(ToString::to_string)
                .collect(),
            enabled: record.settings.enabled,
            refused: store.timeline(&record.id).await?.refused_at.is_some(),
            last_call: calls.first().map(|call| call.at),
        });
    }
    Ok(lines)
}

/// What a workspace is called.
pub fn called(record: &WorkspaceRecord) -> String {
    let own = record.settings.name.clone();
    own.unwrap_or_else(|| words::unnamed(&title(&record.helpdesk), record.id.as_str()))
}

/// What a helpdesk is called.
pub fn title(name: &str) -> String {
    helpdesk::named(name).map_or_else(|| name.to_owned(), |helpdesk| helpdesk.title().to_owned())
}

/// The names of all installs.
pub async fn shops(call: &Call) -> Result<Vec<String>, Failure> {
    let installs = call.admin.store.installs().await?;
    Ok(installs
        .iter()
        .map(|record| record.name.to_string())
        .collect())
}

/// What forms of a workspace have in common.
pub struct TypedWorkspace {
    /// Its name.
    pub name: String,
    /// Its installs.
    pub chosen: Vec<String>,
    /// Sites, as they were typed.
    pub ancestors: String,
}

impl TypedWorkspace {
    pub fn of(form: &Form) -> Self {
        Self {
            name: form.get("name").trim().to_owned(),
            chosen: form.all("installs").map(str::to_owned).collect(),
            ancestors: form.get("ancestors").trim().to_owned(),
        }
    }

    /// As it is kept.
    pub fn stored(record: &WorkspaceRecord) -> Self {
        let settings = &record.settings;
        Self {
            name: settings.name.clone().unwrap_or_default(),
            chosen: settings.installs.iter().map(ToString::to_string).collect(),
            ancestors: settings.frame_ancestors.join(" "),
        }
    }

    /// The installs and the sites, or everything that is wrong.
    pub fn read(&self, shops: &[String]) -> Result<(Vec<InstallName>, Vec<String>), Vec<Problem>> {
        let mut problems = Vec::new();
        let mut wrong = |field: &'static str, message| {
            problems.push(Problem {
                field: field.into(),
                message,
            });
        };
        let installs: Vec<InstallName> = self
            .chosen
            .iter()
            .filter(|name| shops.contains(name))
            .filter_map(|name| InstallName::parse(name).ok())
            .collect();
        if installs.is_empty() {
            wrong("installs", words::NO_INSTALL.to_owned());
        }
        if self.name.chars().count() > LONGEST_NAME || self.name.chars().any(char::is_control) {
            wrong("name", words::NAME_TOO_LONG.to_owned());
        }
        let mut sites = Vec::new();
        for text in self
            .ancestors
            .split([' ', ',', '\t'])
            .filter(|text| !text.is_empty())
        {
            match frame_ancestor(text) {
                Ok(site) => sites.push(site),
                Err(message) => wrong("ancestors", format!("{message}: {text}")),
            }
        }
        if problems.is_empty() {
            Ok((installs, sites))
        } else {
            Err(problems)
        }
    }
}

/// The form of a new one.
pub async fn form(call: Call) -> Answer {
    let shops = shops(&call).await?;
    // With one shop there is nothing to choose.
    let chosen = if shops.len() == 1 {
        shops.clone()
    } else {
        Vec::new()
    };
    let typed = TypedWorkspace {
        name: String::new(),
        chosen,
        ancestors: String::new(),
    };
    ok(shown(&call, &shops, None, &typed, &[]))
}

/// Adds it; a secret that was made here is shown on its page, once.
pub async fn add(call: Call, form: Form) -> Answer {
    let shops = shops(&call).await?;
    let typed = TypedWorkspace::of(&form);
    let new = match wanted(&typed, &shops, &form) {
        Ok(new) => new,
        Err(problems) => return wrong(shown(&call, &shops, Some(&form), &typed, &problems)),
    };
    let (id, secret) = call.admin.store.add_workspace(&new, call.now()).await?;
    let whose = if new.secret.is_some() {
        ", with the helpdesk's own secret"
    } else {
        ""
    };
    let detail = format!("{} for {}{whose}", new.helpdesk, typed.chosen.join(", "));
    call.note("workspace.add", ("workspace", id.as_str()), detail)
        .await?;
    // Who pasted one has it.
    if new.secret.is_none() {
        let key = call.own(id.as_str());
        call.admin.secrets.put(key, secret, call.now());
    }
    let done = if settings::was_quoted(&new.helpdesk, &form) {
        "added-unquoted"
    } else {
        "added"
    };
    see(&format!("/admin/workspaces/{id}?done={done}"))
}

/// The workspace that the form describes, or everything that is wrong with it.
fn wanted(
    typed: &TypedWorkspace,
    shops: &[String],
    form: &Form,
) -> Result<NewWorkspace, Vec<Problem>> {
    let helpdesk = helpdesk::named(form.get("helpdesk"));
    let mut problems = Vec::new();
    if helpdesk.is_none() {
        problems.push(Problem {
            field: "helpdesk".into(),
            message: words::NO_HELPDESK.to_owned(),
        });
    }
    let none = Settings::default();
    let settings = helpdesk.map(|helpdesk| settings::read(helpdesk, &none, form));
    let (read, secret) = (typed.read(shops), settings::secret(form));
    match (helpdesk, read, settings, secret) {
        (Some(helpdesk), Ok((installs, frame_ancestors)), Some(Ok(settings)), Ok(secret)) => {
            Ok(NewWorkspace {
                helpdesk: helpdesk.name().to_owned(),
                settings: WorkspaceSettings {
                    name: given(&typed.name),
                    helpdesk: HelpdeskSettings::of(&settings),
                    frame_ancestors,
                    longest_expiry: LONGEST_EXPIRY,
                    enabled: true,
                    installs,
                },
                secret,
            })
        }
        (_, read, settings, secret) => {
            problems.extend(settings.and_then(Result::err).unwrap_or_default());
            problems.extend(read.err().unwrap_or_default());
            problems.extend(secret.err());
            Err(problems)
        }
    }
}

fn shown(
    call: &Call,
    shops: &[String],
    form: Option<&Form>,
    typed: &TypedWorkspace,
    problems: &[Problem],
) -> String {
    let none = Settings::default();
    let helpdesks: Vec<HelpdeskChoice> = helpdesk::ALL
        .into_iter()
        .map(|helpdesk| HelpdeskChoice {
            name: helpdesk.name(),
            title: helpdesk.title(),
            settings: settings::fields(helpdesk, &none, form),
        })
        .collect();
    let page = NewWorkspacePage {
        helpdesks: &helpdesks,
        shops,
        helpdesk: form.map_or("", |form| form.get("helpdesk")),
        chosen: &typed.chosen,
        name: &typed.name,
        ancestors: &typed.ancestors,
        secret: form.map_or(SecretChoice::Made, settings::choice),
        problems,
    };
    new_workspace(&call.shell(Section::Workspaces), &page).into_string()
}
