//! What the sources of the views keep to.

const SOURCES: [(&str, &str); 11] = [
    ("card", include_str!("../card.rs")),
    ("course", include_str!("../course.rs")),
    ("customer", include_str!("../customer.rs")),
    ("facts", include_str!("../facts.rs")),
    ("page", include_str!("../page.rs")),
    ("place", include_str!("../place.rs")),
    ("render", include_str!("../render.rs")),
    ("sentence", include_str!("../sentence.rs")),
    ("states", include_str!("../states.rs")),
    ("subscription", include_str!("../subscription.rs")),
    ("mod", include_str!("../mod.rs")),
];

/// Strings of a source that are neither an attribute's value nor in a comment.
fn strings(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in source.lines() {
        let line = line.trim_start();
        if line.starts_with("//") || line.starts_with("#[") {
            continue;
        }
        let parts: Vec<&str> = line.split('"').collect();
        for at in (1..parts.len()).step_by(2) {
            let before = parts[at - 1];
            let is_attribute = before.ends_with('=') && !before.ends_with("==");
            if !is_attribute {
                found.push(parts[at].to_owned());
            }
        }
    }
    found
}

#[test]
fn words_stand_in_the_catalogue_alone() {
    // Class names, data words and what is searched for: nothing that a person reads.
    let machine = [
        "active",
        "none",
        "bad",
        "wait",
        "over",
        "plain",
        "cancelled",
        "expired",
        "other",
        "{}",
        "Default Title",
        "retries",
        "attempts",
        "dunning",
        "payment failed",
        "../views/mod.rs",
        "\\n",
    ];
    for (name, source) in SOURCES {
        for text in strings(source) {
            let read = text.contains(char::is_alphabetic) && !machine.contains(&text.as_str());
            assert!(!read, "{name}.rs holds text: {text:?}");
        }
    }
    assert_eq!(
        strings("p class=\"x\" { \"Hello\" }"),
        ["Hello"],
        "the search itself works"
    );
}

#[test]
fn nothing_is_spliced_unescaped_but_the_style_sheet() {
    for (name, source) in SOURCES {
        assert!(!source.contains("PreEscaped"), "{name}");
        assert!(
            !source.contains("script {") && !source.contains("script src"),
            "{name}"
        );
        assert!(!source.contains("style="), "{name}");
    }
    assert_eq!(
        include_str!("../assets.rs").matches("PreEscaped(").count(),
        4,
        "the styles of the card, the admin pages and the contact sheet; and a card that was made before"
    );
    let style = super::super::assets::STYLE;
    for bad in ["</", "url(", "@import", "expression"] {
        assert!(!style.contains(bad), "{bad}");
    }
}

#[test]
fn the_views_ask_nobody_for_anything() {
    for (name, source) in SOURCES {
        for bad in [
            "std::env",
            "std::fs",
            "Utc::now",
            "SystemTime",
            "Local::",
            "crate::web",
            "crate::store",
            "crate::lookup",
        ] {
            assert!(!source.contains(bad), "{name}: {bad}");
        }
    }
}

/// Relative luminance (WCAG 2.2).
fn luminance(colour: &str) -> f64 {
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

fn contrast(one: &str, other: &str) -> f64 {
    let (a, b) = (luminance(one), luminance(other));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn text_has_contrast_in_light_and_dark() {
    let style = super::super::assets::STYLE;
    let (light, dark) = style.split_once("prefers-color-scheme: dark").unwrap();
    for (scheme, css) in [("light", light), ("dark", dark)] {
        let colour = |name: &str| {
            let rest = css.split_once(&format!("--{name}: ")).unwrap().1;
            rest[..7].to_owned()
        };
        let pairs = [
            ("text", "page"),
            ("text", "card"),
            ("text", "inset"),
            ("soft", "page"),
            ("soft", "card"),
            ("soft", "inset"),
            ("accent", "page"),
            ("accent", "card"),
            ("good", "good-tint"),
            ("wait", "wait-tint"),
            ("wait", "card"),
            ("bad", "bad-tint"),
            ("bad", "card"),
        ];
        for (text, ground) in pairs {
            let ratio = contrast(&colour(text), &colour(ground));
            assert!(ratio >= 4.5, "{scheme}: {text} on {ground} is {ratio:.2}");
        }
    }
    assert!(
        (contrast("#ffffff", "#000000") - 21.0).abs() < 0.01,
        "the formula itself"
    );
}
