//! Reading and writing rows.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use super::super::columns::RECORD;
use super::super::error::StoreError;
use super::super::time::{instant, micros};
use super::super::{Store, frozen, images, words};
use crate::domain::id::CustomerId;
use crate::domain::install::InstallName;
use crate::domain::object::{Kind, ObjectKey, Version};
use crate::records::{Commit, CustomerRows, Freshness, Known, Moment, Row, Source, compose};

impl Store {
    /// What is known of a customer. `None`: nothing, or nothing that can be read.
    pub async fn known(
        &self,
        install: &InstallName,
        customer: &CustomerId,
    ) -> Result<Option<Known>, StoreError> {
        let mut conn = self.0.readers.acquire().await?;
        let mut known = compose(&self.load(&mut conn, install, customer).await?);
        if let Some(known) = &mut known {
            images::fill(&mut conn, install, known).await?;
        }
        Ok(known)
    }

    /// Everything that is stored of a customer.
    pub async fn customer_rows(
        &self,
        install: &InstallName,
        customer: &CustomerId,
    ) -> Result<CustomerRows, StoreError> {
        let mut conn = self.0.readers.acquire().await?;
        self.load(&mut conn, install, customer).await
    }

    /// The same, within a transaction.
    pub(super) async fn load(
        &self,
        conn: &mut SqliteConnection,
        install: &InstallName,
        customer: &CustomerId,
    ) -> Result<CustomerRows, StoreError> {
        let freshness = freshness(conn, install, customer).await?;
        let rows = sqlx::query("SELECT * FROM records WHERE install = $1 AND owner = $2")
            .bind(install.as_str())
            .bind(customer.as_str())
            .fetch_all(conn)
            .await?;
        let mut known = CustomerRows {
            freshness,
            ..CustomerRows::default()
        };
        for row in &rows {
            if let Some((key, row)) = self.row(install, row)? {
                known.rows.insert(key, row);
            }
        }
        Ok(known)
    }

    /// The row of one object, whoever owns it; with its owner.
    pub(super) async fn find(
        &self,
        conn: &mut SqliteConnection,
        install: &InstallName,
        key: &ObjectKey,
    ) -> Result<Option<(String, Row)>, StoreError> {
        let row = sqlx::query("SELECT * FROM records WHERE install = $1 AND kind = $2 AND id = $3")
            .bind(install.as_str())
            .bind(key.kind.as_str())
            .bind(&*key.id)
            .fetch_optional(conn)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let owner = row.try_get("owner")?;
        Ok(self.row(install, &row)?.map(|(_, row)| (owner, row)))
    }

    /// A row that can't be opened or read is as if it were not there: it is read again.
    fn row(
        &self,
        install: &InstallName,
        row: &SqliteRow,
    ) -> Result<Option<(ObjectKey, Row)>, StoreError> {
        let Some(kind) = Kind::of(row.try_get("kind")?) else {
            return Ok(None);
        };
        let id: &str = row.try_get("id")?;
        let key = ObjectKey::new(kind, id);
        let body: Option<&[u8]> = row.try_get("body")?;
        let object = match body {
            None => None,
            Some(sealed) => {
                let place = [install.as_str(), kind.as_str(), id];
                let opened = self.0.keys.open(&RECORD, &place, sealed).ok();
                match opened.and_then(|bytes| frozen::thaw_object(kind, &bytes)) {
                    Some(object) => Some(object),
                    None => return Ok(None),
                }
            }
        };
        let time = |column: &str| {
            let at: Option<i64> = row.try_get(column)?;
            Ok::<_, StoreError>(at.map(instant))
        };
        let row = Row {
            object,
            version: Version {
                stamp: time("stamp")?,
                updated: time("updated")?,
            },
            commit: row.try_get("committed")?,
            at: instant(row.try_get("at")?),
            source: source(row.try_get("source")?),
            deletion: row.try_get("deletion")?,
        };
        Ok(Some((key, row)))
    }

    /// Writes one row.
    pub(super) async fn put(
        &self,
        conn: &mut SqliteConnection,
        install: &InstallName,
        owner: &str,
        key: &ObjectKey,
        row: &Row,
    ) -> Result<(), StoreError> {
        let place = [install.as_str(), key.kind.as_str(), &*key.id];
        let body = row.object.as_ref().and_then(frozen::freeze_object);
        let body = body
            .map(|body| self.seal(&RECORD, &place, &body))
            .transpose()?;
        sqlx::query(
            "INSERT INTO records (install, kind, id, owner, body, stamp, updated, committed, at, source, deletion)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
             ON CONFLICT (install, kind, id) DO UPDATE SET owner = excluded.owner, body = excluded.body,
                stamp = excluded.stamp, updated = excluded.updated, committed = excluded.committed,
                at = excluded.at, source = excluded.source, deletion = excluded.deletion",
        )
        .bind(install.as_str())
        .bind(key.kind.as_str())
        .bind(&*key.id)
        .bind(owner)
        .bind(body)
        .bind(row.version.stamp.map(micros))
        .bind(row.version.updated.map(micros))
        .bind(row.commit)
        .bind(micros(row.at))
        .bind(source_word(row.source))
        .bind(row.deletion)
        .execute(conn)
        .await?;
        Ok(())
    }
}

async fn freshness(
    conn: &mut SqliteConnection,
    install: &InstallName,
    customer: &CustomerId,
) -> Result<Freshness, StoreError> {
    let row = sqlx::query("SELECT * FROM customers WHERE install = $1 AND customer = $2")
        .bind(install.as_str())
        .bind(customer.as_str())
        .fetch_optional(conn)
        .await?;
    let Some(row) = row else {
        return Ok(Freshness::default());
    };
    let began: Option<Commit> = row.try_get("read_began")?;
    let time = |column: &str| {
        let at: Option<i64> = row.try_get(column)?;
        Ok::<_, StoreError>(at.map(instant))
    };
    let read = began.zip(time("read_at")?);
    let missing = words::read(row.try_get("missing")?);
    Ok(Freshness {
        read: read.map(|(began, at)| Moment { began, at }),
        marked: row.try_get("marked")?,
        recheck: time("recheck_at")?,
        missing: missing.iter().filter_map(|word| Kind::of(word)).collect(),
        gone_since: time("gone_since")?,
    })
}

fn source(word: &str) -> Source {
    match word {
        "action" => Source::Action,
        "list" => Source::List,
        "webhook" => Source::Webhook,
        _ => Source::Read,
    }
}

fn source_word(source: Source) -> &'static str {
    match source {
        Source::Read => "read",
        Source::Action => "action",
        Source::List => "list",
        Source::Webhook => "webhook",
    }
}
