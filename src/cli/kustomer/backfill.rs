//! `kustomer backfill`

mod bar;
mod desk;
mod said;

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use self::bar::Bar;
use self::desk::Desk;
use super::{Joined, confirm};
use crate::cli::{Failure, asked_to_stop};
use crate::domain::day::{Day, Instant};
use crate::domain::subscription::Selection;
use crate::store::BackfillRecord;
use crate::upkeep::backfill::Stopped;

/// What is on its way when somebody asks to stop has so long to come back.
const PATIENCE: Duration = Duration::from_secs(10);
#[derive(Debug, Args)]
pub struct Backfill {
    #[command(flatten)]
    joined: Joined,
    /// Only subscriptions that changed on this day (UTC) or later, new ones among them
    #[arg(long, value_name = "DATE", value_parser = day)]
    since: Option<Day>,
    /// Only active subscriptions
    #[arg(long)]
    only_active: bool,
    /// At most so many subscriptions, those that began first
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// Say what it would take, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Remove the objects that a run made [default: the last run]
    #[arg(long, value_name = "RUN", num_args = 0..=1, conflicts_with_all = ["since", "only_active", "limit"])]
    undo: Option<Option<i64>>,
    /// Don't ask; for scripts
    #[arg(long)]
    yes: bool,
}

impl Backfill {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let desk = Desk::of(&self.joined).await?;
        match self.undo {
            Some(run) => self.undone(&desk, run).await,
            None => self.filled(&desk).await,
        }
    }

    async fn filled(&self, desk: &Desk) -> Result<ExitCode, Failure> {
        let selection = Selection {
            changed_since: self.since.map(begin),
            only_active: self.only_active,
        };
        let unfinished = desk.backfill.unfinished(selection, self.limit).await?;
        let mut run = match unfinished {
            Some(run) if !self.dry_run => {
                said::goes_on(&run);
                run
            }
            _ => {
                let counting = Bar::counting(&desk.opened.clock, desk.backfill.progress());
                let planning = desk.backfill.plan(selection, self.limit, desk.per_minute);
                let planned = self.until_stopped(desk, planning).await;
                counting.end();
                let plan = planned.map_err(|stopped| said::stopped(&stopped, None))?;
                said::plan(desk, &plan);
                if self.dry_run {
                    anstream::println!("nothing was written");
                    return Ok(ExitCode::SUCCESS);
                }
                if plan.subscriptions == 0 {
                    anstream::println!("there is nothing to do");
                    return Ok(ExitCode::SUCCESS);
                }
                if !self.yes {
                    confirm(&desk.org, "begin")?;
                }
                desk.backfill.begin(selection, self.limit, &plan).await?
            }
        };
        let object = ("workspace", desk.record.id.as_str());
        let note = |what: &str| format!("run {}: {what}", run.number);
        desk.opened
            .note("kustomer.backfill", object, note("began"))
            .await?;
        let bar = Bar::of(
            &desk.opened.clock,
            run.total,
            run.counts.looked_at,
            desk.backfill.progress(),
        );
        let stopwatch = desk.opened.clock.start();
        let ran = self.until_stopped(desk, desk.backfill.run(&mut run)).await;
        bar.end();
        match ran {
            Ok(()) => {
                let note = format!("run {}: {} made", run.number, run.counts.made);
                desk.opened.note("kustomer.backfill", object, note).await?;
                said::done(desk, &run, stopwatch.elapsed());
                Ok(ExitCode::SUCCESS)
            }
            Err(stopped) => {
                let again = self.again(desk);
                let is_asked = matches!(stopped, Stopped::Asked);
                if is_asked {
                    anstream::eprintln!("{}", said::left(&run, &again));
                    return Ok(ExitCode::FAILURE);
                }
                Err(said::stopped(&stopped, Some(&again)))
            }
        }
    }

    async fn undone(&self, desk: &Desk, which: Option<i64>) -> Result<ExitCode, Failure> {
        let runs = desk.opened.store.backfills(&desk.record.id).await?;
        let run = chosen(&runs, which)?;
        let count = desk.opened.store.backfilled_count(run.number).await?;
        said::undo(desk, run, count);
        if self.dry_run {
            anstream::println!("nothing was removed");
            return Ok(ExitCode::SUCCESS);
        }
        if count == 0 {
            anstream::println!("there is nothing to remove");
            return Ok(ExitCode::SUCCESS);
        }
        if !self.yes {
            confirm(&desk.org, "remove them")?;
        }
        let bar = Bar::of(&desk.opened.clock, count, 0, desk.backfill.progress());
        let undone = self
            .until_stopped(desk, desk.backfill.undo(run.number))
            .await;
        bar.end();
        let again = format!(
            "sidecard kustomer backfill --workspace {} --undo {}",
            desk.record.id, run.number
        );
        let undone = undone.map_err(|stopped| said::stopped(&stopped, Some(&again)))?;
        let note = format!("run {}: {} removed", run.number, undone.removed);
        let object = ("workspace", desk.record.id.as_str());
        desk.opened
            .note("kustomer.backfill.undo", object, note)
            .await?;
        anstream::println!(
            "removed: {} of run {}",
            said::objects(undone.removed),
            run.number
        );
        Ok(ExitCode::SUCCESS)
    }

    /// Brings work to its end, or to where it can be left when somebody asks for that.
    async fn until_stopped<T>(
        &self,
        desk: &Desk,
        work: impl Future<Output = Result<T, Stopped>>,
    ) -> Result<T, Stopped> {
        tokio::pin!(work);
        tokio::select! {
            done = &mut work => return done,
            () = asked_to_stop() => {}
        }
        desk.backfill.stop().ask();
        anstream::eprintln!("stopping: what is on its way comes to its end first");
        tokio::select! {
            done = &mut work => done,
            // What it was about to write is looked for when it goes on.
            () = tokio::time::sleep(PATIENCE) => Err(Stopped::Asked),
            () = asked_to_stop() => Err(Stopped::Asked),
        }
    }

    /// The command that goes on.
    fn again(&self, desk: &Desk) -> String {
        let mut again = format!("sidecard kustomer backfill --workspace {}", desk.record.id);
        if let Some(since) = self.since {
            again.push_str(&format!(" --since {}", since.date()));
        }
        if self.only_active {
            again.push_str(" --only-active");
        }
        if let Some(limit) = self.limit {
            again.push_str(&format!(" --limit {limit}"));
        }
        again
    }
}

