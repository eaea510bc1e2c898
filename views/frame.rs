//! The card in a frame that is alive: what its script needs, and what an agent can do by hand.
//!
//! `<body data-hosts="…">` is a regular expression for the sites that the page may speak with. Within it `<div id="card">` is
//! one customer's: its attributes are the session, when it ends, and the version of the card (equal for equal cards). The
//! script makes it become what comes next, piece by piece; `<template>`s are what it shows when there is no customer.
//!
//! What only the script can do is `hidden` until it shows it, so a card without it is whole. Its handles, in the order of
//! the page:
//!
//! | handle | is |
//! |---|---|
//! | `body[data-say-…]` | the script's own words: `updated`, `copied`, `over`, `failed` |
//! | `button[data-copy="…"]` | copies that text; with `data-done` it shows a tick |
//! | `.filter input`, `.filter p[data-of]` | the filter over more than 10 subscriptions; how many match, with the words behind the number |
//! | `article[data-find]` | what the filter looks through, in small letters |
//! | `.dense + button[data-more]` | shows the rest of a list of which the script has left the first ten |
//! | `.acts button[data-act]` | `link`, `unlink`, `refresh`: what an agent does by hand (`by_hand`) |
//! | `time[data-clock]` | a time of the day in the shop's zone; `datetime` has the instant |
//! | `button[data-act="refresh"][data-anew]` | has the card read anew; then it rests, and says its `title` when it is pressed |
//! | `details.search form`, `.hits` beside it | searching (`search`) |
//! | `.said` | what is said to the agent, aloud as well; it stays in view |
//!
//! A fold is the same one on the next card when its section, its article and its class are the same.

use std::sync::LazyLock;

use maud::{Markup, Render, html};

use super::assets::{around, begin};
use super::by_hand::ByHand;
use super::card::Card;
use super::page::Parts;
use super::place::Live;
use super::text::{by_hand as text, frame as words};
use super::{Context, assets, page, search};
use crate::domain::answer::Answer;
use crate::domain::day::Instant;

/// What a card in a frame has besides the answer.
pub struct Frame<'a> {
    /// The session's token, which the page's script sends.
    pub session: &'a str,
    /// When the session ends.
    pub until: Instant,
    /// What the agent may do by hand.
    pub by_hand: Option<ByHand<'a>>,
    /// What is said above the card.
    pub said: Option<Said>,
}

/// What is said above a card that was asked for again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// It was read anew a moment ago.
    TooSoon,
    /// It was read anew.
    ReadAnew,
    /// The person is linked now.
    Linked,
    /// The person is linked to nobody now.
    Unlinked,
}

/// The part of the page that is one customer's.
pub fn framed(answer: &Answer, context: &Context, frame: &Frame<'_>) -> Markup {
    html! { (Framed::of(answer, context, frame)) }
}

/// Equal for equal cards: tells a page that what it shows is no longer what there is to show.
pub fn version(answer: &Answer, context: &Context, by_hand: Option<ByHand<'_>>) -> String {
    Card::of(answer, context, Some(Live { by_hand })).version()
}

/// A card in its frame.
struct Framed<'a> {
    card: Card,
    frame: &'a Frame<'a>,
}

impl<'a> Framed<'a> {
    fn of(answer: &Answer, context: &Context, frame: &'a Frame<'a>) -> Self {
        let by_hand = frame.by_hand;
        let card = Card::of(answer, context, Some(Live { by_hand }));
        Self { card, frame }
    }
}

impl Render for Framed<'_> {
    fn render_to(&self, out: &mut String) {
        let Self { card, frame } = self;
        let (until, version) = (frame.until.timestamp(), card.version());
        let mut attributes: Vec<(&str, &dyn Render)> = vec![
            ("id", &"card"),
            ("data-session", &frame.session),
            ("data-until", &until),
            ("data-version", &version),
        ];
        if frame.by_hand.is_some_and(|by_hand| by_hand.opened) {
            attributes.push(("data-opened", &""));
        }
        around(out, "div", &attributes, |out| {
            card.render_to(out);
            let behind = html! {
                @if frame.by_hand.is_some() { (search::form()) }
                p.said role="status" { @if let Some(said) = frame.said { (text::said(said)) } }
            };
            behind.render_to(out);
        });
    }
}

/// The whole page. `hosts`: a regular expression for the origins of the sites that may speak with it.
pub fn framed_page(answer: &Answer, context: &Context, frame: &Frame<'_>, hosts: &str) -> Parts {
    let framed = Framed::of(answer, context, frame);
    let attributes: [(&str, &dyn Render); 5] = [
        ("data-hosts", &hosts),
        ("data-say-updated", &text::said(Said::ReadAnew)),
        ("data-say-copied", &text::COPIED),
        ("data-say-over", &text::OVER),
        ("data-say-failed", &text::FAILED),
    ];
    let mut made = String::with_capacity(framed.card.length() + 3_072);
    begin(&mut made, "body", &attributes);
    framed.render_to(&mut made);
    Parts::of_document(made, &BEHIND)
}

/// What stands behind every card: what the script shows instead, the script, and the end of the document.
static BEHIND: LazyLock<String> = LazyLock::new(|| {
    let (instead, script) = (&INSTEAD.0, &assets::card_script().0);
    [instead, script, "</body>", page::behind()].concat()
});

/// What stands where the card was, from when the site around has told of another customer until there is theirs.
static INSTEAD: LazyLock<Markup> = LazyLock::new(|| {
    let states = [
        ("waiting", words::WAITING),
        ("nobody", words::NOBODY),
        ("failed", words::FAILED),
    ];
    html! {
        @for (name, (title, hint)) in states {
            template id=(name) { main data-state=(name) { div.state { h1 { (title) } p { (hint) } } } }
        }
    }
});
