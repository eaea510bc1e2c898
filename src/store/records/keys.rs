//! Which customers an address, an id or an order leads to; and what the provider was asked about.
//!
//! A customer's own record leads to them by its address and its Shopify id, at once when a webhook changes them. That
//! nobody else has an address is known only when the provider was asked about it.

use std::collections::BTreeSet;

use sqlx::{Row as _, SqliteConnection};

use super::super::Store;
use super::super::error::StoreError;
use super::super::points::Point;
use super::super::time::{instant, micros};
use super::super::write::Lasting;
use crate::domain::customer::Customer;
use crate::domain::day::Instant;
use crate::domain::email::Email;
use crate::domain::id::CustomerId;
use crate::domain::install::InstallName;
use crate::domain::question::{Subject, SubjectKey};
use crate::records::Moment;

/// The provider's answer to "whose is this?".
#[derive(Debug, Clone)]
pub struct Asked {
    /// What it was asked about.
    pub subject: Subject,
    /// When.
    pub moment: Moment,
    /// The customers that it named.
    pub customers: Vec<CustomerId>,
}

/// What is stored about a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptSubject {
    /// The customers that it leads to.
    pub customers: Vec<CustomerId>,
    /// When the provider was asked about it last. `None`: never, so there may be others.
    pub asked: Option<Moment>,
    /// Fingerprints of the spellings that were asked for.
    pub spellings: BTreeSet<String>,
}

impl Store {
    /// What is stored about a subject.
    pub async fn subject(
        &self,
        install: &InstallName,
        subject: &SubjectKey,
    ) -> Result<KeptSubject, StoreError> {
        let key = self.0.rows.subject(subject);
        let mut conn = self.0.readers.acquire().await?;
        let asked =
            sqlx::query("SELECT began, at, spellings FROM asked WHERE install = $1 AND key = $2")
                .bind(install.as_str())
                .bind(&key)
                .fetch_optional(&mut *conn)
                .await?;
        let customers = customers_of(&mut conn, install, &key).await?;
        let mut spellings = BTreeSet::new();
        let mut moment = None;
        if let Some(row) = asked {
            moment = Some(Moment {
                began: row.try_get("began")?,
                at: instant(row.try_get("at")?),
            });
            let list: String = row.try_get("spellings")?;
            spellings = list
                .split(' ')
                .filter(|s| !s.is_empty())
                .map(str::to_owned)
                .collect();
        }
        Ok(KeptSubject {
            customers,
            asked: moment,
            spellings,
        })
    }

    /// The fingerprints of the spellings that an address is asked for by.
    pub fn spellings(&self, subject: &Subject) -> BTreeSet<String> {
        match subject {
            Subject::Email(email) => {
                let all = email.spellings();
                all.iter()
                    .map(|text| self.0.rows.text("spelling", text))
                    .collect()
            }
            _ => BTreeSet::new(),
        }
    }

    /// The subject's own key in the store, which caches may be keyed by.
    pub fn subject_key(&self, subject: &SubjectKey) -> String {
        self.0.rows.subject(subject)
    }

    /// What is known of a subject no longer holds: the provider is asked again before it counts.
    pub async fn forget_asked(
        &self,
        install: &InstallName,
        subject: &SubjectKey,
    ) -> Result<(), StoreError> {
        let mut write = self.write(Point::AskedForgotten, Lasting::Again).await?;
        forget_asked(write.conn(), install, &self.0.rows.subject(subject)).await?;
        write.commit().await
    }

    /// The keys that a customer's own record has: address and Shopify id.
    pub(super) fn own_keys(&self, customer: &Customer) -> BTreeSet<String> {
        let email = customer.email.as_deref();
        let email = email.and_then(|email| Email::parse(email).ok());
        let shopify = customer.shopify_customer_id.clone();
        let subjects = [
            email.map(Subject::Email),
            shopify.map(Subject::ShopifyCustomer),
        ];
        let keys = subjects.iter().flatten();
        keys.map(|subject| self.0.rows.subject(&subject.key()))
            .collect()
    }

