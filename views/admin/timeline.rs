//! What a workspace puts on its helpdesk's timelines: how that goes, and what was never taken.

use maud::{Markup, html};

use super::parts::{ago, literals, moment};
use super::shell::Shell;
use super::text::timeline as words;
use crate::domain::day::Instant;

/// Something that the helpdesk did not take.
pub struct ParkedLine {
    /// What it is found by there.
    pub external_id: String,
    /// Why.
    pub reason: String,
    /// When it changed.
    pub queued_at: Instant,
}

/// How it goes.
pub struct Timeline {
    /// What is missing for it to go at all.
    pub missing: Option<&'static str>,
    /// Since when the helpdesk refuses the key.
    pub refused_at: Option<Instant>,
    /// Objects that stand there.
    pub there: u64,
    /// Subscriptions whose customer the helpdesk does not know.
    pub nobodys: u64,
    /// Changes that wait.
    pub waiting: u64,
    /// When the oldest of them came.
    pub oldest: Option<Instant>,
    /// Changes that are not tried any more: how many, and the first of them.
    pub parked: (u64, Vec<ParkedLine>),
    /// When the helpdesk was told something last.
    pub told_at: Option<Instant>,
    /// What went wrong last.
    pub trouble: Option<(String, Instant)>,
}

/// The part of the page.
pub(super) fn timeline(shell: &Shell<'_>, id: &str, timeline: &Timeline) -> Markup {
    let now = shell.now;
    let action = format!("/admin/workspaces/{id}/retry");
    let (count, parked) = &timeline.parked;
    html! {
        section.box aria-labelledby="timeline" {
            h2 id="timeline" { (words::TITLE) }
            @if let Some(missing) = timeline.missing { div.note.wait { p { (literals(missing)) } } }
            @if let Some(since) = timeline.refused_at {
                div.note.bad { b { (words::REFUSED) } p { (words::REFUSED_HINT) " " (moment(since)) "." } }
            }
            dl.facts {
                dt { (words::THERE) } dd { (timeline.there) }
                @if timeline.nobodys > 0 { dt { (words::NOBODYS) } dd { (timeline.nobodys) } }
                dt { (words::WAITING) }
                dd { (timeline.waiting) @if let Some(oldest) = timeline.oldest { " " span.soft { (words::OLDEST) " " (ago(oldest, now)) } } }
                dt { (words::TOLD) }
                dd { @match timeline.told_at { Some(at) => (ago(at, now)), None => (words::NEVER) } }
                @if let Some((trouble, at)) = &timeline.trouble {
                    dt { (words::TROUBLE) } dd { (trouble) " " span.soft { (ago(*at, now)) } }
                }
            }
            @if *count > 0 {
                div.note.bad { b { (words::parked(*count)) } p { (words::PARKED_HINT) } }
                div.table tabindex="0" role="region" aria-label=(words::PARKED) {
                    table {
                        thead { tr { th scope="col" { (words::WHAT) } th scope="col" { (words::WHY) } th scope="col" { (words::SINCE) } } }
                        tbody { @for line in parked {
                            tr { td { code { (line.external_id) } } td { (literals(&line.reason)) } td.nowrap { (ago(line.queued_at, now)) } }
                        } }
                    }
                }
                @if *count > parked.len() as u64 { p.soft { (words::more(*count - parked.len() as u64)) } }
            }
            @if shell.may_change && (*count > 0 || timeline.refused_at.is_some()) {
                form method="post" action=(action) { (shell.token()) button.plain { (words::RETRY) } }
            }
            p { a href={ "/admin/workspaces/" (id) "/app.json" } download="sidecard-kustomer-app.json" { (words::DOWNLOAD) } " " span.soft { (words::DOWNLOAD_HINT) } }
        }
    }
}
