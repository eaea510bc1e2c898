//! Connecting a shop.

use maud::{Markup, html};

use super::parts::{Field, Problem, pill, summary};
use super::shell::Shell;
use super::text::connect as words;
use crate::views::readable::capitalised;

/// Something that the token should be allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// What to tick.
    pub tick: &'static str,
    /// Whether no card is possible without it.
    pub needed: bool,
    /// What is missing without it.
    pub costs: &'static str,
    /// Whether the token has it; `None`: not known.
    pub has: Option<bool>,
}

/// Why a token was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// Recharge refuses it.
    Refused,
    /// It is another shop's.
    OtherShop {
        /// As typed.
        typed: String,
        /// As Recharge says.
        actual: String,
    },
    /// It may do too little.
    TooLittle(Vec<Scope>),
    /// Recharge could not be asked.
    NotAsked {
        /// A word for it.
        what: &'static str,
        /// Whether it had enough calls.
        busy: bool,
        /// Under which what was typed is held; for trying again or saving unchecked. `None`: it can't be.
        held: Option<String>,
    },
}

/// What the page shows.
#[derive(Default)]
pub struct Ask<'a> {
    /// As typed.
    pub shop: &'a str,
    /// As typed.
    pub name: &'a str,
    /// As typed.
    pub contact: &'a str,
    /// Whether a token was pasted, which has to be pasted again.
    pub again: bool,
    /// What is wrong with the fields.
    pub problems: &'a [Problem],
    /// What is wrong with the token.
    pub trouble: Option<&'a Trouble>,
    /// What to tick in Recharge.
    pub scopes: &'a [Scope],
}

/// The page.
pub fn connect(shell: &Shell<'_>, ask: &Ask<'_>) -> Markup {
    let problems = ask.problems;
    shell.page(
        words::TITLE,
        html! {
            div.head { h1 { (words::TITLE) } p.soft { (words::LEAD) } }
            (summary(problems))
            @if let Some(trouble) = ask.trouble { (self::trouble(trouble, shell)) }
            div.two {
                form.box method="post" action="/admin/connect" autocomplete="off" {
                    (shell.token())
                    (Field::text("shop", words::SHOP, words::SHOP_HINT, ask.shop).html(problems))
                    (Field::password("token", words::TOKEN, words::TOKEN_HINT, "off").html(problems))
                    @if ask.again { p.note.wait { (words::AGAIN) } }
                    (Field::password("client_secret", words::CLIENT_SECRET, words::CLIENT_SECRET_HINT, "off").html(problems))
                    (Field::text("contact", words::CONTACT, words::CONTACT_HINT, ask.contact).html(problems))
                    details open[!ask.name.is_empty() || problems.iter().any(|p| p.field == "name")] {
                        summary { (words::MORE) }
                        (Field::text("name", words::NAME, words::NAME_HINT, ask.name).html(problems))
                    }
                    button { (words::BUTTON) }
                }
                (help(ask.scopes))
            }
        },
    )
}

fn help(scopes: &[Scope]) -> Markup {
    html! {
        section.box aria-labelledby="help" {
            h2 id="help" { (words::HELP) }
            ol.steps {
                @for (number, step) in words::STEPS.iter().enumerate() {
                    li {
                        (step)
                        @if number == words::STEPS.len() - 1 {
                            ul.plain {
                                @for scope in scopes {
                                    li { b { (scope.tick) } " (" (need(scope)) ")" }
                                }
                            }
                            p.soft { (words::NOTHING_ELSE) }
                        }
                    }
                }
                @for step in words::LAST_STEPS { li { (step) } }
            }
            p.soft { (words::NO_MENU) }
        }
    }
}

fn need(scope: &Scope) -> &'static str {
    if scope.needed {
        words::NEEDED
    } else {
        words::WANTED
    }
}

/// Why a token was not taken, and what to do.
pub(super) fn trouble(trouble: &Trouble, shell: &Shell<'_>) -> Markup {
    let (title, hint) = match trouble {
        Trouble::Refused => (words::REFUSED, words::REFUSED_HINT.to_owned()),
        Trouble::OtherShop { typed, actual } => {
            (words::OTHER_SHOP, words::other_shop(typed, actual))
        }
        Trouble::TooLittle(_) => (words::TOO_LITTLE, words::TOO_LITTLE_HINT.to_owned()),
        Trouble::NotAsked { what, busy, held } => {
            let title = if *busy {
                words::BUSY
            } else {
                words::UNREACHABLE
            };
            (title, words::unreachable(what, held.is_some()))
        }
    };
    html! {
        section.note.bad.big role="alert" aria-labelledby="trouble" {
            h2 id="trouble" { (title) }
            p { (hint) }
            @if let Trouble::NotAsked { held: Some(held), .. } = trouble {
                form.inline method="post" action="/admin/connect/held" {
                    (shell.token())
                    input type="hidden" name="held" value=(held);
                    button name="do" value="check" { (words::TRY_AGAIN) }
                    button.plain name="do" value="save" { (words::SAVE_UNCHECKED) }
                }
            }
        }
        @if let Trouble::TooLittle(scopes) = trouble { (table(scopes)) }
    }
}

/// What the token has and misses, and what that costs.
pub(super) fn table(scopes: &[Scope]) -> Markup {
    html! {
        div.table tabindex="0" role="region" aria-label=(words::SCOPES) {
            table {
                caption { (words::SCOPES) }
                thead { tr { th scope="col" { (words::PERMISSION) } th scope="col" { (words::THERE) } th scope="col" { (words::COSTS) } } }
                tbody {
                    @for scope in scopes {
                        tr {
                            th scope="row" { (scope.tick) div.soft { (need(scope)) } }
                            td {
                                @match scope.has {
                                    Some(true) => (pill("good", words::HAVE)),
                                    Some(false) => (pill(if scope.needed { "bad" } else { "wait" }, words::MISS)),
                                    None => (pill("", words::UNKNOWN)),
                                }
                            }
                            td { (capitalised(scope.costs)) }
                        }
                    }
                }
            }
        }
    }
}
