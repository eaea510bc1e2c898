//! The sentences that must not mislead (issue 2), as an agent reads them on the card.

use super::super::samples::{self, all, day, every, found, runner, snapshot};
use super::super::{Context, card as render};
use super::{card, read, read_found};
use crate::domain::charge::ChargeStatus;
use crate::domain::day::Zone;
use crate::domain::subscription::{Status, Subscription, Unit};

#[track_caller]
fn says(state: &str, sentences: &[&str]) {
    let text = read(&card(state));
    for sentence in sentences {
        assert!(
            text.contains(sentence),
            "{state} does not say {sentence:?}:\n{text}"
        );
    }
}

#[track_caller]
fn does_not_say(state: &str, sentences: &[&str]) {
    let text = read(&card(state));
    for sentence in sentences {
        assert!(
            !text.contains(sentence),
            "{state} says {sentence:?}:\n{text}"
        );
    }
}

#[test]
fn an_active_subscription() {
    says(
        "active",
        &[
            "Kim Example",
            "kim@acme.example",
            "1 active of 2 subscriptions Next $102.90 on 15 Dec",
            "ID 176700001",
            "Last order 15 Nov, 5 days ago $102.90 · Paid Wool Runner",
            "Next charge 15 Dec, in 25 days $102.90 Wool Runner",
            "Wool Runner Active 8 / Natural Grey $98.00 Every 30 days",
            "Next charge 15 Dec, in 25 days Details",
            "Subscription ID 585000001 Created 26 Jan 2025, 10:20 Updated 15 Nov 2026, 04:00",
            "Billing interval 30 days Next billing date Tuesday, 15 December 2026",
            "Ships to Mocktown",
            "Product ID 8143000000001 Variant ID 43510000000001 SKU WOOL100",
            "As of 10:15 EST",
        ],
    );
    does_not_say(
        "active",
        &[
            "acme-usa",
            "Times in UTC",
            "Payment",
            "Delivery interval",
            "Matched",
        ],
    );
}

#[test]
fn a_cancelled_subscription_is_folded_with_its_reason() {
    let html = card("active");
    let (open, fold) = html.split_once("<details class=\"past\">").unwrap();
    assert!(open.contains("585000001") && !open.contains("585000002"));
    let fold = read(fold);
    assert!(
        fold.starts_with("1 cancelled, last 1 Sep Tree Dasher Cancelled"),
        "{fold}"
    );
    assert!(
        fold.contains("Cancelled 1 Sep. Reason given: too expensive Love the shoes"),
        "{fold}"
    );
    assert!(
        fold.contains("Cancelled 1 Sep 2026, 14:00 Reason too expensive"),
        "{fold}"
    );
}

#[test]
fn what_is_over_stands_open_when_there_is_nothing_else() {
    assert!(!card("only-cancelled").contains("class=\"past\""));
    says(
        "only-cancelled",
        &[
            "None active of 3 subscriptions",
            "Ended: all 6 charges made",
            "Cancelled by Recharge after failed payments, 1 Sep",
            "Cancelled 1 Sep. Reason given: too expensive",
        ],
    );
    says("mixed", &["3 cancelled or ended"]);
}

#[test]
fn a_reason_that_a_person_gave_outweighs_failed_payments() {
    let mut one = samples::cancelled("585000002");
    one.payment_attempts_exhausted = true;
    let text = read_found(snapshot(vec![one.clone()], Vec::new()));
    assert!(text.contains("Cancelled 1 Sep. Reason given: too expensive"));
    one.cancellation_reason = None;
    let text = read_found(snapshot(vec![one.clone()], Vec::new()));
    assert!(text.contains("Cancelled by Recharge after failed payments, 1 Sep"));
    one.payment_attempts_exhausted = false;
    let text = read_found(snapshot(vec![one], Vec::new()));
    assert!(text.contains("Cancelled 1 Sep. No reason given"));
}

