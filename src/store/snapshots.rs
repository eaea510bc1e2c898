//! Snapshots: what a provider said of a customer, sealed, so that a restart loses no card.

use sqlx::Row;

use super::belongings::keep_belongings;
use super::columns::SNAPSHOT;
use super::error::StoreError;
use super::outbox::{self, Whose};
use super::points::Point;
use super::time::micros;
use super::write::{Lasting, Write};
use super::{Store, apply, frozen, resolutions};
use crate::domain::day::{Instant, SET_BACK};
use crate::domain::email::{Email, EmailKey};
use crate::domain::id::CustomerId;
use crate::domain::install::InstallName;
use crate::domain::snapshot::Snapshot;

/// A snapshot as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptSnapshot {
    /// What the provider said.
    pub snapshot: Snapshot,
    /// Whether something is known to have changed since: it has to be read again.
    pub dirty: bool,
    /// Rises with every change of the row.
    pub version: i64,
}

impl Store {
    /// Keeps a snapshot, unless a newer one is there or the install is not: then `false`. One that is as old takes the
    /// other's place: an event was applied to it.
    pub async fn keep_snapshot(
        &self,
        install: &InstallName,
        snapshot: &Snapshot,
    ) -> Result<bool, StoreError> {
        self.keep(install, snapshot, None, None).await
    }

    /// Keeps a snapshot that a flight brought, in place of version `over` (0: of none). `dirty` is since when something is
    /// known that it does not have. `false` when somebody changed it in between; one that gives way to a newer one, or to an
    /// erasure, is done with.
    pub async fn land_snapshot(
        &self,
        install: &InstallName,
        snapshot: &Snapshot,
        dirty: Option<Instant>,
        over: i64,
    ) -> Result<bool, StoreError> {
        if self.keep(install, snapshot, dirty, Some(over)).await? {
            return Ok(true);
        }
        let there: Option<(i64, i64)> = sqlx::query_as(
            "SELECT version, as_of FROM snapshots WHERE install = $1 AND customer = $2",
        )
        .bind(install.as_str())
        .bind(snapshot.customer.id.as_str())
        .fetch_optional(&self.0.readers)
        .await?;
        Ok(match there {
            Some((version, as_of)) => version == over || as_of > micros(snapshot.as_of),
            // The install is gone; or the customer was erased, and is not put back.
            None => true,
        })
    }

    async fn keep(
        &self,
        install: &InstallName,
        snapshot: &Snapshot,
        dirty: Option<Instant>,
        over: Option<i64>,
    ) -> Result<bool, StoreError> {
        let customer = &snapshot.customer.id;
        let Some(body) = frozen::freeze(snapshot) else {
            return Ok(false);
        };
        let body = self.seal(&SNAPSHOT, &[install.as_str(), customer.as_str()], &body)?;
        let email = snapshot.customer.email.as_deref();
        let email = email.and_then(|email| Email::parse(email).ok());
        let telling = self.telling_of(install, snapshot, dirty).await?;
        let mut write = self.write(Point::SnapshotKept, Lasting::Again).await?;
        // Dirt that is newer than what is kept now stays. What is of much later is of before the clock was set back.
        let kept = sqlx::query(
            "INSERT INTO snapshots (install, customer, body, email, as_of, version, dirty_since)
             SELECT name, $2, $3, $4, $5, 1, $6 FROM installs WHERE name = $1
                AND (coalesce($7, 0) = 0 OR EXISTS (SELECT 1 FROM snapshots WHERE install = $1 AND customer = $2))
             ON CONFLICT (install, customer) DO UPDATE SET
                body = excluded.body, email = excluded.email, as_of = excluded.as_of,
                version = snapshots.version + 1,
                dirty_since = coalesce(excluded.dirty_since,
                    CASE WHEN snapshots.dirty_since > excluded.as_of AND snapshots.dirty_since <= $8
                        THEN snapshots.dirty_since END)
             WHERE (excluded.as_of >= snapshots.as_of OR snapshots.as_of > $8)
                AND coalesce($7, snapshots.version) = snapshots.version",
        )
        .bind(install.as_str())
        .bind(customer.as_str())
        .bind(body)
        .bind(
            email
                .as_ref()
                .map(|email| self.0.rows.email(&email.key())),
        )
        .bind(micros(snapshot.as_of))
        .bind(dirty.map(micros))
        .bind(over)
        .bind(micros(snapshot.as_of + SET_BACK))
        .execute(write.conn())
        .await?;
        if kept.rows_affected() == 0 {
            return Ok(false);
        }
        keep_belongings(&mut write, install, snapshot).await?;
        if let Some(email) = &email {
            self.note_address(&mut write, install, customer, email)
                .await?;
            if !telling.is_for_nobody() {
                self.keep_address(&mut write, install, customer, email)
                    .await?;
            }
        }
        outbox::queue(&mut write, &telling, snapshot.as_of).await?;
        write.commit().await?;
        Ok(true)
    }

