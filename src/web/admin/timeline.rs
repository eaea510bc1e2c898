//! What a Kustomer workspace puts on timelines: how that goes, trying again, and the app's definition to download.

use actix_web::HttpResponse;
use actix_web::http::header;

use super::door::Call;
use super::form::Form;
use super::reply::{Answer, Failure, see};
use super::workspace::record;
use crate::domain::access::Settings;
use crate::helpdesk::Place;
use crate::helpdesk::kustomer::definition::{VERSION, definition};
use crate::helpdesk::kustomer::{Choices, Missing};
use crate::store::WorkspaceRecord;
use crate::views::admin::{ParkedLine, Timeline};

/// So many parked changes are listed.
const MOST: u32 = 20;
const HELPDESK: &str = "kustomer";

/// How it goes; `None` for a helpdesk without timelines.
pub(super) async fn timeline(
    call: &Call,
    record: &WorkspaceRecord,
) -> Result<Option<Timeline>, Failure> {
    if record.helpdesk != HELPDESK {
        return Ok(None);
    }
    let (store, id) = (&call.admin.store, &record.id);
    let (there, nobodys) = store.objects_count(id).await?;
    let depth = store.outbox_depth(id).await?;
    let standing = store.timeline(id).await?;
    let parked = store.parked_entries(id, MOST).await?.into_iter();
    let settings = record.settings.helpdesk.settings();
    Ok(Some(Timeline {
        missing: Choices(&settings).timeline().err().map(Missing::words),
        refused_at: standing.refused_at,
        there,
        nobodys,
        waiting: depth.waiting,
        oldest: depth.oldest,
        parked: (
            depth.parked,
            parked
                .map(|entry| ParkedLine {
                    external_id: entry.external_id,
                    reason: entry.reason,
                    queued_at: entry.queued_at,
                })
                .collect(),
        ),
        told_at: standing.told_at,
        trouble: standing.trouble,
    }))
}

/// What is parked is tried again, and so is a key that was refused.
pub async fn retry(call: Call, _: Form) -> Answer {
    let record = record(&call).await?;
    let id = record.id.as_str();
    let retried = call
        .admin
        .store
        .retry_parked(&record.id, call.now())
        .await?;
    let detail = format!("entries: {retried}");
    call.note("outbox.retry", ("workspace", id), detail).await?;
    see(&format!("/admin/workspaces/{id}?done=retried"))
}

/// The app's definition, as it is registered.
pub async fn app(call: Call) -> Answer {
    let record = record(&call).await?;
    if record.helpdesk != HELPDESK {
        return Err(Failure::Missing);
    }
    let url = call.admin.public_url.as_deref();
    // It holds this service's address: without one there is no definition.
    let url = url.ok_or(Failure::Missing)?;
    let place = Place {
        public_url: Some(url),
        workspace: &record.id,
        secret: None,
        settings: &Settings::default(),
    };
    let name = "attachment; filename=\"sidecard-kustomer-app.json\"";
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((header::CONTENT_DISPOSITION, name))
        .body(format!("{:#}", definition(&place, VERSION))))
}
