//! The document around a card, and pages without data.

use std::ops::Deref;
use std::sync::{Arc, LazyLock};

use maud::{DOCTYPE, Markup, html};

use super::card::Card;
use super::{Context, assets, text};
use crate::domain::answer::Answer;
use crate::domain::renderings::Rendering;

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

/// What stands before and behind every `<body>`. The style is most of a page, so it is written once.
static AROUND: LazyLock<(String, String)> = LazyLock::new(|| {
    const HERE: &str = "---";
    let empty = document_of(html! { (HERE) }).into_string();
    let (before, behind) = empty.rsplit_once(HERE).unwrap_or_default();
    (before.to_owned(), behind.to_owned())
});

/// A whole document with the card in it.
pub fn page(answer: &Answer, context: &Context) -> String {
    let (before, behind) = &*AROUND;
    let body = html! { body { (Card::of(answer, context, None)) } };
    [before.as_str(), &body.0, behind].concat()
}

/// A text whose beginning and end are always the same, and need no copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// What it begins with.
    pub before: &'static str,
    /// What was made for this one, or for those who looked at it before.
    pub made: Made,
    /// What it ends with.
    pub behind: &'static str,
}

/// A text that is nobody else's, or one that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Made {
    /// Made just now.
    Now(String),
    /// Kept with what it was made of.
    Before(Arc<Rendering>),
}

impl Deref for Made {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Now(text) => text,
            Self::Before(text) => text,
        }
    }
}

impl From<String> for Parts {
    fn from(made: String) -> Self {
        Made::Now(made).into()
    }
}

impl From<Arc<Rendering>> for Parts {
    fn from(made: Arc<Rendering>) -> Self {
        Made::Before(made).into()
    }
}

impl From<Made> for Parts {
    fn from(made: Made) -> Self {
        Self {
            before: "",
            made,
            behind: "",
        }
    }
}

impl Parts {
    /// A whole document: what stands before its `<body>`, what was made, and what ends both.
    pub(super) fn of_document(made: String, behind: &'static str) -> Self {
        Self {
            before: &AROUND.0,
            made: Made::Now(made),
            behind,
        }
    }
}

/// What stands behind every `</body>`.
pub(super) fn behind() -> &'static str {
    &AROUND.1
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
