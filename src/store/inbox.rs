//! The inbox: hooks that were acknowledged and are not applied yet; sealed, and gone with being applied.
//!
//! What comes twice while the first one waits is one row. Whoever applies or sets aside a row names it by the [`Ticket`]
//! that it was read with: a row that has come again in between is a new one, and stays.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use zeroize::Zeroizing;

use super::columns::HOOK;
use super::error::StoreError;
use super::points::Point;
use super::seal::Opened;
use super::time::{instant, micros};
use super::write::{Lasting, Write};
use super::{Store, hook_deliveries, records};
use crate::domain::day::Instant;
use crate::domain::install::InstallName;
use crate::records::Commit;

/// A hook that came in, and is to be kept until it is applied.
#[derive(Debug, Clone)]
pub struct NewHook {
    /// Whose.
    pub install: InstallName,
    /// The topic of its address (`subscription/updated`).
    pub topic: String,
    /// As it came.
    pub body: Vec<u8>,
    /// When it came.
    pub received_at: Instant,
}

/// A row of the inbox, as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ticket {
    /// Whose.
    pub install: InstallName,
    /// The topic of its address.
    pub topic: String,
    digest: String,
    number: i64,
}

/// A hook whose turn it is.
#[derive(Debug, Clone)]
pub struct WaitingHook {
    /// Names it.
    pub ticket: Ticket,
    /// The provider of its install.
    pub provider: String,
    /// As it came, or why it can't be opened.
    pub body: Opened<Zeroizing<Vec<u8>>>,
    /// When it came, the last time if it came more than once.
    pub received_at: Instant,
    /// How often it was tried in vain.
    pub attempts: u32,
    /// The commit that received it.
    pub receipt: Commit,
}

/// What becomes of a hook that is not applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Aside {
    /// It was tried in vain: it is tried again, not before this.
    Until(Instant),
    /// It was not tried, and its turn comes again, not before this.
    Later(Instant),
    /// It is not tried again; a fixed text says why.
    Parked(&'static str),
}

/// Hooks of one install and topic that are parked for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedHooks {
    /// Whose.
    pub install: InstallName,
    /// Their topic.
    pub topic: String,
    /// Why they can't be applied.
    pub reason: String,
    /// How many.
    pub count: u64,
    /// When the last one came.
    pub last_at: Instant,
}

impl Store {
    /// Keeps hooks, all in one go and on the disk before this returns. `false` for those of installs that are gone.
    pub async fn receive_hooks(&self, hooks: &[NewHook]) -> Result<Vec<bool>, StoreError> {
        let mut sealed = Vec::with_capacity(hooks.len());
        for hook in hooks {
            let digest = self.0.rows.hook(&hook.topic, &hook.body);
            let body = self.seal(&HOOK, &[hook.install.as_str(), &digest], &hook.body)?;
            sealed.push((hook, digest, body));
        }
        let mut write = self
            .write(Point::HooksReceived, Lasting::Acknowledged)
            .await?;
        let mut kept = Vec::with_capacity(hooks.len());
        let mut receipts: BTreeMap<&InstallName, Commit> = BTreeMap::new();
        let mut marks: BTreeMap<(&InstallName, &str), (Instant, i64)> = BTreeMap::new();
        for (hook, digest, body) in sealed {
            let receipt = match receipts.get(&hook.install) {
                Some(receipt) => *receipt,
                None => {
                    let (receipt, _) = records::next(write.conn(), &hook.install).await?;
                    receipts.insert(&hook.install, receipt);
                    receipt
                }
            };
            // One that is parked and comes again stays parked: it is as unreadable as before.
            let inserted = sqlx::query(
                "INSERT INTO inbox (install, digest, number, topic, body, received_at, due_at, attempts, receipt)
                 SELECT name, $2, (SELECT coalesce(max(number), 0) + 1 FROM inbox), $3, $4, $5, $5, 0, $6
                 FROM installs WHERE name = $1
                 ON CONFLICT (install, digest) DO UPDATE SET
                    number = excluded.number, received_at = excluded.received_at, receipt = excluded.receipt",
            )
            .bind(hook.install.as_str())
            .bind(digest)
            .bind(&hook.topic)
            .bind(body)
            .bind(micros(hook.received_at))
            .bind(receipt)
            .execute(write.conn())
            .await?;
            let is_kept = inserted.rows_affected() > 0;
            kept.push(is_kept);
            if is_kept {
                let mark = marks
                    .entry((&hook.install, &hook.topic))
                    .or_insert((hook.received_at, 0));
                *mark = (mark.0.max(hook.received_at), mark.1 + 1);
            }
        }
        for ((install, topic), (last_at, received)) in marks {
            hook_deliveries::note_received(&mut write, install, topic, last_at, received).await?;
        }
        write.commit().await?;
        Ok(kept)
    }

