//! What has come in of each topic of an install: so that an admin sees whether hooks arrive. No personal data.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::Store;
use super::error::StoreError;
use super::time::{instant, micros};
use super::write::Write;
use crate::domain::day::Instant;
use crate::domain::install::InstallName;

/// So many topics of an install are told apart: the topic is not signed, so that a captured hook may come under any.
const MOST_TOPICS: i64 = 200;

/// What has come in of one topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookDelivery {
    /// The topic.
    pub topic: String,
    /// When the last one came.
    pub last_at: Instant,
    /// How many came, ever.
    pub received: u64,
    /// When one was applied last.
    pub last_applied: Option<Instant>,
}

impl Store {
    /// What has come in for an install, by topic.
    pub async fn hook_deliveries(
        &self,
        install: &InstallName,
    ) -> Result<Vec<HookDelivery>, StoreError> {
        let rows = sqlx::query("SELECT * FROM hook_deliveries WHERE install = $1 ORDER BY topic")
            .bind(install.as_str())
            .fetch_all(&self.0.readers)
            .await?;
        let delivery = |row: &SqliteRow| {
            Ok(HookDelivery {
                topic: row.try_get("topic")?,
                last_at: instant(row.try_get("last_at")?),
                received: row.try_get::<i64, _>("received")?.unsigned_abs(),
                last_applied: row.try_get::<Option<i64>, _>("last_applied")?.map(instant),
            })
        };
        rows.iter().map(delivery).collect()
    }
}

/// Hooks of a topic were kept.
pub(super) async fn note_received(
    write: &mut Write,
    install: &InstallName,
    topic: &str,
    last_at: Instant,
    received: i64,
) -> Result<(), StoreError> {
    let known = sqlx::query(
        "UPDATE hook_deliveries SET last_at = CASE WHEN last_at > $3 THEN last_at ELSE $3 END, received = received + $4
         WHERE install = $1 AND topic = $2",
    )
    .bind(install.as_str())
    .bind(topic)
    .bind(micros(last_at))
    .bind(received)
    .execute(write.conn())
    .await?;
    if known.rows_affected() == 0 {
        sqlx::query(
            "INSERT INTO hook_deliveries (install, topic, last_at, received)
             SELECT $1, $2, $3, $4 WHERE (SELECT count(*) FROM hook_deliveries WHERE install = $1) < $5",
        )
        .bind(install.as_str())
        .bind(topic)
        .bind(micros(last_at))
        .bind(received)
        .bind(MOST_TOPICS)
        .execute(write.conn())
        .await?;
    }
    Ok(())
}

/// Hooks of a topic were applied.
pub(super) async fn note_applied(
    write: &mut Write,
    install: &InstallName,
    topic: &str,
    now: Instant,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE hook_deliveries SET last_applied = $3 WHERE install = $1 AND topic = $2")
        .bind(install.as_str())
        .bind(topic)
        .bind(micros(now))
        .execute(write.conn())
        .await?;
    Ok(())
}
