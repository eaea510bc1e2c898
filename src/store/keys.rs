//! The keys that seal at rest, and the file they come from.

mod anew;

use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use thiserror::Error;
use zeroize::Zeroizing;

use self::anew::File;
use crate::domain::day::Instant;
use crate::domain::secret::random_hex;

/// A key has so many bytes.
const KEY: usize = 32;
/// The longest name of a key: it stands in every sealed value.
pub(super) const LONGEST_ID: usize = 16;
/// A keys file is a few lines; a larger one is another file.
const LARGEST: u64 = 64 * 1_024;

/// The keys, in the order of the file: the first one seals, every one opens. Printing it shows their ids alone. A value
/// that names a key which is not there has the file read anew, so that a running service learns of a new key.
#[derive(Clone)]
pub struct KeyRing(Arc<Ring>);

struct Ring {
    keys: RwLock<Vec<Arc<Key>>>,
    source: String,
    /// Where they were read; `None`: from no file.
    file: Option<File>,
}

/// One key.
pub(super) struct Key {
    pub(super) id: String,
    pub(super) cipher: XChaCha20Poly1305,
}

/// Why there are no keys. Says what to do, and shows nothing of a key.
#[derive(Debug, Error)]
pub enum KeyError {
    /// There is no such file.
    #[error(
        "there is no keys file: `{source_name}`\n  hint: make one with `(umask 077; sidecard keys new > '{source_name}')`, and keep a copy of it in a safe place: without it nobody can open the store"
    )]
    Missing {
        /// The file.
        source_name: String,
    },
    /// It is there and can't be read.
    #[error(
        "the keys file can't be read: `{source_name}`: {error}\n  hint: it must be a text file that belongs to the user who runs sidecard"
    )]
    Unreadable {
        /// The file.
        source_name: String,
        /// What the system says.
        error: io::Error,
    },
    /// Others than its owner may read it.
    #[error(
        "the keys file may be read by others than its owner (mode {mode:o}): `{source_name}`\n  hint: type `chmod 600 '{source_name}'`"
    )]
    OpenToOthers {
        /// The file.
        source_name: String,
        /// Its permissions.
        mode: u32,
    },
    /// It has no key.
    #[error(
        "the keys file has no key in it: `{source_name}`\n  hint: add one with `sidecard keys new >> '{source_name}'`"
    )]
    Empty {
        /// The file.
        source_name: String,
    },
    /// One of its lines can't be used.
    #[error(
        "line {line} of the keys file `{source_name}` can't be used: {what}\n  hint: a line is a name, a blank and 32 bytes in base64 or hex; `sidecard keys new` prints one"
    )]
    Line {
        /// The file.
        source_name: String,
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        what: &'static str,
    },
}