#[test]
fn the_next_charge_when_it_is_not_as_usual() {
    says("moved", &["Moved to 15 Dec (was 3 Dec)"]);
    says("skipped", &["3 Dec skipped, next 2 Jan 2027, in 43 days"]);
    says(
        "overdue",
        &[
            "$102.90 overdue since 17 Nov",
            "Next charge Overdue since 17 Nov",
        ],
    );
    says(
        "dunning",
        &[
            "Payment failed The payment was declined. Ask the customer to contact their bank, or to use another payment method.",
            "Your card has insufficient funds. First failed 17 Nov. Next retry 1 Dec, in 11 days",
            "Next retry 1 Dec, in 11 days £102.90 2 × House Espresso",
            "Payment failed, next retry 1 Dec, in 11 days",
            "Every week on Thursday",
            "Grind For a moka pot",
        ],
    );
    let html = card("dunning");
    assert!(
        html.find("Payment failed").unwrap() < html.find("Kim Example").unwrap(),
        "trouble comes first"
    );
}

#[test]
fn prepaid() {
    says(
        "prepaid",
        &[
            "Ships every 30 days · paid every 90 days",
            "2 prepaid deliveries left, next 5 Dec, in 15 days",
            "Next charge 3 Feb 2027, in 75 days",
        ],
    );
    says(
        "prepaid-cancelled",
        &[
            "2 prepaid deliveries left, next 5 Dec, in 15 days",
            "Cancelled 10 Oct. No reason given",
        ],
    );
    // Somebody waits for it: it is not folded away beside an active one.
    let mut both = samples::prepaid(Status::Cancelled);
    both.subscriptions.insert(0, runner("585000001"));
    let html = render(&samples::answer(found(both)), &samples::context()).into_string();
    assert!(!html.contains("class=\"past\""));
}

#[test]
fn an_unknown_status_is_shown_as_text() {
    let html = card("mixed");
    assert!(html.contains("data-status=\"on_hold\""));
    assert!(html.contains("<span class=\"pill\" data-status=\"other\">On hold</span>"));
    says(
        "mixed",
        &[
            "¥4,200 × 2 Every month on the 31st",
            "12.00 Every 30 days",
            "Unnamed product",
            "Next charge date not known",
        ],
    );
    for (state, _) in all() {
        does_not_say(state, &["aused"]);
    }
    let paused = Subscription {
        status: Status::of("paused"),
        ..runner("1")
    };
    assert!(read_found(snapshot(vec![paused], Vec::new())).contains("Paused"));
}

#[test]
fn nothing_bought_lately() {
    says(
        "none",
        &["No subscriptions", "Last order No orders in 90 days"],
    );
    does_not_say("none", &["No upcoming charge"]);
    says(
        "one-time",
        &[
            "No subscriptions",
            "Last order 2 Oct, 49 days ago $102.90 · Paid Wool Runner",
        ],
    );
}

#[test]
fn what_could_not_be_read_is_not_denied() {
    says(
        "missing",
        &[
            "Payment details couldn't be read",
            "Next charge 15 Dec, in 25 days",
        ],
    );
    does_not_say(
        "missing",
        &["No orders in 90 days", "Last order 1", "No upcoming charge"],
    );
}

#[test]
fn old_cards_say_how_old_and_why() {
    says(
        "stale",
        &[
            "Not the newest: as of 08:10 EST. Recharge does not answer now. Reload in a minute.",
            "Matched by Shopify account, not by email",
        ],
    );
    says(
        "stale-reconnect",
        &["Recharge refuses Sidecard's access. Ask Dana, #cx-tools to reconnect acme-usa."],
    );
    says(
        "zone-unknown",
        &[
            "As of 15:15 UTC",
            "Times in UTC: the shop's time zone is not known",
        ],
    );
}

