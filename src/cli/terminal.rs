//! The card on a terminal: the same facts and the same words as in HTML, in lines.
//!
//! Everything from outside loses its control characters before it is laid out, so that no name can move the cursor,
//! change a colour or forge a link. Escape sequences are added last, by `paper` alone.

mod paper;

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use crate::domain::answer::{Account, Answer, Outcome};
use crate::domain::customer::Customer;
use crate::domain::day::Zone;
use crate::domain::question::MatchedBy;
use crate::domain::snapshot::Snapshot;
use crate::domain::subscription::{Status, Subscription};
use crate::views::Context;
use crate::views::course::{self, Tone};
use crate::views::facts::{self, Fact};
use crate::views::format::Calendar;
use crate::views::readable::first_line;
use crate::views::text;

use paper::{BOLD, DIM, GREEN, PLAIN, Paper, RED, YELLOW, clean, kept_together};

/// Where the text of a labelled line begins.
const COLUMN: usize = 13;

/// What the terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Whether colours are wanted.
    pub colour: bool,
    /// Whether it shows links (OSC 8); otherwise addresses are printed.
    pub links: bool,
    /// How many columns it has.
    pub width: usize,
}

/// The card as lines, the last one ended.
pub fn render(answer: &Answer, context: &Context, look: &Look) -> String {
    let mut paper = Paper::new(*look);
    let many = answer.accounts.len() > 1;
    if answer.accounts.is_empty() {
        paper.line(BOLD, text::NO_INSTALL);
        paper.line(PLAIN, text::NO_INSTALL_HINT);
    }
    for (at, account) in answer.accounts.iter().enumerate() {
        if at > 0 {
            paper.blank();
        }
        if many {
            paper.rule(account.install.shop.as_str());
        }
        section(
            &mut paper,
            account,
            &Calendar::new(context.now, account.zone),
        );
    }
    paper.out
}

fn section(paper: &mut Paper, account: &Account, calendar: &Calendar) {
    let install = &account.install;
    let contact = install.contact.as_deref();
    let outcome = &account.outcome;
    if let (true, Some(reason), Some(as_of)) =
        (outcome.is_stale(), outcome.reason(), outcome.as_of())
    {
        let words = text::stale(reason, as_of, contact, install.name.as_str());
        paper.line(YELLOW, &words.plain(calendar));
    }
    match outcome {
        Outcome::Found {
            snapshot,
            matched_by,
            emails_missing,
            ..
        } => {
            if *emails_missing {
                paper.line(YELLOW, text::EMAILS_MISSING);
            }
            found(paper, account, snapshot, *matched_by, calendar);
        }
        Outcome::NotFound { .. } => {
            paper.line(BOLD, text::NOT_FOUND);
            paper.line(PLAIN, text::NOT_FOUND_HINT);
        }
        Outcome::Several { candidates, .. } => {
            let (title, hint) = text::several(candidates.len());
            paper.line(BOLD, &format!("{title} {hint}"));
            chooser(paper, account, candidates, calendar);
        }
        Outcome::Unlinked {
            candidates,
            unlinking,
            ..
        } => {
            paper.line(BOLD, &facts::unlinked(unlinking, calendar));
            let alone = candidates.is_empty();
            paper.line(
                PLAIN,
                if alone {
                    text::UNLINKED_ALONE
                } else {
                    text::UNLINKED_HINT
                },
            );
            chooser(paper, account, candidates, calendar);
        }
        Outcome::Unavailable { reason } => {
            let (title, hint) = text::unavailable(*reason, contact, install.name.as_str());
            paper.line(YELLOW.bold(), title);
            paper.line(PLAIN, &hint);
        }
    }
    if let Some(as_of) = outcome.as_of() {
        paper.blank();
        paper.line(DIM, &text::as_of(as_of).plain(calendar));
        if account.zone == Zone::Unknown {
            paper.line(DIM, text::ZONE_UNKNOWN);
        }
    }
}

fn found(
    paper: &mut Paper,
    account: &Account,
    snapshot: &Snapshot,
    matched_by: MatchedBy,
    calendar: &Calendar,
) {
    trouble(paper, snapshot, calendar);
    let customer = &snapshot.customer;
    paper.line(BOLD, &facts::name(customer));
    let mut who: Vec<String> = facts::address(customer)
        .map(Into::into)
        .into_iter()
        .collect();
    who.push(format!("{} {}", text::CUSTOMER_ID, customer.id));
    paper.line(DIM, &who.join(" · "));
    let total = snapshot.subscriptions_total();
    let active = snapshot.subscriptions_active();
    let shop = account.currency.as_ref();
    let next = facts::next_in_short(snapshot, shop, calendar);
    let style = match &next {
        Some(next) if next.tone == Tone::Trouble => RED,
        _ if active > 0 => GREEN,
        _ => PLAIN,
    };
    let mut sums = if total == 0 {
        text::NO_SUBSCRIPTIONS.to_owned()
    } else {
        let (of, what) = text::of_subscriptions(total);
        format!("{} {of} {what}", text::active(active))
    };
    if let Some(next) = next {
        let _ = write!(sums, " · {}", next.sentence.plain(calendar));
    }
    paper.line(style, &sums);
    if let Some(way) = text::matched_by(matched_by) {
        paper.line(YELLOW, way);
    }
    paper.link(0, account.links.to_customer(&customer.id).as_ref());
    paper.blank();
    if snapshot.charges.is_none() {
        paper.line(YELLOW, text::CHARGES_MISSING);
    }
    for fact in [
        facts::last(snapshot, shop, calendar),
        facts::next(snapshot, shop, calendar),
    ]
    .iter()
    .flatten()
    {
        labelled(paper, fact, calendar);
    }
    for subscription in &snapshot.subscriptions {
        paper.blank();
        one(paper, account, subscription, snapshot, calendar);
    }
}

