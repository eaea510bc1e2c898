use unicode_width::UnicodeWidthStr;

use super::paper::wrapped;
use super::{Look, render};
use crate::domain::id::CustomerId;
use crate::views::samples;

const BARE: Look = Look {
    colour: false,
    links: false,
    width: 80,
};

fn show(name: &str, look: Look) -> String {
    let (_, answer) = samples::all()
        .into_iter()
        .find(|(state, _)| *state == name)
        .unwrap();
    render(&answer, &samples::context(), &look)
}

#[test]
fn a_card_at_80_columns() {
    let expected = "\
Kim Example
kim@acme.example · Recharge customer ID 176700001
1 active of 2 subscriptions · Next $102.90 on 15 Dec
https://acme-usa-sp.admin.rechargeapps.com/merchant/customers/176700001

Last order   15 Nov, 5 days ago · $102.90 · Paid · Wool Runner
Next charge  15 Dec, in 25 days · $102.90 · Wool Runner

● Active     Wool Runner · 8 / Natural Grey
             $98.00 · Every 30 days
             Next charge 15 Dec, in 25 days
             Subscription ID 585000001 · Created 26 Jan 2025, 10:20 ·
             Updated 15 Nov 2026, 04:00 · Billing interval 30 days ·
             Next billing date Tuesday, 15 December 2026 · Ships to Mocktown ·
             Product ID 8143000000001 · Variant ID 43510000000001 · SKU WOOL100
             https://acme-usa-sp.admin.rechargeapps.com/merchant/subscriptions/585000001/details

× Cancelled  Tree Dasher · 9 / Kaikoura White
             $98.00 · Every 30 days
             Cancelled 1 Sep. Reason given: too expensive
             “Love the shoes, but I do not need a pair every month.”
";
    let text = show("active", BARE);
    assert!(text.starts_with(expected), "{text}");
}

#[test]
fn every_state_fits_and_says_what_the_page_says() {
    for (name, _) in samples::all() {
        for width in [40, 80, 100] {
            let text = show(name, Look { width, ..BARE });
            for line in text.lines().filter(|line| !line.contains("https://")) {
                assert!(line.width() <= width, "{name} at {width}: {line}");
                assert_eq!(line, line.trim_end(), "{name} at {width}");
            }
            assert!(text.ends_with('\n'), "{name}");
        }
    }
    for (state, words) in [
        (
            "dunning",
            "  Your card has insufficient funds.\n  First failed 17 Nov. Next retry 1 Dec, in 11 days",
        ),
        ("dunning", "▲ Payment failed\n  The payment was declined.\n"),
        ("dunning", "Payment failed, next retry 1 Dec, in 11 days"),
        ("active", "× Cancelled  Tree Dasher · 9 / Kaikoura White"),
        ("active", "Cancelled 1 Sep. Reason given: too expensive"),
        ("several", "2 customers match. Open the right one."),
        ("reconnect", "Ask Dana, #cx-tools to reconnect acme-usa."),
        ("shops", "── acme-uk ──"),
        ("missing", "Payment details couldn't be read"),
        (
            "zone-unknown",
            "Times in UTC: the shop's time zone is not known",
        ),
    ] {
        let text = show(state, BARE);
        assert!(
            text.contains(words),
            "{state} does not say {words:?}:\n{text}"
        );
    }
}

#[test]
fn nothing_from_outside_moves_the_cursor() {
    let text = show("hostile", BARE);
    let stray: Vec<char> = text
        .chars()
        .filter(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}')
        .collect();
    assert!(stray.is_empty(), "{stray:?}");
    assert!(
        text.contains("<script>alert(1)</script>"),
        "text stays text"
    );
}

#[test]
fn colours_and_links_are_the_only_escapes_and_are_closed() {
    let look = Look {
        colour: true,
        links: true,
        width: 80,
    };
    for (name, _) in samples::all() {
        let text = show(name, look);
        let mut plain = String::new();
        let mut rest = text.as_str();
        let (mut opened, mut linked) = (0i32, 0i32);
        while let Some((before, after)) = rest.split_once('\u{1b}') {
            plain.push_str(before);
            if let Some(after) = after.strip_prefix("]8;;") {
                let (address, after) = after.split_once("\u{1b}\\").unwrap();
                assert!(
                    address.is_empty() || address.starts_with("https://acme-"),
                    "{address}"
                );
                linked += if address.is_empty() { -1 } else { 1 };
                rest = after;
            } else {
                let (code, after) = after.split_once('m').unwrap();
                assert!(code.starts_with('['), "{name}: {code:?}");
                opened = if code == "[0" { 0 } else { opened + 1 };
                rest = after;
            }
        }
        plain.push_str(rest);
        assert_eq!((opened, linked), (0, 0), "{name}");
        assert!(
            !plain.contains("https://"),
            "{name}: the address is behind the link"
        );
    }
    assert!(show("active", look).contains("View in Recharge"));
    assert!(!show("active", BARE).contains('\u{1b}'));
}

#[test]
fn lines_break_at_blanks_and_long_words_anywhere() {
    assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
    assert_eq!(wrapped("abcdefghij", 4), ["abcd", "efgh", "ij"]);
    assert_eq!(
        wrapped("靴靴靴", 4),
        ["靴靴", "靴"],
        "wide letters take two columns"
    );
    assert_eq!(
        wrapped("a b\u{a0}c", 4),
        ["a", "b c"],
        "tied words stay together"
    );
    assert_eq!(
        wrapped("a bcd\u{a0}ef", 5),
        ["a bcd", "ef"],
        "unless a line is too narrow"
    );
    assert!(wrapped("  ", 4).is_empty());
}

#[test]
fn not_even_an_id_does() {
    let mut card = samples::kim();
    card.customer.id = CustomerId::new(samples::HOSTILE);
    let answer = samples::answer(samples::found(card));
    let text = render(&answer, &samples::context(), &BARE);
    assert!(
        text.contains("Recharge customer ID \"><script>alert(1)"),
        "{text}"
    );
    assert!(!text.contains(['\u{1b}', '\u{0}', '\u{202e}']));
}
