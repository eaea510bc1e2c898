//! Removing what is stored of a customer, of an install, or what is too old.

use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};

use super::super::Store;
use super::super::error::StoreError;
use super::super::outbox::{self, Whose};
use super::super::points::Point;
use super::super::time::micros;
use super::super::write::{Lasting, Write};
use crate::domain::day::Instant;
use crate::domain::id::CustomerId;
use crate::domain::install::InstallName;

/// Customers that one transaction of the purge removes: some ten rows each.
const BATCH: i64 = 100;
/// A deletion of something without an owner is remembered this long: webhooks are retried for two days.
const UNOWNED: chrono::TimeDelta = chrono::TimeDelta::hours(72);

/// What went of a customer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Records.
    pub records: u64,
    /// Keys that led to them.
    pub keys: Vec<String>,
    /// Links to them.
    pub links: u64,
    /// Objects on timelines, which are about to be removed there.
    pub objects: u64,
}

/// Removes everything of a customer: records, keys, links, and what stands on timelines.
pub(in crate::store) async fn forget_customer(
    write: &mut Write,
    install: &InstallName,
    customer: &CustomerId,
    now: Instant,
) -> Result<Forgotten, StoreError> {
    let keys: Vec<String> = sqlx::query_scalar(
        "SELECT DISTINCT key FROM customer_keys WHERE install = $1 AND customer = $2",
    )
    .bind(install.as_str())
    .bind(customer.as_str())
    .fetch_all(write.conn())
    .await?;
    for key in &keys {
        sqlx::query("DELETE FROM asked WHERE install = $1 AND key = $2")
            .bind(install.as_str())
            .bind(key)
            .execute(write.conn())
            .await?;
    }
    let mut counts = Vec::new();
    for sql in [
        "DELETE FROM customer_keys WHERE install = $1 AND customer = $2",
        "DELETE FROM records WHERE install = $1 AND owner = $2",
        "DELETE FROM customers WHERE install = $1 AND customer = $2",
        "DELETE FROM links WHERE install = $1 AND customer = $2",
    ] {
        let gone = sqlx::query(sql)
            .bind(install.as_str())
            .bind(customer.as_str())
            .execute(write.conn())
            .await?;
        counts.push(gone.rows_affected());
    }
    if counts[3] > 0 {
        write.raise().await?;
    }
    let objects = outbox::remove(write, Whose::Customer(install, customer), now).await?;
    Ok(Forgotten {
        records: counts[1],
        links: counts[3],
        keys,
        objects,
    })
}

/// Removes all records of an install. Returns how many customers there were.
pub(in crate::store) async fn forget_install(
    conn: &mut SqliteConnection,
    install: &InstallName,
) -> Result<u64, StoreError> {
    let mut customers = 0;
    for table in ["asked", "customer_keys", "records", "customers"] {
        let sql = format!("DELETE FROM {table} WHERE install = $1");
        let gone = sqlx::query(AssertSqlSafe(sql))
            .bind(install.as_str())
            .execute(&mut *conn)
            .await?;
        customers = gone.rows_affected();
    }
    Ok(customers)
}

/// Removes customers who were read before `old`, or are of installs that were refused before `refused`; what was asked
/// before `old`; and what is remembered for a while alone. A batch a transaction, by index. Returns how many customers.
pub(in crate::store) async fn purge_old(
    store: &Store,
    old: Instant,
    refused: Instant,
    now: Instant,
) -> Result<u64, StoreError> {
    let mut gone = 0;
    loop {
        let rows = sqlx::query(
            "SELECT install, customer FROM customers WHERE used_at < $1
             UNION SELECT install, customer FROM customers
                WHERE install IN (SELECT name FROM installs WHERE reconnect_since < $2)
             LIMIT $3",
        )
        .bind(micros(old))
        .bind(micros(refused))
        .bind(BATCH)
        .fetch_all(&store.0.readers)
        .await?;
        if rows.is_empty() {
            break;
        }
        let mut write = store.write(Point::Purged, Lasting::Again).await?;
        for row in &rows {
            let (install, customer): (&str, &str) =
                (row.try_get("install")?, row.try_get("customer")?);
            for sql in [
                // Without its customer an answer would say that there is none.
                "DELETE FROM asked WHERE install = $1
                    AND key IN (SELECT key FROM customer_keys WHERE install = $1 AND customer = $2)",
                "DELETE FROM customer_keys WHERE install = $1 AND customer = $2",
                "DELETE FROM records WHERE install = $1 AND owner = $2",
                "DELETE FROM customers WHERE install = $1 AND customer = $2",
            ] {
                sqlx::query(sql)
                    .bind(install)
                    .bind(customer)
                    .execute(write.conn())
                    .await?;
            }
            gone += 1;
        }
        write.commit().await?;
    }
    for (sql, at) in [
        (
            "DELETE FROM asked WHERE (install, key) IN
            (SELECT install, key FROM asked WHERE at < $1 LIMIT 1000)",
            old,
        ),
        (
            "DELETE FROM records WHERE (install, kind, id) IN
            (SELECT install, kind, id FROM records WHERE owner = '' AND at < $1 LIMIT 1000)",
            now - UNOWNED,
        ),
        (
            "DELETE FROM erased WHERE (install, key) IN
            (SELECT install, key FROM erased WHERE valid_until <= $1 LIMIT 1000)",
            now,
        ),
    ] {
        loop {
            let mut write = store.write(Point::Purged, Lasting::Again).await?;
            let batch = sqlx::query(sql)
                .bind(micros(at))
                .execute(write.conn())
                .await?;
            write.commit().await?;
            if batch.rows_affected() == 0 {
                break;
            }
        }
    }
    let mut write = store.write(Point::Purged, Lasting::Again).await?;
    sqlx::query(
        "DELETE FROM asked WHERE install IN (SELECT name FROM installs WHERE reconnect_since < $1)",
    )
    .bind(micros(refused))
    .execute(write.conn())
    .await?;
    write.commit().await?;
    Ok(gone)
}
