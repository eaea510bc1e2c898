//! A workspace's page, made of what is stored and of what was typed.

use super::super::door::Call;
use super::super::form::Form;
use super::super::reply::Failure;
use super::super::settings;
use super::super::timeline::timeline;
use super::super::workspaces::{TypedWorkspace, called, shops, title};
use crate::domain::secret::Secret;
use crate::helpdesk::{self, Place};
use crate::store::WorkspaceRecord;
use crate::views::admin::{
    CallLine, Problem, SecretChoice, Section, StepLine, WorkspacePage, workspace as view,
};
use crate::views::text::causes;

/// What a page shows besides what is stored.
pub(super) struct Shown<'a> {
    /// A secret, this once.
    pub secret: Option<&'a Secret<String>>,
    /// A form that is to be looked at again.
    pub form: Option<&'a Form>,
    /// Who makes the next secret, as chosen.
    pub secret_choice: SecretChoice,
    /// The profile whose links were to be removed.
    pub profile: &'a str,
    /// What is wrong with what was typed.
    pub problems: &'a [Problem],
}

impl Default for Shown<'_> {
    fn default() -> Self {
        Self {
            secret: None,
            form: None,
            secret_choice: SecretChoice::Made,
            profile: "",
            problems: &[],
        }
    }
}

impl<'a> Shown<'a> {
    /// The page once more, for a form with problems.
    pub fn again(form: &'a Form, problems: &'a [Problem]) -> Self {
        Self {
            form: Some(form),
            problems,
            ..Self::default()
        }
    }
}

/// The page.
pub(super) async fn shown(
    call: &Call,
    record: &WorkspaceRecord,
    typed: &TypedWorkspace,
    besides: Shown<'_>,
) -> Result<String, Failure> {
    let kept = record.settings.helpdesk.settings();
    let place = Place {
        public_url: call.admin.public_url.as_deref(),
        workspace: &record.id,
        secret: besides.secret,
        settings: &kept,
    };
    let helpdesk = helpdesk::named(&record.helpdesk);
    let fields = helpdesk.map(|helpdesk| settings::fields(helpdesk, &kept, besides.form));
    let steps: Vec<StepLine> = helpdesk
        .map(|helpdesk| helpdesk.setup(&place))
        .unwrap_or_default()
        .into_iter()
        .map(|step| StepLine {
            text: step.text,
            copy: step.copy,
        })
        .collect();
    let calls = call.admin.store.calls_of(&record.id).await?;
    let calls: Vec<CallLine> = calls
        .into_iter()
        .map(|call| {
            let (cause, likely) = call.cause.map(explained).unzip();
            CallLine {
                at: call.at,
                kind: call.kind,
                verdict: call.verdict,
                outcome: call.outcome,
                duration_ms: call.duration_ms,
                cause,
                likely,
            }
        })
        .collect();
    let now = call.now();
    let timeline = timeline(call, record).await?;
    let page = WorkspacePage {
        id: record.id.as_str(),
        name: &called(record),
        helpdesk: &title(&record.helpdesk),
        enabled: record.settings.enabled,
        has_address: call.admin.public_url.is_some(),
        readable: record.secret.is_ok(),
        old_until: record
            .previous
            .as_ref()
            .map(|(_, until)| *until)
            .filter(|until| *until > now),
        steps: &steps,
        revealed: besides.secret.is_some(),
        calls: &calls,
        shops: &shops(call).await?,
        chosen: &typed.chosen,
        own_name: &typed.name,
        ancestors: &typed.ancestors,
        timeline: timeline.as_ref(),
        settings: &fields.unwrap_or_default(),
        secret: besides.secret_choice,
        profile: besides.profile,
        problems: besides.problems,
    };
    Ok(view(&call.shell(Section::Workspaces), &page).into_string())
}

/// What was wrong with a call, and what is likely behind it. Rows from before there were codes hold the words themselves.
fn explained(code: String) -> (String, String) {
    if let Some(told) = causes::of(&code) {
        return told;
    }
    match helpdesk::Problem::ALL
        .into_iter()
        .find(|problem| problem.code() == code)
    {
        Some(problem) => (
            problem.message().to_owned(),
            format!("{}: {}", problem.message(), problem.hint()),
        ),
        None => (code.clone(), code),
    }
}
