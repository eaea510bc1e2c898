//! The document around a card, and pages without data.

use std::sync::LazyLock;

use maud::{DOCTYPE, Markup, Render, html};

use super::assets::around;
use super::card::Card;
use super::{Context, assets, text};
use crate::domain::answer::Answer;

/// Why a page shows no card. None of them says anything about a person or a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// The address has expired, or its signature is wrong: the two look the same from outside.
    NotSigned,
    /// The question can't be read.
    BadRequest,
    /// There is no such page.
    NotFound,
    /// The question is too long.
    TooLarge,
    /// The workspace has asked too often.
    TooOften,
    /// It is our fault.
    Failed,
}

/// What stands before and behind every `<body>`. The style is most of a page, so it is written once, and copied once a
/// page.
static AROUND: LazyLock<(String, String)> = LazyLock::new(|| {
    const HERE: &str = "---";
    let empty = document_of(html! { (HERE) }).into_string();
    let (before, behind) = empty.rsplit_once(HERE).unwrap_or_default();
    (before.to_owned(), behind.to_owned())
});

/// A whole document with the card in it.
pub fn page(answer: &Answer, context: &Context) -> String {
    let card = Card::of(answer, context, None);
    page_of(card.length() + 256, |out| {
        around(out, &html! { body {} }, |out| card.render_to(out));
    })
}

/// A whole document with the `<body>` that `body` writes, for which there is room.
pub(super) fn page_of(room: usize, body: impl FnOnce(&mut String)) -> String {
    let (before, behind) = &*AROUND;
    let mut out = String::with_capacity(before.len() + room + behind.len());
    out.push_str(before);
    body(&mut out);
    out.push_str(behind);
    out
}

/// A whole document that says what is wrong and what to do.
pub fn notice_page(notice: Notice) -> Markup {
    let (title, hint) = text::notice(notice);
    document(html! {
        main.notice {
            div.state {
                h1 { (title) }
                p { (hint) }
            }
        }
    })
}

pub(super) fn document(content: Markup) -> Markup {
    document_of(html! { body { (content) } })
}

fn document_of(body: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                meta name="robots" content="noindex";
                title { (text::TITLE) }
                (assets::style())
            }
            (body)
        }
    }
}
