//! Runs that put all subscriptions of a workspace on its timelines: how far each is, and which objects it made.

mod claims;

use serde::{Deserialize, Serialize};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::Store;
use super::error::StoreError;
use super::points::Point;
use super::time::{instant, micros};
use super::write::Lasting;
use crate::domain::day::Instant;
use crate::domain::id::WorkspaceId;
use crate::domain::install::InstallName;
use crate::domain::subscription::Selection;

pub(super) use claims::CLAIM;
pub use claims::{Adopted, Claim, Claimed, Leftover, Made};

/// A run to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBackfill<'a> {
    /// Whose timelines.
    pub workspace: &'a WorkspaceId,
    /// Where the objects are, at the helpdesk.
    pub klass: &'a str,
    /// Which subscriptions.
    pub selection: Selection,
    /// At most so many of them; `None`: all.
    pub most: Option<u64>,
    /// How many there are to look at, as they were counted.
    pub total: u64,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackfillRecord {
    /// Its number.
    pub number: i64,
    /// Where the objects are, at the helpdesk.
    pub klass: String,
    /// Which subscriptions.
    pub selection: Selection,
    /// At most so many of them; `None`: all.
    pub most: Option<u64>,
    /// How many there were to look at when it began.
    pub total: u64,
    /// When it began.
    pub began_at: Instant,
    /// When it came to its end, or was given up for another one.
    pub ended_at: Option<Instant>,
    /// When what it made was removed again.
    pub undone_at: Option<Instant>,
    /// Whether it is known what stood on the timelines before; `None`: not looked at yet.
    pub stock: Option<Stock>,
    /// How far it is.
    pub place: BackfillPlace,
    /// What it came to so far.
    pub counts: BackfillCounts,
}

/// What is known of what stood on timelines before a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stock {
    /// All of it.
    Known,
    /// It could not be learned: each object is looked for before it is made.
    Unknown,
}

/// How far a run is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BackfillPlace {
    /// The install that is being read; those before it, by name, are done. `None`: the first.
    pub install: Option<InstallName>,
    /// When the last of its subscriptions began that is done.
    pub reached: Option<Instant>,
    /// How many are done that began at that very time.
    pub passed: u64,
}

/// What a run came to. The numbers but the first add up to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BackfillCounts {
    /// Subscriptions that were looked at.
    pub looked_at: u64,
    /// Objects that were made.
    pub made: u64,
    /// Objects that stood there and were written anew.
    pub written: u64,
    /// Objects that stood there and said the same, or something newer.
    pub same: u64,
    /// Left to the service, which is about to write them.
    pub left: u64,
    /// Without a customer at the helpdesk.
    pub nobody: u64,
    /// Of customers without an address, whom the helpdesk can't know.
    pub no_address: u64,
    /// Of nobody, at the provider.
    pub no_customer: u64,
    /// Not accepted by the helpdesk.
    pub refused: u64,
}

