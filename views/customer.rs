//! Who it is, what is wrong with the payments, the last order and the next charge.

use maud::{Markup, html};

use super::course::{Row, Tone};
use super::facts::{self, Fact};
use super::place::{Place, heading, id, row, view};
use super::readable::{first_line, readable};
use super::text;
use crate::domain::question::MatchedBy;
use crate::domain::snapshot::Snapshot;

/// Payment trouble, before everything else.
pub(super) fn trouble(snapshot: &Snapshot, place: &Place<'_>) -> Markup {
    let Some(problem) = snapshot.payment_problem() else {
        return html! {};
    };
    let calendar = &place.calendar;
    let message = problem.message.as_deref().unwrap_or_default().trim();
    let said = first_line(message);
    // The first line stands for the message; a fold has the rest only when there is a rest.
    let lines: Vec<_> = message
        .lines()
        .filter_map(|line| readable(Some(line)))
        .collect();
    let whole = (lines.len() > 1).then(|| lines.join("\n"));
    html! {
        div.note.bad {
            p.badge { (text::problem(problem.kind)) }
            @for words in facts::problem_cause(&problem) { p dir="auto" { (words) } }
            @if let Some(said) = said { p.cut dir="auto" title=(lines.join(" ")) { (said) } }
            @if let Some(times) = facts::problem_times(&problem, calendar) {
                p { (times.html(calendar)) }
            }
            @if let Some(whole) = whole {
                details.whole { summary { (text::WHOLE_MESSAGE) } pre dir="auto" { (whole) } }
            }
        }
    }
}

/// Name, address, counts, id, and the button.
pub(super) fn head(snapshot: &Snapshot, matched_by: MatchedBy, place: &Place<'_>) -> Markup {
    let customer = &snapshot.customer;
    let name = facts::name(customer);
    let total = snapshot.subscriptions_total();
    let active = snapshot.subscriptions_active();
    let (of, what) = text::of_subscriptions(total);
    html! {
        header {
            (heading(place.level, &name))
            p.line.soft {
                @if let Some(email) = facts::address(customer) { span dir="auto" { (email) } " " }
                (id(customer))
            }
            p.sums {
                @if total == 0 { span { (text::NO_SUBSCRIPTIONS) } }
                @else {
                    span {
                        span.pill data-status=(if active > 0 { "active" } else { "none" }) { (text::active(active)) }
                        " " (of) span.unseen { " " (what) }
                    }
                }
                @if let Some(next) = facts::next_in_short(snapshot, place.account.currency.as_ref(), &place.calendar) {
                    " " span.bad[next.tone == Tone::Trouble] { (next.sentence.html(&place.calendar)) }
                }
            }
            @if let Some(way) = text::matched_by(matched_by) { p.soft { (way) } }
            div.foot {
                (details(snapshot, place))
                (view(place.account.links.to_customer(&customer.id).as_ref(), &name))
            }
        }
    }
}

fn details(snapshot: &Snapshot, place: &Place<'_>) -> Markup {
    let customer = &snapshot.customer;
    let last = snapshot.last_charges(place.calendar.zone(), place.calendar.today());
    let last = last.first();
    let order = last.and_then(|charge| charge.shopify_order_id.as_ref());
    let created = customer.created_at.map(|at| place.calendar.instant(at));
    let at_shopify = customer.shopify_customer_id.as_ref();
    let rows = [
        Row::id(text::SHOPIFY_CUSTOMER_ID, at_shopify.map(|id| id.as_str())),
        Row::theirs(text::PHONE, readable(customer.phone.as_deref())),
        Row::ours(text::CREATED, created),
        Row::id(text::LAST_CHARGE_ID, last.map(|charge| charge.id.as_str())),
        Row::id(text::SHOPIFY_ORDER_ID, order.map(|id| id.as_str())),
    ];
    let rows: Vec<_> = rows.into_iter().flatten().collect();
    html! {
        @if !rows.is_empty() {
            details.person {
                summary { (text::DETAILS) }
                dl { @for each in &rows { (row(each)) } }
            }
        }
    }
}

/// The last order beside the next charge.
pub(super) fn facts(snapshot: &Snapshot, place: &Place<'_>) -> Markup {
    let shop = place.account.currency.as_ref();
    let last = facts::last(snapshot, shop, &place.calendar);
    let next = facts::next(snapshot, shop, &place.calendar);
    html! {
        @if snapshot.charges.is_none() { p.note.wait { (text::CHARGES_MISSING) } }
        @if last.is_some() || next.is_some() {
            dl.facts {
                @for fact in [&last, &next].into_iter().flatten() { (one(fact, place)) }
            }
        }
    }
}

fn one(fact: &Fact<'_>, place: &Place<'_>) -> Markup {
    // Two items are named. Of more the first is, and the rest are counted; hover has them all.
    let shown = if fact.items.len() > 2 { 1 } else { 2 };
    let rest = fact.items.len().saturating_sub(shown);
    let named: Vec<&str> = fact.items.iter().take(shown).map(String::as_str).collect();
    let named = named.join(", ");
    let has_sum = fact.total.is_some() || fact.outcome.is_some();
    html! {
        div.bad[fact.failed] {
            dt { (fact.label) }
            dd { (fact.when.html(&place.calendar)) }
            @if has_sum || !named.is_empty() {
                dd.soft.terms title=(fact.items.join(", ")) {
                    @if has_sum {
                        span {
                            @if let Some(total) = &fact.total { span.sum { (total) } }
                            @if fact.total.is_some() && fact.outcome.is_some() { " · " }
                            @if let Some(outcome) = &fact.outcome { (outcome) }
                        }
                    }
                    @if has_sum && !named.is_empty() { " " }
                    @if !named.is_empty() { bdi.cut { (named) @if rest > 0 { " " (text::more_items(rest)) } } }
                }
            }
        }
    }
}
