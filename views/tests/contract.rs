//! The contract of a card in HTML, in every state; and hostile text.

use super::super::{Notice, notice_page, samples, style_source};
use super::{card, page, read, tags};
use crate::domain::answer::Outcome;

#[test]
fn every_state_says_its_outcome_once_and_that_of_every_account() {
    for (name, answer) in samples::all() {
        let html = card(name);
        assert_eq!(
            tags(&html, "main"),
            [format!("<main data-outcome=\"{}\">", answer.outcome())],
            "{name}"
        );
        let sections = tags(&html, "section");
        assert_eq!(sections.len(), answer.accounts.len(), "{name}");
        for account in &answer.accounts {
            let start = format!(
                "<section data-install=\"{}\" data-outcome=\"{}\"",
                account.install.name,
                account.outcome.as_str()
            );
            assert!(
                sections.iter().any(|tag| tag.starts_with(&start)),
                "{name}: {start}"
            );
        }
    }
}

#[test]
fn every_subscription_is_an_article_with_its_id_and_status() {
    for (name, answer) in samples::all() {
        let html = card(name);
        let mut expected = 0;
        for account in &answer.accounts {
            if let Outcome::Found { snapshot, .. } = &account.outcome {
                expected += snapshot.subscriptions.len();
            }
        }
        assert_eq!(tags(&html, "article").len(), expected, "{name}");
    }
    let html = card("active");
    for start in [
        "<article data-subscription=\"585000001\" data-status=\"active\"",
        "<article data-subscription=\"585000002\" data-status=\"cancelled\"",
    ] {
        assert_eq!(html.matches(start).count(), 1, "{start}");
    }
}

#[test]
fn six_hundred_are_six_hundred() {
    let answer = samples::answer(samples::found(samples::many(600)));
    let html = super::super::card(&answer, &samples::context()).into_string();
    assert_eq!(tags(&html, "article").len(), 600);
    assert!(
        html.len() < 1_300_000,
        "{} bytes: markup has grown",
        html.len()
    );
}

#[test]
fn every_link_reads_view_in_recharge_and_opens_a_new_tab() {
    let mut links = 0;
    for (name, _) in samples::all() {
        let html = card(name);
        for tag in tags(&html, "a") {
            links += 1;
            assert!(tag.contains("href=\"https://acme-"), "{name}: {tag}");
            assert!(
                tag.contains(" target=\"_blank\" rel=\"noopener noreferrer\""),
                "{name}: {tag}"
            );
            assert!(
                tag.contains(" aria-label=\"View in Recharge: "),
                "{name}: {tag}"
            );
            let after = &html[html.find(tag).unwrap() + tag.len()..];
            assert!(after.starts_with("View in Recharge</a>"), "{name}: {tag}");
        }
    }
    assert!(links > 40);
    let kim = card("active");
    for address in [
        "https://acme-usa-sp.admin.rechargeapps.com/merchant/customers/176700001\"",
        "https://acme-usa-sp.admin.rechargeapps.com/merchant/subscriptions/585000001/details\"",
        "https://acme-usa-sp.admin.rechargeapps.com/merchant/subscriptions/585000002/details\"",
    ] {
        assert_eq!(kim.matches(address).count(), 1, "{address}");
    }
}

#[test]
fn a_shop_without_proven_links_gets_none() {
    let mut answer = samples::answer(samples::found(samples::kim()));
    answer.accounts[0].links = Default::default();
    let html = super::super::card(&answer, &samples::context()).into_string();
    assert!(tags(&html, "a").is_empty());
    assert!(read(&html).contains("Wool Runner"));
}

