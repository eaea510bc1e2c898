//! What the page's script takes hold of.

use super::super::{ByHand, Frame, framed, framed_page, samples};
use super::{card, read, tags};
use crate::domain::answer::Answer;
use crate::domain::id::CustomerId;
use crate::domain::install::InstallName;

/// A page where agents may search and link.
fn framed_by<T>(make: impl FnOnce(&Frame<'_>) -> T) -> T {
    let pick = |_: &InstallName, customer: &CustomerId| customer.to_string();
    make(&Frame {
        session: "fake-session",
        until: samples::instant("2026-11-20T16:00:00Z"),
        by_hand: Some(ByHand {
            pick: &pick,
            opened: false,
        }),
        said: None,
    })
}

/// The part of it that is one customer's.
fn live(answer: &Answer) -> String {
    framed_by(|frame| framed(answer, &samples::context(), frame).into_string())
}

#[test]
fn what_only_the_script_can_do_is_hidden_until_it_shows_it() {
    for (name, answer) in samples::all() {
        let html = live(&answer);
        // Whatever can be pressed is hidden, or stands in something that is.
        for shown in ["<div class=\"acts\">", "<div class=\"filter\">"] {
            assert!(!html.contains(shown), "{name}");
        }
        let mut rest = html.as_str();
        while let Some((_, after)) = rest.split_once("<button ") {
            let (tag, inner) = after.split_once('>').unwrap();
            let is_in_what_is_hidden = ["link", "unlink"]
                .iter()
                .any(|act| tag.contains(&format!("data-act=\"{act}\"")))
                || inner.starts_with("Search<");
            assert!(
                tag.ends_with(" hidden") != is_in_what_is_hidden,
                "{name}: {tag}"
            );
            rest = inner;
        }
        assert!(html.contains("<details class=\"search\" hidden>"), "{name}");
        let refresh = html.matches("data-act=\"refresh\"").count();
        assert_eq!(refresh, answer.accounts.len(), "{name}");
    }
}

#[test]
fn every_id_of_a_card_can_be_copied() {
    let html = live(&samples::answer(samples::found(samples::kim())));
    for (what, id) in [
        ("Recharge customer ID", "176700001"),
        ("Shopify customer ID", "7923000000001"),
        ("Last charge ID", "1302000000"),
        ("Last Shopify order ID", "6001000000001"),
        ("Subscription ID", "585000001"),
        ("Subscription ID", "585000002"),
        ("Product ID", "8143000000001"),
        ("Variant ID", "43510000000001"),
        ("SKU", "WOOL100"),
    ] {
        let tag = format!("data-copy=\"{id}\" aria-label=\"Copy {what}\"");
        assert!(html.contains(&tag), "{tag}: {html}");
    }
    let chosen = live(&samples::answer(samples::found(samples::dunning())));
    assert!(
        !chosen.contains("data-copy=\"For a moka"),
        "a property is read"
    );
}

#[test]
fn more_than_ten_can_be_filtered() {
    for absent in ["data-find", "filter", "data-more"] {
        assert!(!card("active").contains(absent), "{absent}");
    }
    let html = card("many");
    assert_eq!(tags(&html, "input").len(), 1);
    assert!(html.contains("<label>Filter <input type=\"search\""));
    assert!(html.contains("<p class=\"soft\" role=\"status\" data-of=\" of 14 match\"></p>"));
    let more = "</article></div><button class=\"more\" type=\"button\" data-more=\"1\" hidden>";
    assert!(html.contains(more), "{html}");
    let articles = tags(&html, "article");
    assert_eq!(articles.len(), 14);
    for tag in articles {
        let id = tag.split('"').nth(1).unwrap();
        let searched = tag.split_once("data-find=\"").unwrap().1;
        let searched = searched.split_once('"').unwrap().0;
        assert_eq!(searched, searched.to_lowercase());
        assert!(searched.starts_with("office coffee box "), "{searched}");
        assert!(searched.contains(id), "{id}: {searched}");
    }
    let first = "data-find=\"office coffee box 0 8 / natural grey active 585100000 8143000000001 43510000000001 wool100\"";
    assert!(html.contains(first), "{html}");
}

#[test]
fn the_page_has_the_scripts_words_and_a_place_to_say_them() {
    let kim = samples::answer(samples::found(samples::kim()));
    let page = framed_by(|frame| framed_page(&kim, &samples::context(), frame, "^()$").made);
    for words in [
        "data-say-updated=\"Updated just now.\"",
        "data-say-copied=\"Copied.\"",
        "data-say-over=\"This card's session is over: reload the ticket.\"",
        "data-say-failed=\"Something went wrong: reload the ticket.\"",
    ] {
        assert!(page.contains(words), "{words}");
    }
    let html = live(&kim);
    assert!(html.ends_with("<p class=\"said\" role=\"status\"></p></div>"));
    assert!(html.contains("<time data-clock datetime=\"2026-11-20T15:15:02Z\""));
    assert!(
        read(&html).contains("As of 10:15 EST Refresh"),
        "{}",
        read(&html)
    );
}
