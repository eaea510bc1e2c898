//! A lookup that an admin tries.

use std::sync::Arc;
use std::time::Duration;

use super::door::Call;
use super::form::Form;
use super::reply::{Answer, ok, wrong};
use super::shop::{Extra, record, shown};
use crate::domain::access::{Access, Workspace};
use crate::domain::email::Email;
use crate::domain::id::WorkspaceId;
use crate::domain::question::{Question, Subject};
use crate::lookup::CacheState;
use crate::store::InstallRecord;
use crate::views::admin::{Problem, Trial};

/// Longer than any helpdesk waits: who tries wants to see what comes.
const DEADLINE: Duration = Duration::from_secs(10);

/// Looks a customer up, and shows what an agent would see. Noted before it is done.
pub async fn lookup(call: Call, form: Form) -> Answer {
    let record = record(&call).await?;
    let question = Email::parse(form.get("email"))
        .map_err(|error| error.to_string())
        .and_then(|email| {
            let subject = Subject::Email(email);
            Question::about([subject]).map_err(|error| error.to_string())
        });
    let question = match question {
        Ok(question) => question,
        Err(message) => {
            let problems = [Problem {
                field: "email".into(),
                message,
            }];
            let extra = Extra {
                problems: &problems,
                ..Extra::default()
            };
            return wrong(shown(&call, &record, extra).await?);
        }
    };
    let key = call.admin.store.fingerprint_key();
    let prints = question.subjects().iter();
    let prints: Vec<_> = prints
        .map(|subject| subject.key().fingerprint(&key).to_string())
        .collect();
    call.note(
        "lookup.test",
        ("install", record.name.as_str()),
        format!("email {}", prints.join(",")),
    )
    .await?;

    let clock = &call.admin.clock;
    let (watch, deadline) = (clock.start(), clock.deadline(DEADLINE));
    let found = call
        .admin
        .lookups
        .find(&access(&record), &question, &deadline)
        .await;
    let note = found.notes.first();
    let trial = Trial {
        answer: &found.answer,
        cache: note.map_or("", |note| CacheState::as_str(note.cache)),
        calls: note.map_or(0, |note| note.upstream_calls),
        milliseconds: u64::try_from(watch.elapsed().as_millis()).unwrap_or(u64::MAX),
    };
    let extra = Extra {
        trial: Some(trial),
        ..Extra::default()
    };
    ok(shown(&call, &record, extra).await?)
}

/// A workspace that is this page, joined to the one install.
fn access(record: &InstallRecord) -> Access {
    Access {
        workspace: Workspace {
            id: WorkspaceId::new("admin"),
            helpdesk: String::new(),
            secrets: Vec::new(),
            frame_ancestors: Vec::new(),
            longest_expiry: 0,
            settings: Default::default(),
            enabled: true,
        },
        installs: vec![Arc::new(record.connected())],
    }
}
