//! Erasing: one person, or an install with everything of it. Returns what went, to be shown.
//!
//! Hooks that wait, or are parked, may tell of the person too. They are opened, and those go in which their customer id or
//! their address stands as a value anywhere: what is not JSON is searched as it is. That a hook of somebody else goes with
//! them, because of an equal number, is possible, and leaves a card as old as it would be without that hook.

use std::collections::BTreeSet;

use serde_json::Value;
use sqlx::Row;

use super::columns::HOOK;
use super::error::StoreError;
use super::outbox::{self, Whose};
use super::points::Point;
use super::write::{Lasting, Write};
use super::{Store, records};
use crate::domain::day::Instant;
use crate::domain::email::Email;
use crate::domain::id::CustomerId;
use crate::domain::install::InstallName;
use crate::domain::question::Subject;

/// So many hooks are opened at a time: one may be a megabyte.
const HOOKS: i64 = 64;

/// Whom to erase.
#[derive(Debug, Clone)]
pub enum Whom {
    /// Everybody who is known by this address.
    Email(Email),
    /// The customer with this id at the provider.
    Customer(CustomerId),
}

/// What went, by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Erased {
    /// The customers that were meant.
    pub customers: Vec<CustomerId>,
    /// Records of theirs: customers, subscriptions, charges and what else there is.
    pub records: u64,
    /// Links to them.
    pub links: u64,
    /// Hooks that told of them.
    pub hooks: u64,
    /// Objects on helpdesks' timelines, which are about to be removed there.
    pub objects: u64,
}

impl Erased {
    /// Whether nothing was there.
    pub fn is_nothing(&self) -> bool {
        let customers = Vec::new();
        let what = Self {
            customers,
            ..self.clone()
        };
        what == Self::default()
    }

    /// This and what went at another time.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        for customer in other.customers {
            if !self.customers.contains(&customer) {
                self.customers.push(customer);
            }
        }
        Self {
            customers: self.customers,
            records: self.records + other.records,
            links: self.links + other.links,
            hooks: self.hooks + other.hooks,
            objects: self.objects + other.objects,
        }
    }
}

/// What went with an install, by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Removed {
    /// Customers of whom records were kept.
    pub customers: u64,
    /// Links of profiles.
    pub links: u64,
    /// Product images.
    pub images: u64,
    /// Hooks that waited, or were parked.
    pub hooks: u64,
    /// Workspaces that were joined to it; they stay, without it.
    pub workspaces: u64,
    /// Objects on helpdesks' timelines, which are about to be removed there.
    pub objects: u64,
}

impl Store {
    /// Erases one person of an install.
    ///
    /// An address leads to customers by their records, by what the provider answered about it, and, once they were read, by
    /// what is linked to them or stands on timelines; of each customer everything goes, whatever address it was found by.
    /// Their ids are remembered as keyed fingerprints for 30 days, so that no late webhook brings them back.
    pub async fn erase(
        &self,
        install: &InstallName,
        whom: &Whom,
        now: Instant,
    ) -> Result<Erased, StoreError> {
        let mut write = self.write(Point::Erased, Lasting::Acknowledged).await?;
        let mut erased = Erased::default();
        let mut customers: BTreeSet<CustomerId> = BTreeSet::new();
        match whom {
            Whom::Customer(customer) => {
                customers.insert(customer.clone());
            }
            Whom::Email(email) => {
                let key = self.0.rows.email(&email.key());
                let rows = sqlx::query(
                    "SELECT customer FROM customer_keys WHERE install = $1 AND key = $2
                     UNION SELECT customer FROM object_customers WHERE install = $1 AND email = $2
                     UNION SELECT customer FROM links WHERE install = $1 AND email = $2 AND customer IS NOT NULL",
                )
                .bind(install.as_str())
                .bind(&key)
                .fetch_all(write.conn())
                .await?;
                for row in rows {
                    customers.insert(CustomerId::new(row.try_get::<String, _>("customer")?));
                }
                sqlx::query("DELETE FROM asked WHERE install = $1 AND key = $2")
                    .bind(install.as_str())
                    .bind(&key)
                    .execute(write.conn())
                    .await?;
            }
        }
        for customer in &customers {
            let own = self
                .0
                .rows
                .subject(&Subject::Customer(customer.clone()).key());
            sqlx::query("DELETE FROM asked WHERE install = $1 AND key = $2")
                .bind(install.as_str())
                .bind(own)
                .execute(write.conn())
                .await?;
            records::remember_erased(self, write.conn(), install, customer, now).await?;
            let gone = records::forget_customer(&mut write, install, customer, now).await?;
            erased.records += gone.records;
            erased.links += gone.links;
            erased.objects += gone.objects;
        }
        records::next(write.conn(), install).await?;
        erased.hooks = self
            .delete_hooks(&mut write, install, whom, &customers)
            .await?;
        write.raise_erasures().await?;
        write.commit().await?;
        self.overwrite().await;
        erased.customers = customers.into_iter().collect();
        Ok(erased)
    }

