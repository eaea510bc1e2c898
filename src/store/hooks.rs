//! The addresses for hooks that are ours at the providers, and what the last look at them came to. No personal data.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::Store;
use super::error::StoreError;
use super::points::Point;
use super::time::{instant, micros};
use super::write::Lasting;
use crate::domain::day::Instant;
use crate::domain::install::InstallName;

/// An address that is ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookRecord {
    /// The provider's id of it.
    pub id: String,
    /// The topic.
    pub topic: String,
    /// Where hooks are sent.
    pub address: String,
    /// When it was registered.
    pub created_at: Instant,
    /// When the provider listed it last.
    pub seen_at: Instant,
}

/// What the last look at an install's hooks came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// What it was done with.
    pub basis: String,
    /// When.
    pub checked_at: Instant,
    /// Why it did not come to its end, in a fixed word.
    pub problem: Option<String>,
    /// Addresses that look like another Sidecard's.
    pub sidecards: u32,
    /// Addresses of other apps.
    pub others: u32,
}

/// What there is to say of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookTopic {
    /// The topic.
    pub topic: String,
    /// Why it has no hook, in a fixed word.
    pub missing: Option<String>,
    /// When its last one had vanished.
    pub lost_at: Option<Instant>,
}

impl Store {
    /// The addresses that are ours at an install, the oldest first.
    pub async fn hooks(&self, install: &InstallName) -> Result<Vec<HookRecord>, StoreError> {
        let rows = sqlx::query("SELECT * FROM hooks WHERE install = $1 ORDER BY created_at, id")
            .bind(install.as_str())
            .fetch_all(&self.0.readers)
            .await?;
        let hook = |row: &SqliteRow| {
            Ok(HookRecord {
                id: row.try_get("id")?,
                topic: row.try_get("topic")?,
                address: row.try_get("address")?,
                created_at: instant(row.try_get("created_at")?),
                seen_at: instant(row.try_get("seen_at")?),
            })
        };
        rows.iter().map(hook).collect()
    }

    /// An address is ours. One that is known already was seen again. Nothing, when the install is gone.
    pub async fn record_hook(
        &self,
        install: &InstallName,
        hook: &HookRecord,
    ) -> Result<(), StoreError> {
        let mut write = self
            .write(Point::HookRecorded, Lasting::Acknowledged)
            .await?;
        sqlx::query(
            "INSERT INTO hooks (install, id, topic, address, created_at, seen_at)
             SELECT name, $2, $3, $4, $5, $6 FROM installs WHERE name = $1
             ON CONFLICT (install, id) DO UPDATE SET
                topic = excluded.topic, address = excluded.address, seen_at = excluded.seen_at",
        )
        .bind(install.as_str())
        .bind(&hook.id)
        .bind(&hook.topic)
        .bind(&hook.address)
        .bind(micros(hook.created_at))
        .bind(micros(hook.seen_at))
        .execute(write.conn())
        .await?;
        write.commit().await
    }

    /// An address is ours no more.
    pub async fn forget_hook(&self, install: &InstallName, id: &str) -> Result<(), StoreError> {
        let mut write = self
            .write(Point::HookForgotten, Lasting::Acknowledged)
            .await?;
        sqlx::query("DELETE FROM hooks WHERE install = $1 AND id = $2")
            .bind(install.as_str())
            .bind(id)
            .execute(write.conn())
            .await?;
        write.commit().await
    }

    /// What the last look came to. The topics take the place of those before; when one had vanished is kept.
    pub async fn keep_registration(
        &self,
        install: &InstallName,
        registration: &Registration,
        topics: &[HookTopic],
    ) -> Result<(), StoreError> {
        let mut write = self
            .write(Point::RegistrationKept, Lasting::Acknowledged)
            .await?;
        sqlx::query(
            "INSERT INTO registrations (install, basis, checked_at, problem, sidecards, others)
             SELECT name, $2, $3, $4, $5, $6 FROM installs WHERE name = $1
             ON CONFLICT (install) DO UPDATE SET basis = excluded.basis, checked_at = excluded.checked_at,
                problem = excluded.problem, sidecards = excluded.sidecards, others = excluded.others",
        )
        .bind(install.as_str())
        .bind(&registration.basis)
        .bind(micros(registration.checked_at))
        .bind(&registration.problem)
        .bind(i64::from(registration.sidecards))
        .bind(i64::from(registration.others))
        .execute(write.conn())
        .await?;
        sqlx::query("UPDATE hook_topics SET missing = NULL WHERE install = $1")
            .bind(install.as_str())
            .execute(write.conn())
            .await?;
        for topic in topics {
            sqlx::query(
                "INSERT INTO hook_topics (install, topic, missing, lost_at)
                 SELECT name, $2, $3, $4 FROM installs WHERE name = $1
                 ON CONFLICT (install, topic) DO UPDATE SET
                    missing = excluded.missing, lost_at = coalesce(excluded.lost_at, hook_topics.lost_at)",
            )
            .bind(install.as_str())
            .bind(&topic.topic)
            .bind(&topic.missing)
            .bind(topic.lost_at.map(micros))
            .execute(write.conn())
            .await?;
        }
        write.commit().await
    }

    /// What the last look came to; `None` before the first.
    pub async fn registration(
        &self,
        install: &InstallName,
    ) -> Result<Option<Registration>, StoreError> {
        let row = sqlx::query("SELECT * FROM registrations WHERE install = $1")
            .bind(install.as_str())
            .fetch_optional(&self.0.readers)
            .await?;
        let count = |row: &SqliteRow, column| -> Result<u32, StoreError> {
            Ok(u32::try_from(row.try_get::<i64, _>(column)?).unwrap_or(u32::MAX))
        };
        row.map(|row| {
            Ok(Registration {
                basis: row.try_get("basis")?,
                checked_at: instant(row.try_get("checked_at")?),
                problem: row.try_get("problem")?,
                sidecards: count(&row, "sidecards")?,
                others: count(&row, "others")?,
            })
        })
        .transpose()
    }

    /// The topics of which there is something to say.
    pub async fn hook_topics(&self, install: &InstallName) -> Result<Vec<HookTopic>, StoreError> {
        let rows = sqlx::query("SELECT * FROM hook_topics WHERE install = $1 ORDER BY topic")
            .bind(install.as_str())
            .fetch_all(&self.0.readers)
            .await?;
        let topic = |row: &SqliteRow| {
            Ok(HookTopic {
                topic: row.try_get("topic")?,
                missing: row.try_get("missing")?,
                lost_at: row.try_get::<Option<i64>, _>("lost_at")?.map(instant),
            })
        };
        rows.iter().map(topic).collect()
    }
}
