//! One subscription as an article, and the list of them.

use std::borrow::Cow;

use maud::{Markup, html};

use super::course::{self, Tone};
use super::facts;
use super::place::{Place, heading, row, view};
use super::text;
use crate::domain::day::Day;
use crate::domain::snapshot::Snapshot;
use crate::domain::subscription::{Status, Subscription};
use crate::domain::web_url::WebUrl;

/// Above this many the rows are compact.
const ROOMY: usize = 10;

/// All subscriptions: what is over in a fold, unless there is nothing else.
pub(super) fn list(snapshot: &Snapshot, place: &Place<'_>) -> Markup {
    let (past, current): (Vec<_>, Vec<_>) = snapshot
        .subscriptions
        .iter()
        .partition(|subscription| course::is_past(subscription, snapshot, &place.calendar));
    let dense = are_many(snapshot);
    html! {
        @if dense { (filter(snapshot.subscriptions.len())) }
        @if !current.is_empty() { (articles(&current, snapshot, place)) }
        @if !past.is_empty() {
            @if current.is_empty() {
                (articles(&past, snapshot, place))
            } @else {
                details.past {
                    summary {
                        (folded(&past))
                        @if let Some(day) = newest(&past, place) { (text::last_of_them(day).html(&place.calendar)) }
                    }
                    (articles(&past, snapshot, place))
                }
            }
        }
    }
}

/// A list of them. Of a long one the page's script leaves the first ones, and shows the button that brings the rest.
fn articles(subscriptions: &[&Subscription], snapshot: &Snapshot, place: &Place<'_>) -> Markup {
    let dense = are_many(snapshot);
    html! {
        div.list.dense[dense] { @for subscription in subscriptions { (article(subscription, snapshot, place)) } }
        @if dense { button.more type="button" data-more="1" hidden { (text::SHOW_REST) } }
    }
}

/// The day of the newest cancellation among what is over.
fn newest(past: &[&Subscription], place: &Place<'_>) -> Option<Day> {
    let newest = past.iter().filter_map(|over| over.cancelled_at).max()?;
    Some(place.calendar.day_of(newest))
}

/// Whether there are so many that rows are compact, and a filter is worth its place.
fn are_many(snapshot: &Snapshot) -> bool {
    snapshot.subscriptions.len() > ROOMY
}

/// The field that leaves out what does not match. The page's script shows it, and fills in how many are left.
fn filter(all: usize) -> Markup {
    html! {
        div.filter hidden {
            label { (text::FILTER) " " input type="search" autocomplete="off" spellcheck="false"; }
            p.soft role="status" data-of=(text::of_all_match(all)) {}
        }
    }
}

/// What the filter looks through: what people call it, and every id that they may have of it.
fn searched(subscription: &Subscription, snapshot: &Snapshot) -> String {
    let variant = facts::variant(subscription);
    let product = &subscription.product;
    let parts = [
        Some(facts::product(subscription)),
        variant,
        Some(text::status(&subscription.status).into()),
        Some(subscription.id.as_str().into()),
        product.id.as_ref().map(|id| id.as_str().into()),
        product.variant_id.as_ref().map(|id| id.as_str().into()),
        snapshot.sku_of(subscription).map(Into::into),
    ];
    let parts: Vec<Cow<'_, str>> = parts.into_iter().flatten().collect();
    parts.join(" ").to_lowercase()
}

fn folded(past: &[&Subscription]) -> String {
    let ended = past
        .iter()
        .filter(|subscription| subscription.status == Status::Expired)
        .count();
    text::past(past.len() - ended, ended)
}

fn article(subscription: &Subscription, snapshot: &Snapshot, place: &Place<'_>) -> Markup {
    let name = facts::product(subscription);
    let lines = course::lines(subscription, snapshot, &place.calendar);
    let tone = lines
        .iter()
        .map(|line| line.tone)
        .max()
        .unwrap_or(Tone::Plain);
    let comment = course::comment(subscription);
    let searched = are_many(snapshot).then(|| searched(subscription, snapshot));
    html! {
        article data-subscription=(subscription.id) data-status=(subscription.status.as_str()) class=(tone.as_str())
            data-find=[searched] {
            (picture(snapshot.image_of(subscription)))
            div.what {
                div.line {
                    (heading(place.level + 1, &name))
                    span.pill data-status=(shape(&subscription.status)) { (text::status(&subscription.status)) }
                }
                @if let Some(variant) = facts::variant(subscription) { p.soft.cut dir="auto" title=(variant) { (variant) } }
                p.terms {
                    span.sum title=(text::PRICE_EACH) { (course::price(subscription, place.account.currency.as_ref())) }
                    @if let Some(rhythm) = course::rhythm(subscription) { " " span { (rhythm) } }
                }
            }
            div.course {
                @for line in &lines { p class=(line.tone.as_str()) { (line.sentence.html(&place.calendar)) } }
                @if let Some(comment) = comment { blockquote.cut dir="auto" title=(comment) { (comment) } }
            }
            div.foot {
                (fold(subscription, snapshot, place))
                (view(place.account.links.to_subscription(&subscription.id).as_ref(), &name))
            }
        }
    }
}

/// The shape of a pill: one of four, whatever the provider calls it.
fn shape(status: &Status) -> &'static str {
    match status {
        Status::Active => "active",
        Status::Cancelled => "cancelled",
        Status::Expired => "expired",
        Status::Other(_) => "other",
    }
}

/// The box keeps its size whether the image is there, still to come, or never will be.
fn picture(url: Option<&WebUrl>) -> Markup {
    html! {
        span.pic {
            @if let Some(url) = url {
                img src=(url) alt="" width="40" height="40" loading="lazy" decoding="async" referrerpolicy="no-referrer";
            }
        }
    }
}

fn fold(subscription: &Subscription, snapshot: &Snapshot, place: &Place<'_>) -> Markup {
    let product = course::product_details(subscription, snapshot);
    html! {
        details {
            summary { (text::DETAILS) }
            dl { @for each in &course::details(subscription, snapshot, &place.calendar) { (row(each)) } }
            @if !product.is_empty() {
                div.product {
                    p.label { (text::PRODUCT) }
                    dl { @for each in &product { (row(each)) } }
                }
            }
        }
    }
}