    /// Makes a customer's record lead to them by these keys alone. Returns the keys that changed.
    pub(super) async fn set_own_keys(
        &self,
        conn: &mut SqliteConnection,
        install: &InstallName,
        customer: &CustomerId,
        keys: &BTreeSet<String>,
    ) -> Result<Vec<String>, StoreError> {
        let before: Vec<String> = sqlx::query_scalar(
            "SELECT key FROM customer_keys WHERE install = $1 AND customer = $2 AND origin = 'record'",
        )
        .bind(install.as_str())
        .bind(customer.as_str())
        .fetch_all(&mut *conn)
        .await?;
        let before: BTreeSet<String> = before.into_iter().collect();
        for key in before.difference(keys) {
            // Whoever was named for it by the provider has it no more either.
            sqlx::query(
                "DELETE FROM customer_keys WHERE install = $1 AND key = $2 AND customer = $3",
            )
            .bind(install.as_str())
            .bind(key)
            .bind(customer.as_str())
            .execute(&mut *conn)
            .await?;
        }
        for key in keys.difference(&before) {
            add_key(conn, install, key, customer, "record").await?;
        }
        Ok(before.symmetric_difference(keys).cloned().collect())
    }

    /// Keeps what the provider was asked, unless it was asked again since. Nothing is kept where an erased customer is
    /// named: the provider is asked again each time. Returns the customers who are no longer named although their records
    /// say so: those have to be read.
    pub(super) async fn keep_asked(
        &self,
        conn: &mut SqliteConnection,
        install: &InstallName,
        asked: &Asked,
        now: Instant,
    ) -> Result<Vec<CustomerId>, StoreError> {
        let key = self.0.rows.subject(&asked.subject.key());
        for customer in &asked.customers {
            if self.is_erased(conn, install, customer, now).await? {
                forget_asked(conn, install, &key).await?;
                return Ok(Vec::new());
            }
        }
        let spellings: Vec<String> = self.spellings(&asked.subject).into_iter().collect();
        let kept = sqlx::query(
            "INSERT INTO asked (install, key, began, at, spellings) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (install, key) DO UPDATE SET began = excluded.began, at = excluded.at,
                spellings = excluded.spellings
             WHERE excluded.began >= asked.began",
        )
        .bind(install.as_str())
        .bind(&key)
        .bind(asked.moment.began)
        .bind(micros(asked.moment.at))
        .bind(spellings.join(" "))
        .execute(&mut *conn)
        .await?;
        if kept.rows_affected() == 0 {
            return Ok(Vec::new());
        }
        sqlx::query(
            "DELETE FROM customer_keys WHERE install = $1 AND key = $2 AND origin = 'asked'",
        )
        .bind(install.as_str())
        .bind(&key)
        .execute(&mut *conn)
        .await?;
        for customer in &asked.customers {
            add_key(conn, install, &key, customer, "asked").await?;
        }
        let mut gone = customers_of(conn, install, &key).await?;
        gone.retain(|customer| !asked.customers.contains(customer));
        let mut moved = Vec::new();
        for customer in gone {
            let newer: Option<i64> = sqlx::query_scalar(
                "SELECT 1 FROM records WHERE install = $1 AND kind = 'customer' AND id = $2 AND committed > $3",
            )
            .bind(install.as_str())
            .bind(customer.as_str())
            .bind(asked.moment.began)
            .fetch_optional(&mut *conn)
            .await?;
            if newer.is_none() {
                sqlx::query(
                    "DELETE FROM customer_keys WHERE install = $1 AND key = $2 AND customer = $3",
                )
                .bind(install.as_str())
                .bind(&key)
                .bind(customer.as_str())
                .execute(&mut *conn)
                .await?;
                moved.push(customer);
            }
        }
        Ok(moved)
    }
}

/// That nobody else has a key is no longer known.
async fn forget_asked(
    conn: &mut SqliteConnection,
    install: &InstallName,
    key: &str,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM asked WHERE install = $1 AND key = $2")
        .bind(install.as_str())
        .bind(key)
        .execute(conn)
        .await?;
    Ok(())
}

/// The customers that a key leads to.
async fn customers_of(
    conn: &mut SqliteConnection,
    install: &InstallName,
    key: &str,
) -> Result<Vec<CustomerId>, StoreError> {
    let customers: Vec<String> = sqlx::query_scalar(
        "SELECT DISTINCT customer FROM customer_keys WHERE install = $1 AND key = $2 ORDER BY customer",
    )
    .bind(install.as_str())
    .bind(key)
    .fetch_all(conn)
    .await?;
    Ok(customers.into_iter().map(CustomerId::new).collect())
}

async fn add_key(
    conn: &mut SqliteConnection,
    install: &InstallName,
    key: &str,
    customer: &CustomerId,
    origin: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO customer_keys (install, key, customer, origin) VALUES ($1, $2, $3, $4)
         ON CONFLICT (install, key, customer, origin) DO NOTHING",
    )
    .bind(install.as_str())
    .bind(key)
    .bind(customer.as_str())
    .bind(origin)
    .execute(conn)
    .await?;
    Ok(())
}
