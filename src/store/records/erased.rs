//! The ids of people who were erased and of what they had, as keyed fingerprints: nothing brings them back for a while.

use chrono::TimeDelta;
use sqlx::SqliteConnection;

use super::super::Store;
use super::super::error::StoreError;
use super::super::time::micros;
use crate::domain::day::Instant;
use crate::domain::id::CustomerId;
use crate::domain::install::InstallName;
use crate::domain::object::{Kind, ObjectKey};

/// Webhooks of a provider come for two days at most, and a parked one is kept for seven; a month covers a restored backup.
const REMEMBERED: TimeDelta = TimeDelta::days(30);

impl Store {
    fn erased_key(&self, install: &InstallName, customer: &CustomerId) -> String {
        let text = format!("{install}\n{customer}");
        self.0.rows.text("erased", &text)
    }

    fn erased_object_key(&self, install: &InstallName, object: &ObjectKey) -> String {
        let text = format!("{install}\n{}\n{}", object.kind.as_str(), object.id);
        self.0.rows.text("erased", &text)
    }

    /// Whether a customer was erased: nothing is stored of them.
    pub(in crate::store) async fn is_erased(
        &self,
        conn: &mut SqliteConnection,
        install: &InstallName,
        customer: &CustomerId,
        now: Instant,
    ) -> Result<bool, StoreError> {
        let key = self.erased_key(install, customer);
        is_remembered(conn, install, &key, now).await
    }

    /// Whether an object was an erased customer's: webhooks don't always say whose it is.
    pub(super) async fn is_of_erased(
        &self,
        conn: &mut SqliteConnection,
        install: &InstallName,
        object: &ObjectKey,
        now: Instant,
    ) -> Result<bool, StoreError> {
        let key = self.erased_object_key(install, object);
        is_remembered(conn, install, &key, now).await
    }
}

async fn is_remembered(
    conn: &mut SqliteConnection,
    install: &InstallName,
    key: &str,
    now: Instant,
) -> Result<bool, StoreError> {
    let erased: Option<i64> = sqlx::query_scalar(
        "SELECT 1 FROM erased WHERE install = $1 AND key = $2 AND valid_until > $3",
    )
    .bind(install.as_str())
    .bind(key)
    .bind(micros(now))
    .fetch_optional(conn)
    .await?;
    Ok(erased.is_some())
}

/// Remembers that a customer was erased, with the objects of which records are stored. To be called before these go.
pub(in crate::store) async fn remember(
    store: &Store,
    conn: &mut SqliteConnection,
    install: &InstallName,
    customer: &CustomerId,
    now: Instant,
) -> Result<(), StoreError> {
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT kind, id FROM records WHERE install = $1 AND owner = $2")
            .bind(install.as_str())
            .bind(customer.as_str())
            .fetch_all(&mut *conn)
            .await?;
    let objects = rows.iter().filter_map(|(kind, id)| {
        let key = ObjectKey::new(Kind::of(kind)?, id);
        Some(store.erased_object_key(install, &key))
    });
    let keys = std::iter::once(store.erased_key(install, customer)).chain(objects);
    for key in keys {
        sqlx::query(
            "INSERT INTO erased (install, key, valid_until) VALUES ($1, $2, $3)
             ON CONFLICT (install, key) DO UPDATE SET valid_until = excluded.valid_until",
        )
        .bind(install.as_str())
        .bind(key)
        .bind(micros(now + REMEMBERED))
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}
