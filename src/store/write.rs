//! Writing: one writer, whole transactions, each with a name.

use sqlx::{Sqlite, SqliteConnection, SqlitePool, Transaction};
use tokio::sync::watch;
use tracing::trace;

use super::error::StoreError;
use super::{Store, points::Point};

/// How long a commit has to last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lasting {
    /// It is acknowledged to somebody: on the disk before the call returns.
    Acknowledged,
    /// It can be had again: a kill loses nothing of it, a power cut perhaps the newest ones; whole ones, and the store
    /// stays sound.
    Again,
}

/// A transaction that writes. Dropped without a commit, it leaves nothing.
pub(super) struct Write {
    tx: Transaction<'static, Sqlite>,
    point: Point,
    /// Whom to tell that something is in the outbox, and whether there is.
    outbox: Option<watch::Sender<()>>,
    rings: bool,
}

impl Store {
    /// Begins to write. Nobody else writes until this ends, in this process or another.
    pub(super) async fn write(&self, point: Point, lasting: Lasting) -> Result<Write, StoreError> {
        let mut write = Write::begin(&self.0.writer, point, lasting).await?;
        write.outbox = Some(self.0.queued.clone());
        Ok(write)
    }
}

impl Write {
    /// Begins to write, before there is a store.
    pub async fn begin(
        writer: &SqlitePool,
        point: Point,
        lasting: Lasting,
    ) -> Result<Self, StoreError> {
        // The lock is taken at once: one that reads first and writes later may have to give up in the middle.
        let begin = match lasting {
            Lasting::Acknowledged => "PRAGMA synchronous = FULL; BEGIN IMMEDIATE",
            Lasting::Again => "PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE",
        };
        let tx = writer.begin_with(begin).await?;
        Ok(Self {
            tx,
            point,
            outbox: None,
            rings: false,
        })
    }

    /// The connection, inside the transaction.
    pub fn conn(&mut self) -> &mut SqliteConnection {
        &mut self.tx
    }

    /// Tells other processes that what they hold in memory is no longer true.
    pub async fn raise(&mut self) -> Result<(), StoreError> {
        sqlx::query("UPDATE counters SET value = value + 1 WHERE name = 'changes'")
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Tells other processes that they may remember somebody, or something, that is gone for good.
    pub async fn raise_erasures(&mut self) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO counters (name, value) VALUES ('erasures', 1)
             ON CONFLICT (name) DO UPDATE SET value = counters.value + 1",
        )
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Something was put into the outbox: whoever empties it is told after the commit.
    pub fn ring(&mut self) {
        self.rings = true;
    }

    /// Makes it so. The two moments around it are logged: a test that ends the process there listens for them.
    pub async fn commit(self) -> Result<(), StoreError> {
        trace!(target: "sidecard::store", point = self.point.name(), "about to commit");
        self.tx.commit().await?;
        trace!(target: "sidecard::store", point = self.point.name(), "committed");
        if let Some(outbox) = self.outbox.filter(|_| self.rings) {
            outbox.send_replace(());
        }
        Ok(())
    }
}
