//! Migrations: embedded, forward only, applied together in one transaction.

use sqlx::{Row, SqliteConnection};

use super::error::StoreError;
use super::time::micros;
use crate::domain::day::Instant;

/// In order; number 1 is the first. One that has been released is never edited.
pub(super) const MIGRATIONS: [&str; 12] = [
    include_str!("migrations/0001_first.sql"),
    include_str!("migrations/0002_inbox.sql"),
    include_str!("migrations/0003_totp.sql"),
    include_str!("migrations/0004_hooks.sql"),
    include_str!("migrations/0005_link_agents.sql"),
    include_str!("migrations/0006_outbox.sql"),
    include_str!("migrations/0007_backfill.sql"),
    include_str!("migrations/0008_link_profiles.sql"),
    include_str!("migrations/0009_asked_again.sql"),
    include_str!("migrations/0010_link_addresses.sql"),
    include_str!("migrations/0011_client_secret_overlap.sql"),
    include_str!("migrations/0012_records.sql"),
];

/// The format that this program writes.
pub(super) const NEWEST: i64 = MIGRATIONS.len() as i64;

/// Brings the tables up to date. The connection is in a transaction that its caller commits: a store is in the old
/// format or in the new one.
pub(super) async fn migrate(conn: &mut SqliteConnection, now: Instant) -> Result<(), StoreError> {
    let found = match tables(conn).await? {
        Tables::None => {
            sqlx::query(
                "CREATE TABLE migrations (number BIGINT PRIMARY KEY, applied_at BIGINT NOT NULL)",
            )
            .execute(&mut *conn)
            .await?;
            0
        }
        Tables::Ours => sqlx::query("SELECT coalesce(max(number), 0) AS number FROM migrations")
            .fetch_one(&mut *conn)
            .await?
            .try_get("number")?,
        Tables::Others => {
            return Err(StoreError::NotAStore {
                place: String::from("the store"),
            });
        }
    };
    if found > NEWEST {
        return Err(StoreError::Newer {
            place: String::from("the store"),
            found,
            known: NEWEST,
        });
    }
    for (number, sql) in (1_i64..)
        .zip(MIGRATIONS)
        .filter(|(number, _)| *number > found)
    {
        sqlx::raw_sql(sql).execute(&mut *conn).await?;
        sqlx::query("INSERT INTO migrations (number, applied_at) VALUES ($1, $2)")
            .bind(number)
            .bind(micros(now))
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

enum Tables {
    None,
    Ours,
    Others,
}

/// Whether this is an empty database, a store of ours, or another program's.
async fn tables(conn: &mut SqliteConnection) -> Result<Tables, StoreError> {
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    )
    .fetch_all(conn)
    .await?;
    Ok(if names.is_empty() {
        Tables::None
    } else if ["migrations", "meta", "installs"]
        .iter()
        .all(|ours| names.iter().any(|name| name == ours))
    {
        Tables::Ours
    } else {
        Tables::Others
    })
}
