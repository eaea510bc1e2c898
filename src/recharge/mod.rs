//! Recharge, behind the port of `provider`: the Admin API in version 2021-11.
//!
//! What is known of it comes from these public sources; where they are silent, comments say so, and the code works either way.
//!
//! | about | source |
//! |---|---|
//! | headers, statuses, money, dates | <https://docs.getrecharge.com/docs/api-standards>, <https://docs.rechargepayments.com/docs/api-versions> |
//! | limits | <https://docs.getrecharge.com/docs/api-rate-limits> |
//! | cursors | <https://changelog.getrecharge.com/cursor-based-pagination-is-now-required-for-api-calls-returning-responses-with-100-pages-V8kqk> |
//! | what charges are listed | <https://changelog.getrecharge.com/label/6202> |
//! | objects, dashboard host | the types of the npm package `@rechargeapps/storefront-client` |
//! | bodies as really sent | recorded ones in `gladly/app-platform-examples`, `mattgenious/RechargeSharp`, `airbytehq/airbyte` |
//!
//! - `client` talks: the one place that makes requests
//! - `endpoint` names what can be asked for
//! - `customers` finds people, by whatever names them
//! - `pages` walks lists
//! - `orders` finds out whose an order is
//! - `wire` has the objects as sent, read leniently
//! - `map` turns them into the domain's, purely
//! - `webhook` believes hooks, and reads them
//! - `rate` tells how many calls a token may make
//! - `registry` has the addresses that hooks are sent to
//! - `changes` walks lists by when something last changed
//! - `inventory` walks all subscriptions of a shop
//! - `scopes` lists what cards need a token to be allowed
//! - `links` knows the dashboard's addresses

mod changes;
mod client;
mod customers;
mod endpoint;
mod inventory;
mod links;
mod map;
mod orders;
mod pages;
mod rate;
mod registry;
mod scopes;
mod webhook;
mod wire;

use std::cmp::Reverse;
use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use url::Url;

use self::client::Client;
use self::endpoint::Endpoint;
use self::wire::Lenient;
use crate::domain::charge::Charge;
use crate::domain::customer::Customer;
use crate::domain::day::Instant;
use crate::domain::event::Event;
use crate::domain::id::{CustomerId, is_numeric_id};
use crate::domain::install::{Install, ShopProfile};
use crate::domain::links::Links;
use crate::domain::question::Subject;
use crate::domain::secret::Secret;
use crate::domain::snapshot::Delivery;
use crate::domain::subscription::{Selection, Subscription};
use crate::provider::{
    ChangesPage, Credentials, HookRefused, List, Place, Provider, ProviderError, Rate, Scope,
    SubscriptionsPage, TokenInformation, Topic, Unreadable, Webhook,
};

pub use self::client::SetupError;

/// The provider. Holds connections and nothing of any install; cheap to share, made once.
pub struct Recharge {
    client: Client,
}

impl Recharge {
    /// A provider that talks to `base_url` (`https://api.rechargeapps.com`, or a simulator on this machine). Makes no call.
    /// `call_timeout` is for one call as a whole; a method that makes several in turn may take as many times that.
    pub fn new(base_url: Url, call_timeout: Duration) -> Result<Self, SetupError> {
        Ok(Self {
            client: Client::new(base_url, call_timeout)?,
        })
    }
}

