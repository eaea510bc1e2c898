//! Cards: domain -> HTML, pure. No I/O, no clock, no environment; what is shown follows from what is given.
//!
//! - `facts`, `course` what is said of a customer and of a subscription, whatever shows it
//! - `card` the answer, account by account · `customer` who, trouble, last and next charge · `subscription` one of them,
//!   and the list · `states` everything that is not a customer · `page` the document around
//! - `frame` a card that is alive, in its frame · `by_hand`, `search` what agents do there themselves · `mask` people as
//!   searches show them
//! - `kustomer` a page that fills itself
//! - `admin` the admin pages, with their own words
//! - `text` every word · `sentence` words with values in them, `render` how they look · `format` money and dates ·
//!   `readable` texts from outside · `place` what the parts share · `json` the answer for programs · `assets` the style sheet

pub mod admin;
mod assets;
mod by_hand;
mod card;
pub mod course;
mod customer;
pub mod facts;
pub mod format;
mod frame;
pub mod json;
pub mod kustomer;
mod mask;
mod page;
mod place;
pub mod preview;
pub mod readable;
mod render;
mod search;
pub mod sentence;
mod states;
mod subscription;
pub mod text;

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;

pub use assets::{LIVE_SCRIPT, card_script_source, style_source};
pub use by_hand::ByHand;
pub use card::card;
pub use frame::{Frame, Said, framed, framed_page, version};
pub use page::{Made, Notice, Parts, notice_page, page};
pub use search::{Hit, Hits, hits};

use crate::domain::day::Instant;

/// What a card depends on besides the answer.
#[derive(Debug, Clone)]
pub struct Context {
    /// The present moment; today is this moment's day at the shop.
    pub now: Instant,
    /// How many more addresses the helpdesk knows of the person, which were not looked for.
    pub untried: usize,
}

impl Context {
    /// A card at this moment, when all addresses were looked for.
    pub fn at(now: Instant) -> Self {
        Self { now, untried: 0 }
    }
}
