//! Installs: merchants' connections, with their sealed credentials.

mod changes;

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::columns::{CLIENT_SECRET, CONTACT, PREVIOUS_CLIENT_SECRET, TOKEN};
use super::error::StoreError;
use super::seal::{Column, Opened};
use super::time::instant;
use super::{Store, words};
use crate::domain::access::Connected;
use crate::domain::day::{Instant, Zone};
use crate::domain::install::{Install, InstallName, ShopProfile};
use crate::domain::money::Currency;
use crate::domain::secret::Secret;
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

impl InstallSettings {
    /// Keeps what a check said of the token. `is_proven`: the provider names this very shop. One that was proven before stays
    /// so while its token is the same, with what was said of it then: a provider that does not tell takes nothing back.
    pub fn learn(&mut self, scopes: Vec<String>, profile: ShopProfile, is_proven: bool) {
        self.scopes = scopes;
        let is_news = !self.shop_verified && profile != ShopProfile::default();
        if is_proven || is_news {
            self.profile = profile;
        }
        self.shop_verified |= is_proven;
    }

    /// The same of a token that takes another one's place.
    pub fn learn_anew(&mut self, scopes: Vec<String>, profile: ShopProfile, is_proven: bool) {
        let were_confirmed = self.links_confirmed;
        self.forget_shop();
        self.learn(scopes, profile, is_proven);
        // Of the very shop whose links somebody has followed.
        self.links_confirmed = were_confirmed && is_proven;
    }

    /// The token is another one: what was known of the old one's shop says nothing of the new one's.
    pub fn forget_shop(&mut self) {
        self.shop_verified = false;
        self.links_confirmed = false;
        self.scopes = Vec::new();
        self.profile = ShopProfile::default();
    }
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
            shows_links: self.settings.shop_verified || self.settings.links_confirmed,
        }
    }

    /// It with its credentials. A token that can't be opened is an **empty** one, which no provider accepts.
    pub fn connected(&self) -> Connected {
        let token = self.token.clone();
        Connected {
            install: self.install(),
            token: token.unwrap_or_else(|_| Secret::new(String::new())),
            profile: self.settings.profile.clone(),
        }
    }

    /// Whether an admin has to reconnect it: its token is refused, or can't be opened.
    pub fn must_reconnect(&self) -> bool {
        self.state != InstallState::Ok || self.token.is_err()
    }
}

impl Store {
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
