//! Adding, changing and removing people.

use sqlx::SqliteConnection;

use super::{Names, PersonProfile, Role};
use crate::domain::day::Instant;
use crate::domain::secret::{Secret, random_hex};
use crate::store::Store;
use crate::store::columns::{PASSWORD, PERSON, TOTP};
use crate::store::error::StoreError;
use crate::store::points::Point;
use crate::store::time::micros;
use crate::store::write::{Lasting, Write};

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

    /// Uses up an authenticator's code, named by the number of its half minute. `false`: this one or a later one has been
    /// used already, or there is no such person.
    pub async fn use_code(&self, id: &str, step: i64) -> Result<bool, StoreError> {
        let mut write = self.write(Point::CodeUsed, Lasting::Acknowledged).await?;
        let used = sqlx::query(
            "UPDATE people SET code_step = $2 WHERE id = $1 AND coalesce(code_step, -1) < $2",
        )
        .bind(id)
        .bind(step)
        .execute(write.conn())
        .await?;
        write.commit().await?;
        Ok(used.rows_affected() > 0)
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