impl KeyRing {
    /// Reads a keys file. One that others may read is refused: whoever has read it can open every copy of the store.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let source_name = path.display().to_string();
        let unreadable = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => KeyError::Missing {
                source_name: source_name.clone(),
            },
            _ => KeyError::Unreadable {
                source_name: source_name.clone(),
                error,
            },
        };
        let file = fs::File::open(path).map_err(unreadable)?;
        let read_from = File::of(path, &file).map_err(unreadable)?;
        // Asked of the open file: its name may lead elsewhere a moment later.
        only_its_owner_reads(&file).map_err(|refused| match refused {
            Refused::Open(mode) => KeyError::OpenToOthers {
                source_name: source_name.clone(),
                mode,
            },
            Refused::Io(error) => unreadable(error),
        })?;
        let mut text = Zeroizing::new(String::new());
        file.take(LARGEST)
            .read_to_string(&mut text)
            .map_err(unreadable)?;
        Self::made(&text, source_name, Some(read_from))
    }

    /// Reads the text of a keys file; `source_name` is how errors call it.
    pub fn parse(text: &str, source_name: &str) -> Result<Self, KeyError> {
        Self::made(text, source_name.to_owned(), None)
    }

    fn made(text: &str, source_name: String, file: Option<File>) -> Result<Self, KeyError> {
        let mut keys: Vec<Arc<Key>> = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let wrong = |what| KeyError::Line {
                source_name: source_name.clone(),
                line: number + 1,
                what,
            };
            let key = key_of(line).map_err(wrong)?;
            if keys.iter().any(|other| other.id == key.id) {
                return Err(wrong("another line has the same name"));
            }
            keys.push(Arc::new(key));
        }
        if keys.is_empty() {
            return Err(KeyError::Empty { source_name });
        }
        Ok(Self(Arc::new(Ring {
            keys: RwLock::new(keys),
            source: source_name,
            file,
        })))
    }

    /// A ring of one new key that nobody keeps: for a store that ends with the process.
    pub fn throw_away(now: Instant) -> Result<Self, KeyError> {
        Self::parse(&Self::new_line(now), "a key of this process alone")
    }

    /// A line for a keys file, with a new key: `20261121-3f9a2b` and 32 random bytes in base64.
    pub fn new_line(now: Instant) -> String {
        let mut bytes = Zeroizing::new([0; KEY]);
        let hex = Zeroizing::new(random_hex(KEY));
        // Both sides come from this function, so the lengths fit.
        let _ = base16ct::lower::decode(hex.as_bytes(), bytes.as_mut_slice());
        let id = format!("{}-{}", now.format("%Y%m%d"), random_hex(3));
        format!("{id} {}", STANDARD.encode(bytes.as_slice()))
    }

    /// The names of the keys, the one that seals first.
    pub fn ids(&self) -> Vec<String> {
        let keys = self.0.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.iter().map(|key| key.id.clone()).collect()
    }

    /// Where the keys come from, for messages.
    pub fn source_name(&self) -> &str {
        &self.0.source
    }

    pub(super) fn first(&self) -> Option<Arc<Key>> {
        let keys = self.0.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.first().cloned()
    }

    /// The key of this name: known, or new in the file since.
    pub(super) fn find(&self, id: &str) -> Option<Arc<Key>> {
        self.known(id).or_else(|| {
            self.read_anew();
            self.known(id)
        })
    }

    fn known(&self, id: &str) -> Option<Arc<Key>> {
        let keys = self.0.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.iter().find(|key| key.id == id).cloned()
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.ids()).finish()
    }
}

/// Whether a text can name a key.
pub(super) fn is_id(text: &str) -> bool {
    let letters = text
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    letters && (1..=LONGEST_ID).contains(&text.len())
}

/// The complaint repeats nothing of the line: its first word may be the key itself.
fn key_of(line: &str) -> Result<Key, &'static str> {
    let mut words = line.split_whitespace();
    let (Some(id), Some(key), None) = (words.next(), words.next(), words.next()) else {
        return Err("it needs two words, a name and a key");
    };
    if !is_id(id) {
        return Err("the first word must be a name of 1 to 16 letters, digits, `-` and `_`");
    }
    let mut bytes = Zeroizing::new([0; KEY]);
    if key.len() == KEY * 2 {
        base16ct::mixed::decode(key, bytes.as_mut_slice()).map_err(|_| "the key is not hex")?;
    } else {
        let decoded = STANDARD
            .decode(key)
            .or_else(|_| STANDARD_NO_PAD.decode(key))
            .map_err(|_| "the key is neither base64 nor hex")?;
        let decoded = Zeroizing::new(decoded);
        if decoded.len() != KEY {
            return Err("the key does not have 32 bytes");
        }
        bytes.copy_from_slice(&decoded);
    }
    if bytes.iter().all(|byte| *byte == bytes[0]) {
        return Err("the key is one byte over and over, which is no key");
    }
    let cipher = XChaCha20Poly1305::new_from_slice(bytes.as_slice())
        .map_err(|_| "the key does not have 32 bytes")?;
    Ok(Key {
        id: id.to_owned(),
        cipher,
    })
}

enum Refused {
    #[cfg_attr(not(unix), expect(dead_code, reason = "only Unix has such a mode"))]
    Open(u32),
    Io(io::Error),
}

#[cfg(unix)]
fn only_its_owner_reads(file: &fs::File) -> Result<(), Refused> {
    use std::os::unix::fs::PermissionsExt;
    let mode = file.metadata().map_err(Refused::Io)?.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        Ok(())
    } else {
        Err(Refused::Open(mode))
    }
}

#[cfg(not(unix))]
fn only_its_owner_reads(file: &fs::File) -> Result<(), Refused> {
    file.metadata().map(drop).map_err(Refused::Io)
}

#[cfg(test)]
mod tests;
