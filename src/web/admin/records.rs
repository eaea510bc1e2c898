//! Keys and audit.

use std::collections::HashMap;
use std::convert::Infallible;

use actix_web::HttpResponse;
use actix_web::web::Bytes;
use futures_util::stream;

use super::door::Call;
use super::reply::{Answer, ok};
use crate::store::{AuditEntry, Store};
use crate::views::admin::{
    AuditLine, AuditPage, KeyLine, Section, audit as audit_view, audit_json, keys as keys_view,
};

/// Entries on a page.
const PAGE: u32 = 100;
/// Entries that are read at once for an export.
const BATCH: u32 = 1_000;

/// The keys in use.
pub async fn keys(call: Call) -> Answer {
    let used = call.admin.store.keys_in_use().await?;
    let lines: Vec<KeyLine> = used
        .into_iter()
        .map(|(id, values)| KeyLine { id, values })
        .collect();
    ok(keys_view(&call.shell(Section::Keys), &lines).into_string())
}

/// Who did what, newest first.
pub async fn audit(call: Call) -> Answer {
    let store = &call.admin.store;
    let before = call.query("before").and_then(|number| number.parse().ok());
    let entries = store.audit_page(before, PAGE).await?;
    let people = store.people().await?.into_iter();
    let names: HashMap<String, String> = people
        .map(|person| (person.id, person.profile.name))
        .filter(|(_, name)| !name.is_empty())
        .collect();
    let full = entries.len() == PAGE as usize;
    let older = entries.last().map(|(number, _)| *number).filter(|_| full);
    let lines: Vec<AuditLine> = entries
        .into_iter()
        .map(|(_, entry)| {
            let name = names.get(&entry.who).cloned();
            line(entry, name)
        })
        .collect();
    let page = AuditPage {
        lines: &lines,
        older,
        newest: before.is_none(),
    };
    ok(audit_view(&call.shell(Section::Audit), &page).into_string())
}

/// All of it as JSON lines, oldest first, read as it is sent.
pub async fn export(call: Call) -> Answer {
    call.note("audit.export", ("audit", "all"), "").await?;
    let store = call.admin.store.clone();
    let lines = stream::unfold((store, 0), |(store, after)| async move {
        let (text, last) = batch(&store, after).await?;
        Some((Ok::<_, Infallible>(text), (store, last)))
    });
    Ok(HttpResponse::Ok()
        .content_type("application/jsonl")
        .insert_header((
            "content-disposition",
            "attachment; filename=\"sidecard-audit.jsonl\"",
        ))
        .streaming(Box::pin(lines)))
}

/// The next entries; `None` when there are no more, or the store fails: the status has been sent by then.
async fn batch(store: &Store, after: i64) -> Option<(Bytes, i64)> {
    let entries = match store.audit_after(after, BATCH).await {
        Ok(entries) => entries,
        Err(error) => {
            tracing::error!(error = %error, "the export of the audit was cut short");
            return None;
        }
    };
    let (last, _) = entries.last()?;
    let last = *last;
    let text: String = entries
        .into_iter()
        .map(|(number, entry)| audit_json(number, &line(entry, None)))
        .collect();
    Some((Bytes::from(text), last))
}

fn line(entry: AuditEntry, name: Option<String>) -> AuditLine {
    AuditLine {
        at: entry.at,
        who: entry.who,
        name,
        action: entry.action,
        kind: entry.kind,
        object: entry.object,
        detail: entry.detail,
    }
}
