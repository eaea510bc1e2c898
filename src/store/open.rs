//! Opening a store: the address, the file, its connections, its format, its keys.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::watch;

use super::error::StoreError;
use super::keys::KeyRing;
use super::points::Point;
use super::write::{Lasting, Write};
use super::{Inner, Store, meta, migrate};
use crate::domain::day::Instant;
use crate::domain::secret::random_hex;

/// How long one waits for another process to finish writing.
const PATIENCE: Duration = Duration::from_secs(5);
/// Connections that read, beside the one that writes.
const READERS: u32 = 4;

/// No database of SQLite's has fewer bytes, but for none at all.
const SMALLEST: u64 = 512;

/// Where a store is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    File(PathBuf),
    Memory,
}

impl Store {
    /// Opens the store at an address, `sqlite://sidecard.db`; where there is no file, makes one that its owner alone may
    /// read. `sqlite://:memory:` is a store that ends with the process.
    pub async fn open(url: &str, keys: KeyRing, now: Instant) -> Result<Self, StoreError> {
        let place = place(url)?;
        let name = match &place {
            Place::File(path) => path.display().to_string(),
            Place::Memory => String::from(":memory:"),
        };
        open(&place, keys, now).await.map_err(|error| {
            let error = match (error, &place) {
                // It is there, so it is the files beside it that can't be made.
                (StoreError::CantOpen { place }, Place::File(path)) if path.is_file() => {
                    StoreError::ReadOnly { place }
                }
                (error, _) => error,
            };
            error.at(&name)
        })
    }

    /// Closes it: everything is in the one file then. A process that ends without this loses nothing.
    pub async fn close(&self) {
        self.0.readers.close().await;
        self.0.writer.close().await;
    }
}

async fn open(place: &Place, keys: KeyRing, now: Instant) -> Result<Store, StoreError> {
    let options = SqliteConnectOptions::new()
        .busy_timeout(PATIENCE)
        .foreign_keys(true)
        // What is deleted is overwritten: "erased" is meant.
        .pragma("secure_delete", "on")
        // A long statement's temporary table is not left in a file of another folder.
        .pragma("temp_store", "memory")
        .disable_statement_logging();
    let one = || {
        SqlitePoolOptions::new()
            .max_connections(1)
            .min_connections(1)
    };
    let kept_open = |pool: SqlitePoolOptions| {
        pool.idle_timeout(None)
            .max_lifetime(None)
            .acquire_timeout(PATIENCE * 2)
            // SQLite itself takes a transaction back when the disk is full or fails. The driver does not notice, counts
            // one for ever, and would begin no other: such a connection is replaced.
            .before_acquire(|conn, _| Box::pin(async { Ok(!conn.is_in_transaction()) }))
    };
    let (writer, readers, path) = match place {
        Place::Memory => {
            let options = options.in_memory(true);
            let pool = kept_open(one()).connect_with(options).await?;
            (pool.clone(), pool, None)
        }
        Place::File(path) => {
            let options = options
                .create_if_missing(false)
                .journal_mode(SqliteJournalMode::Wal);
            make(path, options.clone()).await?;
            let options = options.filename(path);
            let writer = kept_open(one()).connect_with(options.clone()).await?;
            let reading = options.pragma("query_only", "on");
            let readers = SqlitePoolOptions::new().max_connections(READERS);
            let readers = kept_open(readers).connect_lazy_with(reading);
            (writer, readers, Some(path.clone()))
        }
    };
    // One transaction: a process that is killed while it opens a new store leaves an empty one.
    let mut write = Write::begin(&writer, Point::Opened, Lasting::Acknowledged).await?;
    migrate::migrate(write.conn(), now).await?;
    let own = meta::own_key(write.conn(), &keys).await?;
    // Something is written in any case: a disk that is full says so now, and not at the first card.
    meta::opened(write.conn(), now).await?;
    write.commit().await?;
    Ok(Store(Arc::new(Inner {
        writer,
        readers,
        keys,
        rows: own.rows,
        fingerprints: own.fingerprints,
        queued: watch::Sender::new(()),
        path,
    })))
}

fn place(url: &str) -> Result<Place, StoreError> {
    let url = url.trim();
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Err(StoreError::Postgres);
    }
    match url
        .strip_prefix("sqlite://")
        .or_else(|| url.strip_prefix("sqlite:"))
    {
        Some(":memory:") => Ok(Place::Memory),
        // Options after a `?` are the driver's, and not ours to promise.
        Some(path) if !path.is_empty() && !path.contains('?') => Ok(Place::File(path.into())),
        // An address of another kind may hold a password.
        _ => Err(StoreError::Address(
            url.split("://")
                .next()
                .unwrap_or_default()
                .chars()
                .take(20)
                .collect::<String>()
                + if url.contains("://") { "://…" } else { "" },
        )),
    }
}

/// Makes the file where there is none, readable by its owner alone; SQLite gives the files beside it the same rights. It
/// gets its name when it is already in WAL mode, which several that begin at once could not switch it to.
///
/// A file that is there is not opened here: closing it again would free the locks that SQLite has on it in this process.
async fn make(path: &Path, options: SqliteConnectOptions) -> Result<(), StoreError> {
    let place = || String::from("the store");
    match fs::metadata(path) {
        // SQLite takes a few bytes of anything for an empty database, and writes over them.
        Ok(there) if there.is_file() && (1..SMALLEST).contains(&there.len()) => {
            return Err(StoreError::NotAStore { place: place() });
        }
        Ok(_) => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(_) => return Err(StoreError::CantOpen { place: place() }),
    }
    let mut new = path.as_os_str().to_owned();
    new.push(format!(".new-{}", random_hex(4)));
    let new = PathBuf::from(new);
    let mut creation = fs::OpenOptions::new();
    creation.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut creation, 0o600);
    creation.open(&new).map_err(|error| match error.kind() {
        io::ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnly { place: place() },
        io::ErrorKind::PermissionDenied if path.parent().is_some_and(Path::is_dir) => {
            StoreError::ReadOnly { place: place() }
        }
        io::ErrorKind::StorageFull => StoreError::Full { place: place() },
        _ => StoreError::CantOpen { place: place() },
    })?;
    let made = async {
        options.filename(&new).connect().await?.close().await?;
        // Unlike a rename, a link does not replace what somebody else has made in the meantime.
        let linked = match fs::hard_link(&new, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            // Not every file system has links.
            Err(_) if !path.exists() => fs::rename(&new, path),
            other => other,
        };
        linked.map_err(|_| StoreError::CantOpen { place: place() })
    }
    .await;
    // After a rename there is nothing to remove.
    let _ = fs::remove_file(&new);
    made
}

#[cfg(test)]
mod tests;
