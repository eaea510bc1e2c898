//! Golden cards: every card in every state, byte for byte, as HTML and as JSON.
//!
//! A change that is wanted is taken over with `SIDECARD_BLESS=1 cargo test golden`; the diff is then there to be looked at.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use sidecard::cli::preview::gallery;
use sidecard::views;

use crate::embed::{DANA, Desk};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/cards")
}

/// Compares, or, when told to, takes over. Says what differs, or nothing.
fn compare(file: &str, made: &str) -> Option<String> {
    let path = folder().join(file);
    if std::env::var_os("SIDECARD_BLESS").is_some() {
        std::fs::write(&path, made).unwrap();
        return None;
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    if golden == made {
        return None;
    }
    let line = golden
        .lines()
        .zip(made.lines())
        .take_while(|(a, b)| a == b)
        .count();
    let show = |text: &str| {
        text.lines()
            .nth(line)
            .unwrap_or("(nothing)")
            .chars()
            .take(300)
            .collect::<String>()
    };
    Some(format!(
        "{file}, line {}:\n  golden: {}\n  made:   {}",
        line + 1,
        show(&golden),
        show(made)
    ))
}

/// One tag a line, so that a diff shows what changed.
fn readable(html: &str) -> String {
    html.replace("><", ">\n<") + "\n"
}

#[tokio::test(flavor = "multi_thread")]
async fn every_card_is_the_golden_one() {
    let shots = gallery().await.unwrap();
    let mut different = Vec::new();
    let mut expected = std::collections::BTreeSet::new();
    for shot in &shots {
        // 600 subscriptions are the same few rows again: their count is held elsewhere.
        if shot.name == "wholesale" {
            continue;
        }
        let html = readable(&views::card(&shot.answer, &shot.context).into_string());
        let json = views::json::answer_pretty(&shot.answer, shot.context.now) + "\n";
        for (file, made) in [
            (format!("{}.html", shot.name), html),
            (format!("{}.json", shot.name), json),
        ] {
            different.extend(compare(&file, &made));
            expected.insert(file);
        }
    }
    assert!(shots.len() > 40, "the gallery shows every state");
    let there: std::collections::BTreeSet<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    different.extend(
        there
            .difference(&expected)
            .map(|file| format!("{file}: no state makes it any more")),
    );
    assert!(
        different.is_empty(),
        "\n{}\nlook at them; if they are wanted: SIDECARD_BLESS=1 cargo test golden",
        different.join("\n")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_card_keeps_the_contract() {
    for shot in gallery().await.unwrap() {
        let html = views::page(&shot.answer, &shot.context);
        let name = shot.name;
        let outcome = shot.answer.outcome();
        assert_eq!(html.matches("<main ").count(), 1, "{name}");
        assert!(
            html.contains(&format!("<main data-outcome=\"{outcome}\"")),
            "{name}"
        );
        let sections = html.matches("<section data-install=").count();
        assert_eq!(sections, shot.answer.accounts.len(), "{name}");
        for tag in html
            .split('<')
            .skip(1)
            .filter_map(|rest| rest.split_once('>').map(|(tag, _)| tag))
        {
            harmless(tag, name);
        }
        for link in html.split("<a ").skip(1) {
            let tag = link.split_once('>').unwrap().0;
            assert!(
                tag.contains("target=\"_blank\"") && tag.contains("rel=\"noopener noreferrer\""),
                "{name}: {tag}"
            );
            assert!(tag.contains("href=\"https://acme-"), "{name}: {tag}");
            let text = link
                .split_once('>')
                .unwrap()
                .1
                .split_once("</a>")
                .unwrap()
                .0;
            assert_eq!(text, "View in Recharge", "{name}");
        }
    }
}

/// What a page comes to on its way to the browser, style and all.
fn on_the_way(page: &str) -> usize {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(page.as_bytes()).unwrap();
    packed.finish().unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_is_small_on_its_way() {
    let shots = gallery().await.unwrap();
    for (name, subscriptions, most) in
        [("several-addresses", 3, 10_000), ("wholesale", 600, 60_000)]
    {
        let shot = shots.iter().find(|shot| shot.name == name).unwrap();
        let page = views::page(&shot.answer, &shot.context);
        assert_eq!(page.matches("<article ").count(), subscriptions, "{name}");
        let size = on_the_way(&page);
        assert!(size < most, "{name}: {size} bytes");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_in_a_frame_is_small_on_its_way_with_its_script() {
    let desk = Desk::open().await;
    for (email, subscriptions, most) in [
        ("gift.multi@mail.example", 3, 10_000),
        ("wholesale@mail.example", 600, 60_000),
    ] {
        // A ticket of its own: the first one's person is tied to the first customer.
        let asked = [("email", email), DANA, ("profile", email)];
        let html = desk.page(&desk.here, &asked).await.html;
        assert_eq!(html.matches("<article ").count(), subscriptions, "{email}");
        assert!(html.contains("<script>") && html.contains("<style>"));
        let size = on_the_way(&html);
        assert!(size < most, "{email}: {size} bytes");
    }
}

/// No script, no handler, no style of its own; whatever is loaded or linked is https. Values stand in quotes, and in them
/// quotes and brackets are escaped: so what is left of a tag without its values is what the views wrote.
fn harmless(tag: &str, card: &str) {
    let written: String = tag
        .split('"')
        .step_by(2)
        .collect::<Vec<_>>()
        .join("=")
        .to_lowercase();
    let mut words = written
        .split([' ', '=', '/'])
        .filter(|word| !word.is_empty());
    let element = words.next().unwrap_or_default();
    assert!(
        ![
            "script", "iframe", "object", "embed", "form", "base", "link"
        ]
        .contains(&element),
        "{card}: <{tag}>"
    );
    for attribute in words {
        assert!(
            !attribute.starts_with("on") && attribute != "style",
            "{card}: <{tag}>"
        );
    }
    for attribute in ["href=\"", "src=\""] {
        for (at, _) in tag.match_indices(attribute) {
            assert!(
                tag[at + attribute.len()..].starts_with("https://"),
                "{card}: <{tag}>"
            );
        }
    }
}

#[test]
#[should_panic(expected = "onerror")]
fn a_planted_handler_is_seen() {
    harmless(
        "img src=\"https://cdn.acme.example/a.png\" onerror=\"alert(1)\"",
        "planted",
    );
}

#[test]
#[should_panic(expected = "javascript")]
fn a_planted_script_address_is_seen() {
    harmless("a href=\"javascript:alert(1)\"", "planted");
}
