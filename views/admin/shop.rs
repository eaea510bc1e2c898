//! A shop's page.

use maud::{Markup, html};

use super::connect::{Scope, Trouble, table, trouble};
use super::hooks::{self, Hooks};
use super::parts::{Field, Problem, ShopState, ago, moment, pill, shop_state, summary};
use super::shell::Shell;
use super::text::{self, connect as asked, shop as words};
use super::trial::{self, Trial};
use crate::domain::day::Instant;
use crate::domain::day::Zone;
use crate::domain::install::{Install, ShopProfile};
use crate::domain::money::Currency;
use crate::domain::web_url::WebUrl;

/// How it is known to be the right shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShopProof {
    /// The provider says so.
    Proven,
    /// An admin says so.
    Confirmed,
    /// Not at all.
    Unproven,
}

/// What the page shows.
pub struct ShopPage<'a> {
    /// The install.
    pub install: &'a Install,
    /// What the provider said of the shop.
    pub profile: &'a ShopProfile,
    /// Whether it is connected.
    pub state: ShopState,
    /// Whether it is the right one.
    pub proof: ShopProof,
    /// Where a look at the dashboard shows whether it is.
    pub test_link: Option<WebUrl>,
    /// Since when the token is in use.
    pub token_since: Instant,
    /// Whether there is a client secret; `Some(false)`: one that can't be opened.
    pub client_secret: Option<bool>,
    /// When it was last checked or changed.
    pub changed: Instant,
    /// What the token may do.
    pub scopes: &'a [Scope],
    /// Workspaces that answer about it.
    pub workspaces: &'a [String],
    /// What was typed of the settings.
    pub typed: [&'a str; 3],
    /// What is wrong with what was typed.
    pub problems: &'a [Problem],
    /// Why a new token was not taken.
    pub trouble: Option<&'a Trouble>,
    /// What a check said that changes nothing.
    pub said: Option<&'a str>,
    /// Its webhooks.
    pub hooks: &'a Hooks<'a>,
    /// A lookup that was tried.
    pub trial: Option<Trial<'a>>,
}

/// The page.
pub fn shop(shell: &Shell<'_>, page: &ShopPage<'_>) -> Markup {
    let name = page.install.name.as_str();
    shell.page(
        name,
        html! {
            div.head {
                div.row {
                    h1 { (name) }
                    (shop_state(page.state))
                    @if page.proof == ShopProof::Unproven { (pill("wait", text::NOT_VERIFIED)) }
                }
                @if shell.may_change {
                    form.inline method="post" action={ "/admin/shops/" (name) "/check" } {
                        (shell.token())
                        button.plain title=(words::CHECK_HINT) { (words::CHECK) }
                    }
                }
            }
            (reconnect(page.state, shell.now))
            (summary(page.problems))
            @if let Some(said) = page.said { p.note.bad role="alert" { (said) } }
            @if let Some(trouble) = page.trouble { (self::trouble(trouble, shell)) p.soft { (words::OLD_STAYS) } }
            @if shell.may_change && page.state != ShopState::Ok { (replace(name, page, shell)) }
            @if page.proof == ShopProof::Unproven { (confirm(page, shell)) }
            @if shell.may_change { (trial::section(page, shell)) }
            (facts(page, shell))
            (table(page.scopes))
            (hooks::section(name, page.hooks, shell))
            @if shell.may_change {
                @if page.state == ShopState::Ok { (replace(name, page, shell)) }
                (settings(name, page, shell))
                (remove(name, page, shell))
            }
        },
    )
}

fn reconnect(state: ShopState, now: Instant) -> Markup {
    html! {
        @if state != ShopState::Ok {
            section.note.bad.big aria-labelledby="reconnect" {
                h2 id="reconnect" { (words::MUST) }
                @match state {
                    ShopState::Refused { since } => {
                        p { (words::MUST_REFUSED) }
                        p { (words::SINCE) " " (moment(since)) " (" (ago(since, now)) ")" }
                    }
                    _ => p { (words::MUST_UNREADABLE) },
                }
            }
        }
    }
}