    /// The hooks whose turn it is, in the order in which they came; at most so many.
    pub async fn waiting_hooks(
        &self,
        now: Instant,
        most: u32,
    ) -> Result<Vec<WaitingHook>, StoreError> {
        let rows = sqlx::query(
            "SELECT inbox.*, installs.provider FROM inbox JOIN installs ON installs.name = inbox.install
             WHERE inbox.parked IS NULL AND inbox.due_at <= $1 ORDER BY inbox.number LIMIT $2",
        )
        .bind(micros(now))
        .bind(i64::from(most))
        .fetch_all(&self.0.readers)
        .await?;
        rows.iter().map(|row| self.waiting_from(row)).collect()
    }

    /// What could not be applied is tried again later, or parked.
    pub async fn set_hooks_aside(&self, hooks: &[(Ticket, Aside)]) -> Result<(), StoreError> {
        let mut write = self
            .write(Point::HooksSetAside, Lasting::Acknowledged)
            .await?;
        for (ticket, aside) in hooks {
            let (due_at, parked, tries) = match aside {
                Aside::Until(due) => (Some(micros(*due)), None, 1),
                Aside::Later(due) => (Some(micros(*due)), None, 0),
                Aside::Parked(reason) => (None, Some(*reason), 1),
            };
            sqlx::query(
                "UPDATE inbox SET due_at = coalesce($4, due_at), parked = $5, attempts = attempts + $6
                 WHERE install = $1 AND digest = $2 AND number = $3",
            )
            .bind(ticket.install.as_str())
            .bind(&ticket.digest)
            .bind(ticket.number)
            .bind(due_at)
            .bind(parked)
            .bind(tries)
            .execute(write.conn())
            .await?;
        }
        write.commit().await
    }

    /// How many hooks wait to be applied.
    pub async fn inbox_depth(&self) -> Result<u64, StoreError> {
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM inbox WHERE parked IS NULL")
            .fetch_one(&self.0.readers)
            .await?;
        Ok(count.unsigned_abs())
    }

    /// The hooks that can't be applied, by install, topic and reason.
    pub async fn parked(&self) -> Result<Vec<ParkedHooks>, StoreError> {
        let rows = sqlx::query(
            "SELECT install, topic, parked, count(*) AS rows_there, max(received_at) AS last_at FROM inbox
             WHERE parked IS NOT NULL GROUP BY install, topic, parked ORDER BY install, topic, parked",
        )
        .fetch_all(&self.0.readers)
        .await?;
        let parked = |row: &SqliteRow| {
            Ok(ParkedHooks {
                install: install_of(row)?,
                topic: row.try_get("topic")?,
                reason: row.try_get("parked")?,
                count: row.try_get::<i64, _>("rows_there")?.unsigned_abs(),
                last_at: instant(row.try_get("last_at")?),
            })
        };
        rows.iter().map(parked).collect()
    }

    fn waiting_from(&self, row: &SqliteRow) -> Result<WaitingHook, StoreError> {
        let install = install_of(row)?;
        let digest: String = row.try_get("digest")?;
        let place = [install.as_str(), &digest];
        let body = self.0.keys.open(&HOOK, &place, row.try_get("body")?);
        let attempts: i64 = row.try_get("attempts")?;
        Ok(WaitingHook {
            body,
            provider: row.try_get("provider")?,
            received_at: instant(row.try_get("received_at")?),
            attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
            receipt: row.try_get("receipt")?,
            ticket: Ticket {
                topic: row.try_get("topic")?,
                number: row.try_get("number")?,
                install,
                digest,
            },
        })
    }
}

fn install_of(row: &SqliteRow) -> Result<InstallName, StoreError> {
    let name: String = row.try_get("install")?;
    InstallName::parse(&name).map_err(|_| StoreError::Damaged {
        place: String::from("the store"),
    })
}

/// The hooks are applied: they go, and their topics say so. What has come again since it was read stays.
pub(super) async fn settle(
    write: &mut Write,
    tickets: &[Ticket],
    now: Instant,
) -> Result<(), StoreError> {
    for ticket in tickets {
        sqlx::query("DELETE FROM inbox WHERE install = $1 AND digest = $2 AND number = $3")
            .bind(ticket.install.as_str())
            .bind(&ticket.digest)
            .bind(ticket.number)
            .execute(write.conn())
            .await?;
    }
    let topics: BTreeSet<_> = tickets
        .iter()
        .map(|ticket| (&ticket.install, ticket.topic.as_str()))
        .collect();
    for (install, topic) in topics {
        hook_deliveries::note_applied(write, install, topic, now).await?;
    }
    Ok(())
}