#[async_trait]
impl Provider for Recharge {
    fn name(&self) -> &'static str {
        "recharge"
    }

    async fn customers(
        &self,
        with: &Credentials,
        subject: &Subject,
    ) -> Result<Vec<Customer>, ProviderError> {
        let mut found = match subject {
            Subject::Email(email) => self.by_email(with, email).await?,
            Subject::Customer(id) => self.by_ids(with, std::slice::from_ref(id)).await?,
            Subject::ShopifyCustomer(id) => {
                let filter = ("external_customer_id", id.as_str());
                let mut found = self.customers_where(with, filter).await?;
                found.retain(|customer| customer.shopify_customer_id.as_ref() == Some(id));
                found
            }
            Subject::Subscription(id) => self.by_subscription(with, id).await?,
            Subject::Order(id) => self.by_order(with, id).await?,
        };
        let mut seen = HashSet::new();
        found.retain(|customer| seen.insert(customer.id.clone()));
        // Newest first. Ids grow, and as text the longer one is the greater number.
        found.sort_by_key(|customer| {
            let id = customer.id.as_str();
            Reverse((customer.created_at, id.len(), id.to_owned()))
        });
        Ok(found)
    }

    /// Pages come one after the other, for each holds the cursor of the next. The count on the customer's record is not
    /// trusted to end the walk: the list is the truth.
    async fn subscriptions(
        &self,
        with: &Credentials,
        customer: &CustomerId,
    ) -> Result<Vec<Subscription>, ProviderError> {
        let endpoint = Endpoint::Subscriptions;
        let filter = ("customer_id", numeric(customer)?);
        let rows = pages::all(&self.client, with, endpoint, filter).await?;
        let listed = pages::read_of(customer, endpoint, rows, map::listed)?;
        let mut found: Vec<_> = listed.into_iter().flatten().collect();
        // A row that moves between two pages while they are read would come twice.
        let mut seen = HashSet::new();
        found.retain(|subscription| seen.insert(subscription.id.clone()));
        Ok(found)
    }

    /// One page in the default order, `id-desc`, which serves both ends: the charge to come is made when the
    /// one before it is paid, so it is among the newest, and paid ones older than 90 days are not listed at all (5.5). Sorted
    /// by day, `scheduled_at-desc`, a customer with very many charges would fill the page with the farthest future.
    async fn charges(
        &self,
        with: &Credentials,
        customer: &CustomerId,
    ) -> Result<Vec<Charge>, ProviderError> {
        let endpoint = Endpoint::Charges;
        let query = [("customer_id", numeric(customer)?), ("limit", pages::LIMIT)];
        let page = pages::first(&self.client, with, endpoint, &query).await?;
        pages::read_of(customer, endpoint, page.rows, map::charge)
    }

    /// With the schedule's own look-ahead: `delivery_count_future`, `future_interval` and `date_max` exist, but neither their
    /// units nor their defaults are established.
    async fn deliveries(
        &self,
        with: &Credentials,
        customer: &CustomerId,
    ) -> Result<Vec<Delivery>, ProviderError> {
        numeric(customer)?;
        let endpoint = Endpoint::DeliverySchedule(customer);
        let body = self.client.ask(with, endpoint, &[]).await?;
        let named = body
            .get("customer")
            .cloned()
            .and_then(wire::CustomerOf::read);
        let of_another = named
            .and_then(|named| named.id.0)
            .is_some_and(|id| id.0 != customer.as_str());
        if of_another {
            return Err(client::broken("a schedule of another customer"));
        }
        let page = wire::page(body, endpoint.envelope()).map_err(|_| pages::no_envelope())?;
        let days = page.rows.into_iter().filter_map(wire::DeliveryDay::read);
        let days: Option<Vec<_>> = days.map(map::deliveries).collect();
        days.map(|days| days.concat())
            .ok_or_else(|| client::broken("a prepaid delivery without its subscription or day"))
    }

    /// `GET /store` needs a scope; `GET /` says the most important of it without.
    async fn shop(&self, with: &Credentials) -> Result<ShopProfile, ProviderError> {
        let body = match self.client.ask(with, Endpoint::Store, &[]).await {
            Err(ProviderError::Forbidden) => self.client.ask(with, Endpoint::Root, &[]).await?,
            answer => answer?,
        };
        wire::single(body, Endpoint::Store.envelope())
            .map(map::shop)
            .map_err(|_| pages::no_envelope())
    }

    async fn token(&self, with: &Credentials) -> Result<TokenInformation, ProviderError> {
        let endpoint = Endpoint::TokenInformation;
        let body = self.client.ask(with, endpoint, &[]).await?;
        let token = wire::single(body, endpoint.envelope()).map(map::token);
        token.ok().flatten().ok_or_else(pages::no_envelope)
    }

    fn rate(&self, token: &Secret<String>) -> Rate {
        rate::of(token.reveal())
    }

    fn scopes(&self) -> &'static [Scope] {
        &scopes::SCOPES
    }

    /// The forms of other tokens that people have at hand: Recharge's own storefront tokens begin with `strfnt`, Shopify's Admin tokens with `shpat_`, `shpca_`, `shppa_` or `shpss_`.
    fn token_misfit(&self, token: &str) -> Option<&'static str> {
        if token.starts_with("strfnt") {
            Some("this is a Storefront token of Recharge; make an API token (Admin API) instead")
        } else if token.starts_with("shp") {
            Some("this is a token of Shopify; the API token is made in Recharge")
        } else {
            None
        }
    }

    fn topics(&self) -> &'static [Topic] {
        &webhook::TOPICS
    }

    fn verify_hook(
        &self,
        headers: &[(&str, &[u8])],
        body: &[u8],
        secrets: &[Secret<String>],
        now: Instant,
    ) -> Result<(), HookRefused> {
        webhook::verify(headers, body, secrets, now)
    }

    fn event(&self, topic: &str, body: &[u8]) -> Result<Event, Unreadable> {
        webhook::event(topic, body)
    }

    async fn webhooks(&self, with: &Credentials) -> Result<Vec<Webhook>, ProviderError> {
        registry::all(&self.client, with).await
    }

    async fn add_webhook(
        &self,
        with: &Credentials,
        topic: &str,
        address: &str,
    ) -> Result<Webhook, ProviderError> {
        registry::add(&self.client, with, topic, address).await
    }

    async fn remove_webhook(&self, with: &Credentials, id: &str) -> Result<(), ProviderError> {
        registry::remove(&self.client, with, id).await
    }

    async fn try_webhook(&self, with: &Credentials, id: &str) -> Result<(), ProviderError> {
        registry::test(&self.client, with, id).await
    }

    async fn changes(
        &self,
        with: &Credentials,
        list: List,
        place: &Place,
    ) -> Result<ChangesPage, ProviderError> {
        changes::page(&self.client, with, list, place).await
    }

    async fn all_subscriptions(
        &self,
        with: &Credentials,
        selection: &Selection,
        place: Option<&Place>,
    ) -> Result<SubscriptionsPage, ProviderError> {
        inventory::page(&self.client, with, selection, place).await
    }

    async fn customers_with_ids(
        &self,
        with: &Credentials,
        ids: &[CustomerId],
    ) -> Result<Vec<Customer>, ProviderError> {
        let mut found = Vec::with_capacity(ids.len());
        for ids in ids.chunks(pages::ROWS) {
            found.append(&mut self.by_ids(with, ids).await?);
        }
        Ok(found)
    }

    fn links(&self, install: &Install, profile: &ShopProfile) -> Links {
        links::of(install, profile)
    }
}

