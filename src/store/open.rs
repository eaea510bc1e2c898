//! Opening a store: the address, the file, its connections, its format, its keys.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};

use super::error::StoreError;
use super::keys::KeyRing;
use super::points::Point;
use super::write::{Lasting, Write};
use super::{Inner, Store, meta, migrate};
use crate::domain::day::Instant;

/// How long one waits for another process to finish writing.
const PATIENCE: Duration = Duration::from_secs(5);
/// Connections that read, beside the one that writes.
const READERS: u32 = 4;

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
        open(&place, keys, now)
            .await
            .map_err(|error| error.at(&name))
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
    };
    let (writer, readers, path) = match place {
        Place::Memory => {
            let options = options.in_memory(true);
            let pool = kept_open(one()).connect_with(options).await?;
            (pool.clone(), pool, None)
        }
        Place::File(path) => {
            make(path)?;
            let options = options
                .filename(path)
                .create_if_missing(false)
                .journal_mode(SqliteJournalMode::Wal);
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

/// Makes the file where there is none, readable by its owner alone. SQLite gives the files beside it the same rights.
fn make(path: &Path) -> Result<(), StoreError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let place = String::from("the store");
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) => match error.kind() {
            std::io::ErrorKind::AlreadyExists => Ok(()),
            std::io::ErrorKind::ReadOnlyFilesystem => Err(StoreError::ReadOnly { place }),
            std::io::ErrorKind::PermissionDenied if path.parent().is_some_and(Path::is_dir) => {
                Err(StoreError::ReadOnly { place })
            }
            std::io::ErrorKind::StorageFull => Err(StoreError::Full { place }),
            _ => Err(StoreError::CantOpen { place }),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_file_or_memory() {
        let file = |path: &str| Place::File(path.into());
        assert_eq!(place("sqlite://sidecard.db").unwrap(), file("sidecard.db"));
        assert_eq!(place("sqlite:///var/s.db").unwrap(), file("/var/s.db"));
        assert_eq!(place(" sqlite:s.db ").unwrap(), file("s.db"));
        assert_eq!(place("sqlite://:memory:").unwrap(), Place::Memory);
    }

    #[test]
    fn other_addresses_are_refused_without_a_password() {
        let postgres = place("postgres://kim:hunter2@db/x")
            .unwrap_err()
            .to_string();
        assert!(postgres.starts_with("postgres is not in this version\n  hint: "));
        for bad in [
            "",
            "sidecard.db",
            "sqlite://",
            "mysql://kim:hunter2@db/x",
            "sqlite://s.db?mode=ro",
        ] {
            let said = place(bad).unwrap_err().to_string();
            assert!(said.contains("sqlite://sidecard.db"), "{said}");
            assert!(!said.contains("hunter2"), "{said}");
        }
    }
}
