//! Sessions of people, and the one-time links that set a person up. Of their tokens only a digest is kept: they are random,
//! so that a plain one will do.

use sha2::{Digest, Sha256};
use sqlx::Row;

use super::Store;
use super::error::StoreError;
use super::points::Point;
use super::time::{instant, micros};
use super::write::Lasting;
use crate::domain::day::Instant;
use crate::domain::secret::{Secret, random_hex};

/// A session is noted as seen once a minute, not at every click.
const NOTED: i64 = 60 * 1_000_000;

/// Somebody who is logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The person's id.
    pub person: String,
    /// Since when.
    pub created_at: Instant,
    /// When they last did something, give or take a minute.
    pub last_seen: Instant,
    /// When it ends in any case.
    pub expires: Instant,
}

/// A one-time link that was good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupLink {
    /// For whom; `None`: for the first owner.
    pub person: Option<String>,
}

impl Store {
    /// Begins a session that ends at `expires` at the latest. Returns its token, which is not kept.
    pub async fn begin_session(
        &self,
        person: &str,
        expires: Instant,
        now: Instant,
    ) -> Result<Secret<String>, StoreError> {
        let token = Secret::new(random_hex(32));
        let mut write = self
            .write(Point::SessionBegun, Lasting::Acknowledged)
            .await?;
        sqlx::query(
            "INSERT INTO sessions (token, person, created_at, last_seen, expires) VALUES ($1, $2, $3, $3, $4)",
        )
        .bind(digest(token.reveal()))
        .bind(person)
        .bind(micros(now))
        .bind(micros(expires))
        .execute(write.conn())
        .await?;
        write.commit().await?;
        Ok(token)
    }

    /// The session of a token, if it has not ended, nor been idle since `idle_since`, nor its person been disabled. Being
    /// asked for counts as being seen.
    pub async fn session(
        &self,
        token: &str,
        idle_since: Instant,
        now: Instant,
    ) -> Result<Option<Session>, StoreError> {
        let token = digest(token);
        let row = sqlx::query(
            "SELECT person, sessions.created_at, last_seen, expires FROM sessions
             JOIN people ON people.id = sessions.person AND people.disabled = 0
             WHERE token = $1 AND expires > $2 AND last_seen > $3",
        )
        .bind(&token)
        .bind(micros(now))
        .bind(micros(idle_since))
        .fetch_optional(&self.0.readers)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let last_seen: i64 = row.try_get("last_seen")?;
        if micros(now) - last_seen >= NOTED {
            let mut write = self.write(Point::SessionSeen, Lasting::Again).await?;
            sqlx::query("UPDATE sessions SET last_seen = $2 WHERE token = $1 AND last_seen < $2")
                .bind(&token)
                .bind(micros(now))
                .execute(write.conn())
                .await?;
            write.commit().await?;
        }
        Ok(Some(Session {
            person: row.try_get("person")?,
            created_at: instant(row.try_get("created_at")?),
            last_seen: instant(last_seen),
            expires: instant(row.try_get("expires")?),
        }))
    }

    /// Ends the session of a token. `false`: there was none.
    pub async fn end_session(&self, token: &str) -> Result<bool, StoreError> {
        self.end("DELETE FROM sessions WHERE token = $1", &digest(token))
            .await
            .map(|ended| ended > 0)
    }

    /// Ends all sessions of a person; returns how many.
    pub async fn end_sessions(&self, person: &str) -> Result<u64, StoreError> {
        self.end("DELETE FROM sessions WHERE person = $1", person)
            .await
    }

    async fn end(&self, sql: &'static str, of: &str) -> Result<u64, StoreError> {
        let mut write = self
            .write(Point::SessionEnded, Lasting::Acknowledged)
            .await?;
        let ended = sqlx::query(sql).bind(of).execute(write.conn()).await?;
        write.commit().await?;
        Ok(ended.rows_affected())
    }

    /// Makes a one-time link, for a person or, with `None`, for the first owner. Older ones for the same are good no
    /// longer. Returns its token, which is not kept.
    pub async fn make_setup_link(
        &self,
        person: Option<&str>,
        valid_until: Instant,
    ) -> Result<Secret<String>, StoreError> {
        let token = Secret::new(random_hex(32));
        let mut write = self
            .write(Point::SetupLinkMade, Lasting::Acknowledged)
            .await?;
        sqlx::query("DELETE FROM setup_links WHERE coalesce(person, '') = $1")
            .bind(person.unwrap_or_default())
            .execute(write.conn())
            .await?;
        sqlx::query("INSERT INTO setup_links (token, person, valid_until) VALUES ($1, $2, $3)")
            .bind(digest(token.reveal()))
            .bind(person)
            .bind(micros(valid_until))
            .execute(write.conn())
            .await?;
        write.commit().await?;
        Ok(token)
    }

    /// Whether a link is good, without using it up: for the page that it opens.
    pub async fn setup_link(
        &self,
        token: &str,
        now: Instant,
    ) -> Result<Option<SetupLink>, StoreError> {
        let row = sqlx::query(
            "SELECT person FROM setup_links WHERE token = $1 AND used_at IS NULL AND valid_until > $2",
        )
        .bind(digest(token))
        .bind(micros(now))
        .fetch_optional(&self.0.readers)
        .await?;
        row.map(|row| {
            Ok(SetupLink {
                person: row.try_get("person")?,
            })
        })
        .transpose()
    }

    /// Uses a link up. `None`: unknown, used before, or too old. Of two that try at once, one succeeds.
    pub async fn use_setup_link(
        &self,
        token: &str,
        now: Instant,
    ) -> Result<Option<SetupLink>, StoreError> {
        let mut write = self
            .write(Point::SetupLinkUsed, Lasting::Acknowledged)
            .await?;
        let row = sqlx::query(
            "UPDATE setup_links SET used_at = $2
             WHERE token = $1 AND used_at IS NULL AND valid_until > $2 RETURNING person",
        )
        .bind(digest(token))
        .bind(micros(now))
        .fetch_optional(write.conn())
        .await?;
        let link = row
            .map(|row| {
                Ok::<_, StoreError>(SetupLink {
                    person: row.try_get("person")?,
                })
            })
            .transpose()?;
        write.commit().await?;
        Ok(link)
    }
}

fn digest(token: &str) -> String {
    base16ct::lower::encode_string(&Sha256::digest(token.as_bytes()))
}