    /// Removes the hooks of an install that tell of a person.
    async fn delete_hooks(
        &self,
        write: &mut Write,
        install: &InstallName,
        whom: &Whom,
        customers: &BTreeSet<CustomerId>,
    ) -> Result<u64, StoreError> {
        let mut traces: Vec<String> = customers.iter().map(|id| id.as_str().to_owned()).collect();
        if let Whom::Email(email) = whom {
            traces.extend(email.spellings());
        }
        let (mut gone, mut after) = (0, String::new());
        loop {
            let rows = sqlx::query(
                "SELECT digest, body FROM inbox WHERE install = $1 AND digest > $2 ORDER BY digest LIMIT $3",
            )
            .bind(install.as_str())
            .bind(&after)
            .bind(HOOKS)
            .fetch_all(write.conn())
            .await?;
            let Some(last) = rows.last() else {
                return Ok(gone);
            };
            after = last.try_get("digest")?;
            for row in &rows {
                let digest: &str = row.try_get("digest")?;
                let place = [install.as_str(), digest];
                let told = match self.0.keys.open(&HOOK, &place, row.try_get("body")?) {
                    Ok(body) => tells_of(&body, &traces),
                    // What nobody can open tells nothing.
                    Err(_) => false,
                };
                if told {
                    let sql = "DELETE FROM inbox WHERE install = $1 AND digest = $2";
                    let deleted = sqlx::query(sql).bind(install.as_str()).bind(digest);
                    gone += deleted.execute(write.conn()).await?.rows_affected();
                }
            }
        }
    }

    /// Removes an install and everything of it. `None`: there is none of this name.
    pub async fn remove_install(
        &self,
        name: &InstallName,
        now: Instant,
    ) -> Result<Option<Removed>, StoreError> {
        let mut write = self
            .write(Point::InstallRemoved, Lasting::Acknowledged)
            .await?;
        let objects = outbox::remove(&mut write, Whose::Install(name), now).await?;
        let customers = records::forget_install(write.conn(), name).await?;
        records::begin_anew(write.conn(), name).await?;
        let mut delete = async |sql: &'static str| {
            let gone = sqlx::query(sql).bind(name.as_str());
            Ok::<_, StoreError>(gone.execute(write.conn()).await?.rows_affected())
        };
        for sql in [
            "DELETE FROM hook_deliveries WHERE install = $1",
            "DELETE FROM hook_topics WHERE install = $1",
            "DELETE FROM hooks WHERE install = $1",
            "DELETE FROM registrations WHERE install = $1",
            "DELETE FROM gaps WHERE install = $1",
        ] {
            delete(sql).await?;
        }
        let removed = Removed {
            customers,
            links: delete("DELETE FROM links WHERE install = $1").await?,
            images: delete("DELETE FROM images WHERE install = $1").await?,
            hooks: delete("DELETE FROM inbox WHERE install = $1").await?,
            workspaces: delete("DELETE FROM workspace_installs WHERE install = $1").await?,
            objects,
        };
        // The tables refer to installs without a cascade: a table that is forgotten above makes this fail, loudly.
        if delete("DELETE FROM installs WHERE name = $1").await? == 0 {
            return Ok(None);
        }
        write.raise().await?;
        write.raise_erasures().await?;
        write.commit().await?;
        self.overwrite().await;
        Ok(Some(removed))
    }

    /// What was deleted still stands in the WAL, sealed, until that is written over. If somebody reads just now it stays a
    /// little longer: until the next checkpoint, which SQLite makes by itself.
    pub(super) async fn overwrite(&self) {
        let _ = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
            .execute(&self.0.writer)
            .await;
    }
}

/// Whether one of the traces stands in a body as a value.
fn tells_of(body: &[u8], traces: &[String]) -> bool {
    match serde_json::from_slice(body) {
        Ok(json) => holds(&json, traces),
        Err(_) => {
            let text = String::from_utf8_lossy(body).to_lowercase();
            traces
                .iter()
                .any(|trace| text.contains(&trace.to_lowercase()))
        }
    }
}

fn holds(json: &Value, traces: &[String]) -> bool {
    let is_one = |text: &str| {
        traces
            .iter()
            .any(|trace| trace.eq_ignore_ascii_case(text.trim()))
    };
    match json {
        Value::String(text) => is_one(text),
        Value::Number(number) => is_one(&number.to_string()),
        Value::Array(values) => values.iter().any(|value| holds(value, traces)),
        Value::Object(fields) => fields.values().any(|value| holds(value, traces)),
        Value::Bool(_) | Value::Null => false,
    }
}
