//! Installs: merchants' connections, with their sealed credentials.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::columns::{CLIENT_SECRET, CONTACT, PREVIOUS_CLIENT_SECRET, TOKEN};
use super::error::StoreError;
use super::points::Point;
use super::seal::{Column, Opened};
use super::time::{instant, micros};
use super::write::{Lasting, Write};
use super::{Store, words};
use crate::domain::day::{Instant, Zone};
use crate::domain::install::{Install, InstallName, ShopProfile};
use crate::domain::money::Currency;
use crate::domain::secret::{Secret, random_hex};
use crate::domain::shop::Shop;
use crate::domain::web_url::WebUrl;

/// An install to add.
#[derive(Debug, Clone)]
pub struct NewInstall {
    /// Its name, which never changes.
    pub name: InstallName,
    /// The provider it connects to (`recharge`).
    pub provider: String,
    /// The merchant's shop.
    pub shop: Shop,
    /// What may change later.
    pub settings: InstallSettings,
    /// The API token.
    pub token: Secret<String>,
    /// The API client secret, for webhooks.
    pub client_secret: Option<Secret<String>>,
}

/// What an admin, or a check, may change of an install.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InstallSettings {
    /// Whom agents ask when it must be reconnected ("Dana, #cx-tools"). Sealed: it names somebody.
    pub contact: Option<String>,
    /// The merchant's own form of a customer's page, with `{id}` and perhaps `{shop}`.
    pub customer_link: Option<String>,
    /// … and of a subscription's.
    pub subscription_link: Option<String>,
    /// Whether the token was proven to be this shop's.
    pub shop_verified: bool,
    /// Whether an admin has followed a link and found it right: for a shop that is not proven.
    pub links_confirmed: bool,
    /// What the token may do, as the provider says.
    pub scopes: Vec<String>,
    /// What the provider said of the shop.
    pub profile: ShopProfile,
}

/// Whether an install's credentials are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstallState {
    /// As far as is known.
    Ok,
    /// The provider refuses them: an admin has to reconnect.
    Reconnect {
        /// Since when.
        since: Instant,
    },
}

/// An install as it is stored.
#[derive(Debug, Clone)]
pub struct InstallRecord {
    /// Its name.
    pub name: InstallName,
    /// The provider it connects to.
    pub provider: String,
    /// The merchant's shop.
    pub shop: Shop,
    /// What may change.
    pub settings: InstallSettings,
    /// The part of its webhooks' address that nobody can guess.
    pub hook_id: String,
    /// Whether its credentials are accepted. See also [`InstallRecord::must_reconnect`].
    pub state: InstallState,
    /// The API token.
    pub token: Opened<Secret<String>>,
    /// When the token was last replaced.
    pub token_replaced_at: Instant,
    /// The client secrets that webhooks may be signed with: the current one first, then the one before it.
    pub client_secrets: Vec<Opened<Secret<String>>>,
    /// When it was added.
    pub created_at: Instant,
    /// When it last changed.
    pub updated_at: Instant,
}

impl InstallRecord {
    /// What is known of it without its credentials.
    pub fn install(&self) -> Install {
        Install {
            name: self.name.clone(),
            provider: self.provider.clone(),
            shop: self.shop.clone(),
            contact: self.settings.contact.clone(),
            customer_link: self.settings.customer_link.clone(),
            subscription_link: self.settings.subscription_link.clone(),
        }
    }