#[test]
fn what_strangers_typed_stays_text() {
    let (_, hostile) = samples::all()
        .into_iter()
        .find(|(name, _)| *name == "hostile")
        .unwrap();
    let html = super::super::page(&hostile, &samples::context());
    let body = &html[html.find("<body>").unwrap()..];
    assert!(!body.contains("<script"));
    assert!(!body.contains("<img"), "the hostile address is no picture");
    assert!(!body.contains("javascript:"));
    assert!(!body.contains("style=\""));
    // An attribute ends only where we end it: every quote of the text is an entity.
    assert!(body.contains("&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"));
    for tag in body.split('<').skip(1) {
        let tag = tag.split('>').next().unwrap();
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        assert!(
            !tag.split('"')
                .step_by(2)
                .any(|outside| outside.contains(" on")),
            "{tag}"
        );
    }
    let text = read(&body.replace('\n', " "));
    assert!(!text.contains(char::is_control), "{text:?}");
}

#[test]
fn pictures_are_lazy_sized_silent_and_tell_nobody() {
    let html = card("active");
    let pictures = tags(&html, "img");
    assert_eq!(pictures.len(), 2);
    for tag in pictures {
        for part in [
            "src=\"https://cdn.acme.example/runner_small.png\"",
            "alt=\"\"",
            "width=\"40\" height=\"40\"",
            "loading=\"lazy\"",
            "referrerpolicy=\"no-referrer\"",
        ] {
            assert!(tag.contains(part), "{part}: {tag}");
        }
    }
    assert!(card("dunning").contains("<span class=\"pic\"></span>"));
}

#[test]
fn headings_begin_with_one_h1_and_leave_no_level_out() {
    for (name, _) in samples::all() {
        let html = card(name);
        let levels: Vec<u32> = html
            .match_indices("<h")
            .filter_map(|(at, _)| html[at + 2..].chars().next()?.to_digit(10))
            .collect();
        assert_eq!(
            levels.iter().filter(|level| **level == 1).count(),
            1,
            "{name}"
        );
        assert_eq!(levels.first(), Some(&1), "{name}");
        for pair in levels.windows(2) {
            assert!(pair[1] <= pair[0] + 1, "{name}: {levels:?}");
        }
    }
}

#[test]
fn several_shops_have_headings_and_one_has_none() {
    assert!(!card("active").contains("class=\"shop\""));
    let shops = card("shops");
    assert_eq!(shops.matches("<h2 class=\"shop\">").count(), 3);
    assert!(
        shops.find("acme-uk").unwrap() < shops.find("acme-usa").unwrap(),
        "found comes first"
    );
}

#[test]
fn a_page_is_a_whole_document_without_scripts() {
    let (_, answer) = samples::all().remove(0);
    let html = super::super::page(&answer, &samples::context());
    assert!(html.starts_with("<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">"));
    assert!(
        html.contains("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
    );
    assert!(html.contains("<meta name=\"color-scheme\" content=\"light dark\">"));
    assert!(
        html.contains("<title>Subscriptions in Recharge</title>"),
        "nobody is named in a title"
    );
    assert!(!html.contains("<script"));
}

#[test]
fn the_policy_allows_exactly_the_style_that_is_there() {
    use base64::Engine as _;
    use sha2::Digest as _;

    let html = page(notice_page(Notice::Failed));
    let style = html
        .split_once("<style>")
        .unwrap()
        .1
        .split_once("</style>")
        .unwrap()
        .0;
    let digest = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(style));
    assert_eq!(style_source(), format!("'sha256-{digest}'"));
    assert_eq!(html.matches("<style").count(), 1);
}

#[test]
fn a_notice_names_nobody_and_says_what_to_do() {
    for (notice, title, hint) in [
        (
            Notice::NotSigned,
            "This card has expired",
            "Reload the ticket",
        ),
        (
            Notice::BadRequest,
            "This card can't be shown",
            "Ask an admin",
        ),
        (Notice::NotFound, "Nothing here", "Ask an admin"),
        (
            Notice::TooLarge,
            "Too much was asked at once",
            "Ask an admin",
        ),
        (
            Notice::TooOften,
            "Too many cards at once",
            "Reload the ticket in a few seconds",
        ),
        (Notice::Failed, "Something went wrong", "Reload the ticket"),
    ] {
        let text = read(&page(notice_page(notice)));
        assert!(text.contains(title), "{text}");
        assert!(text.contains(hint), "{text}");
        assert!(!page(notice_page(notice)).contains("data-outcome"));
    }
}
