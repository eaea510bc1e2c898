//! The style sheets and the script, and the only place where text goes into a page unescaped.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, PreEscaped, Render, html};
use sha2::{Digest, Sha256};

/// Every page carries it, so it goes without its comments, its indentation and the ends of its lines; each comment has a line
/// of its own. The hash in the Content-Security-Policy is that of this very text.
pub(super) static STYLE: LazyLock<String> = LazyLock::new(|| {
    let lines = include_str!("card.css").lines().map(str::trim);
    lines.filter(|line| !line.starts_with("/*")).collect()
});

static SOURCE: LazyLock<String> = LazyLock::new(|| source(&STYLE));

fn source(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)))
}

/// `'sha256-…'`: what `style-src` of a page's Content-Security-Policy must allow, and all it must allow.
pub fn style_source() -> &'static str {
    &SOURCE
}

/// The page's script: every page carries it, so it goes without its comments, its indentation, the ends of its lines and the
/// spaces that part nothing. Each statement ends in a semicolon, and each comment has a line of its own.
static CARD_SCRIPT: LazyLock<String> = LazyLock::new(|| {
    let lines = include_str!("card.js").lines().map(str::trim);
    lines
        .filter(|line| !line.starts_with("//"))
        .fold(String::new(), |script, line| script + &tight(line))
});

/// Without the spaces that stand beside a sign. Texts stay as they are, and lines that may hold a pattern or a template.
fn tight(line: &str) -> String {
    if line.contains(['`', '/', '\\']) {
        return line.to_owned();
    }
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '$';
    let code = |part: &str| {
        part.split(' ').fold(String::new(), |mut tight, word| {
            if tight.ends_with(is_word) && word.starts_with(is_word) {
                tight.push(' ');
            }
            tight + word
        })
    };
    let parts = line.split('"').enumerate();
    let parts = parts.map(|(at, part)| {
        if at % 2 == 0 {
            code(part)
        } else {
            part.to_owned()
        }
    });
    parts.collect::<Vec<_>>().join("\"")
}

static CARD_SCRIPT_SOURCE: LazyLock<String> = LazyLock::new(|| source(&CARD_SCRIPT));

/// As [`style_source`], for `script-src`.
pub fn card_script_source() -> &'static str {
    &CARD_SCRIPT_SOURCE
}

/// The script as an element.
pub(super) fn card_script() -> &'static Markup {
    static ELEMENT: LazyLock<Markup> =
        LazyLock::new(|| html! { script { (PreEscaped(CARD_SCRIPT.as_str())) } });
    &ELEMENT
}

/// The style sheet as an element.
pub(super) fn style() -> Markup {
    html! { style { (PreEscaped(STYLE.as_str())) } }
}

/// Markup that was made before.
pub(super) fn made(markup: &str) -> PreEscaped<&str> {
    PreEscaped(markup)
}

/// An element around what writes itself, straight into the page. What is kept is so copied once, and not once for each
/// element around it.
pub(super) fn around(
    out: &mut String,
    element: &str,
    attributes: &[(&str, &dyn Render)],
    inside: impl FnOnce(&mut String),
) {
    begin(out, element, attributes);
    inside(out);
    for part in ["</", element, ">"] {
        out.push_str(part);
    }
}

/// Where an element begins.
pub(super) fn begin(out: &mut String, element: &str, attributes: &[(&str, &dyn Render)]) {
    out.push('<');
    out.push_str(element);
    for (name, value) in attributes {
        for part in [" ", name, "=\""] {
            out.push_str(part);
        }
        value.render_to(out);
        out.push('"');
    }
    out.push('>');
}

/// The admin pages' style, as it is served.
const ADMIN_STYLE: &str = include_str!("admin/admin.css");

static ADMIN_SOURCE: LazyLock<String> = LazyLock::new(|| source(ADMIN_STYLE));

/// As [`style_source`], for the admin pages.
pub(super) fn admin_style_source() -> &'static str {
    &ADMIN_SOURCE
}

/// The admin pages' style sheet as an element.
pub(super) fn admin_style() -> Markup {
    html! { style { (PreEscaped(ADMIN_STYLE)) } }
}

/// The admin pages' script: it shows the buttons that copy, and nothing needs it.
const SCRIPT: &str = include_str!("admin/copy.js");

static SCRIPT_SOURCE: LazyLock<String> = LazyLock::new(|| source(SCRIPT));

/// What `script-src` of an admin page must allow, and all it must allow.
pub(super) fn script_source() -> &'static str {
    &SCRIPT_SOURCE
}

/// The script as an element.
pub(super) fn script() -> Markup {
    html! { script { (PreEscaped(SCRIPT)) } }
}

/// The script of the live card's page in Kustomer, as it is served.
pub const LIVE_SCRIPT: &str = include_str!("kustomer/card.js");

static LIVE_SCRIPT_MARK: LazyLock<String> =
    LazyLock::new(|| base16ct::lower::encode_string(&Sha256::digest(LIVE_SCRIPT)[..8]));

/// A text that is another one for another script.
pub(super) fn live_script_mark() -> &'static str {
    &LIVE_SCRIPT_MARK
}

/// The contact sheet's own few rules.
pub(super) fn preview_style() -> Markup {
    html! { style { (PreEscaped(include_str!("preview.css"))) } }
}