impl Store {
    /// Begins a run. One of the same workspace that has not come to its end is given up.
    pub async fn begin_backfill(
        &self,
        new: &NewBackfill<'_>,
        now: Instant,
    ) -> Result<BackfillRecord, StoreError> {
        let mut write = self
            .write(Point::BackfillBegun, Lasting::Acknowledged)
            .await?;
        sqlx::query("UPDATE backfills SET ended_at = $2 WHERE workspace = $1 AND ended_at IS NULL")
            .bind(new.workspace.as_str())
            .bind(micros(now))
            .execute(write.conn())
            .await?;
        let row = sqlx::query(
            "INSERT INTO backfills (number, workspace, klass, changed_since, only_active, most, total, began_at,
                stocked, careful, passed, counts)
             SELECT coalesce(max(number), 0) + 1, $1, $2, $3, $4, $5, $6, $7, 0, 0, 0, '{}' FROM backfills
             RETURNING *",
        )
        .bind(new.workspace.as_str())
        .bind(new.klass)
        .bind(new.selection.changed_since.map(micros))
        .bind(i64::from(new.selection.only_active))
        .bind(new.most.map(number))
        .bind(number(new.total))
        .bind(micros(now))
        .fetch_one(write.conn())
        .await?;
        let begun = record(&row)?;
        write.commit().await?;
        Ok(begun)
    }

    /// The runs of a workspace, the newest first.
    pub async fn backfills(
        &self,
        workspace: &WorkspaceId,
    ) -> Result<Vec<BackfillRecord>, StoreError> {
        let rows = sqlx::query("SELECT * FROM backfills WHERE workspace = $1 ORDER BY number DESC")
            .bind(workspace.as_str())
            .fetch_all(&self.0.readers)
            .await?;
        rows.iter().map(record).collect()
    }

    /// Keeps how far a run is. `ended`: it has come to its end.
    pub async fn advance_backfill(
        &self,
        run: &BackfillRecord,
        ended: Option<Instant>,
    ) -> Result<(), StoreError> {
        let mut write = self
            .write(Point::BackfillAdvanced, Lasting::Acknowledged)
            .await?;
        // Numbers always make JSON.
        let counts = serde_json::to_string(&run.counts).unwrap_or_else(|_| String::from("{}"));
        let place = &run.place;
        sqlx::query(
            "UPDATE backfills SET stocked = $2, careful = $3, install = $4, reached = $5, passed = $6, counts = $7,
                ended_at = coalesce($8, ended_at)
             WHERE number = $1",
        )
        .bind(run.number)
        .bind(i64::from(run.stock.is_some()))
        .bind(i64::from(run.stock == Some(Stock::Unknown)))
        .bind(place.install.as_ref().map(InstallName::as_str))
        .bind(place.reached.map(micros))
        .bind(number(place.passed))
        .bind(counts)
        .bind(ended.map(micros))
        .execute(write.conn())
        .await?;
        write.commit().await
    }

    /// What a run made was removed, all of it.
    pub async fn undone_backfill(&self, number: i64, now: Instant) -> Result<(), StoreError> {
        let mut write = self
            .write(Point::BackfillAdvanced, Lasting::Acknowledged)
            .await?;
        sqlx::query(
            "UPDATE backfills SET undone_at = $2, ended_at = coalesce(ended_at, $2) WHERE number = $1",
        )
        .bind(number)
        .bind(micros(now))
        .execute(write.conn())
        .await?;
        write.commit().await
    }
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn record(row: &SqliteRow) -> Result<BackfillRecord, StoreError> {
    let time = |name: &str| -> Result<Option<Instant>, StoreError> {
        Ok(row.try_get::<Option<i64>, _>(name)?.map(instant))
    };
    let is = |name: &str| -> Result<bool, StoreError> { Ok(row.try_get::<i64, _>(name)? != 0) };
    let install: Option<String> = row.try_get("install")?;
    let counts: String = row.try_get("counts")?;
    let stock = if is("careful")? {
        Stock::Unknown
    } else {
        Stock::Known
    };
    Ok(BackfillRecord {
        number: row.try_get("number")?,
        klass: row.try_get("klass")?,
        selection: Selection {
            changed_since: time("changed_since")?,
            only_active: is("only_active")?,
        },
        most: row
            .try_get::<Option<i64>, _>("most")?
            .map(i64::unsigned_abs),
        total: row.try_get::<i64, _>("total")?.unsigned_abs(),
        began_at: instant(row.try_get("began_at")?),
        ended_at: time("ended_at")?,
        undone_at: time("undone_at")?,
        stock: is("stocked")?.then_some(stock),
        place: BackfillPlace {
            install: install.and_then(|name| InstallName::parse(&name).ok()),
            reached: time("reached")?,
            passed: row.try_get::<i64, _>("passed")?.unsigned_abs(),
        },
        counts: serde_json::from_str(&counts).unwrap_or_default(),
    })
}
