//! Adding and changing installs.

use chrono::TimeDelta;
use sqlx::SqliteConnection;

use super::{InstallRecord, InstallSettings, NewInstall};
use crate::domain::day::{Instant, Zone};
use crate::domain::install::InstallName;
use crate::domain::money::Currency;
use crate::domain::secret::{Secret, random_hex};
use crate::domain::shop::Shop;
use crate::domain::web_url::WebUrl;
use crate::store::columns::{CLIENT_SECRET, CONTACT, PREVIOUS_CLIENT_SECRET, TOKEN};
use crate::store::error::StoreError;
use crate::store::points::Point;
use crate::store::time::micros;
use crate::store::write::{Lasting, Write};
use crate::store::{Store, records, words};

/// For so long the client secret before a new one is believed: a provider sends again for two days what it could not deliver.
const OVERLAP: TimeDelta = TimeDelta::hours(72);

impl Store {
    /// Adds an install. Its name must be free.
    pub async fn add_install(&self, new: &NewInstall, now: Instant) -> Result<(), StoreError> {
        let name = new.name.as_str();
        let token = self.seal_text(&TOKEN, name, &new.token)?;
        let client_secret = new.client_secret.as_ref();
        let client_secret = client_secret
            .map(|secret| self.seal_text(&CLIENT_SECRET, name, secret))
            .transpose()?;
        let mut write = self
            .write(Point::InstallAdded, Lasting::Acknowledged)
            .await?;
        let added = sqlx::query(
            "INSERT INTO installs (name, provider, shop, hook_id, token, token_replaced_at, client_secret,
                created_at, updated_at, shop_verified, links_confirmed, scopes)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $6, $6, 0, 0, '[]') ON CONFLICT (name) DO NOTHING",
        )
        .bind(name)
        .bind(&new.provider)
        .bind(new.shop.as_str())
        .bind(random_hex(16))
        .bind(token)
        .bind(micros(now))
        .bind(client_secret)
        .execute(write.conn())
        .await?;
        if added.rows_affected() == 0 {
            return Err(StoreError::InstallExists(new.name.clone()));
        }
        let settings = (&InstallSettings::default(), &new.settings);
        self.write_settings(&mut write, &new.name, settings, now)
            .await?;
        records::begin_anew(write.conn(), &new.name).await?;
        write.raise().await?;
        write.commit().await
    }

    /// Changes an install's settings: `change` is handed those that are there.
    pub async fn set_install(
        &self,
        name: &InstallName,
        now: Instant,
        change: impl FnOnce(&mut InstallSettings) + Send,
    ) -> Result<(), StoreError> {
        let mut write = self.write(Point::InstallSet, Lasting::Acknowledged).await?;
        let old = self.install_in(write.conn(), name).await?.settings;
        let mut new = old.clone();
        change(&mut new);
        self.write_settings(&mut write, name, (&old, &new), now)
            .await?;
        write.raise().await?;
        write.commit().await
    }

    /// Replaces the token, and the client secret when a new one is given; the one before it is accepted for three days more,
    /// for webhooks that are under way. The install is taken to be connected again, and what was learned of the new token is
    /// kept with it: `change` is handed the settings that are there.
    pub async fn replace_token(
        &self,
        name: &InstallName,
        token: &Secret<String>,
        client_secret: Option<&Secret<String>>,
        now: Instant,
        change: impl FnOnce(&mut InstallSettings) + Send,
    ) -> Result<(), StoreError> {
        let row = name.as_str();
        let token = self.seal_text(&TOKEN, row, token)?;
        let mut write = self
            .write(Point::InstallToken, Lasting::Acknowledged)
            .await?;
        let old = self.install_in(write.conn(), name).await?;
        sqlx::query(
            "UPDATE installs SET token = $2, token_replaced_at = $3, updated_at = $3, reconnect_since = NULL
             WHERE name = $1",
        )
        .bind(row)
        .bind(token)
        .bind(micros(now))
        .execute(write.conn())
        .await?;
        if let Some(client_secret) = client_secret {
            let current = old.client_secrets.into_iter().next().and_then(Result::ok);
            let previous = current.filter(|current| current != client_secret);
            let previous = previous
                .map(|secret| self.seal_text(&PREVIOUS_CLIENT_SECRET, row, &secret))
                .transpose()?;
            sqlx::query(
                "UPDATE installs SET client_secret = $2,
                    previous_client_secret_until = CASE WHEN $3 IS NULL THEN previous_client_secret_until ELSE $4 END,
                    previous_client_secret = coalesce($3, previous_client_secret)
                 WHERE name = $1",
            )
            .bind(row)
            .bind(self.seal_text(&CLIENT_SECRET, row, client_secret)?)
            .bind(previous)
            .bind(micros(now + OVERLAP))
            .execute(write.conn())
            .await?;
        }
        let mut settings = old.settings.clone();
        change(&mut settings);
        self.write_settings(&mut write, name, (&old.settings, &settings), now)
            .await?;
        // What was asked for with the token before it may be of another shop.
        records::begin_anew(write.conn(), name).await?;
        write.raise().await?;
        write.commit().await
    }

    /// The provider refuses the token. The time of the first refusal stays.
    pub async fn mark_reconnect(&self, name: &InstallName, now: Instant) -> Result<(), StoreError> {
        self.mark(name, Some(now)).await
    }

    /// The provider accepts the token.
    pub async fn mark_ok(&self, name: &InstallName) -> Result<(), StoreError> {
        self.mark(name, None).await
    }

    async fn mark(&self, name: &InstallName, since: Option<Instant>) -> Result<(), StoreError> {
        let mut write = self
            .write(Point::InstallState, Lasting::Acknowledged)
            .await?;
        let changed = sqlx::query(
            "UPDATE installs SET reconnect_since = $2
             WHERE name = $1 AND (reconnect_since IS NULL) <> ($2 IS NULL)",
        )
        .bind(name.as_str())
        .bind(since.map(micros))
        .execute(write.conn())
        .await?;
        if changed.rows_affected() > 0 {
            write.raise().await?;
        }
        write.commit().await
    }

    async fn write_settings(
        &self,
        write: &mut Write,
        name: &InstallName,
        (old, new): (&InstallSettings, &InstallSettings),
        now: Instant,
    ) -> Result<(), StoreError> {
        // A contact that could not be opened is not written over by the nothing that was shown in its place.
        if new.contact != old.contact {
            let contact = new.contact.as_ref();
            let contact = contact
                .map(|contact| self.seal(&CONTACT, &[name.as_str()], contact.as_bytes()))
                .transpose()?;
            sqlx::query("UPDATE installs SET contact = $2 WHERE name = $1")
                .bind(name.as_str())
                .bind(contact)
                .execute(write.conn())
                .await?;
        }
        let profile = &new.profile;
        let zone = match profile.zone {
            Zone::Known(zone) => Some(zone.name()),
            Zone::Unknown => None,
        };
        sqlx::query(
            "UPDATE installs SET customer_link = $2, subscription_link = $3, shop_verified = $4,
                links_confirmed = $5, scopes = $6, zone = $7, currency = $8, portal = $9, own_shop = $10,
                updated_at = $11
             WHERE name = $1",
        )
        .bind(name.as_str())
        .bind(&new.customer_link)
        .bind(&new.subscription_link)
        .bind(i64::from(new.shop_verified))
        .bind(i64::from(new.links_confirmed))
        .bind(words::written(&new.scopes))
        .bind(zone)
        .bind(profile.currency.as_ref().map(Currency::code))
        .bind(profile.portal.as_ref().map(WebUrl::as_str))
        .bind(profile.shop.as_ref().map(Shop::as_str))
        .bind(micros(now))
        .execute(write.conn())
        .await?;
        Ok(())
    }

    /// The install, inside a transaction.
    async fn install_in(
        &self,
        conn: &mut SqliteConnection,
        name: &InstallName,
    ) -> Result<InstallRecord, StoreError> {
        let row = sqlx::query("SELECT * FROM installs WHERE name = $1")
            .bind(name.as_str())
            .fetch_optional(conn)
            .await?
            .ok_or_else(|| StoreError::NoSuchInstall(name.clone()))?;
        self.install_from(&row)
    }
}
