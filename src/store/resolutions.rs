//! Resolutions: which customers a subject names, sealed; found again by the subject's fingerprint.

use std::collections::BTreeSet;

use sqlx::Row;

use super::columns::RESOLUTION;
use super::error::StoreError;
use super::points::Point;
use super::time::micros;
use super::write::{Lasting, Write};
use super::{Store, frozen};
use crate::domain::customer::Customer;
use crate::domain::day::{Instant, SET_BACK};
use crate::domain::id::CustomerId;
use crate::domain::install::InstallName;
use crate::domain::question::SubjectKey;

/// Which customers a subject names, as a provider said at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptResolution {
    /// The records. None: nobody.
    pub customers: Vec<Customer>,
    /// The spellings of an email address that were asked for.
    pub asked: BTreeSet<String>,
    /// When it was asked.
    pub as_of: Instant,
}

impl Store {
    /// Keeps a resolution, unless a newer one is there or the install is not: then `false`.
    pub async fn keep_resolution(
        &self,
        install: &InstallName,
        subject: &SubjectKey,
        customers: &[Customer],
        asked: &BTreeSet<String>,
        as_of: Instant,
    ) -> Result<bool, StoreError> {
        let subject = self.0.rows.subject(subject);
        let Some(body) = frozen::freeze_resolution(customers, asked, as_of) else {
            return Ok(false);
        };
        let body = self.seal(&RESOLUTION, &[install.as_str(), &subject], &body)?;
        let mut write = self.write(Point::ResolutionKept, Lasting::Again).await?;
        let kept = sqlx::query(
            "INSERT INTO resolutions (install, subject, body, as_of)
             SELECT name, $2, $3, $4 FROM installs WHERE name = $1
             ON CONFLICT (install, subject) DO UPDATE SET body = excluded.body, as_of = excluded.as_of
             WHERE excluded.as_of >= resolutions.as_of OR resolutions.as_of > $5",
        )
        .bind(install.as_str())
        .bind(&subject)
        .bind(body)
        .bind(micros(as_of))
        .bind(micros(as_of + SET_BACK))
        .execute(write.conn())
        .await?;
        if kept.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query("DELETE FROM resolution_customers WHERE install = $1 AND subject = $2")
            .bind(install.as_str())
            .bind(&subject)
            .execute(write.conn())
            .await?;
        for customer in customers {
            sqlx::query(
                "INSERT INTO resolution_customers (install, subject, customer) VALUES ($1, $2, $3)
                 ON CONFLICT (install, subject, customer) DO NOTHING",
            )
            .bind(install.as_str())
            .bind(&subject)
            .bind(customer.id.as_str())
            .execute(write.conn())
            .await?;
        }
        write.commit().await?;
        Ok(true)
    }

    /// What is kept of a subject. What can't be opened or read is as if it were not there.
    pub async fn resolution(
        &self,
        install: &InstallName,
        subject: &SubjectKey,
    ) -> Result<Option<KeptResolution>, StoreError> {
        let subject = self.0.rows.subject(subject);
        let row = sqlx::query("SELECT body FROM resolutions WHERE install = $1 AND subject = $2")
            .bind(install.as_str())
            .bind(&subject)
            .fetch_optional(&self.0.readers)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let place = [install.as_str(), &subject];
        let opened = self.0.keys.open(&RESOLUTION, &place, row.try_get("body")?);
        let thawed = opened
            .ok()
            .and_then(|bytes| frozen::thaw_resolution(&bytes));
        Ok(thawed.map(|(customers, asked, as_of)| KeptResolution {
            customers,
            asked,
            as_of,
        }))
    }

    /// Removes what is kept of a subject: it names somebody else now.
    pub async fn drop_resolution(
        &self,
        install: &InstallName,
        subject: &SubjectKey,
    ) -> Result<bool, StoreError> {
        let subject = self.0.rows.subject(subject);
        let mut write = self
            .write(Point::ResolutionDropped, Lasting::Acknowledged)
            .await?;
        let dropped = drop_one(&mut write, install, &subject).await?;
        write.commit().await?;
        Ok(dropped > 0)
    }

    /// Removes every resolution that names a customer.
    pub async fn drop_resolutions_naming(
        &self,
        install: &InstallName,
        customer: &CustomerId,
    ) -> Result<u64, StoreError> {
        let mut write = self
            .write(Point::ResolutionDropped, Lasting::Acknowledged)
            .await?;
        let dropped = drop_naming(&mut write, install, customer).await?;
        write.commit().await?;
        Ok(dropped)
    }
}

/// Removes one, by its fingerprint.
pub(super) async fn drop_one(
    write: &mut Write,
    install: &InstallName,
    subject: &str,
) -> Result<u64, StoreError> {
    let mut gone = 0;
    for sql in [
        "DELETE FROM resolution_customers WHERE install = $1 AND subject = $2",
        "DELETE FROM resolutions WHERE install = $1 AND subject = $2",
    ] {
        let deleted = sqlx::query(sql)
            .bind(install.as_str())
            .bind(subject)
            .execute(write.conn())
            .await?;
        gone = deleted.rows_affected();
    }
    Ok(gone)
}

/// Removes all that name a customer.
pub(super) async fn drop_naming(
    write: &mut Write,
    install: &InstallName,
    customer: &CustomerId,
) -> Result<u64, StoreError> {
    let subjects: Vec<String> = sqlx::query_scalar(
        "SELECT subject FROM resolution_customers WHERE install = $1 AND customer = $2",
    )
    .bind(install.as_str())
    .bind(customer.as_str())
    .fetch_all(write.conn())
    .await?;
    let mut gone = 0;
    for subject in subjects {
        gone += drop_one(write, install, &subject).await?;
    }
    Ok(gone)
}
