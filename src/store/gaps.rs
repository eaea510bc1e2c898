//! Gaps: times in which hooks may have been missed, one per install. And the heartbeat, which tells of ours.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::Store;
use super::error::StoreError;
use super::points::Point;
use super::time::{instant, micros};
use super::write::Lasting;
use crate::domain::day::Instant;
use crate::domain::install::InstallName;

/// A time in which hooks may have been missed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Whose.
    pub install: InstallName,
    /// From when …
    pub began_at: Instant,
    /// … to when. What was read before this is not fresh.
    pub ended_at: Instant,
    /// Whether a deletion may be among what was missed: no list tells of those, and only reading a customer anew does.
    pub deletions: bool,
    /// How far what changed in it has been read.
    pub progress: Progress,
    number: i64,
}

/// How far what changed in a gap has been read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// The list that is being read, in a fixed word; `None`: the first.
    pub list: Option<String>,
    /// Where the next page of it begins; `None`: at its beginning.
    pub place: Option<String>,
    /// Pages that were read, of all lists.
    pub pages: u32,
    /// Whether that is all.
    pub swept: bool,
}

impl Store {
    /// The process is alive. Returns when one said so last.
    pub async fn beat(&self, now: Instant) -> Result<Option<Instant>, StoreError> {
        let mut write = self.write(Point::Beat, Lasting::Again).await?;
        let last: Option<i64> =
            sqlx::query_scalar("SELECT value FROM counters WHERE name = 'alive'")
                .fetch_optional(write.conn())
                .await?;
        sqlx::query(
            "INSERT INTO counters (name, value) VALUES ('alive', $1)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )
        .bind(micros(now))
        .execute(write.conn())
        .await?;
        write.commit().await?;
        Ok(last.map(instant))
    }

    /// Hooks of an install may have been missed. One gap takes in the one before it, and is read from its beginning.
    pub async fn open_gap(
        &self,
        install: &InstallName,
        (began_at, ended_at): (Instant, Instant),
        deletions: bool,
    ) -> Result<(), StoreError> {
        let mut write = self.write(Point::GapOpened, Lasting::Acknowledged).await?;
        sqlx::query(
            "INSERT INTO gaps (install, number, began_at, ended_at, deletions, pages, swept)
             SELECT name, 1, $2, $3, $4, 0, 0 FROM installs WHERE name = $1
             ON CONFLICT (install) DO UPDATE SET number = gaps.number + 1,
                began_at = CASE WHEN gaps.swept = 0 AND gaps.began_at < excluded.began_at
                    THEN gaps.began_at ELSE excluded.began_at END,
                ended_at = CASE WHEN gaps.ended_at > excluded.ended_at THEN gaps.ended_at ELSE excluded.ended_at END,
                deletions = CASE WHEN gaps.deletions > excluded.deletions THEN gaps.deletions ELSE excluded.deletions END,
                list = NULL, place = NULL, pages = 0, swept = 0",
        )
        .bind(install.as_str())
        .bind(micros(began_at))
        .bind(micros(ended_at))
        .bind(i64::from(deletions))
        .execute(write.conn())
        .await?;
        write.commit().await
    }

    /// All gaps that are not closed.
    pub async fn gaps(&self) -> Result<Vec<Gap>, StoreError> {
        let rows = sqlx::query("SELECT * FROM gaps ORDER BY install")
            .fetch_all(&self.0.readers)
            .await?;
        rows.iter().map(gap_from).collect()
    }

    /// What changed in a gap has been read so far. Nothing, when it is another one by now.
    pub async fn advance_gap(&self, gap: &Gap, progress: &Progress) -> Result<(), StoreError> {
        let mut write = self.write(Point::GapSwept, Lasting::Acknowledged).await?;
        sqlx::query(
            "UPDATE gaps SET list = $3, place = $4, pages = $5, swept = $6 WHERE install = $1 AND number = $2",
        )
        .bind(gap.install.as_str())
        .bind(gap.number)
        .bind(&progress.list)
        .bind(&progress.place)
        .bind(i64::from(progress.pages))
        .bind(i64::from(progress.swept))
        .execute(write.conn())
        .await?;
        write.commit().await
    }

    /// A gap matters no more. Nothing, when it is another one by now.
    pub async fn close_gap(&self, gap: &Gap) -> Result<(), StoreError> {
        let mut write = self.write(Point::GapClosed, Lasting::Acknowledged).await?;
        sqlx::query("DELETE FROM gaps WHERE install = $1 AND number = $2")
            .bind(gap.install.as_str())
            .bind(gap.number)
            .execute(write.conn())
            .await?;
        write.commit().await
    }
}

fn gap_from(row: &SqliteRow) -> Result<Gap, StoreError> {
    let install: String = row.try_get("install")?;
    let install = InstallName::parse(&install).map_err(|_| StoreError::Damaged {
        place: String::from("the store"),
    })?;
    let pages: i64 = row.try_get("pages")?;
    Ok(Gap {
        install,
        began_at: instant(row.try_get("began_at")?),
        ended_at: instant(row.try_get("ended_at")?),
        deletions: row.try_get::<i64, _>("deletions")? != 0,
        progress: Progress {
            list: row.try_get("list")?,
            place: row.try_get("place")?,
            pages: u32::try_from(pages).unwrap_or(u32::MAX),
            swept: row.try_get::<i64, _>("swept")? != 0,
        },
        number: row.try_get("number")?,
    })
}
