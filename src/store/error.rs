//! What can go wrong with the store, in sentences for the person who has to do something about it.

use thiserror::Error;

use super::seal::{NotSealed, SealError};
use crate::domain::install::InstallName;

/// Something the store could not do.
#[derive(Debug, Error)]
pub enum StoreError {
    /// A `postgres://` address.
    #[error(
        "postgres is not in this version\n  hint: write `sqlite://sidecard.db`: one file, nothing to install"
    )]
    Postgres,
    /// An address of another kind.
    #[error(
        "not the address of a store: `{0}`\n  hint: write `sqlite://` and a file, as in `sqlite://sidecard.db`"
    )]
    Address(String),
    /// The file's folder is not there, or may not be entered.
    #[error(
        "{place} can't be opened\n  hint: its folder must exist, and the user who runs sidecard must be allowed to read and write there"
    )]
    CantOpen {
        /// What.
        place: String,
    },
    /// The file, or its folder, can't be written.
    #[error(
        "{place} can't be written\n  hint: the file and its folder must belong to the user who runs sidecard, on a disk that is not mounted read-only"
    )]
    ReadOnly {
        /// What.
        place: String,
    },
    /// No room left.
    #[error(
        "no room is left on the disk of {place}\n  hint: free some; nothing that was acknowledged is lost"
    )]
    Full {
        /// What.
        place: String,
    },
    /// The disk refuses to read or write.
    #[error(
        "the disk of {place} fails: {what}\n  hint: look at the system's log; restore a backup if the disk is broken"
    )]
    Disk {
        /// What.
        place: String,
        /// What SQLite says.
        what: String,
    },
    /// Another kind of file.
    #[error(
        "{place} is not a store of Sidecard's\n  hint: check `store.url`; a new file is made where there is none"
    )]
    NotAStore {
        /// What.
        place: String,
    },
    /// Migrations that this program does not have.
    #[error(
        "{place} was written by a newer Sidecard (its format is {found}, this version knows up to {known})\n  hint: run that version, or a newer one"
    )]
    Newer {
        /// What.
        place: String,
        /// The format found.
        found: i64,
        /// The newest that is known here.
        known: i64,
    },
    /// The file is broken.
    #[error(
        "{place} is damaged\n  hint: put a backup in its place (`sidecard backup` makes them), together with its keys file"
    )]
    Damaged {
        /// What.
        place: String,
    },
    /// Somebody else holds it.
    #[error(
        "{place} is locked by another program\n  hint: a database browser or a backup tool may hold it; close it and try again"
    )]
    Locked {
        /// What.
        place: String,
    },
    /// The keys are those of another store.
    #[error(
        "none of the keys in `{keys}` opens {place}: {reason}\n  hint: use the keys file that was there when the store was made; a lost key can't be replaced"
    )]
    WrongKeys {
        /// Where the keys come from.
        keys: String,
        /// What they don't open.
        place: String,
        /// Why not.
        reason: SealError,
    },
    /// Nothing can be sealed.
    #[error(transparent)]
    NotSealed(#[from] NotSealed),
    /// An install of this name is there already.
    #[error(
        "there is already an install of this name: `{0}`\n  hint: give this one another name with `--name`"
    )]
    InstallExists(InstallName),
    /// There is no install of this name.
    #[error(
        "there is no install of this name: `{0}`\n  hint: `sidecard install list` shows those that there are"
    )]
    NoSuchInstall(InstallName),
    /// A person of this login name is there already.
    #[error("somebody has this login name already\n  hint: choose another one")]
    PersonExists,
    /// Nobody would be left who may manage people.
    #[error("this is the last owner\n  hint: make somebody else an owner first")]
    LastOwner,
    /// The backup would overwrite a file.
    #[error("there is already a file: `{0}`\n  hint: a backup never overwrites; choose a new name")]
    BackupExists(String),
    /// The backup can't be written there.
    #[error(
        "the backup can't be written: `{path}`: {error}\n  hint: choose a folder that exists, that you may write to, and with enough room"
    )]
    Backup {
        /// Where.
        path: String,
        /// What the system says.
        error: std::io::Error,
    },
    /// Anything else; the text is the database's, which shows names of columns and no values.
    #[error("the store failed: {0}")]
    Failed(String),
}

/// How a store is called when its file is not at hand.
const SOMEWHERE: &str = "the store";

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let place = String::from(SOMEWHERE);
        match &error {
            sqlx::Error::PoolTimedOut => Self::Locked { place },
            sqlx::Error::Database(said) => {
                let code = said.code().and_then(|code| code.parse::<i64>().ok());
                // The shared memory beside the file could not grow.
                const NO_ROOM_FOR_SHM: i64 = 4_874;
                // The low byte is SQLite's primary code, the rest its details.
                match code.map(|code| code & 0xff) {
                    _ if code == Some(NO_ROOM_FOR_SHM) => Self::Full { place },
                    Some(5 | 6) => Self::Locked { place },
                    Some(3 | 8) => Self::ReadOnly { place },
                    Some(10) => Self::Disk {
                        place,
                        what: said.message().to_owned(),
                    },
                    Some(11) => Self::Damaged { place },
                    Some(13) => Self::Full { place },
                    Some(14) => Self::CantOpen { place },
                    Some(26) => Self::NotAStore { place },
                    _ => Self::Failed(said.message().to_owned()),
                }
            }
            sqlx::Error::ColumnDecode { index, .. } => {
                Self::Failed(format!("the column {index} holds something else"))
            }
            other => Self::Failed(other.to_string()),
        }
    }
}

impl StoreError {
    /// Whether it is the store's own trouble, whatever is to be written: it may pass.
    pub fn is_about_the_store(&self) -> bool {
        matches!(
            self,
            Self::Locked { .. }
                | Self::Full { .. }
                | Self::Disk { .. }
                | Self::ReadOnly { .. }
                | Self::CantOpen { .. }
                | Self::Damaged { .. }
                | Self::NotSealed(_)
        )
    }

    /// The same, with the name of the file.
    pub(super) fn at(mut self, name: &str) -> Self {
        match &mut self {
            Self::CantOpen { place }
            | Self::ReadOnly { place }
            | Self::Full { place }
            | Self::Disk { place, .. }
            | Self::NotAStore { place }
            | Self::Newer { place, .. }
            | Self::Damaged { place }
            | Self::Locked { place }
            | Self::WrongKeys { place, .. }
                if place == SOMEWHERE =>
            {
                *place = format!("the store `{name}`");
            }
            _ => {}
        }
        self
    }
}
