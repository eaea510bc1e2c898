//! A keys file that has changed since it was read: a new key is learned without a restart.

use std::fs::{self, Metadata, Permissions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use super::KeyRing;

/// The file, and how it looked when it was last read.
pub(super) struct File {
    path: PathBuf,
    seen: Mutex<Look>,
}

/// What tells that a file has been written, or opened to its owner alone, since.
#[derive(PartialEq)]
struct Look {
    modified: Option<SystemTime>,
    length: u64,
    permissions: Permissions,
}

impl File {
    /// The open file as it is before it is read: what is written meanwhile makes it look different.
    pub fn of(path: &Path, file: &fs::File) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            seen: Mutex::new(Look::of(&file.metadata()?)),
        })
    }
}

impl Look {
    fn of(metadata: &Metadata) -> Self {
        Self {
            modified: metadata.modified().ok(),
            length: metadata.len(),
            permissions: metadata.permissions(),
        }
    }
}

impl KeyRing {
    /// Takes over what the file says now, if it looks different. Its first key seals from now on; keys that are in it no
    /// longer still open. A file that can't be used changes nothing.
    pub(super) fn read_anew(&self) {
        let Some(file) = &self.0.file else { return };
        let mut seen = file.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let Ok(look) = fs::metadata(&file.path).map(|metadata| Look::of(&metadata)) else {
            return;
        };
        if *seen == look {
            return;
        }
        *seen = look;
        let new = match Self::read(&file.path) {
            Ok(new) => new,
            Err(error) => {
                tracing::error!(%error, "the keys file has changed and can't be used: the old keys go on");
                return;
            }
        };
        let mut keys = self.0.keys.write().unwrap_or_else(PoisonError::into_inner);
        let mut all =
            std::mem::take(&mut *new.0.keys.write().unwrap_or_else(PoisonError::into_inner));
        for old in keys.drain(..) {
            if all.iter().all(|key| key.id != old.id) {
                all.push(old);
            }
        }
        *keys = all;
        tracing::info!("the keys file has been read anew");
    }
}
