//! The document around every admin page.

use maud::{DOCTYPE, Markup, html};

use super::text;
use crate::domain::day::Instant;
use crate::views::assets;

/// What every page of somebody who is logged in depends on.
pub struct Shell<'a> {
    /// How colleagues call them.
    pub name: &'a str,
    /// The word of their role.
    pub role: &'a str,
    /// Whether they may change things.
    pub may_change: bool,
    /// Whether they may manage people.
    pub may_people: bool,
    /// What every form of theirs carries.
    pub csrf: &'a str,
    /// Which part of the pages this is.
    pub section: Section,
    /// What has just been done.
    pub done: Option<&'static str>,
    /// The present.
    pub now: Instant,
}

/// A part of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Shops.
    Overview,
    /// Workspaces.
    Workspaces,
    /// People.
    People,
    /// Keys.
    Keys,
    /// Audit.
    Audit,
    /// One's own account.
    Account,
}

impl Section {
    const BAR: [(Self, &'static str, &'static str); 5] = [
        (Self::Overview, "/admin", text::OVERVIEW),
        (Self::Workspaces, "/admin/workspaces", text::WORKSPACES),
        (Self::People, "/admin/people", text::PEOPLE),
        (Self::Keys, "/admin/keys", text::KEYS),
        (Self::Audit, "/admin/audit", text::AUDIT),
    ];
}

/// What an admin page may load: its style and the card's, the pictures of a card that is tried, and the one script that copies.
pub fn policy() -> String {
    format!(
        "default-src 'none'; style-src {} {}; script-src {}; img-src https:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        assets::admin_style_source(),
        assets::style_source(),
        assets::script_source(),
    )
}

impl Shell<'_> {
    /// A page with the bar above it.
    pub(super) fn page(&self, title: &str, body: Markup) -> Markup {
        document(
            title,
            html! {
                a.skip href="#main" { (text::SKIP) }
                header.bar {
                    div {
                        a.brand href="/admin" { (text::BRAND) }
                        nav aria-label=(text::NAVIGATION) {
                            ul {
                                @for (section, address, label) in Section::BAR {
                                    @if section != Section::People || self.may_people {
                                        li { a href=(address) aria-current=[(section == self.section).then_some("page")] { (label) } }
                                    }
                                }
                            }
                        }
                        div.me {
                            a href="/admin/account" aria-current=[(self.section == Section::Account).then_some("page")] { (self.name) }
                            span { (text::role(self.role)) }
                            form.inline method="post" action="/admin/logout" {
                                (self.token())
                                button.link { (text::LOG_OUT) }
                            }
                        }
                    }
                }
                main id="main" {
                    @if let Some(done) = self.done { p.note.good role="status" { (done) } }
                    (body)
                }
                (assets::script())
            },
        )
    }

    /// The form's proof that this page made it.
    pub(super) fn token(&self) -> Markup {
        html! { input type="hidden" name="csrf" value=(self.csrf); }
    }
}

/// A page of somebody who is not logged in.
pub(super) fn bare(title: &str, body: Markup) -> Markup {
    document(title, html! { main.narrow id="main" { (body) } })
}

fn document(title: &str, body: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) " · " (text::BRAND) }
                (assets::admin_style())
            }
            body { (body) }
        }
    }
}