    /// Whether an admin has to reconnect it: its token is refused, or can't be opened.
    pub fn must_reconnect(&self) -> bool {
        self.state != InstallState::Ok || self.token.is_err()
    }
}

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
        write.raise().await?;
        write.commit().await
    }

    /// All installs, by name.
    pub async fn installs(&self) -> Result<Vec<InstallRecord>, StoreError> {
        let rows = sqlx::query("SELECT * FROM installs ORDER BY name")
            .fetch_all(&self.0.readers)
            .await?;
        rows.iter().map(|row| self.install_from(row)).collect()
    }

    /// The install of this name.
    pub async fn install(&self, name: &InstallName) -> Result<Option<InstallRecord>, StoreError> {
        let row = sqlx::query("SELECT * FROM installs WHERE name = $1")
            .bind(name.as_str())
            .fetch_optional(&self.0.readers)
            .await?;
        row.map(|row| self.install_from(&row)).transpose()
    }

    /// The install whose webhooks come in at this address.
    pub async fn install_by_hook(&self, hook: &str) -> Result<Option<InstallRecord>, StoreError> {
        let row = sqlx::query("SELECT * FROM installs WHERE hook_id = $1")
            .bind(hook)
            .fetch_optional(&self.0.readers)
            .await?;
        row.map(|row| self.install_from(&row)).transpose()
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

    /// Replaces the token, and the client secret when a new one is given; the one before it is still accepted, for
    /// webhooks that are under way. The install is taken to be connected again.
    pub async fn replace_token(
        &self,
        name: &InstallName,
        token: &Secret<String>,
        client_secret: Option<&Secret<String>>,
        now: Instant,
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
                "UPDATE installs SET client_secret = $2, previous_client_secret = coalesce($3, previous_client_secret)
                 WHERE name = $1",
            )
            .bind(row)
            .bind(self.seal_text(&CLIENT_SECRET, row, client_secret)?)
            .bind(previous)
            .execute(write.conn())
            .await?;
        }
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

    pub(super) fn install_from(&self, row: &SqliteRow) -> Result<InstallRecord, StoreError> {
        let name: String = row.try_get("name")?;
        let damaged = || StoreError::Damaged {
            place: String::from("the store"),
        };
        let open = |column: &Column| -> Result<Option<Opened<Secret<String>>>, StoreError> {
            let sealed: Option<Vec<u8>> = row.try_get(column.column)?;
            Ok(sealed.map(|sealed| self.0.keys.open_text(column, &[&name], &sealed)))
        };
        let shop: String = row.try_get("shop")?;
        let text = |column| row.try_get::<Option<String>, _>(column);
        let since: Option<i64> = row.try_get("reconnect_since")?;
        let secrets = [open(&CLIENT_SECRET)?, open(&PREVIOUS_CLIENT_SECRET)?];
        Ok(InstallRecord {
            settings: InstallSettings {
                contact: open(&CONTACT)?
                    .and_then(Result::ok)
                    .map(|contact| contact.reveal().clone()),
                customer_link: text("customer_link")?,
                subscription_link: text("subscription_link")?,
                shop_verified: row.try_get::<i64, _>("shop_verified")? != 0,
                links_confirmed: row.try_get::<i64, _>("links_confirmed")? != 0,
                scopes: words::read(row.try_get("scopes")?),
                profile: ShopProfile {
                    zone: text("zone")?.map_or(Zone::Unknown, |zone| Zone::named(&zone)),
                    currency: text("currency")?.and_then(|code| Currency::parse(&code).ok()),
                    portal: text("portal")?.and_then(|url| WebUrl::parse(&url).ok()),
                    shop: text("own_shop")?.and_then(|shop| Shop::parse(&shop).ok()),
                },
            },
            provider: row.try_get("provider")?,
            shop: Shop::parse(&shop).map_err(|_| damaged())?,
            hook_id: row.try_get("hook_id")?,
            state: since.map_or(InstallState::Ok, |since| InstallState::Reconnect {
                since: instant(since),
            }),
            token: open(&TOKEN)?.ok_or_else(damaged)?,
            token_replaced_at: instant(row.try_get("token_replaced_at")?),
            client_secrets: secrets.into_iter().flatten().collect(),
            created_at: instant(row.try_get("created_at")?),
            updated_at: instant(row.try_get("updated_at")?),
            name: InstallName::parse(&name).map_err(|_| damaged())?,
        })
    }
}
