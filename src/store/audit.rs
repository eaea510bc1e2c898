//! The audit: who changed, looked up or revealed what, and when. Ids and fingerprints; no personal data.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::Store;
use super::error::StoreError;
use super::points::Point;
use super::time::{instant, micros};
use super::write::Lasting;
use crate::domain::day::Instant;

/// Something that somebody did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// When.
    pub at: Instant,
    /// Who: a person's id, `cli`, `sidecard`, or an agent's fingerprint.
    pub who: String,
    /// What they did (`install.token`).
    pub action: String,
    /// To what kind of thing (`install`) …
    pub kind: String,
    /// … and to which one: its name, id or fingerprint.
    pub object: String,
    /// What else there is to say, without personal data.
    pub detail: String,
}

impl Store {
    /// Notes what somebody did.
    pub async fn audit(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        let mut write = self.write(Point::Audited, Lasting::Acknowledged).await?;
        sqlx::query(
            "INSERT INTO audit (at, who, action, kind, object, detail) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(micros(entry.at))
        .bind(&entry.who)
        .bind(&entry.action)
        .bind(&entry.kind)
        .bind(&entry.object)
        .bind(&entry.detail)
        .execute(write.conn())
        .await?;
        write.commit().await
    }

    /// A page, newest first: the entries before number `before`, or the newest. Each comes with its number.
    pub async fn audit_page(
        &self,
        before: Option<i64>,
        most: u32,
    ) -> Result<Vec<(i64, AuditEntry)>, StoreError> {
        let sql = "SELECT * FROM audit WHERE id < $1 ORDER BY id DESC LIMIT $2";
        self.entries(sql, before.unwrap_or(i64::MAX), most).await
    }

    /// For an export, oldest first: the entries after number `after`; begin with 0, go on with the last number.
    pub async fn audit_after(
        &self,
        after: i64,
        most: u32,
    ) -> Result<Vec<(i64, AuditEntry)>, StoreError> {
        let sql = "SELECT * FROM audit WHERE id > $1 ORDER BY id LIMIT $2";
        self.entries(sql, after, most).await
    }

    async fn entries(
        &self,
        sql: &'static str,
        from: i64,
        most: u32,
    ) -> Result<Vec<(i64, AuditEntry)>, StoreError> {
        let rows = sqlx::query(sql)
            .bind(from)
            .bind(i64::from(most))
            .fetch_all(&self.0.readers)
            .await?;
        rows.iter().map(entry).collect()
    }
}

fn entry(row: &SqliteRow) -> Result<(i64, AuditEntry), StoreError> {
    let entry = AuditEntry {
        at: instant(row.try_get("at")?),
        who: row.try_get("who")?,
        action: row.try_get("action")?,
        kind: row.try_get("kind")?,
        object: row.try_get("object")?,
        detail: row.try_get("detail")?,
    };
    Ok((row.try_get("id")?, entry))
}
