//! People who may use the admin pages. Names and login names are sealed, and found by a fingerprint.

mod changes;

use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::Store;
use super::columns::{PASSWORD, PERSON, TOTP};
use super::error::StoreError;
use super::seal::{Column, Opened, SealError};
use super::time::instant;
use crate::domain::day::Instant;
use crate::domain::secret::Secret;

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

impl std::fmt::Debug for PersonProfile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PersonProfile")
            .field("role", &self.role)
            .field("disabled", &self.disabled)
            .finish_non_exhaustive()
    }
}

#[derive(Serialize, Deserialize)]
struct Names {
    name: String,
    login: String,
}

impl Store {
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

    fn login_key(&self, login: &str) -> String {
        self.0.rows.text("login", &login.trim().to_lowercase())
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
