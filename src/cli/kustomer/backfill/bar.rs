//! How far a run is: a bar on a terminal, a line now and then elsewhere. Both on standard error.

use std::fmt::Write;
use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{
    HumanCount, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle,
};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::clock::{Clock, Stopwatch};
use crate::upkeep::backfill::Progress;

/// How often a line is written where there is no terminal.
const LINES: Duration = Duration::from_secs(30);
/// How often the bar moves at least, so that the time left goes on.
const TICK: Duration = Duration::from_millis(500);

/// When nothing has been heard for so long, that is said.
const SILENT: Duration = Duration::from_secs(5);

const BAR: &str = "{bar:30} {human_pos} of {human_len}{pace} {wide_msg:.dim}";
const SPINNER: &str = "{spinner} {human_pos} subscriptions counted {wide_msg:.dim}";

/// Shows progress until it is ended.
pub struct Bar {
    bar: ProgressBar,
    watching: JoinHandle<()>,
}

impl Bar {
    /// Of so many; so many are done already.
    pub fn of(clock: &Clock, total: u64, done: u64, progress: watch::Receiver<Progress>) -> Self {
        Self::show(clock.start(), Some(total), done, BAR, progress)
    }

    /// Of nobody knows how many.
    pub fn counting(clock: &Clock, progress: watch::Receiver<Progress>) -> Self {
        Self::show(clock.start(), None, 0, SPINNER, progress)
    }

    fn show(
        began: Stopwatch,
        total: Option<u64>,
        done: u64,
        template: &str,
        progress: watch::Receiver<Progress>,
    ) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let target = if is_terminal {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(total, target).with_position(done);
        // It is a constant, and one that the tests read.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(
                style.with_key("pace", |state: &ProgressState, out: &mut dyn Write| {
                    let left = state.len().map(|all| all.saturating_sub(state.pos()));
                    // A line that can't be written is not seen.
                    let _ = out.write_str(&pace(state.per_sec(), left));
                }),
            );
        }
        bar.reset_eta();
        let watching = tokio::spawn(watch(
            bar.clone(),
            began,
            total,
            done,
            progress,
            is_terminal,
        ));
        Self { bar, watching }
    }

    /// Leaves the line as if nothing had been there.
    pub fn end(self) {
        self.watching.abort();
        self.bar.finish_and_clear();
    }
}

async fn watch(
    bar: ProgressBar,
    began: Stopwatch,
    total: Option<u64>,
    began_with: u64,
    mut progress: watch::Receiver<Progress>,
    is_terminal: bool,
) {
    let (mut next, mut heard) = (LINES, began.elapsed());
    loop {
        let seen = *progress.borrow_and_update();
        bar.set_position(seen.counts.looked_at.max(began_with));
        let is_silent = began.elapsed() - heard >= SILENT;
        let waiting = seen
            .waiting
            .or(is_silent.then_some("for an answer"))
            .map(|what| format!("waits {what}"));
        bar.set_message(waiting.unwrap_or_default());
        if !is_terminal && began.elapsed() >= next {
            next += LINES;
            let done = seen.counts.looked_at;
            anstream::eprintln!(
                "{}",
                line(done, total, done - began_with.min(done), began.elapsed())
            );
        }
        let changed = tokio::time::timeout(TICK, progress.changed()).await;
        match changed {
            Ok(Err(_)) => return,
            Ok(Ok(())) => heard = began.elapsed(),
            Err(_) => {}
        }
        bar.tick();
    }
}

/// `12,500 of 50,000 · 40 a second · 15 minutes left`.
fn line(done: u64, total: Option<u64>, lately: u64, within: Duration) -> String {
    let per_second = lately as f64 / within.as_secs_f64().max(0.001);
    let mut line = HumanCount(done).to_string();
    if let Some(total) = total {
        line.push_str(&format!(" of {}", HumanCount(total)));
    }
    line.push_str(&pace(per_second, total.map(|all| all.saturating_sub(done))));
    line
}

/// ` · 40 a second · 16 minutes left`; nothing while nobody can tell.
fn pace(per_second: f64, left: Option<u64>) -> String {
    let per_minute = per_second * 60.0;
    let mut text = match (per_second, per_minute) {
        (1.0.., _) => format!(" · {per_second:.0} a second"),
        (_, 1.0..) => format!(" · {per_minute:.0} a minute"),
        _ => return String::new(),
    };
    if let Some(left) = left {
        let left = Duration::try_from_secs_f64(left as f64 / per_second).unwrap_or(Duration::MAX);
        text.push_str(&format!(" · {} left", HumanDuration(left)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_can_be_read() {
        for template in [BAR, SPINNER] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }

    #[test]
    fn a_line_says_how_much_how_fast_and_how_long() {
        let second = Duration::from_secs(100);
        assert_eq!(
            line(12_500, Some(50_000), 4_000, second),
            "12,500 of 50,000 · 40 a second · 16 minutes left"
        );
        assert_eq!(line(250, None, 250, second), "250 · 2 a second");
        assert_eq!(line(0, Some(10), 0, second), "0 of 10");
        assert_eq!(
            line(50, Some(100), 50, second),
            "50 of 100 · 30 a minute · 2 minutes left"
        );
    }
}