impl fmt::Debug for Recharge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recharge").finish_non_exhaustive()
    }
}

/// Reads the body of a list of subscriptions: what is done with an answer once its last byte has come. No call; the
/// benchmarks measure it.
pub fn read_subscriptions(body: &[u8]) -> Result<Vec<Subscription>, ProviderError> {
    let listed = read_list(body, Endpoint::Subscriptions, map::listed)?;
    Ok(listed.into_iter().flatten().collect())
}

/// Reads the body of a list of charges, likewise.
pub fn read_charges(body: &[u8]) -> Result<Vec<Charge>, ProviderError> {
    read_list(body, Endpoint::Charges, map::charge)
}

/// Reads the body of a list of customers, likewise.
pub fn read_customers(body: &[u8]) -> Result<Vec<Customer>, ProviderError> {
    read_list(body, Endpoint::Customers, map::customer)
}

fn read_list<W: Lenient, D>(
    body: &[u8],
    endpoint: Endpoint<'_>,
    map: impl Fn(W) -> Option<D>,
) -> Result<Vec<D>, ProviderError> {
    let body = wire::parse(body).map_err(|_| client::broken("not JSON"))?;
    let page = wire::page(body, endpoint.envelope()).map_err(|_| pages::no_envelope())?;
    pages::read(endpoint, page.rows, map)
}

/// Recharge's own ids are digits; a customer with another id is none of Recharge's.
fn numeric(customer: &CustomerId) -> Result<&str, ProviderError> {
    let id = customer.as_str();
    if is_numeric_id(id) {
        Ok(id)
    } else {
        Err(ProviderError::NotFound)
    }
}

#[cfg(test)]
mod tests;
