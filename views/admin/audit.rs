//! Who did what.

use maud::{Markup, html};
use serde_json::json;

use super::parts::moment;
use super::shell::Shell;
use super::text::{self, records as words};
use crate::domain::day::Instant;
use crate::views::format::machine_instant;

/// An entry.
pub struct AuditLine {
    /// When.
    pub at: Instant,
    /// Who: an id or a word.
    pub who: String,
    /// Their name, when it is known.
    pub name: Option<String>,
    /// What they did.
    pub action: String,
    /// To what kind of thing.
    pub kind: String,
    /// To which one.
    pub object: String,
    /// What else there is to say.
    pub detail: String,
}

/// What the page shows.
pub struct AuditPage<'a> {
    /// Entries, newest first.
    pub lines: &'a [AuditLine],
    /// Where the next page begins; `None`: nothing older.
    pub older: Option<i64>,
    /// Whether this is the newest page.
    pub newest: bool,
}

/// The page.
pub fn audit(shell: &Shell<'_>, page: &AuditPage<'_>) -> Markup {
    shell.page(
        text::AUDIT,
        html! {
            div.head {
                h1 { (text::AUDIT) }
                @if shell.may_change { a.button.plain href="/admin/audit.jsonl" download="sidecard-audit.jsonl" { (words::EXPORT) } }
                p.soft { (words::AUDIT_LEAD) }
            }
            @if page.lines.is_empty() { p.soft { (words::NOTHING) } } @else {
                div.table tabindex="0" role="region" aria-label=(text::AUDIT) {
                    table {
                        thead { tr {
                            th scope="col" { (words::AT) } th scope="col" { (words::WHO) } th scope="col" { (words::ACTION) }
                            th scope="col" { (words::OBJECT) }
                        } }
                        tbody {
                            @for line in page.lines {
                                tr {
                                    td.nowrap { (moment(line.at)) }
                                    td { @match &line.name { Some(name) => (name), None => code { (line.who) } } }
                                    td.nowrap { (line.action) }
                                    td { (line.kind) " " code { (line.object) } @if !line.detail.is_empty() { div.soft { (line.detail) } } }
                                }
                            }
                        }
                    }
                }
            }
            p.row {
                @if !page.newest { a href="/admin/audit" { (words::NEWEST) } }
                @if let Some(older) = page.older { a href={ "/admin/audit?before=" (older) } { (words::OLDER) } }
            }
        },
    )
}

/// An entry as one line of JSON. Names are left out: an export goes further than a page.
pub fn audit_json(number: i64, line: &AuditLine) -> String {
    let line = json!({
        "number": number,
        "at": machine_instant(line.at),
        "who": line.who,
        "action": line.action,
        "kind": line.kind,
        "object": line.object,
        "detail": line.detail,
    });
    format!("{line}\n")
}
