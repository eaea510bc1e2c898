//! Whose a subscription or a charge is: a webhook does not always say it.

use std::collections::BTreeSet;

use sqlx::{QueryBuilder, Row, Sqlite};

use super::Store;
use super::error::StoreError;
use super::write::Write;
use crate::domain::id::{ChargeId, CustomerId, SubscriptionId};
use crate::domain::install::InstallName;
use crate::domain::snapshot::Snapshot;

/// Rows per statement, well within SQLite's limit of parameters.
const ROWS: usize = 1_000;

/// What belongs to a customer, and leads to them.
#[derive(Debug, Clone, Copy)]
pub enum Belonging<'a> {
    /// A subscription.
    Subscription(&'a SubscriptionId),
    /// A charge.
    Charge(&'a ChargeId),
}

impl Belonging<'_> {
    fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::Subscription(id) => ("subscription", id.as_str()),
            Self::Charge(id) => ("charge", id.as_str()),
        }
    }
}

impl Store {
    /// Whose a subscription or a charge is, as far as is remembered.
    pub async fn customer_of(
        &self,
        install: &InstallName,
        belonging: Belonging<'_>,
    ) -> Result<Option<CustomerId>, StoreError> {
        let (kind, id) = belonging.parts();
        // What stands on a timeline is known for longer than a card.
        let customer: Option<String> = sqlx::query_scalar(
            "SELECT customer FROM belongings WHERE install = $1 AND kind = $2 AND id = $3
             UNION ALL SELECT customer FROM objects WHERE install = $1 AND $2 = 'subscription' AND external_id =
                (SELECT provider || ':' || name || ':sub:' || $3 FROM installs WHERE name = $1)
             LIMIT 1",
        )
        .bind(install.as_str())
        .bind(kind)
        .bind(id)
        .fetch_optional(&self.0.readers)
        .await?;
        Ok(customer.map(CustomerId::new))
    }
}

/// Writes what differs alone: most snapshots that are kept again have the same subscriptions and charges.
pub(super) async fn keep_belongings(
    write: &mut Write,
    install: &InstallName,
    snapshot: &Snapshot,
) -> Result<(), StoreError> {
    let customer = snapshot.customer.id.as_str();
    let charges = snapshot.charges.as_deref().unwrap_or_default();
    let subscriptions = snapshot.subscriptions.iter();
    let now: BTreeSet<(&str, &str)> = subscriptions
        .map(|s| ("subscription", s.id.as_str()))
        .chain(charges.iter().map(|c| ("charge", c.id.as_str())))
        .collect();
    let rows = sqlx::query("SELECT kind, id FROM belongings WHERE install = $1 AND customer = $2")
        .bind(install.as_str())
        .bind(customer)
        .fetch_all(write.conn())
        .await?;
    let mut before = BTreeSet::new();
    for row in &rows {
        let pair: (&str, &str) = (row.try_get("kind")?, row.try_get("id")?);
        before.insert(pair);
    }
    for (kind, id) in before.difference(&now) {
        sqlx::query("DELETE FROM belongings WHERE install = $1 AND kind = $2 AND id = $3")
            .bind(install.as_str())
            .bind(*kind)
            .bind(*id)
            .execute(write.conn())
            .await?;
    }
    let new: Vec<_> = now.difference(&before).collect();
    for rows in new.chunks(ROWS) {
        let begin = "INSERT INTO belongings (install, kind, id, customer) ";
        let mut insert = QueryBuilder::<Sqlite>::new(begin);
        insert.push_values(rows, |mut row, (kind, id)| {
            row.push_bind(install.as_str())
                .push_bind(*kind)
                .push_bind(*id)
                .push_bind(customer);
        });
        insert.push(" ON CONFLICT (install, kind, id) DO UPDATE SET customer = excluded.customer");
        // As long as there are rows: not a statement to keep prepared.
        insert
            .build()
            .persistent(false)
            .execute(write.conn())
            .await?;
    }
    Ok(())
}
