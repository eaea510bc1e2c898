//! What a workspace may have otherwise: one list for each helpdesk, which the command line, the admin pages and the README
//! all read. What is typed is checked against it, everything wrong at once; only what differs from the default is kept.

use crate::domain::access::Settings;
use crate::domain::secret::{Secret, unquoted};
use crate::views::text::settings as words;

/// The longest text.
const LONGEST: usize = 500;
/// So many names for one thing.
const MOST_NAMES: usize = 5;
/// The longest of them.
const LONGEST_NAME: usize = 64;
/// What is typed for no name at all, and to take a kept secret away: an empty field means the default.
pub const NONE: &str = "-";

/// One setting.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// What it is called on the command line; a dot puts it among others (`keys.status`).
    pub name: &'static str,
    /// What it is called for people.
    pub title: &'static str,
    /// What it does.
    pub help: &'static str,
    /// What may be written.
    pub kind: Kind,
    /// What counts when nothing is written; empty: nothing.
    pub default: &'static str,
    /// Whether a workspace can't do without it.
    pub is_needed: bool,
    /// Whether hardly anybody needs it, so that forms fold it away.
    pub is_rare: bool,
    /// How the names of those begin that the helpdesk has told for its value: they are forgotten when it changes.
    pub told: Option<&'static str>,
}

/// What may be written for a setting.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// `on` or `off`.
    Switch,
    /// One of these words; with each, what it means for people.
    Choice(&'static [(&'static str, &'static str)]),
    /// A whole number from the first to the second.
    Number(u32, u32),
    /// A text: as it is kept, or what to write instead.
    Text(fn(&str) -> Result<String, &'static str>),
    /// Names with commas between them, or [`NONE`].
    Names,
    /// A text that is never shown again.
    Secret,
}

/// Something that can't be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misset {
    /// The setting's name, as typed.
    pub name: String,
    /// What is wrong with it.
    pub wrong: Wrong,
}

/// What is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// There is none of this name; perhaps this one was meant.
    Unknown(Option<&'static str>),
    /// The text can't be used; what to write instead.
    Value(String),
    /// It has to be written.
    Missing,
}

impl Setting {
    /// One that most workspaces leave as it is.
    pub const fn new(
        name: &'static str,
        title: &'static str,
        help: &'static str,
        kind: Kind,
        default: &'static str,
    ) -> Self {
        Self {
            name,
            title,
            help,
            kind,
            default,
            is_needed: false,
            is_rare: false,
            told: None,
        }
    }

    /// One that has to be written.
    pub const fn needed(self) -> Self {
        Self {
            is_needed: true,
            ..self
        }
    }

    /// One that hardly anybody needs.
    pub const fn rare(self) -> Self {
        Self {
            is_rare: true,
            ..self
        }
    }

    /// One for whose value the helpdesk tells others, whose names begin so.
    pub const fn telling(self, names: &'static str) -> Self {
        Self {
            told: Some(names),
            ..self
        }
    }

    /// Whether its value is never shown.
    pub fn is_secret(&self) -> bool {
        matches!(self.kind, Kind::Secret)
    }

    /// What is kept, as a person reads and types it; nothing of a secret.
    pub fn shown(&self, kept: &Settings) -> String {
        match (kept.text(self.name), self.kind) {
            (_, Kind::Secret) => String::new(),
            (Some(""), Kind::Names) => NONE.to_owned(),
            // What can't be used is not used: the default is.
            (Some(text), _) => self.read(text).unwrap_or_else(|_| self.default.to_owned()),
            (None, _) => self.default.to_owned(),
        }
    }

    /// What was typed as it is kept, or what to write instead.
    pub fn read(&self, typed: &str) -> Result<String, String> {
        let typed = typed.trim();
        let is_plain = typed.len() <= LONGEST && !typed.chars().any(char::is_control);
        if !is_plain {
            return Err(words::TOO_LONG.to_owned());
        }
        match self.kind {
            Kind::Switch => switch(typed)
                .map(str::to_owned)
                .ok_or_else(|| words::SWITCH.to_owned()),
            Kind::Choice(choices) => {
                let mut all = choices.iter().map(|(word, _)| *word);
                let found = all.find(|word| word.eq_ignore_ascii_case(typed));
                found.map(str::to_owned).ok_or_else(|| {
                    words::choice(&choices.iter().map(|(word, _)| *word).collect::<Vec<_>>())
                })
            }
            Kind::Number(least, most) => {
                let number = typed.parse::<u32>().ok();
                let number = number.filter(|number| (least..=most).contains(number));
                number
                    .map(|number| number.to_string())
                    .ok_or_else(|| words::number(least, most))
            }
            Kind::Text(read) => read(typed).map_err(str::to_owned),
            Kind::Names => names(typed).ok_or_else(|| words::NAMES.to_owned()),
            Kind::Secret => match unquoted(typed).0 {
                secret if secret.is_empty() || secret.chars().any(char::is_whitespace) => {
                    Err(words::SECRET.to_owned())
                }
                secret => Ok(secret.to_owned()),
            },
        }
    }
}

