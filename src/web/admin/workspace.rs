//! A workspace's page: steps, diagnosis, secret, settings.

use chrono::TimeDelta;

use super::door::Call;
use super::form::{Form, given};
use super::reply::{Answer, Failure, ok, see, wrong};
use super::workspaces::{TypedWorkspace, called, shops, title};
use crate::domain::id::WorkspaceId;
use crate::domain::secret::Secret;
use crate::helpdesk::{self, Place};
use crate::store::WorkspaceRecord;
use crate::views::admin::text::workspace as words;
use crate::views::admin::{CallLine, Problem, Section, StepLine, WorkspacePage, workspace as view};

/// An old secret is good for so long beside the new one.
const OVERLAP: TimeDelta = TimeDelta::hours(24);

/// The page; the secret stands on it when it was made a moment ago, once, and that is noted.
pub async fn page(call: Call) -> Answer {
    let record = record(&call).await?;
    let key = call.own(record.id.as_str());
    // A viewer holds none: only who made a secret finds it here.
    let secret = call.admin.secrets.take(&key, call.now());
    if secret.is_some() {
        call.note(
            "workspace.secret_shown",
            ("workspace", record.id.as_str()),
            "",
        )
        .await?;
    }
    let typed = TypedWorkspace::stored(&record);
    ok(shown(&call, &record, &typed, secret.as_ref(), &[]).await?)
}

/// Name, installs, sites.
pub async fn settings(call: Call, form: Form) -> Answer {
    let record = record(&call).await?;
    let typed = TypedWorkspace::of(&form);
    let (installs, sites) = match typed.read(&shops(&call).await?) {
        Ok(read) => read,
        Err(problems) => {
            return wrong(shown(&call, &record, &typed, None, &problems).await?);
        }
    };
    let name = given(&typed.name);
    let change = |settings: &mut crate::store::WorkspaceSettings| {
        settings.name = name;
        settings.installs = installs;
        settings.frame_ancestors = sites;
    };
    let store = &call.admin.store;
    there(store.set_workspace(&record.id, call.now(), change).await?)?;
    let detail = format!("for {}", typed.chosen.join(", "));
    did(&call, &record, "workspace.set", &detail, "saved").await
}

/// A new secret; the old one goes on for a while.
pub async fn rotate(call: Call, _: Form) -> Answer {
    let record = record(&call).await?;
    let now = call.now();
    let store = &call.admin.store;
    let secret = store
        .rotate_secret(&record.id, None, now + OVERLAP, now)
        .await?
        .ok_or(Failure::Missing)?;
    let key = call.own(record.id.as_str());
    call.admin.secrets.put(key, secret, now);
    let detail = "the old one is good for 24 h";
    did(&call, &record, "workspace.rotate", detail, "rotated").await
}

/// The old secret is good no longer.
pub async fn end_old(call: Call, _: Form) -> Answer {
    let record = record(&call).await?;
    // Rotating to the very same secret leaves none before it.
    if let Ok(secret) = &record.secret {
        let (store, now) = (&call.admin.store, call.now());
        let same = Some(secret.clone());
        store.rotate_secret(&record.id, same, now, now).await?;
    }
    did(&call, &record, "workspace.end_old_secret", "", "ended").await
}

/// It answers again.
pub async fn enable(call: Call, _: Form) -> Answer {
    switch(&call, true, "workspace.enable", "enabled").await
}

/// It answers nobody.
pub async fn disable(call: Call, _: Form) -> Answer {
    switch(&call, false, "workspace.disable", "disabled").await
}

/// Away with it, when the word was typed.
pub async fn remove(call: Call, form: Form) -> Answer {
    let record = record(&call).await?;
    if form.get("confirm").trim() != "remove" {
        let problems = [Problem {
            field: "confirm",
            message: words::NOT_REMOVE.to_owned(),
        }];
        let typed = TypedWorkspace::stored(&record);
        return wrong(shown(&call, &record, &typed, None, &problems).await?);
    }
    there(call.admin.store.remove_workspace(&record.id).await?)?;
    call.note("workspace.remove", ("workspace", record.id.as_str()), "")
        .await?;
    see("/admin/workspaces?done=removed")
}

async fn switch(call: &Call, enabled: bool, action: &str, done: &str) -> Answer {
    let record = record(call).await?;
    let store = &call.admin.store;
    let changed = store
        .set_workspace(&record.id, call.now(), |settings| {
            settings.enabled = enabled;
        })
        .await?;
    there(changed)?;
    did(call, &record, action, "", done).await
}

async fn did(
    call: &Call,
    record: &WorkspaceRecord,
    action: &str,
    detail: &str,
    done: &str,
) -> Answer {
    let id = record.id.as_str();
    call.note(action, ("workspace", id), detail).await?;
    see(&format!("/admin/workspaces/{id}?done={done}"))
}

fn there(was: bool) -> Result<(), Failure> {
    was.then_some(()).ok_or(Failure::Missing)
}

async fn record(call: &Call) -> Result<WorkspaceRecord, Failure> {
    let id = WorkspaceId::new(call.part("id"));
    let record = call.admin.store.workspace(&id).await?;
    record.ok_or(Failure::Missing)
}

async fn shown(
    call: &Call,
    record: &WorkspaceRecord,
    typed: &TypedWorkspace,
    secret: Option<&Secret<String>>,
    problems: &[Problem],
) -> Result<String, Failure> {
    let place = Place {
        public_url: call.admin.public_url.as_deref(),
        workspace: &record.id,
        secret,
    };
    let steps: Vec<StepLine> = helpdesk::named(&record.helpdesk)
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
        .map(|call| CallLine {
            at: call.at,
            kind: call.kind,
            verdict: call.verdict,
            outcome: call.outcome,
            duration_ms: call.duration_ms,
            cause: call.cause,
        })
        .collect();
    let now = call.now();
    let page = WorkspacePage {
        id: record.id.as_str(),
        name: &called(record),
        helpdesk: &title(&record.helpdesk),
        enabled: record.settings.enabled,
        readable: record.secret.is_ok(),
        old_until: record
            .previous
            .as_ref()
            .map(|(_, until)| *until)
            .filter(|until| *until > now),
        steps: &steps,
        revealed: secret.is_some(),
        calls: &calls,
        shops: &shops(call).await?,
        chosen: &typed.chosen,
        own_name: &typed.name,
        ancestors: &typed.ancestors,
        problems,
    };
    Ok(view(&call.shell(Section::Workspaces), &page).into_string())
}
