//! All shops and all workspaces at a glance.

use maud::{Markup, html};

use super::hooks::HooksOff;
use super::parts::{ShopState, ago, pill, shop_state};
use super::shell::Shell;
use super::text::{self, overview as words};
use super::workspaces::{WorkspaceLine, table};
use crate::domain::day::Instant;

/// A shop in the list.
pub struct ShopLine {
    /// The install's name.
    pub name: String,
    /// The shop.
    pub shop: String,
    /// Whether it is connected.
    pub state: ShopState,
    /// Whether it is known to be the right shop.
    pub verified: bool,
    /// Since when its token is in use.
    pub token_since: Instant,
    /// When it was last checked or changed.
    pub changed: Instant,
    /// Why no webhooks can come, or when the last one came.
    pub hooks: Result<Option<Instant>, HooksOff>,
    /// The calls it may make now; `None` while it has made none.
    pub budget: Option<BudgetLine>,
}

/// The calls that a shop's token has left.
pub struct BudgetLine {
    /// How many may be made at once now.
    pub left: u64,
    /// Of how many.
    pub of: u64,
    /// How many lookups and refreshes stand in line.
    pub waiting: usize,
}

/// What the page shows.
pub struct Overview<'a> {
    /// All shops.
    pub shops: &'a [ShopLine],
    /// All workspaces.
    pub workspaces: &'a [WorkspaceLine],
    /// How many cards memory holds, and about how many bytes it takes.
    pub memory: (u64, u64),
    /// How many webhooks wait to be applied, and how many are set aside.
    pub inbox: (u64, u64),
}

/// The page.
pub fn overview(shell: &Shell<'_>, page: &Overview<'_>) -> Markup {
    shell.page(
        text::OVERVIEW,
        html! {
            div.head {
                h1 { (text::OVERVIEW) }
                @if shell.may_change && !page.shops.is_empty() { a.button href="/admin/connect" { (words::CONNECT) } }
            }
            @if page.shops.is_empty() {
                section.box.empty aria-labelledby="empty" {
                    h2 id="empty" { (words::EMPTY) }
                    @if shell.may_change {
                        p.soft { (words::EMPTY_HINT) }
                        p { a.button href="/admin/connect" { (words::CONNECT) } }
                    } @else {
                        p.soft { (words::EMPTY_VIEWER) }
                    }
                }
            } @else {
                div.stack {
                    h2 { (words::SHOPS) }
                    (shops(page.shops, shell.now))
                    p.soft { (words::memory(page.memory.0, page.memory.1)) " " (words::inbox(page.inbox.0, page.inbox.1)) }
                }
                div.stack {
                    h2 { (words::WORKSPACES) }
                    @if page.workspaces.is_empty() { p.soft { (words::NO_WORKSPACES) } }
                    @else { (table(page.workspaces, shell.now)) }
                    @if shell.may_change { p { a href="/admin/workspaces/new" { (words::ADD) } } }
                }
            }
        },
    )
}

fn shops(lines: &[ShopLine], now: Instant) -> Markup {
    html! {
        div.table tabindex="0" role="region" aria-label=(words::SHOPS) {
            table {
                thead { tr { th scope="col" { (text::SHOP) } th scope="col" { (text::STATE) } th scope="col" { (words::WEBHOOK) } th scope="col" { (words::BUDGET) } th scope="col" { (words::TOKEN) } th scope="col" { (words::CHANGED) } } }
                tbody {
                    @for line in lines {
                        tr {
                            th scope="row" {
                                a href={ "/admin/shops/" (line.name) } { (line.name) }
                                @if line.shop != line.name { div.soft { (line.shop) } }
                            }
                            td {
                                div.row { (shop_state(line.state)) @if !line.verified { (pill("wait", text::NOT_VERIFIED)) } }
                                @if let ShopState::Refused { since } = line.state { div.soft { (ago(since, now)) } }
                            }
                            td {
                                @match line.hooks {
                                    Ok(Some(at)) => (ago(at, now)),
                                    Ok(None) => span.soft { (words::NO_WEBHOOK) },
                                    Err(off) => span.soft { (off.in_short()) },
                                }
                            }
                            td {
                                @match &line.budget {
                                    Some(budget) => {
                                        (words::budget(budget.left, budget.of))
                                        @if budget.waiting > 0 { div.soft { (words::in_line(budget.waiting)) } }
                                    }
                                    None => span.soft { (words::NO_CALL) },
                                }
                            }
                            td { (ago(line.token_since, now)) }
                            td { (ago(line.changed, now)) }
                        }
                    }
                }
            }
        }
    }
}
