//! What the sources of the views keep to.

const SOURCES: [(&str, &str); 31] = [
    ("by_hand", include_str!("../by_hand.rs")),
    ("card", include_str!("../card.rs")),
    ("course", include_str!("../course.rs")),
    ("customer", include_str!("../customer.rs")),
    ("facts", include_str!("../facts.rs")),
    ("frame", include_str!("../frame.rs")),
    ("page", include_str!("../page.rs")),
    ("place", include_str!("../place.rs")),
    ("render", include_str!("../render.rs")),
    ("search", include_str!("../search.rs")),
    ("sentence", include_str!("../sentence.rs")),
    ("states", include_str!("../states.rs")),
    ("subscription", include_str!("../subscription.rs")),
    ("mod", include_str!("../mod.rs")),
    ("kustomer/mod", include_str!("../kustomer/mod.rs")),
    ("admin/account", include_str!("../admin/account.rs")),
    ("admin/audit", include_str!("../admin/audit.rs")),
    ("admin/connect", include_str!("../admin/connect.rs")),
    ("admin/doors", include_str!("../admin/doors.rs")),
    ("admin/keys", include_str!("../admin/keys.rs")),
    ("admin/mod", include_str!("../admin/mod.rs")),
    ("admin/overview", include_str!("../admin/overview.rs")),
    ("admin/parts", include_str!("../admin/parts.rs")),
    ("admin/people", include_str!("../admin/people.rs")),
    ("admin/qr", include_str!("../admin/qr.rs")),
    ("admin/settings", include_str!("../admin/settings.rs")),
    ("admin/shell", include_str!("../admin/shell.rs")),
    ("admin/shop", include_str!("../admin/shop.rs")),
    ("admin/trial", include_str!("../admin/trial.rs")),
    ("admin/workspace", include_str!("../admin/workspace.rs")),
    ("admin/workspaces", include_str!("../admin/workspaces.rs")),
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

/// Names of fields, classes and roles, addresses, formats, and the policy: what forms and headers are made of. Words for
/// people have a capital or a blank.
fn is_a_part(text: &str) -> bool {
    let is_format = matches!(text, "%H:%M:%S" | "M{},{}h1v1h-1z" | "pill " | "{line}\\n");
    let is_policy = text.starts_with("default-src ");
    let is_name = !text.contains(char::is_alphabetic)
        || !text.contains(|c: char| c.is_whitespace() || c.is_uppercase());
    is_format || is_policy || is_name
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
        "waiting",
        "nobody",
        "failed",
        "../views/mod.rs",
        "main",
        "div",
        "body",
        "</body>",
        "id",
        "card",
        "\\n",
    ];
    for (name, source) in SOURCES {
        for text in strings(source) {
            let is_machines = if name.contains('/') {
                is_a_part(&text)
            } else {
                !text.contains(char::is_alphabetic)
                    || machine.contains(&text.as_str())
                    || text.starts_with("data-")
            };
            assert!(is_machines, "{name}.rs holds text: {text:?}");
        }
    }
    for word in ["Save", "Add a workspace", " ms", "{count} things"] {
        assert!(!is_a_part(word), "{word}");
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
        // The live card's page loads two scripts by their addresses; a page in a frame has one within, and the admin
        // pages have theirs, which their policies allow by its digest. Nobody writes another.
        let loaded = if name == "kustomer/mod" { 2 } else { 0 };
        let within = if name == "frame" { 1 } else { 0 };
        assert!(!source.contains("script {"), "{name}");
        assert_eq!(source.matches("script src").count(), loaded, "{name}");
        assert_eq!(source.matches("card_script()").count(), within, "{name}");
        assert!(!source.contains("style="), "{name}");
    }
    assert_eq!(
        include_str!("../assets.rs").matches("PreEscaped(").count(),
        6,
        "the styles of the card, the admin pages and the contact sheet, the scripts of the card and the admin pages; and a card \
         that was made before"
    );
    let style = &*super::super::assets::STYLE;
    // A comment of two lines would leave its end behind.
    assert!(!style.contains("/*") && !style.contains("*/"));
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
    let style = &*super::super::assets::STYLE;
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
            ("bad", "page"),
        ];
        for (text, ground) in pairs {
            let ratio = contrast(&colour(text), &colour(ground));
            assert!(ratio >= 4.5, "{scheme}: {text} on {ground} is {ratio:.2}");
        }
        for ground in ["page", "card"] {
            let ratio = contrast(&colour("control"), &colour(ground));
            assert!(
                ratio >= 3.0,
                "{scheme}: a control on {ground} is {ratio:.2}"
            );
        }
    }
    assert!(
        (contrast("#ffffff", "#000000") - 21.0).abs() < 0.01,
        "the formula itself"
    );
}
