//! Searching by hand: the form, and what was found, masked until an agent opens it.

use maud::{Markup, html};

use super::mask;
use super::text::{self, by_hand as words};
use crate::domain::answer::Reason;
use crate::domain::customer::Customer;

/// A record that was found.
pub struct Hit<'a> {
    /// The record.
    pub customer: &'a Customer,
    /// The shop that it is of.
    pub shop: &'a str,
    /// As the page hands it back.
    pub pick: String,
}

/// What a search came to.
pub struct Hits<'a> {
    /// What was found, so much of it as is shown.
    pub hits: Vec<Hit<'a>>,
    /// How many more there are.
    pub more: usize,
    /// Shops that could not be asked, and why.
    pub silent: Vec<(&'a str, Reason)>,
    /// Whether it was an order that was looked for.
    pub by_order: bool,
    /// Whether there are several shops.
    pub many_shops: bool,
}

/// The form. Only the page's script can send it, so it is hidden until that shows it.
pub(super) fn form() -> Markup {
    html! {
        details.search hidden {
            summary { (words::FIND) }
            div role="search" aria-label=(words::FIND) {
                form autocomplete="off" {
                    label { (words::SEARCH_BY) " "
                        select name="by" {
                            @for (by, label) in words::BY { option value=(by) { (label) } }
                        }
                    }
                    label { (words::SEARCH_FOR) " " input name="text" type="text" required maxlength="320" autocapitalize="off" spellcheck="false"; }
                    button type="button" { (words::SEARCH) }
                }
                div.hits role="status" {}
            }
        }
    }
}

/// What was found, for the form's place for it.
pub fn hits(found: &Hits<'_>) -> Markup {
    html! {
        p { (words::hits(found.hits.len() + found.more)) }
        @for (shop, reason) in &found.silent { p.note.wait { (words::silent(shop, *reason)) } }
        @if found.hits.is_empty() && found.by_order { p.soft { (words::ORDER_NUMBERS) } }
        @if !found.hits.is_empty() {
            ul.chooser { @for hit in &found.hits { li { (one(hit, found.many_shops)) } } }
        }
        @if found.more > 0 { p.soft { (words::more(found.more)) } }
    }
}

fn one(hit: &Hit<'_>, many_shops: bool) -> Markup {
    let name = mask::name(hit.customer.name.as_deref());
    html! {
        div.line {
            p.who dir="auto" { (name) }
            button type="button" data-act="open" data-pick=(hit.pick) aria-label=(words::open_label(&name)) { (words::OPEN) }
        }
        @if let Some(email) = hit.customer.email.as_deref() { p.soft dir="auto" { (mask::email(email)) } }
        p.soft {
            @if let Some(active) = hit.customer.active_at_least() { (text::active(active as usize)) }
            @if many_shops { " · " (hit.shop) }
        }
    }
}
