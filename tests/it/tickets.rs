//! Twenty typical tickets, and for each the fact that answers it: on the card of somebody whom it has happened to.
//!
//! What the card can't answer stands in [`NOT_ANSWERED`], with the reason; there the way into Recharge has to do.

use sidecard::cli::preview::{Shot, gallery};
use sidecard::views;

/// Where a fact stands.
enum Stands {
    /// In sight, without a click.
    InSight,
    /// In a fold: one click.
    InAFold,
}
use Stands::{InAFold, InSight};

/// What a customer writes, whose card it is, and what answers it.
const TICKETS: [(&str, &str, Stands, &[&str]); 24] = [
    (
        "Where is my order?",
        "active",
        InSight,
        &["Last order 15 Nov, 5 days ago $102.90 · Paid Wool Runner"],
    ),
    (
        "What is the number of that order at Shopify?",
        "active",
        InAFold,
        &["Last Shopify order ID 6001"],
    ),
    (
        "When will I be charged next, and how much?",
        "active",
        InSight,
        &["Next $102.90 on 15 Dec", "Next charge 15 Dec, in 25 days"],
    ),
    (
        "Cancel my subscription, please.",
        "active",
        InSight,
        &["Wool Runner Active", "View in Recharge"],
    ),
    (
        "Why was I charged?",
        "weekly",
        InSight,
        &["Last order", "Paid", "Every week on Thursday"],
    ),
    (
        "Your page says $98.00. Why did you take $102.90?",
        "active",
        InSight,
        &["$98.00", "$102.90 · Paid"],
    ),
    (
        "I asked you to change the date. Has it been done?",
        "moved",
        InSight,
        &["Moved to", "(was"],
    ),
    ("Skip my next box.", "skipped", InSight, &["skipped, next"]),
    (
        "You send it to my old address!",
        "active",
        InAFold,
        &["Ships to Placeholder Falls"],
    ),
    (
        "My mother's box should not come to me.",
        "several-addresses",
        InAFold,
        &["Ships to Sample Springs", "Ships to Exampleville"],
    ),
    (
        "I never cancelled. Where is my coffee?",
        "attempts-exhausted",
        InSight,
        &["Cancelled by Recharge after failed payments"],
    ),
    (
        "I cancelled. Did you note it?",
        "cancelled-reason",
        InAFold,
        &[
            "1 cancelled, last 12 Oct",
            "Cancelled 12 Oct. Reason given:",
        ],
    ),
    (
        "I cancelled, and a box came.",
        "prepaid-cancelled",
        InSight,
        &["prepaid deliver", "left, next", "Cancelled"],
    ),
    (
        "Why did my payment fail?",
        "dunning",
        InSight,
        &[
            "Payment failed: customer must update their card",
            "Your card has expired.",
        ],
    ),
    (
        "When do you try my card again?",
        "failed",
        InSight,
        &["Next retry"],
    ),
    ("Where is my refund?", "refunded", InSight, &["Refunded"]),
    (
        "I paid for three boxes. How many are left?",
        "prepaid",
        InSight,
        &["prepaid deliver", "left, next"],
    ),
    (
        "You sent the wrong kind.",
        "dunning",
        InSight,
        &["Morning Roast", "12 oz / Whole bean"],
    ),
    ("My box is late.", "overdue", InSight, &["Overdue since"]),
    (
        "My subscription has stopped by itself.",
        "ended",
        InSight,
        &["Ended: all"],
    ),
    (
        "Since when am I a subscriber?",
        "active",
        InAFold,
        &["Created 26 Jan 2025"],
    ),
    (
        "I have no subscription, why do you write to me?",
        "one-time",
        InSight,
        &["No subscriptions", "Last order"],
    ),
    (
        "I can't log in: you don't know my address.",
        "not-found",
        InSight,
        &[
            "Not found in Recharge",
            "They may have ordered with another one",
        ],
    ),
    (
        "I have two accounts. Which is the right one?",
        "several",
        InSight,
        &["2 customers match", "2 active", "1 active"],
    ),
];

/// What the card does not answer, why, and a word that a card which does would have.
const NOT_ANSWERED: [(&str, &str, &str); 5] = [
    (
        "Where is the parcel now?",
        "Recharge knows no carrier and no tracking number; Shopify does, under the order's ID",
        "tracking",
    ),
    (
        "Is my street right?",
        "only the city is kept: a whole address is more than an agent needs at a glance",
        "street",
    ),
    (
        "What of the sum is tax, shipping, discount?",
        "the card has the price of one and the sum that was taken",
        "shipping cost",
    ),
    (
        "Which card do you charge?",
        "payment methods are a call of their own, and a scope that few tokens have",
        "ending in",
    ),
    (
        "What did you charge me last year?",
        "Recharge lists no charge that was taken more than 90 days ago",
        "2025 · paid",
    ),
];

/// What a person reads: no tags, entities resolved, every run of white space one blank. `folds`: what is in them too.
fn read(html: &str, folds: bool) -> String {
    let mut text = String::new();
    // How many folds this is in, and whether it is the line that a fold shows of itself.
    let (mut depth, mut is_summary) = (0_u32, false);
    for part in html.split('<').skip(1) {
        let (tag, words) = part.split_once('>').unwrap();
        match tag.split([' ', '>']).next().unwrap() {
            "details" => depth += 1,
            "/details" => depth -= 1,
            "summary" => is_summary = true,
            "/summary" => is_summary = false,
            "a" | "abbr" | "b" | "bdi" | "code" | "span" | "time" | "/a" | "/abbr" | "/b"
            | "/bdi" | "/code" | "/span" | "/time" => {}
            _ => text.push(' '),
        }
        if folds || depth == 0 || (depth == 1 && is_summary) {
            text.push_str(words);
        }
    }
    let text = text.replace("&quot;", "\"").replace("&amp;", "&");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn card(shots: &[Shot], name: &str) -> String {
    let shot = shots.iter().find(|shot| shot.name == name).unwrap();
    views::card(&shot.answer, &shot.context).into_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_answers_a_typical_ticket_is_on_the_card() {
    let shots = gallery().await.unwrap();
    let mut missing = Vec::new();
    for (ticket, name, stands, facts) in TICKETS {
        let text = read(&card(&shots, name), matches!(stands, InAFold));
        let absent = facts.iter().filter(|fact| !text.contains(**fact));
        missing.extend(
            absent.map(|fact| format!("{ticket}\n  {name} does not say {fact:?}:\n  {text}")),
        );
    }
    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_does_not_answer_is_one_click_away() {
    let shots = gallery().await.unwrap();
    let text = read(&card(&shots, "active"), false);
    assert!(text.matches("View in Recharge").count() >= 2, "{text}");
    // Whoever makes the card answer one of these takes it off the list.
    let all = read(&card(&shots, "active"), true).to_lowercase();
    for (ticket, why, word) in NOT_ANSWERED {
        assert!(!all.contains(word), "{ticket} Not on the card, for {why}.");
    }
}

#[test]
fn what_is_in_a_fold_is_not_in_sight() {
    let html = "<p>a</p><details><summary>b <b>c</b></summary><p>d</p></details><p>e</p>";
    assert_eq!(read(html, false), "a b c e");
    assert_eq!(read(html, true), "a b c d e");
}
