//! New keys: everything sealed is sealed anew with the first key of the ring.
//!
//! In small transactions, so that the service goes on meanwhile; each looks for what the first key has not sealed, so that a
//! run that was cut short is simply started again. The store opens at any moment, with a ring that has the old keys and the
//! new one; the value that proves the keys at start is the last one sealed anew.
//!
//! The order of a rotation: put the new key into the keys file as its first line, leave the old ones below; run this; then,
//! when [`Store::keys_in_use`] names the new one alone, take the old lines out (a backup made before needs them still).
//! What serves meanwhile reads the keys file anew when it meets the new key, which each batch has it look for; what it
//! seals with the old one until then is left for a second run.

use std::collections::BTreeMap;

use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, Row};

use super::Store;
use super::columns::{META, SEALED};
use super::error::StoreError;
use super::points::Point;
use super::seal::{Column, HEAD, Opened, key_id};
use super::write::Lasting;

/// Values per transaction: some 10 ms, in which nobody else writes.
const BATCH: i64 = 200;

/// How far a rotation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Values looked at.
    pub done: u64,
    /// Values to look at in all, counted at the start.
    pub total: u64,
}

/// What a rotation did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Values sealed anew.
    pub values: u64,
    /// Values that could not be opened and stay as they are, by `table.column`.
    pub unreadable: BTreeMap<String, u64>,
}

impl Store {
    /// Seals everything with the first key that is not sealed with it yet.
    pub async fn reseal(
        &self,
        mut progress: impl FnMut(Progress) + Send,
    ) -> Result<Resealed, StoreError> {
        let mut total = 0;
        for column in &SEALED {
            total += self.outdated(column).await?;
        }
        let (mut done, mut result) = (0, Resealed::default());
        progress(Progress { done, total });
        for column in &SEALED {
            let mut from = vec![String::new(); column.row.len()];
            while let Some(batch) = self.batch(column, &from).await? {
                done += batch.sealed + batch.unreadable;
                result.values += batch.sealed;
                if batch.unreadable > 0 {
                    let name = format!("{}.{}", column.table, column.column);
                    *result.unreadable.entry(name).or_default() += batch.unreadable;
                }
                from = batch.last;
                let total = total.max(done);
                progress(Progress { done, total });
            }
        }
        Ok(result)
    }

    /// How many values each key has sealed; values that name no key are under `None`.
    pub async fn keys_in_use(&self) -> Result<BTreeMap<Option<String>, u64>, StoreError> {
        let mut used = BTreeMap::new();
        for Column { table, column, .. } in &SEALED {
            let sql = format!(
                "SELECT substr({column}, 1, {HEAD}) AS head, count(*) AS values_there FROM {table}
                 WHERE {column} IS NOT NULL GROUP BY 1"
            );
            let rows = sqlx::query(AssertSqlSafe(sql))
                .fetch_all(&self.0.readers)
                .await?;
            for row in rows {
                let head: Vec<u8> = row.try_get("head")?;
                let count: i64 = row.try_get("values_there")?;
                let id = key_id(&head).ok().map(str::to_owned);
                *used.entry(id).or_default() += count.unsigned_abs();
            }
        }
        Ok(used)
    }

    /// How many values of a column the first key has not sealed.
    async fn outdated(&self, Column { table, column, .. }: &Column) -> Result<u64, StoreError> {
        let sql = format!("SELECT count(*) FROM {table} WHERE substr({column}, 1, {HEAD}) <> $1");
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(self.0.keys.newest_head())
            .fetch_one(&self.0.readers)
            .await?;
        Ok(count.unsigned_abs())
    }

    /// Seals the next values of a column anew, those after the row `from`. `None`: there is no further one.
    async fn batch(&self, column: &Column, from: &[String]) -> Result<Option<Batch>, StoreError> {
        let (table, name) = (column.table, column.column);
        let row = column.row.join(", ");
        let after: Vec<String> = (2..).take(from.len()).map(|n| format!("${n}")).collect();
        let after = after.join(", ");
        let select = format!(
            "SELECT {row}, {name} AS sealed FROM {table}
             WHERE substr({name}, 1, {HEAD}) <> $1 AND ({row}) > ({after}) ORDER BY {row} LIMIT {BATCH}"
        );
        let same: Vec<String> = (2_usize..)
            .zip(column.row)
            .map(|(n, part)| format!("{part} = ${n}"))
            .collect();
        let update = format!(
            "UPDATE {table} SET {name} = $1 WHERE {}",
            same.join(" AND ")
        );

        let mut write = self.write(Point::Resealed, Lasting::Acknowledged).await?;
        let mut select = sqlx::query(AssertSqlSafe(select)).bind(self.0.keys.newest_head());
        for part in from {
            select = select.bind(part.clone());
        }
        let rows = select.fetch_all(write.conn()).await?;
        let mut batch = Batch::default();
        for row in &rows {
            let mut place = Vec::with_capacity(column.row.len());
            for part in column.row {
                place.push(row.try_get::<String, _>(*part)?);
            }
            let parts: Vec<&str> = place.iter().map(String::as_str).collect();
            match self.0.keys.open(column, &parts, row.try_get("sealed")?) {
                Ok(plain) => {
                    let sealed = self.seal(column, &parts, &plain)?;
                    let mut update = sqlx::query(AssertSqlSafe(update.clone())).bind(sealed);
                    for part in &place {
                        update = update.bind(part.clone());
                    }
                    update.execute(write.conn()).await?;
                    batch.sealed += 1;
                }
                Err(_) => batch.unreadable += 1,
            }
            batch.last = place;
        }
        if rows.is_empty() {
            return Ok(None);
        }
        // What is in `meta` is read at start alone.
        if batch.sealed > 0 && *column != META {
            write.raise().await?;
        }
        write.commit().await?;
        Ok(Some(batch))
    }

    /// Whether each value of a column opens, by row; for an examination.
    pub(super) async fn unreadable(&self, column: &Column) -> Result<u64, StoreError> {
        let (table, name, row) = (column.table, column.column, column.row.join(", "));
        let sql = format!("SELECT {row}, {name} AS sealed FROM {table} WHERE {name} IS NOT NULL");
        let mut rows = sqlx::query(AssertSqlSafe(sql)).fetch(&self.0.readers);
        let mut unreadable = 0;
        // One at a time: all bodies together may be more than there is memory.
        while let Some(row) = rows.try_next().await? {
            let mut place: Vec<&str> = Vec::with_capacity(column.row.len());
            for part in column.row {
                place.push(row.try_get(*part)?);
            }
            let opened: Opened<_> = self.0.keys.open(column, &place, row.try_get("sealed")?);
            unreadable += u64::from(opened.is_err());
        }
        Ok(unreadable)
    }
}

#[derive(Default)]
struct Batch {
    sealed: u64,
    unreadable: u64,
    last: Vec<String>,
}
