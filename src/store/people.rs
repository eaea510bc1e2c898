//! People who may use the admin pages. Names and login names are sealed, and found by a fingerprint.

use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::Store;
use super::columns::{PASSWORD, PERSON, TOTP};
use super::error::StoreError;
use super::points::Point;
use super::seal::{Column, Opened, SealError};
use super::time::{instant, micros};
use super::write::{Lasting, Write};
use crate::domain::day::Instant;
use crate::domain::secret::{Secret, random_hex};

/// What somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Everything, people too.
    Owner,
    /// Everything but people.
    Admin,
    /// Look, and no lookups.
    Viewer,
}

impl Role {
    /// The word for a form and for the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Viewer => "viewer",
        }
    }

    /// Reads the word; `None` for any other.
    pub fn of(word: &str) -> Option<Self> {
        [Self::Owner, Self::Admin, Self::Viewer]
            .into_iter()
            .find(|role| role.as_str() == word)
    }
}

/// A person. Printing one shows the id and the role alone.
#[derive(Clone, PartialEq)]
pub struct Person {
    /// Random, 128 bit. Audit entries name people by it.
    pub id: String,
    /// Names, role, and how they log in.
    pub profile: PersonProfile,
    /// When they were added.
    pub created_at: Instant,
}

/// What may change of a person.
#[derive(Clone, PartialEq)]
pub struct PersonProfile {
    /// How colleagues call them.
    pub name: String,
    /// The name they log in with; in any case.
    pub login: String,
    /// What they may do.
    pub role: Role,
    /// The argon2id string of their password; `None` until they have chosen one.
    pub password: Option<Secret<String>>,
    /// The secret of their authenticator.
    pub totp: Option<Secret<String>>,
    /// Whether they are kept out.
    pub disabled: bool,
}

impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Person")
            .field("id", &self.id)
            .field("role", &self.profile.role)
            .finish_non_exhaustive()
    }
}

#[derive(Serialize, Deserialize)]
struct Names {
    name: String,
    login: String,
}

impl Store {
    /// Adds a person; returns their id.
    pub async fn add_person(
        &self,
        profile: &PersonProfile,
        now: Instant,
    ) -> Result<String, StoreError> {
        let id = random_hex(16);
        let mut write = self
            .write(Point::PersonAdded, Lasting::Acknowledged)
            .await?;
        self.login_is_free(write.conn(), &profile.login, &id)
            .await?;
        sqlx::query(
            "INSERT INTO people (id, login, body, role, disabled, created_at) VALUES ($1, $1, $2, $3, 0, $4)",
        )
        .bind(&id)
        .bind(self.seal(&PERSON, &[&id], b"{}")?)
        .bind(profile.role.as_str())
        .bind(micros(now))
        .execute(write.conn())
        .await?;
        self.write_person(&mut write, &id, profile).await?;
        write.commit().await?;
        Ok(id)
    }

    /// All people, the oldest first. Those whose names can't be opened are shown without.
    pub async fn people(&self) -> Result<Vec<Person>, StoreError> {
        let rows = sqlx::query("SELECT * FROM people ORDER BY created_at, id")
            .fetch_all(&self.0.readers)
            .await?;
        rows.iter().map(|row| self.person_from(row)).collect()
    }

    /// The person of this id.
    pub async fn person(&self, id: &str) -> Result<Option<Person>, StoreError> {
        let mut conn = self.0.readers.acquire().await?;
        self.person_in(&mut conn, id).await
    }

    /// The person with this login name, in any case.
    pub async fn person_by_login(&self, login: &str) -> Result<Option<Person>, StoreError> {
        let row = sqlx::query("SELECT * FROM people WHERE login = $1")
            .bind(self.login_key(login))
            .fetch_optional(&self.0.readers)
            .await?;
        row.map(|row| self.person_from(&row)).transpose()
    }

    /// Changes a person: `change` is handed what is there. Their sessions end when they are kept out, or when their
    /// password, authenticator or role changes. `false`: there is no such person.
    pub async fn set_person(
        &self,
        id: &str,
        change: impl FnOnce(&mut PersonProfile) + Send,
    ) -> Result<bool, StoreError> {
        let mut write = self.write(Point::PersonSet, Lasting::Acknowledged).await?;
        let Some(old) = self.person_in(write.conn(), id).await? else {
            return Ok(false);
        };
        let mut new = old.profile.clone();
        change(&mut new);
        self.login_is_free(write.conn(), &new.login, id).await?;
        self.write_person(&mut write, id, &new).await?;
        still_an_owner(&mut write, &old.profile).await?;
        let old = &old.profile;
        if new.disabled
            || new.role != old.role
            || new.password != old.password
            || new.totp != old.totp
        {
            delete_sessions(&mut write, id).await?;
        }
        write.commit().await?;
        Ok(true)
    }