fn confirm(page: &ShopPage<'_>, shell: &Shell<'_>) -> Markup {
    html! {
        section.note.wait.big aria-labelledby="proof" {
            h2 id="proof" { (words::CONFIRM_TITLE) }
            p { (words::CONFIRM_HINT) }
            @if let Some(link) = &page.test_link {
                p { a href=(link) target="_blank" rel="noopener noreferrer" { (words::TEST_LINK) } " " code { (link) } }
            }
            @if shell.may_change {
                form method="post" action={ "/admin/shops/" (page.install.name) "/confirm" } {
                    (shell.token())
                    button { (words::CONFIRM) }
                }
            }
            p { (words::CONFIRM_OTHER) }
        }
    }
}

fn facts(page: &ShopPage<'_>, shell: &Shell<'_>) -> Markup {
    let install = page.install;
    let zone = match page.profile.zone {
        Zone::Known(zone) => zone.name(),
        Zone::Unknown => words::ZONE_UNKNOWN,
    };
    let currency = page.profile.currency.as_ref().map(Currency::code);
    html! {
        section.box aria-labelledby="facts" {
            h2 id="facts" { (words::FACTS) }
            dl.facts {
                dt { (words::NAME) } dd { (install.name) }
                dt { (words::SHOP) } dd {
                    (install.shop.domain()) ", "
                    (match page.proof { ShopProof::Proven => words::PROVEN, ShopProof::Confirmed => words::BY_HAND, ShopProof::Unproven => words::UNPROVEN })
                }
                dt { (words::TOKEN) } dd { (words::STORED) ", " (words::REPLACED) " " (moment(page.token_since)) }
                dt { (words::SECRET) } dd { (match page.client_secret { Some(true) => words::STORED, Some(false) => words::UNREADABLE, None => text::NONE }) }
                dt { (words::ZONE) } dd { (zone) }
                dt { (words::CURRENCY) } dd { (currency.unwrap_or(words::CURRENCY_UNKNOWN)) }
                dt { (words::CONTACT) } dd { (install.contact.as_deref().unwrap_or(text::NONE)) }
                dt { (text::overview::CHANGED) } dd { (ago(page.changed, shell.now)) }
            }
        }
    }
}

fn replace(name: &str, page: &ShopPage<'_>, shell: &Shell<'_>) -> Markup {
    html! {
        section.box aria-labelledby="replace" {
            h2 id="replace" { (words::REPLACE) }
            p.soft { (words::REPLACE_HINT) }
            form method="post" action={ "/admin/shops/" (name) "/token" } autocomplete="off" {
                (shell.token())
                (Field::password("token", words::NEW_TOKEN, asked::TOKEN_HINT, "off").html(page.problems))
                (Field::password("client_secret", words::NEW_SECRET, "", "off").html(page.problems))
                button { (words::REPLACE_BUTTON) }
            }
        }
    }
}

fn settings(name: &str, page: &ShopPage<'_>, shell: &Shell<'_>) -> Markup {
    let [contact, customer, subscription] = page.typed;
    html! {
        section.box aria-labelledby="settings" {
            h2 id="settings" { (words::SETTINGS) }
            form method="post" action={ "/admin/shops/" (name) "/settings" } {
                (shell.token())
                (Field::text("contact", asked::CONTACT, asked::CONTACT_HINT, contact).html(page.problems))
                (Field::text("customer_link", words::CUSTOMER_LINK, words::LINK_HINT, customer).html(page.problems))
                (Field::text("subscription_link", words::SUBSCRIPTION_LINK, words::LINK_HINT, subscription).html(page.problems))
                button.plain { (text::SAVE) }
            }
        }
    }
}

fn remove(name: &str, page: &ShopPage<'_>, shell: &Shell<'_>) -> Markup {
    html! {
        section.box aria-labelledby="remove" {
            h2 id="remove" { (words::REMOVE) }
            p { (words::REMOVE_HINT) }
            @if !page.workspaces.is_empty() { p { (words::in_workspaces(&page.workspaces.join(", "))) } }
            form method="post" action={ "/admin/shops/" (name) "/remove" } {
                (shell.token())
                (Field::text("confirm", &words::type_name(name), "", "").html(page.problems))
                button.danger { (words::REMOVE) }
            }
        }
    }
}