fn trouble(paper: &mut Paper, snapshot: &Snapshot, calendar: &Calendar) {
    let Some(problem) = snapshot.payment_problem() else {
        return;
    };
    paper.hanging(RED.bold(), "▲", 2, RED.bold(), text::problem(problem.kind));
    for words in facts::problem_cause(&problem) {
        paper.hanging(PLAIN, "", 2, PLAIN, &words);
    }
    if let Some(said) = problem.message.as_deref().and_then(first_line) {
        paper.hanging(PLAIN, "", 2, PLAIN, &said);
    }
    let times = facts::problem_times(&problem, calendar);
    if let Some(times) = times {
        paper.hanging(PLAIN, "", 2, PLAIN, &times.plain(calendar));
    }
    paper.blank();
}

fn labelled(paper: &mut Paper, fact: &Fact<'_>, calendar: &Calendar) {
    let mut parts = vec![fact.when.plain(calendar)];
    parts.extend(fact.total.clone());
    parts.extend(fact.outcome.clone());
    if !fact.items.is_empty() {
        parts.push(fact.items.join(", "));
    }
    let style = if fact.failed { RED } else { PLAIN };
    paper.hanging(DIM, fact.label, COLUMN, style, &parts.join(" · "));
}

fn one(
    paper: &mut Paper,
    account: &Account,
    subscription: &Subscription,
    snapshot: &Snapshot,
    calendar: &Calendar,
) {
    let past = course::is_past(subscription, snapshot, calendar);
    let (mark, style) = match subscription.status {
        Status::Active => ("●", GREEN),
        Status::Cancelled => ("×", DIM),
        Status::Expired => ("■", DIM),
        Status::Other(_) => ("◆", YELLOW),
    };
    let status = clean(&format!("{mark} {}", text::status(&subscription.status)));
    let mut name = facts::product(subscription).into_owned();
    if let Some(variant) = facts::variant(subscription) {
        let _ = write!(name, " · {variant}");
    }
    let column = COLUMN;
    if status.width() < column {
        paper.hanging(
            style,
            &status,
            column,
            if past { PLAIN } else { BOLD },
            &name,
        );
    } else {
        paper.line(style, &status);
        paper.hanging(PLAIN, "", column, BOLD, &name);
    }
    let mut terms = course::price(subscription, account.currency.as_ref());
    if let Some(rhythm) = course::rhythm(subscription) {
        let _ = write!(terms, " · {rhythm}");
    }
    paper.hanging(PLAIN, "", column, PLAIN, &terms);
    for line in course::lines(subscription, snapshot, calendar) {
        let style = match line.tone {
            Tone::Plain | Tone::Over => PLAIN,
            Tone::Notice => YELLOW,
            Tone::Trouble => RED,
        };
        paper.hanging(PLAIN, "", column, style, &line.sentence.plain(calendar));
    }
    if let Some(comment) = course::comment(subscription) {
        paper.hanging(PLAIN, "", column, DIM, &format!("“{comment}”"));
    }
    let rows = course::details(subscription, snapshot, calendar);
    let product = course::product_details(subscription, snapshot);
    let rows: Vec<String> = rows
        .iter()
        .chain(&product)
        .map(|row| kept_together(&format!("{} {}", row.label, row.value)))
        .collect();
    paper.hanging(PLAIN, "", column, DIM, &rows.join(" · "));
    paper.link(
        column,
        account.links.to_subscription(&subscription.id).as_ref(),
    );
}

fn chooser(paper: &mut Paper, account: &Account, candidates: &[Customer], calendar: &Calendar) {
    for candidate in candidates {
        paper.blank();
        paper.hanging(PLAIN, "", 2, BOLD, &facts::name(candidate));
        let mut parts: Vec<String> = facts::address(candidate)
            .map(Into::into)
            .into_iter()
            .collect();
        parts.extend(
            candidate
                .active_at_least()
                .map(|n| text::active(n as usize)),
        );
        let since = candidate
            .created_at
            .map(|at| text::since(calendar.day_of(at)));
        parts.extend(since.map(|since| since.plain(calendar)));
        parts.push(format!("{} {}", text::ID, candidate.id));
        paper.hanging(PLAIN, "", 2, PLAIN, &parts.join(" · "));
        paper.link(2, account.links.to_customer(&candidate.id).as_ref());
    }
}

#[cfg(test)]
mod tests;
