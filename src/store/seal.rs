//! Sealing: what is secret or personal is encrypted before it reaches the store.
//!
//! XChaCha20-Poly1305, in RustCrypto's implementation (audited by NCC Group). Chosen over AES-256-GCM-SIV, whose
//! implementation was not part of an audit: with nonces of 192 bit, random ones never meet, so that no counter has to
//! survive a restart or a restored backup; and it is as fast, and takes constant time, on machines without AES
//! instructions.
//!
//! A sealed value:
//!
//! | bytes | are |
//! |---|---|
//! | 1 | the version of this layout: 1 |
//! | 16 | the id of the key, filled up with zeros |
//! | 24 | the nonce, random |
//! | rest | ciphertext and tag (16) |
//!
//! The associated data are the words `sidecard-seal`, the first 17 bytes, table, column and the row's key, each with its
//! length before it: a value that was moved to another row, column or table does not open there.

use chacha20poly1305::XNonce;
use chacha20poly1305::aead::{Aead, Payload};
use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

use super::keys::{KeyRing, LONGEST_ID, is_id};
use crate::domain::secret::Secret;

const VERSION: u8 = 1;
/// Version and key id.
pub(super) const HEAD: usize = 1 + LONGEST_ID;
const NONCE: usize = 24;
const TAG: usize = 16;

/// A column that holds sealed values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Column {
    /// Its table.
    pub table: &'static str,
    /// Its name.
    pub column: &'static str,
    /// The columns of the table's key, which make the row's.
    pub row: &'static [&'static str],
}

/// A value opened, or why it was not. One that can't be opened is that value's matter alone: nothing else stops.
pub type Opened<T> = Result<T, SealError>;

/// Why a sealed value does not open.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SealError {
    /// Too short to be a sealed value, or not laid out as one.
    #[error("not a sealed value")]
    Shape,
    /// Sealed by a newer Sidecard.
    #[error("sealed in a layout that this version does not know: {0}")]
    Version(u8),
    /// Sealed with a key that the keys file does not have.
    #[error("sealed with a key that the keys file does not have: `{0}`")]
    UnknownKey(String),
    /// Altered, or moved here from another place.
    #[error("damaged, or sealed for another place")]
    Refused,
    /// Opened, but what was inside can't be read.
    #[error("opened, and not readable")]
    Content,
}

/// The machine could not seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("nothing can be sealed: the operating system gives no random bytes")]
pub struct NotSealed;

impl KeyRing {
    /// Seals with the first key.
    pub(super) fn seal(
        &self,
        column: &Column,
        row: &[&str],
        plain: &[u8],
    ) -> Result<Vec<u8>, NotSealed> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| NotSealed)?;
        self.seal_with(nonce, column, row, plain)
    }

    fn seal_with(
        &self,
        nonce: [u8; NONCE],
        column: &Column,
        row: &[&str],
        plain: &[u8],
    ) -> Result<Vec<u8>, NotSealed> {
        let key = self.first().ok_or(NotSealed)?;
        let head = head(&key.id);
        let aad = associated(&head, column, row);
        let payload = Payload {
            msg: plain,
            aad: &aad,
        };
        let ciphertext = key
            .cipher
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| NotSealed)?;
        let mut sealed = Vec::with_capacity(HEAD + NONCE + ciphertext.len());
        sealed.extend_from_slice(&head);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&ciphertext);
        Ok(sealed)
    }

    /// Opens with the key that the value names. Any bytes are taken.
    pub(super) fn open(
        &self,
        column: &Column,
        row: &[&str],
        sealed: &[u8],
    ) -> Opened<Zeroizing<Vec<u8>>> {
        let id = key_id(sealed)?;
        let (head, rest) = sealed.split_at_checked(HEAD).ok_or(SealError::Shape)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE>().ok_or(SealError::Shape)?;
        if ciphertext.len() < TAG {
            return Err(SealError::Shape);
        }
        let key = self
            .find(id)
            .ok_or_else(|| SealError::UnknownKey(id.to_owned()))?;
        let aad = associated(head, column, row);
        let payload = Payload {
            msg: ciphertext,
            aad: &aad,
        };
        key.cipher
            .decrypt(&XNonce::from(*nonce), payload)
            .map(Zeroizing::new)
            .map_err(|_| SealError::Refused)
    }

    /// Opens a text.
    pub(super) fn open_text(
        &self,
        column: &Column,
        row: &[&str],
        sealed: &[u8],
    ) -> Opened<Secret<String>> {
        let mut plain = self.open(column, row, sealed)?;
        String::from_utf8(std::mem::take(&mut *plain))
            .map(Secret::new)
            .map_err(|error| {
                error.into_bytes().zeroize();
                SealError::Content
            })
    }

    /// The first bytes of everything that the first key has sealed.
    pub(super) fn newest_head(&self) -> Vec<u8> {
        self.first().map(|key| head(&key.id)).unwrap_or_default()
    }
}

/// The id of the key that a value was sealed with.
pub(super) fn key_id(sealed: &[u8]) -> Opened<&str> {
    match sealed.first() {
        None => return Err(SealError::Shape),
        Some(&VERSION) => {}
        Some(&other) => return Err(SealError::Version(other)),
    }
    let id = sealed.get(1..HEAD).ok_or(SealError::Shape)?;
    let end = id.iter().position(|byte| *byte == 0).unwrap_or(id.len());
    let (id, filling) = id.split_at(end);
    match std::str::from_utf8(id) {
        Ok(id) if is_id(id) && filling.iter().all(|byte| *byte == 0) => Ok(id),
        _ => Err(SealError::Shape),
    }
}

fn head(id: &str) -> Vec<u8> {
    let mut head = vec![0; HEAD];
    head[0] = VERSION;
    for (place, byte) in head[1..].iter_mut().zip(id.bytes()) {
        *place = byte;
    }
    head
}

fn associated(head: &[u8], column: &Column, row: &[&str]) -> Vec<u8> {
    let words = [
        b"sidecard-seal".as_slice(),
        head,
        column.table.as_bytes(),
        column.column.as_bytes(),
    ];
    let mut aad = Vec::with_capacity(128);
    for word in words
        .into_iter()
        .chain(row.iter().map(|part| part.as_bytes()))
    {
        aad.extend_from_slice(&(word.len() as u64).to_be_bytes());
        aad.extend_from_slice(word);
    }
    aad
}