    /// What is kept of a customer. What can't be opened or read is as if it were not there.
    pub async fn snapshot(
        &self,
        install: &InstallName,
        customer: &CustomerId,
    ) -> Result<Option<KeptSnapshot>, StoreError> {
        Ok(self.snapshot_and_version(install, customer).await?.0)
    }

    /// The same with its version: what can't be opened has one, too, and 0 is that of nothing.
    pub async fn snapshot_and_version(
        &self,
        install: &InstallName,
        customer: &CustomerId,
    ) -> Result<(Option<KeptSnapshot>, i64), StoreError> {
        let row = sqlx::query(
            "SELECT body, dirty_since, version FROM snapshots WHERE install = $1 AND customer = $2",
        )
        .bind(install.as_str())
        .bind(customer.as_str())
        .fetch_optional(&self.0.readers)
        .await?;
        let Some(row) = row else {
            return Ok((None, 0));
        };
        let place = [install.as_str(), customer.as_str()];
        let opened = self.0.keys.open(&SNAPSHOT, &place, row.try_get("body")?);
        let snapshot = opened.ok().and_then(|bytes| frozen::thaw(&bytes));
        let dirty = row.try_get::<Option<i64>, _>("dirty_since")?.is_some();
        let version = row.try_get("version")?;
        let kept = snapshot.map(|snapshot| KeptSnapshot {
            snapshot,
            dirty,
            version,
        });
        Ok((kept, version))
    }

