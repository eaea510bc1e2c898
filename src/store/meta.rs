//! What the store knows of itself: the key of its fingerprints, and the counter of changes.

use sha2::{Digest, Sha256};
use sqlx::SqliteConnection;

use super::Store;
use super::columns::META;
use super::error::StoreError;
use super::keys::KeyRing;
use super::time::micros;
use crate::domain::day::Instant;
use crate::domain::email::{EmailKey, FingerprintKey};
use crate::domain::question::SubjectKey;
use crate::domain::secret::random_hex;

const FINGERPRINTS: &str = "fingerprints";

/// What follows from the store's own random key.
pub(super) struct Own {
    pub rows: RowKeys,
    pub fingerprints: FingerprintKey,
}

/// Makes keys of rows out of personal values: 128 bit, of two fingerprints, so that two people never share one; and
/// under other keys than the log's, so that a log line leads to no row.
pub(super) struct RowKeys(FingerprintKey, FingerprintKey);

impl RowKeys {
    /// Of a text of some kind.
    pub fn text(&self, kind: &str, text: &str) -> String {
        format!("{}{}", self.0.of(kind, text), self.1.of(kind, text))
    }

    /// Of a hook: equal ones have equal ones.
    pub fn hook(&self, topic: &str, body: &[u8]) -> String {
        let digest = base16ct::lower::encode_string(&Sha256::digest(body));
        self.text("hook", &format!("{topic}\n{digest}"))
    }

    /// Of what was looked for.
    pub fn subject(&self, subject: &SubjectKey) -> String {
        let halves = (subject.fingerprint(&self.0), subject.fingerprint(&self.1));
        format!("{}{}", halves.0, halves.1)
    }

    /// Of an email address: the same as that of the subject.
    pub fn email(&self, email: &EmailKey) -> String {
        format!(
            "{}{}",
            email.fingerprint(&self.0),
            email.fingerprint(&self.1)
        )
    }
}

/// The store's own key: made at the first opening, opened at every other. It is the first sealed value that is read, and so
/// the proof that the keys are this store's.
pub(super) async fn own_key(
    conn: &mut SqliteConnection,
    keys: &KeyRing,
) -> Result<Own, StoreError> {
    let sealed: Option<Vec<u8>> = sqlx::query_scalar("SELECT value FROM meta WHERE name = $1")
        .bind(FINGERPRINTS)
        .fetch_optional(&mut *conn)
        .await?;
    let key = match sealed {
        Some(sealed) => keys
            .open(&META, &[FINGERPRINTS], &sealed)
            .map_err(|reason| StoreError::WrongKeys {
                keys: keys.source_name().to_owned(),
                place: String::from("the store"),
                reason,
            })?,
        None => {
            let key = random_hex(32).into_bytes();
            let sealed = keys.seal(&META, &[FINGERPRINTS], &key)?;
            sqlx::query("INSERT INTO meta (name, value) VALUES ($1, $2)")
                .bind(FINGERPRINTS)
                .bind(sealed)
                .execute(conn)
                .await?;
            key.into()
        }
    };
    let derived = |name: &[u8]| FingerprintKey::new([key.as_slice(), name].concat());
    Ok(Own {
        rows: RowKeys(derived(b"row 1"), derived(b"row 2")),
        fingerprints: derived(b"log"),
    })
}

/// Notes that the store was opened.
pub(super) async fn opened(conn: &mut SqliteConnection, now: Instant) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO counters (name, value) VALUES ('opened', $1)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )
    .bind(micros(now))
    .execute(conn)
    .await?;
    Ok(())
}

impl Store {
    /// The key under which personal values appear in the log: the same at every start.
    pub fn fingerprint_key(&self) -> FingerprintKey {
        self.0.fingerprints.clone()
    }

    /// A number that every erasure raises, of a person or of an install, in whichever process.
    pub async fn erasures(&self) -> Result<i64, StoreError> {
        let value = sqlx::query_scalar("SELECT value FROM counters WHERE name = 'erasures'")
            .fetch_optional(&self.0.readers)
            .await?;
        Ok(value.unwrap_or_default())
    }

    /// A number that every change of installs, workspaces and links raises, in whichever process.
    pub async fn changes(&self) -> Result<i64, StoreError> {
        Ok(
            sqlx::query_scalar("SELECT value FROM counters WHERE name = 'changes'")
                .fetch_one(&self.0.readers)
                .await?,
        )
    }
}
