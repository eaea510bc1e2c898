//! Lines of a terminal: cleaned, broken to its width, coloured and linked.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::Look;
use crate::domain::web_url::WebUrl;
use crate::views::text;

/// Narrower ones are laid out as if they were this wide: the terminal breaks the lines.
const NARROWEST: usize = 40;
/// Longer lines are hard to read.
const WIDEST: usize = 100;
pub(super) const PLAIN: Style = Style::new();
pub(super) const BOLD: Style = Style::new().bold();
pub(super) const DIM: Style = Style::new().dimmed();
pub(super) const RED: Style = AnsiColor::Red.on_default();
pub(super) const YELLOW: Style = AnsiColor::Yellow.on_default();
pub(super) const GREEN: Style = AnsiColor::Green.on_default();
const ACCENT: Style = AnsiColor::Blue.on_default();

/// Lines as they will be printed: the only place that adds escape sequences.
pub(super) struct Paper {
    look: Look,
    width: usize,
    pub(super) out: String,
}

impl Paper {
    pub(super) fn new(look: Look) -> Self {
        Self {
            look,
            width: look.width.clamp(NARROWEST, WIDEST),
            out: String::new(),
        }
    }

    pub(super) fn blank(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    pub(super) fn line(&mut self, style: Style, words: &str) {
        self.hanging(PLAIN, "", 0, style, words);
    }

    pub(super) fn rule(&mut self, words: &str) {
        let words = clean(words);
        let rest = self.width.saturating_sub(words.width() + 4);
        let line = format!("── {words} {}", "─".repeat(rest));
        self.styled(DIM, &line);
        self.out.push('\n');
    }

    /// Words beside a label; further lines begin where the words do.
    pub(super) fn hanging(
        &mut self,
        label_style: Style,
        label: &str,
        column: usize,
        style: Style,
        words: &str,
    ) {
        let label = clean(label);
        for (at, line) in wrapped(&clean(words), self.width.saturating_sub(column))
            .iter()
            .enumerate()
        {
            let first = if at == 0 { label.as_str() } else { "" };
            if !first.is_empty() {
                self.styled(label_style, first);
            }
            let pad = column.saturating_sub(first.width());
            self.out.extend(std::iter::repeat_n(' ', pad));
            self.styled(style, line);
            self.out.push('\n');
        }
    }

    /// The words of the link where links can be shown, else the address, which must not be broken.
    pub(super) fn link(&mut self, column: usize, url: Option<&WebUrl>) {
        let Some(url) = url else {
            return;
        };
        self.out.extend(std::iter::repeat_n(' ', column));
        let address = clean(url.as_str());
        if self.look.links {
            let _ = write!(self.out, "\u{1b}]8;;{address}\u{1b}\\");
            self.styled(ACCENT.underline(), text::VIEW);
            self.out.push_str("\u{1b}]8;;\u{1b}\\");
        } else {
            self.styled(ACCENT, &address);
        }
        self.out.push('\n');
    }

    fn styled(&mut self, style: Style, words: &str) {
        if self.look.colour && style != PLAIN {
            let _ = write!(self.out, "{style}{words}{style:#}");
        } else {
            self.out.push_str(words);
        }
    }
}

/// Control characters, line separators and marks that turn the direction of what follows become blanks: nothing that a
/// stranger typed reaches beyond its own place.
pub(super) fn clean(text: &str) -> String {
    let is_harmful = |c: char| {
        c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.replace(is_harmful, " ")
}

/// A blank that does not break: [`wrapped`] prints it as a plain one.
const TIE: char = '\u{a0}';

/// Ties words into one, so that a label stays with its value where a line is wide enough.
pub(super) fn kept_together(words: &str) -> String {
    words.replace(' ', "\u{a0}")
}

/// Breaks at blanks, and inside a word only when it is wider than a line.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let is_blank = |c: char| c.is_whitespace() && c != TIE;
    let words = text.split(is_blank).flat_map(|tied| {
        let fits = tied.width() <= width;
        tied.split(move |c: char| c == TIE && !fits)
    });
    for word in words.filter(|word| !word.is_empty()) {
        if !line.is_empty() && line.width() + 1 + word.width() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        for letter in word.chars() {
            if !line.is_empty() && line.width() + letter.width().unwrap_or(0) > width {
                lines.push(std::mem::take(&mut line));
            }
            line.push(if letter == TIE { ' ' } else { letter });
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}