    /// The version of what is kept of a customer; `None` for nothing.
    pub async fn snapshot_version(
        &self,
        install: &InstallName,
        customer: &CustomerId,
    ) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT version FROM snapshots WHERE install = $1 AND customer = $2";
        let version = sqlx::query_scalar(sql)
            .bind(install.as_str())
            .bind(customer.as_str());
        Ok(version.fetch_optional(&self.0.readers).await?)
    }

    /// Something changed that can't be applied: what is kept has to be read again, unless it was read after `since`.
    pub async fn mark_dirty(
        &self,
        install: &InstallName,
        customer: &CustomerId,
        since: Instant,
    ) -> Result<bool, StoreError> {
        let mut write = self
            .write(Point::SnapshotDirty, Lasting::Acknowledged)
            .await?;
        let marked = apply::mark_dirty(&mut write, install, customer, since).await?;
        write.commit().await?;
        Ok(marked)
    }

    /// Removes what is kept of a customer, and what leads to them.
    pub async fn drop_snapshot(
        &self,
        install: &InstallName,
        customer: &CustomerId,
    ) -> Result<bool, StoreError> {
        let mut write = self
            .write(Point::SnapshotDropped, Lasting::Acknowledged)
            .await?;
        let dropped = drop_one(&mut write, install, customer).await?;
        write.commit().await?;
        Ok(dropped > 0)
    }

    /// A flight stored this while its install began anew: removes it, as if it had never been. Who was erased meanwhile has
    /// nothing on a timeline any more, and what the flight has put in for there goes too. What stands there of anybody else
    /// stays; one of whom nothing does yet is told of at the next look.
    pub async fn take_back_snapshot(
        &self,
        install: &InstallName,
        customer: &CustomerId,
        now: Instant,
    ) -> Result<(), StoreError> {
        let mut write = self
            .write(Point::SnapshotDropped, Lasting::Acknowledged)
            .await?;
        drop_one(&mut write, install, customer).await?;
        let sql = "SELECT EXISTS (SELECT 1 FROM objects WHERE install = $1 AND customer = $2)";
        let has_objects: i64 = sqlx::query_scalar(sql)
            .bind(install.as_str())
            .bind(customer.as_str())
            .fetch_one(write.conn())
            .await?;
        if has_objects == 0 {
            outbox::remove(&mut write, Whose::Customer(install, customer), now).await?;
        }
        write.commit().await
    }

    /// The customer is gone at the provider: removes what is kept of them, what leads to them, and what stands of theirs on
    /// helpdesks' timelines.
    pub async fn forget_customer(
        &self,
        install: &InstallName,
        customer: &CustomerId,
        now: Instant,
    ) -> Result<(), StoreError> {
        let mut write = self
            .write(Point::SnapshotDropped, Lasting::Acknowledged)
            .await?;
        drop_one(&mut write, install, customer).await?;
        resolutions::drop_naming(&mut write, install, customer).await?;
        outbox::remove(&mut write, Whose::Customer(install, customer), now).await?;
        write.commit().await
    }

    /// Removes everything that a provider said of an install's customers. Returns how many snapshots and resolutions.
    pub async fn drop_snapshots(&self, install: &InstallName) -> Result<(u64, u64), StoreError> {
        let mut write = self
            .write(Point::SnapshotDropped, Lasting::Acknowledged)
            .await?;
        let mut counts = Vec::new();
        for sql in [
            "DELETE FROM belongings WHERE install = $1",
            "DELETE FROM resolution_customers WHERE install = $1",
            "DELETE FROM snapshots WHERE install = $1",
            "DELETE FROM resolutions WHERE install = $1",
        ] {
            let gone = sqlx::query(sql).bind(install.as_str());
            counts.push(gone.execute(write.conn()).await?.rows_affected());
        }
        write.commit().await?;
        Ok((counts[2], counts[3]))
    }

    /// Whether anything is kept of a customer.
    pub async fn remembers(
        &self,
        install: &InstallName,
        customer: &CustomerId,
    ) -> Result<bool, StoreError> {
        let there: i64 = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM snapshots WHERE install = $1 AND customer = $2)
                OR EXISTS (SELECT 1 FROM resolution_customers WHERE install = $1 AND customer = $2)
                OR EXISTS (SELECT 1 FROM links WHERE install = $1 AND customer = $2)
                OR EXISTS (SELECT 1 FROM objects WHERE install = $1 AND customer = $2)",
        )
        .bind(install.as_str())
        .bind(customer.as_str())
        .fetch_one(&self.0.readers)
        .await?;
        Ok(there != 0)
    }

    /// The customers whose snapshots have this address.
    pub async fn customers_with_email(
        &self,
        install: &InstallName,
        email: &EmailKey,
    ) -> Result<Vec<CustomerId>, StoreError> {
        let customers: Vec<String> = sqlx::query_scalar(
            "SELECT customer FROM snapshots WHERE install = $1 AND email = $2 ORDER BY customer",
        )
        .bind(install.as_str())
        .bind(self.0.rows.email(email))
        .fetch_all(&self.0.readers)
        .await?;
        Ok(customers.into_iter().map(CustomerId::new).collect())
    }
}

/// The version of what is kept of a customer; 0 for nothing.
pub(super) async fn version(
    write: &mut Write,
    install: &InstallName,
    customer: &CustomerId,
) -> Result<i64, StoreError> {
    let sql = "SELECT version FROM snapshots WHERE install = $1 AND customer = $2";
    let version: Option<i64> = sqlx::query_scalar(sql)
        .bind(install.as_str())
        .bind(customer.as_str())
        .fetch_optional(write.conn())
        .await?;
    Ok(version.unwrap_or_default())
}

/// Removes a customer's snapshot and belongings; returns how many snapshots there were.
pub(super) async fn drop_one(
    write: &mut Write,
    install: &InstallName,
    customer: &CustomerId,
) -> Result<u64, StoreError> {
    let mut gone = 0;
    for sql in [
        "DELETE FROM belongings WHERE install = $1 AND customer = $2",
        "DELETE FROM snapshots WHERE install = $1 AND customer = $2",
    ] {
        let deleted = sqlx::query(sql)
            .bind(install.as_str())
            .bind(customer.as_str())
            .execute(write.conn())
            .await?;
        gone = deleted.rows_affected();
    }
    Ok(gone)
}
