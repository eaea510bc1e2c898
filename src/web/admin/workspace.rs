//! A workspace's page: steps, diagnosis, secret, and what is changed there.

mod shown;

use chrono::TimeDelta;

use self::shown::{Shown, shown};
use super::door::Call;
use super::form::{Form, given};
use super::reply::{Answer, Failure, ok, see, wrong};
use super::settings;
use super::workspaces::{TypedWorkspace, shops};
use crate::domain::id::WorkspaceId;
use crate::helpdesk;
use crate::store::{HelpdeskSettings, RemovedLink, WorkspaceRecord};
use crate::views::admin::Problem;
use crate::views::admin::text::workspace as words;

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
    let shown_once = Shown {
        secret: secret.as_ref(),
        ..Shown::default()
    };
    ok(shown(&call, &record, &typed, shown_once).await?)
}

/// Name, installs, sites, and what the helpdesk has otherwise.
pub async fn change(call: Call, form: Form) -> Answer {
    let record = record(&call).await?;
    let typed = TypedWorkspace::of(&form);
    let kept = record.settings.helpdesk.settings();
    let own = match helpdesk::named(&record.helpdesk) {
        Some(helpdesk) => settings::read(helpdesk, &kept, &form),
        None => Ok(kept.clone()),
    };
    let (own, (installs, sites)) = match (own, typed.read(&shops(&call).await?)) {
        (Ok(own), Ok(read)) => (own, read),
        (own, read) => {
            let mut problems = read.err().unwrap_or_default();
            problems.extend(own.err().unwrap_or_default());
            return wrong(shown(&call, &record, &typed, Shown::again(&form, &problems)).await?);
        }
    };
    let name = given(&typed.name);
    let change = |settings: &mut crate::store::WorkspaceSettings| {
        settings.name = name;
        settings.installs = installs;
        settings.frame_ancestors = sites;
        if own != kept {
            settings.helpdesk = HelpdeskSettings::of(&own);
        }
    };
    let store = &call.admin.store;
    let objects = store.set_workspace(&record.id, call.now(), change).await?;
    let objects = objects.ok_or(Failure::Missing)?;
    let shops = typed.chosen.join(", ");
    let (detail, done) = match objects {
        0 if settings::was_quoted(&record.helpdesk, &form) => {
            (format!("for {shops}"), "saved-unquoted")
        }
        0 => (format!("for {shops}"), "saved"),
        count => (format!("for {shops}; {}", leaving(count)), "leaving"),
    };
    did(&call, &record, "workspace.set", &detail, done).await
}

/// A new secret, made here or by the helpdesk; the old one goes on for a while.
pub async fn rotate(call: Call, form: Form) -> Answer {
    let record = record(&call).await?;
    let given = match settings::secret(&form) {
        Ok(given) => given,
        Err(problem) => {
            let typed = TypedWorkspace::stored(&record);
            let problems = [problem];
            let again = Shown {
                secret_choice: settings::choice(&form),
                problems: &problems,
                ..Shown::default()
            };
            return wrong(shown(&call, &record, &typed, again).await?);
        }
    };
    let now = call.now();
    let is_given = given.is_some();
    let store = &call.admin.store;
    let secret = store
        .rotate_secret(&record.id, given, now + OVERLAP, now)
        .await?
        .ok_or(Failure::Missing)?;
    if is_given {
        let detail = "the helpdesk's own; the old one is good for 24 h";
        let done = if settings::was_quoted(&record.helpdesk, &form) {
            "given-unquoted"
        } else {
            "given"
        };
        return did(&call, &record, "workspace.rotate", detail, done).await;
    }
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

/// Removes the links of the profile that was typed.
pub async fn unlink(call: Call, form: Form) -> Answer {
    let record = record(&call).await?;
    let store = &call.admin.store;
    let typed = form.get("profile").trim();
    let removed = store.remove_links(&record.id, typed).await?;
    if removed.is_empty() {
        let problems = [Problem {
            field: "profile".into(),
            message: words::NO_LINK.to_owned(),
        }];
        let again = Shown {
            profile: typed,
            problems: &problems,
            ..Shown::default()
        };
        let stored = TypedWorkspace::stored(&record);
        return wrong(shown(&call, &record, &stored, again).await?);
    }
    let key = store.fingerprint_key();
    let profile = key.in_workspace("profile", &record.id, typed);
    let detail = RemovedLink::audit_detail(&removed, &profile);
    did(&call, &record, "link.remove", &detail, "unlinked").await
}

/// Away with it, when the word was typed.
pub async fn remove(call: Call, form: Form) -> Answer {
    let record = record(&call).await?;
    if form.get("confirm").trim() != "remove" {
        let problems = [Problem {
            field: "confirm".into(),
            message: words::NOT_REMOVE.to_owned(),
        }];
        let typed = TypedWorkspace::stored(&record);
        let again = Shown {
            problems: &problems,
            ..Shown::default()
        };
        return wrong(shown(&call, &record, &typed, again).await?);
    }
    let store = &call.admin.store;
    let objects = store.remove_workspace(&record.id, call.now()).await?;
    let objects = objects.ok_or(Failure::Missing)?;
    let detail = match objects {
        0 => String::new(),
        count => leaving(count),
    };
    call.note(
        "workspace.remove",
        ("workspace", record.id.as_str()),
        detail,
    )
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
    changed.ok_or(Failure::Missing)?;
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

fn leaving(objects: u64) -> String {
    format!("objects to be removed at its helpdesk: {objects}")
}

pub(super) async fn record(call: &Call) -> Result<WorkspaceRecord, Failure> {
    let id = WorkspaceId::new(call.part("id"));
    let record = call.admin.store.workspace(&id).await?;
    record.ok_or(Failure::Missing)
}
