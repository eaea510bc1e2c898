//! What every card keeps to, whatever it says.

mod contract;
mod handles;
mod kept;
mod rules;
mod sentences;

use maud::Markup;

use super::samples;

/// The card of a named sample.
fn card(name: &str) -> String {
    let (_, answer) = samples::all()
        .into_iter()
        .find(|(state, _)| *state == name)
        .unwrap();
    super::card(&answer, &samples::context()).into_string()
}

/// What a person reads of it: no tags, entities resolved, every run of white space one blank.
fn read(html: &str) -> String {
    let mut text = String::new();
    let mut in_tag = false;
    let mut tag = String::new();
    for letter in html.chars() {
        match letter {
            '<' => {
                in_tag = true;
                tag.clear();
            }
            '>' if in_tag => {
                in_tag = false;
                let name: String = tag
                    .chars()
                    .filter(|c| *c != '/')
                    .take_while(char::is_ascii_alphanumeric)
                    .collect();
                let inline = ["a", "abbr", "b", "bdi", "code", "span", "time"];
                if !inline.contains(&name.as_str()) {
                    text.push(' ');
                }
            }
            _ if in_tag => tag.push(letter),
            _ => text.push(letter),
        }
    }
    let text = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The card of a snapshot, as it is read.
fn read_found(snapshot: crate::domain::snapshot::Snapshot) -> String {
    let answer = samples::answer(samples::found(snapshot));
    read(&super::card(&answer, &samples::context()).into_string())
}

/// Every start tag of a kind, whole.
fn tags<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let open = format!("<{name} ");
    html.match_indices(&open)
        .map(|(at, _)| {
            let rest = &html[at..];
            &rest[..=rest.find('>').unwrap()]
        })
        .collect()
}

fn page(markup: Markup) -> String {
    markup.into_string()
}
