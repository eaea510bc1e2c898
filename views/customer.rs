//! Who it is, what is wrong with the payments, the last order and the next charge.

use maud::{Markup, html};

use super::card::{Place, heading, row, view};
use super::facts::{self, Fact};
use super::format::first_meaningful_line;
use super::text;
use crate::domain::question::MatchedBy;
use crate::domain::snapshot::{ProblemKind, Snapshot};

/// So many items of a charge are named; the rest are counted, and named on hover.
const NAMED_ITEMS: usize = 2;

/// Payment trouble, before everything else.
pub(super) fn trouble(snapshot: &Snapshot, place: &Place<'_>) -> Markup {
    let Some(problem) = snapshot.payment_problem() else {
        return html! {};
    };
    let calendar = &place.calendar;
    let days = |at| calendar.day_of(at);
    let message = problem.message.as_deref().unwrap_or_default().trim();
    let said = first_meaningful_line(message);
    // The first line stands for the message; a fold has the rest only when there is a rest.
    let whole = Some(message).filter(|whole| whole.contains('\n'));
    let retried = problem.next_attempt.is_some() || problem.kind == ProblemKind::InDunning;
    html! {
        div class=(if retried { "note trouble wait" } else { "note trouble bad" }) {
            p.badge { (text::problem(problem.kind)) }
            @if let Some(said) = said { p.cut dir="auto" title=(message) { (said) } }
            @if let Some(times) = text::problem_times(problem.since.map(days), problem.next_attempt.map(days)) {
                p { (times.html(calendar)) }
            }
            @if let Some(whole) = whole {
                details { summary { (text::WHOLE_MESSAGE) } pre dir="auto" { (whole) } }
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
    html! {
        header {
            div.line {
                (heading(place.level, &name))
                (view(place.account.links.to_customer(&customer.id).as_ref(), &name))
            }
            @if let Some(email) = facts::address(customer) { p.soft dir="auto" { (email) } }
            p.line {
                span {
                    @if total == 0 { (text::NO_SUBSCRIPTIONS) }
                    @else {
                        span.pill data-status=(if active > 0 { "active" } else { "none" }) { (text::active(active)) }
                        " " (text::of_subscriptions(total))
                    }
                }
                span.soft { abbr title=(text::CUSTOMER_ID) { (text::ID) } " " code { (customer.id) } }
            }
            @if let Some(way) = text::matched_by(matched_by) { p.soft { (way) } }
            (details(snapshot, place))
        }
    }
}

fn details(snapshot: &Snapshot, place: &Place<'_>) -> Markup {
    let customer = &snapshot.customer;
    let last = snapshot.last_charge();
    let order = last.and_then(|charge| charge.shopify_order_id.as_ref());
    let created = customer.created_at.map(|at| place.calendar.instant(at));
    html! {
        details {
            summary { (text::CUSTOMER_DETAILS) }
            dl {
                (row(text::CUSTOMER_ID, Some(customer.id.as_str())))
                (row(text::SHOPIFY_CUSTOMER_ID, customer.shopify_customer_id.as_ref().map(|id| id.as_str())))
                (row(text::PHONE, customer.phone.as_deref()))
                (row(text::CREATED, created.as_deref()))
                (row(text::LAST_CHARGE_ID, last.map(|charge| charge.id.as_str())))
                (row(text::SHOPIFY_ORDER_ID, order.map(|id| id.as_str())))
            }
        }
    }
}

/// The last order beside the next charge.
pub(super) fn facts(snapshot: &Snapshot, place: &Place<'_>) -> Markup {
    let last = facts::last(snapshot, &place.calendar);
    let next = facts::next(snapshot, &place.calendar);
    html! {
        @if snapshot.charges.is_none() { p.note.wait { (text::CHARGES_MISSING) } }
        @if last.is_some() || next.is_some() {
            dl.facts {
                @for fact in [&next, &last].into_iter().flatten() { (one(fact, place)) }
            }
        }
    }
}

fn one(fact: &Fact<'_>, place: &Place<'_>) -> Markup {
    let rest = fact.items.len().saturating_sub(NAMED_ITEMS);
    let named = fact
        .items
        .iter()
        .take(NAMED_ITEMS)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    html! {
        div.bad[fact.failed] {
            dt { (fact.label) }
            dd { (fact.when.html(&place.calendar)) }
            @if fact.total.is_some() || fact.outcome.is_some() {
                dd {
                    @if let Some(total) = &fact.total { span.sum { (total) } }
                    @if fact.total.is_some() && fact.outcome.is_some() { " · " }
                    @if let Some(outcome) = &fact.outcome { (outcome) }
                }
            }
            @if !fact.items.is_empty() {
                dd.soft.cut title=(fact.items.join(", ")) {
                    bdi { (named) }
                    @if rest > 0 { " " (text::more_items(rest)) }
                }
            }
        }
    }
}
