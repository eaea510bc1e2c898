//! A consistent copy of the store while it runs.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

use super::Store;
use super::error::StoreError;

impl Store {
    /// Writes a copy to `path`, as of now, readable by its owner alone. Never overwrites. The copy needs the same keys
    /// file.
    pub async fn backup(&self, path: &Path) -> Result<(), StoreError> {
        let shown = path.display().to_string();
        let failed = |error| StoreError::Backup {
            path: shown.clone(),
            error,
        };
        let Some(text) = path.to_str() else {
            return Err(failed(io::ErrorKind::InvalidFilename.into()));
        };
        // Made first, empty, so that it never has other rights than these; SQLite fills an empty file.
        let file = new_file(path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => StoreError::BackupExists(shown.clone()),
            _ => failed(error),
        })?;
        let copied = match self.copy_to(text).await {
            Ok(()) => on_disk(&file, path).map_err(failed),
            Err(error) => Err(error.at(&shown)),
        };
        if copied.is_err() {
            // Half a backup is none. If it can't even be removed, there is nothing better to say than the first error.
            let _ = std::fs::remove_file(path);
        }
        copied
    }

    async fn copy_to(&self, path: &str) -> Result<(), StoreError> {
        let copy = sqlx::query("VACUUM INTO $1").bind(path);
        match &self.0.path {
            None => copy.execute(&self.0.writer).await?,
            // A connection of its own: the writer goes on.
            Some(own) => {
                let options = SqliteConnectOptions::new()
                    .filename(own)
                    .disable_statement_logging();
                copy.execute(&mut options.connect().await?).await?
            }
        };
        Ok(())
    }
}

fn new_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// SQLite does not wait for the disk here; a backup that is said to be there should survive a power cut.
fn on_disk(file: &File, path: &Path) -> io::Result<()> {
    file.sync_all()?;
    if cfg!(unix) {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}
