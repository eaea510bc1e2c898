//! The webhooks of a shop, on its page.

use maud::{Markup, html};

use super::parts::{ago, literals, pill};
use super::shell::Shell;
use super::text::{hooks as words, overview};
use crate::domain::day::Instant;

/// How a shop stands with its webhooks.
pub struct Hooks<'a> {
    /// Why it has none.
    pub off: Option<HooksOff>,
    /// When Recharge was asked last.
    pub checked: Option<Instant>,
    /// Why that did not come to its end.
    pub problem: Option<&'a str>,
    /// Each topic.
    pub topics: Vec<HookLine<'a>>,
    /// Webhooks that look like another Sidecard's.
    pub sidecards: u32,
    /// Webhooks of other apps.
    pub others: u32,
    /// What the last try said.
    pub reach: Option<HookReach>,
}

/// Why a shop has no webhooks at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HooksOff {
    /// No API client secret, which signs them.
    NoClientSecret,
    /// It can't be opened.
    UnreadableClientSecret,
    /// No address to send them to.
    NoPublicUrl,
}

impl HooksOff {
    /// A sentence, and what to do.
    fn why(self) -> Markup {
        literals(match self {
            Self::NoClientSecret => words::NO_CLIENT_SECRET,
            Self::UnreadableClientSecret => words::UNREADABLE_CLIENT_SECRET,
            Self::NoPublicUrl => words::NO_PUBLIC_URL,
        })
    }

    /// In a few words, for a table.
    pub(super) fn in_short(self) -> Markup {
        literals(match self {
            Self::NoClientSecret => overview::NO_CLIENT_SECRET,
            Self::UnreadableClientSecret => overview::UNREADABLE_CLIENT_SECRET,
            Self::NoPublicUrl => overview::NO_PUBLIC_URL,
        })
    }
}

/// A topic.
pub struct HookLine<'a> {
    /// Its name.
    pub topic: &'a str,
    /// What it keeps true.
    pub changes: &'a str,
    /// Why it is not registered; `None`: it is.
    pub missing: Option<HookMissing>,
    /// Whether it is still sent to an older address too.
    pub is_moving: bool,
    /// When it had vanished at Recharge.
    pub lost: Option<Instant>,
    /// When one came last.
    pub last: Option<Instant>,
}

/// Why a topic is not registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookMissing {
    /// The token lacks the scope.
    Scope,
    /// The token has as many as it can have.
    Full,
    /// Recharge declines.
    Declined,
    /// It has not been tried.
    NotYet,
}

/// Whether Recharge reaches us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookReach {
    /// After so many milliseconds.
    Yes(u128),
    /// Nothing came.
    No,
    /// There is none to try.
    Nothing,
    /// Recharge could not be asked.
    NotAsked,
}

/// The part of the page.
pub(super) fn section(name: &str, hooks: &Hooks<'_>, shell: &Shell<'_>) -> Markup {
    html! {
        section.box id="webhooks" aria-labelledby="webhooks-title" {
            h2 id="webhooks-title" { (words::TITLE) }
            @if let Some(off) = hooks.off {
                p { (pill("wait", words::OFF)) " " (off.why()) }
                p.soft { (words::OFF_HINT) }
            } @else {
                (summary(hooks, shell.now))
                (reached(hooks.reach))
                @if shell.may_change && hooks.topics.iter().any(|line| line.missing.is_none()) {
                    form method="post" action={ "/admin/shops/" (name) "/reach" } {
                        (shell.token())
                        button.plain title=(words::REACH_HINT) { (words::REACH) }
                    }
                }
                (table(hooks, shell.now))
            }
        }
    }
}

fn summary(hooks: &Hooks<'_>, now: Instant) -> Markup {
    html! {
        p.soft {
            @match hooks.checked {
                Some(at) => { (words::CHECKED) " " (ago(at, now)) }
                None => (words::NOT_YET),
            }
        }
        @if let Some(problem) = hooks.problem { p.note.wait { (words::problem(problem)) } }
        @if hooks.sidecards > 0 { p.note.wait { (words::sidecards(hooks.sidecards)) } }
        @if hooks.others > 0 { p.soft { (words::others(hooks.others)) } }
    }
}

fn reached(reach: Option<HookReach>) -> Markup {
    html! {
        @match reach {
            None => {}
            Some(HookReach::Yes(after)) => p.note.good role="status" { (words::reached(after)) },
            Some(HookReach::No) => p.note.bad role="alert" { (words::NOT_REACHED) },
            Some(HookReach::Nothing) => p.note.wait role="status" { (words::NOTHING_TO_TRY) },
            Some(HookReach::NotAsked) => p.note.wait role="status" { (words::NOT_ASKED) },
        }
    }
}

fn table(hooks: &Hooks<'_>, now: Instant) -> Markup {
    html! {
        div.table tabindex="0" role="region" aria-label=(words::TITLE) {
            table {
                thead { tr { th scope="col" { (words::TOPIC) } th scope="col" { (words::STATE) } th scope="col" { (words::LAST) } } }
                tbody { @for line in &hooks.topics { (row(line, now)) } }
            }
        }
    }
}

fn row(line: &HookLine<'_>, now: Instant) -> Markup {
    html! {
        tr {
            td { code { (line.topic) } " " span.soft { (line.changes) } }
            td {
                @match line.missing {
                    None => (pill("good", words::REGISTERED)),
                    Some(missing) => { (pill("wait", words::MISSING)) " " (why(missing)) }
                }
                @if line.is_moving { " " (words::MOVING) }
                @if let Some(at) = line.lost { " " (words::LOST) " " (ago(at, now)) }
            }
            td { @match line.last { Some(at) => (ago(at, now)), None => (words::NEVER) } }
        }
    }
}

fn why(missing: HookMissing) -> &'static str {
    match missing {
        HookMissing::Scope => words::NO_SCOPE,
        HookMissing::Full => words::FULL,
        HookMissing::Declined => words::DECLINED,
        HookMissing::NotYet => words::NOT_TRIED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_there_are_none_is_whole_sentences_and_what_is_typed_is_marked() {
        for off in [
            HooksOff::NoClientSecret,
            HooksOff::UnreadableClientSecret,
            HooksOff::NoPublicUrl,
        ] {
            let (why, short) = (off.why().into_string(), off.in_short().into_string());
            assert!(why.starts_with("Th") && why.ends_with('.'), "{why}");
            assert!(
                short.starts_with("Off: ") && !short.ends_with('.'),
                "{short}"
            );
            let marked = off == HooksOff::NoPublicUrl;
            for text in [why, short] {
                assert!(!text.contains('`'), "{text}");
                assert_eq!(
                    text.contains("<code>server.public_url</code>"),
                    marked,
                    "{text}"
                );
            }
        }
    }
}