/// The run to undo.
fn chosen(runs: &[BackfillRecord], which: Option<i64>) -> Result<&BackfillRecord, Failure> {
    let found = match which {
        Some(number) => runs.iter().find(|run| run.number == number),
        None => runs.iter().find(|run| run.undone_at.is_none()),
    };
    found.ok_or_else(|| {
        let numbers: Vec<String> = runs.iter().map(|run| run.number.to_string()).collect();
        Failure::Usage {
            message: match which {
                Some(number) => format!("this workspace has no such run: {number}"),
                None => "this workspace has no run that could be undone".into(),
            },
            hint: match numbers.as_slice() {
                [] => "nothing has been put on its timelines by a backfill".into(),
                numbers => format!("its runs are: {}", numbers.join(", ")),
            },
        }
    })
}

fn day(text: &str) -> Result<Day, String> {
    let date = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d");
    date.map(Day::from)
        .map_err(|_| String::from("write a day as `2026-01-31`"))
}

/// The first moment of a day.
fn begin(day: Day) -> Instant {
    day.date().and_time(chrono::NaiveTime::MIN).and_utc()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_written_year_first_and_begins_at_midnight() {
        let read = day("2026-01-31").unwrap();
        assert_eq!(begin(read).to_rfc3339(), "2026-01-31T00:00:00+00:00");
        for bad in ["31.01.2026", "2026-02-30", "yesterday", ""] {
            assert!(day(bad).is_err(), "{bad}");
        }
    }
}