    /// Removes a person with their sessions and set-up links; what they did stays in the audit. `false`: there was none.
    pub async fn remove_person(&self, id: &str) -> Result<bool, StoreError> {
        let mut write = self
            .write(Point::PersonRemoved, Lasting::Acknowledged)
            .await?;
        let Some(old) = self.person_in(write.conn(), id).await? else {
            return Ok(false);
        };
        delete_sessions(&mut write, id).await?;
        for sql in [
            "DELETE FROM setup_links WHERE person = $1",
            "DELETE FROM people WHERE id = $1",
        ] {
            sqlx::query(sql).bind(id).execute(write.conn()).await?;
        }
        still_an_owner(&mut write, &old.profile).await?;
        write.commit().await?;
        Ok(true)
    }

    fn login_key(&self, login: &str) -> String {
        self.0.rows.text("login", &login.trim().to_lowercase())
    }

    async fn login_is_free(
        &self,
        conn: &mut SqliteConnection,
        login: &str,
        id: &str,
    ) -> Result<(), StoreError> {
        let others: i64 =
            sqlx::query_scalar("SELECT count(*) FROM people WHERE login = $1 AND id <> $2")
                .bind(self.login_key(login))
                .bind(id)
                .fetch_one(conn)
                .await?;
        if others == 0 {
            Ok(())
        } else {
            Err(StoreError::PersonExists)
        }
    }

    async fn write_person(
        &self,
        write: &mut Write,
        id: &str,
        profile: &PersonProfile,
    ) -> Result<(), StoreError> {
        let names = Names {
            name: profile.name.clone(),
            login: profile.login.trim().to_owned(),
        };
        // Two strings always make JSON.
        let names = Secret::new(serde_json::to_string(&names).unwrap_or_default());
        let seal = |column, secret: &Option<Secret<String>>| {
            let secret = secret.as_ref();
            secret
                .map(|secret| self.seal_text(column, id, secret))
                .transpose()
        };
        sqlx::query(
            "UPDATE people SET login = $2, body = $3, role = $4, password = $5, totp = $6, disabled = $7
             WHERE id = $1",
        )
        .bind(id)
        .bind(self.login_key(&profile.login))
        .bind(self.seal_text(&PERSON, id, &names)?)
        .bind(profile.role.as_str())
        .bind(seal(&PASSWORD, &profile.password)?)
        .bind(seal(&TOTP, &profile.totp)?)
        .bind(i64::from(profile.disabled))
        .execute(write.conn())
        .await?;
        Ok(())
    }

    async fn person_in(
        &self,
        conn: &mut SqliteConnection,
        id: &str,
    ) -> Result<Option<Person>, StoreError> {
        let row = sqlx::query("SELECT * FROM people WHERE id = $1")
            .bind(id)
            .fetch_optional(conn)
            .await?;
        row.map(|row| self.person_from(&row)).transpose()
    }

    fn person_from(&self, row: &SqliteRow) -> Result<Person, StoreError> {
        let id: String = row.try_get("id")?;
        let open = |column: &Column| -> Result<Option<Opened<Secret<String>>>, StoreError> {
            let sealed: Option<Vec<u8>> = row.try_get(column.column)?;
            Ok(sealed.map(|sealed| self.0.keys.open_text(column, &[&id], &sealed)))
        };
        let names = open(&PERSON)?
            .unwrap_or(Err(SealError::Shape))
            .and_then(|names| {
                serde_json::from_str::<Names>(names.reveal()).map_err(|_| SealError::Content)
            });
        let (password, totp) = (open(&PASSWORD)?, open(&TOTP)?);
        // Without the authenticator's secret nobody could be asked for its number, so nobody comes in.
        let locked = names.is_err() || matches!(totp, Some(Err(_)));
        let names = names.unwrap_or(Names {
            name: String::new(),
            login: String::new(),
        });
        let role: String = row.try_get("role")?;
        Ok(Person {
            profile: PersonProfile {
                name: names.name,
                login: names.login,
                // A word that is not known gives the least.
                role: Role::of(&role).unwrap_or(Role::Viewer),
                password: password.and_then(Result::ok),
                totp: totp.and_then(Result::ok),
                disabled: locked || row.try_get::<i64, _>("disabled")? != 0,
            },
            created_at: instant(row.try_get("created_at")?),
            id,
        })
    }
}

/// Refuses a change that leaves nobody who may manage people.
async fn still_an_owner(write: &mut Write, old: &PersonProfile) -> Result<(), StoreError> {
    if old.role != Role::Owner || old.disabled {
        return Ok(());
    }
    let owners = "SELECT count(*) FROM people WHERE role = 'owner' AND disabled = 0";
    let owners: i64 = sqlx::query_scalar(owners).fetch_one(write.conn()).await?;
    if owners > 0 {
        Ok(())
    } else {
        Err(StoreError::LastOwner)
    }
}

async fn delete_sessions(write: &mut Write, person: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM sessions WHERE person = $1")
        .bind(person)
        .execute(write.conn())
        .await?;
    Ok(())
}
