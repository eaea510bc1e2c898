//! One subscription as an article, and the list of them.

use maud::{Markup, html};

use super::course::{self, Row, Tone};
use super::facts;
use super::place::{Place, heading, view};
use super::text;
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
    let dense = snapshot.subscriptions.len() > ROOMY;
    html! {
        @if !current.is_empty() {
            div.list.dense[dense] { @for subscription in &current { (article(subscription, snapshot, place)) } }
        }
        @if !past.is_empty() {
            @if current.is_empty() {
                div.list.dense[dense] { @for subscription in &past { (article(subscription, snapshot, place)) } }
            } @else {
                details.past {
                    summary { (folded(&past)) }
                    div.list.dense[dense] { @for subscription in &past { (article(subscription, snapshot, place)) } }
                }
            }
        }
    }
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
    html! {
        article data-subscription=(subscription.id) data-status=(subscription.status.as_str()) class=(tone.as_str()) {
            (picture(snapshot.image_of(subscription)))
            div.what {
                div.line {
                    (heading(place.level + 1, &name))
                    span.pill data-status=(shape(&subscription.status)) { (text::status(&subscription.status)) }
                }
                @if let Some(variant) = facts::variant(subscription) { p.soft.cut dir="auto" title=(variant) { (variant) } }
                p {
                    span.sum title=(text::PRICE_EACH) { (course::price(subscription)) }
                    @if let Some(rhythm) = course::rhythm(subscription) { " · " (rhythm) }
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
            dl { (rows(&course::details(subscription, &place.calendar))) }
            @if !product.is_empty() {
                div.product {
                    p.label { (text::PRODUCT) }
                    dl { (rows(&product)) }
                }
            }
        }
    }
}

fn rows(rows: &[Row<'_>]) -> Markup {
    html! {
        @for (label, value) in rows {
            dt dir="auto" { (label) }
            dd dir="auto" { (value) }
        }
    }
}
