//! A lookup that is tried: the card itself, and what happened.

use maud::{Markup, html};

use super::parts::{Field, Kind};
use super::shell::Shell;
use super::shop::ShopPage;
use super::text::shop as words;
use crate::domain::answer::Answer;
use crate::views::{Context, page};

/// What came of it.
pub struct Trial<'a> {
    /// What an agent would see.
    pub answer: &'a Answer,
    /// What memory had.
    pub cache: &'a str,
    /// How often Recharge was asked.
    pub calls: u32,
    /// How long it took.
    pub milliseconds: u64,
}

/// The form, and the result once there is one. The address that was typed is not repeated outside the card.
pub(super) fn section(shop: &ShopPage<'_>, shell: &Shell<'_>) -> Markup {
    let name = shop.install.name.as_str();
    html! {
        section.box aria-labelledby="try" {
            h2 id="try" { (words::TRY) }
            p.soft { (words::TRY_HINT) }
            form method="post" action={ "/admin/shops/" (name) "/lookup#try" } {
                (shell.token())
                (Field::text("email", words::EMAIL, "", "").of_kind(Kind::Email, "off").html(shop.problems))
                button { (words::TRY_BUTTON) }
            }
            @if let Some(trial) = &shop.trial { (result(trial, shell)) }
        }
    }
}

fn result(trial: &Trial<'_>, shell: &Shell<'_>) -> Markup {
    let card = page(trial.answer, &Context::at(shell.now));
    let outcome = trial.answer.outcome();
    // Whoever has to make do with memory finds no card there, either.
    let cache = match outcome {
        "unavailable" => words::NOTHING_TO_SHOW,
        _ => words::cache(trial.cache),
    };
    html! {
        div.two {
            // The very document that a helpdesk frames, in a frame: its style and its landmarks are its own.
            iframe title=(words::CARD) srcdoc=(card) sandbox="allow-popups allow-popups-to-escape-sandbox" {}
            div.stack {
                h3 { (words::HAPPENED) }
                dl.facts {
                    dt { (words::OUTCOME) } dd { (words::outcome(outcome)) }
                    dt { (words::CALLS) } dd { (trial.calls) }
                    dt { (words::TIME) } dd { (words::milliseconds(trial.milliseconds)) }
                    dt { (words::CACHE) } dd { (cache) }
                }
            }
        }
    }
}