fn switch(typed: &str) -> Option<&'static str> {
    let is = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(typed));
    if is(&["on", "true", "yes", "1"]) {
        Some("on")
    } else if is(&["off", "false", "no", "0"]) {
        Some("off")
    } else {
        None
    }
}

/// Names without blanks, joined by commas; an empty text is none.
fn names(typed: &str) -> Option<String> {
    if typed == NONE {
        return Some(String::new());
    }
    let names: Vec<&str> = typed.split(',').map(str::trim).collect();
    let is_letter = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/');
    let is_name = |name: &&str| {
        let length = name.trim_start_matches('/').len();
        (1..=LONGEST_NAME).contains(&length) && name.bytes().all(is_letter)
    };
    let are_names = names.len() <= MOST_NAMES && names.iter().all(is_name);
    are_names.then(|| names.join(","))
}

/// The settings with what was typed, or everything that is wrong with it. An empty text takes the default again.
pub fn change<'a>(
    known: &'static [Setting],
    before: &Settings,
    typed: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<Settings, Vec<Misset>> {
    let mut after = before.clone();
    let mut wrong = Vec::new();
    for (name, text) in typed {
        let name = name.trim();
        let Some(setting) = known.iter().find(|setting| setting.name == name) else {
            wrong.push(Misset {
                name: name.to_owned(),
                wrong: Wrong::Unknown(nearest(known, name)),
            });
            continue;
        };
        if text.trim().is_empty() {
            after.clear(setting.name);
            continue;
        }
        match setting.read(text) {
            Ok(value) if value == setting.default => after.clear(setting.name),
            Ok(value) => after.set(setting.name, value),
            Err(message) => wrong.push(Misset {
                name: name.to_owned(),
                wrong: Wrong::Value(message),
            }),
        }
    }
    for setting in known {
        let has_changed = after.text(setting.name) != before.text(setting.name);
        if let Some(told) = setting.told.filter(|_| has_changed) {
            let names = before.names().filter(|name| name.starts_with(told));
            names.for_each(|name| after.clear(name));
        }
    }
    for setting in known.iter().filter(|setting| setting.is_needed) {
        let is_told = wrong.iter().any(|misset| misset.name == setting.name);
        if after.text(setting.name).is_none() && !is_told {
            wrong.push(Misset {
                name: setting.name.to_owned(),
                wrong: Wrong::Missing,
            });
        }
    }
    if wrong.is_empty() {
        Ok(after)
    } else {
        Err(wrong)
    }
}

fn nearest(known: &'static [Setting], name: &str) -> Option<&'static str> {
    let alike = |other: &Setting| strsim::jaro(other.name, name);
    let nearest = known
        .iter()
        .max_by(|a, b| alike(a).total_cmp(&alike(b)))
        .filter(|nearest| alike(nearest) > 0.75);
    nearest.map(|nearest| nearest.name)
}

/// Shorter ones are guessed.
const SHORTEST_SECRET: usize = 16;
/// So many letters of it differ from each other: `aaaaaaaaaaaaaaaa` is long and no secret.
const DIFFERENT: usize = 8;

/// A workspace's secret that somebody chose, or what to paste instead.
pub fn chosen_secret(typed: &str) -> Result<Secret<String>, &'static str> {
    let (typed, _) = unquoted(typed);
    let mut letters: Vec<char> = typed.chars().collect();
    let is_plain =
        letters.len() <= LONGEST && !letters.iter().any(|c| c.is_whitespace() || c.is_control());
    letters.sort_unstable();
    letters.dedup();
    if typed.is_empty() {
        Err(words::NO_SECRET)
    } else if !is_plain {
        Err(words::SECRET)
    } else if typed.chars().count() < SHORTEST_SECRET || letters.len() < DIFFERENT {
        Err(words::WEAK_SECRET)
    } else {
        Ok(Secret::new(typed.to_owned()))
    }
}

#[cfg(test)]
mod tests;