#[test]
fn states_without_a_customer() {
    says(
        "not-found",
        &[
            "Not found in Recharge",
            "No customer has this email address.",
            "As of 08:10 EST",
        ],
    );
    says(
        "several",
        &[
            "2 customers match. Open the right one.",
            "1 active since 25 Jan 2025 ID 176700009",
            "since 11 Jun 2023",
        ],
    );
    says(
        "unlinked",
        &["Unlinked", "belong to somebody else", "View in Recharge"],
    );
    says("unreachable", &["Recharge does not answer"]);
    says("rate-limited", &["Recharge is busy"]);
    says(
        "reconnect",
        &["Recharge refuses Sidecard's access. Ask Dana, #cx-tools to reconnect acme-usa."],
    );
    says("no-install", &["No shop is connected"]);
    let (_, mut answer) = all()
        .into_iter()
        .find(|(state, _)| *state == "reconnect")
        .unwrap();
    let mut install = (*answer.accounts[0].install).clone();
    install.contact = None;
    answer.accounts[0].install = std::sync::Arc::new(install);
    let text = read(&render(&answer, &samples::context()).into_string());
    assert!(text.contains("Ask an admin to reconnect acme-usa."));
}

#[test]
fn days_are_the_shops_days() {
    let mut answer = samples::answer(found(samples::kim()));
    // 03:00 UTC on the 21st is still the 20th in New York, and already afternoon of the 21st in Tokyo.
    let late = Context::at(samples::instant("2026-11-21T03:00:00Z"));
    let text = read(&render(&answer, &late).into_string());
    assert!(text.contains("15 Dec, in 25 days"), "{text}");
    answer.accounts[0].zone = Zone::named("Asia/Tokyo");
    let text = read(&render(&answer, &late).into_string());
    assert!(text.contains("15 Dec, in 24 days"), "{text}");
    assert!(text.contains("As of 00:15 JST"), "{text}");
}

#[test]
fn every_day_is_exact_on_hover_and_for_machines() {
    let html = card("active");
    assert!(html.contains("<time datetime=\"2026-12-15\" title=\"Tuesday, 15 December 2026\"><b>15 Dec</b>, in\u{a0}25\u{a0}days</time>"));
    assert!(html.contains("<time data-clock datetime=\"2026-11-20T15:15:02Z\" title=\"Friday, 20 November 2026, 10:15:02 EST\">10:15 EST</time>"));
}

#[test]
fn charges_of_other_kinds() {
    let one = runner("585000001");
    let mut failed = samples::charge("1", ChargeStatus::Error, "2026-11-15", &one);
    failed.last_attempt_at = Some(samples::instant("2026-11-15T14:00:00Z"));
    failed.error = Some("CUSTOMER_NEEDS_TO_UPDATE_CARD".into());
    let text = read_found(snapshot(vec![one.clone()], vec![failed]));
    assert!(
        text.contains("Payment failed Customer needs to update card First failed 15 Nov"),
        "{text}"
    );
    assert!(
        text.contains("Last charge 15 Nov, 5 days ago $102.90 · Payment failed"),
        "{text}"
    );
    let mut odd = samples::charge("2", ChargeStatus::Pending, "2026-11-20", &one);
    odd.items
        .extend([odd.items[0].clone(), odd.items[0].clone()]);
    let text = read_found(snapshot(vec![one], vec![odd]));
    assert!(
        text.contains("Next charge 20 Nov, today $102.90 · Payment pending Wool Runner and 2 more"),
        "{text}"
    );
}

#[test]
fn an_active_subscription_that_is_no_longer_charged() {
    let stopped = Subscription {
        payment_attempts_exhausted: true,
        next_billing_date: Some(day("2026-11-18")),
        billing_interval: Some(every(1, Unit::Month)),
        delivery_interval: None,
        ..runner("1")
    };
    let text = read_found(snapshot(vec![stopped], Vec::new()));
    assert!(text.contains("Paid every month No more retries"), "{text}");
}

#[test]
fn a_try_that_should_have_been_is_not_promised() {
    let mut card = samples::dunning();
    if let Some(charges) = &mut card.charges {
        charges[0].retry_date = Some(day("2026-11-18"));
    }
    let text = read_found(card);
    assert!(
        text.contains("Payment failed, retry overdue since 18 Nov"),
        "{text}"
    );
    assert!(
        text.contains("Next retry Retry overdue since 18 Nov"),
        "{text}"
    );
    assert!(!text.contains("Next retry 18 Nov"), "{text}");
}
