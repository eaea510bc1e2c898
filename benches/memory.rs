//! What a cached customer takes in memory, and that the limit holds when far more customers pass than it has room for. Each
//! has three subscriptions and two charges, and their page is looked at three times. Nothing is called over a network.
//!
//! ```sh
//! cargo bench --bench memory
//! CUSTOMERS=100000 MEMORY_MB=4096 cargo bench --bench memory
//! ```
//!
//! By default a million customers pass through 256 MB. Shown is how many of them are held, what the cache weighs them to
//! take, and what the process has taken since the first thousand.

#![allow(clippy::unwrap_used, missing_docs)]

#[allow(dead_code)]
#[path = "warm/crowd.rs"]
mod crowd;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use sidecard::clock::Clock;
use sidecard::domain::access::{Access, Connected, Settings as Choices, Workspace};
use sidecard::domain::charge::Charge;
use sidecard::domain::customer::Customer;
use sidecard::domain::day::Instant;
use sidecard::domain::email::Email;
use sidecard::domain::event::Event;
use sidecard::domain::id::{CustomerId, WorkspaceId};
use sidecard::domain::install::{Install, InstallName, ShopProfile};
use sidecard::domain::links::{Links, UrlTemplate};
use sidecard::domain::question::{Question, Subject};
use sidecard::domain::secret::Secret;
use sidecard::domain::shop::Shop;
use sidecard::domain::snapshot::Delivery;
use sidecard::domain::subscription::{Selection, Subscription};
use sidecard::lookup::{Lookups, Settings};
use sidecard::provider::{
    ChangesPage, Credentials, HookRefused, List, Place, Provider, ProviderError, Rate, Scope,
    SubscriptionsPage, TokenInformation, Topic, Unreadable, Webhook,
};
use sidecard::recharge::{read_charges, read_customers, read_subscriptions};
use sidecard::store::{InstallSettings, KeyRing, NewInstall, Store};
use sidecard::views::{Context, page};

fn number(variable: &str, usual: usize) -> usize {
    std::env::var(variable).map_or(usual, |text| text.parse().unwrap())
}

/// As the binary's: what an allocator loses between what it gave out and what it got back is part of what is measured.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() {
    let customers = number("CUSTOMERS", 1_000_000);
    let megabytes = number("MEMORY_MB", 256);
    // Cards that are looked at once only have no page kept with them.
    let looks = number("LOOKS", 3);
    let clock = Clock::system();
    let settings = Settings {
        fresh: Duration::from_secs(36_000),
        revalidate: Duration::from_secs(72_000),
        stale: Duration::from_secs(86_400),
        memory: megabytes as u64 * 1_000_000,
    };
    let crowd: Arc<dyn Provider> = Arc::new(Crowd);
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), clock.now()).await;
    let lookups = Lookups::new([crowd], &store, &clock, &settings, &Arc::default());
    let access = access();
    println!("{customers} customers, each looked at {looks} times, through {megabytes} MB\n");
    println!(
        "{:>12}{:>12}{:>14}{:>14}{:>12}",
        "seen", "held", "weighed", "memory", "each held"
    );
    let mut start = 0;
    for seen in 0..customers {
        let email = Email::parse(&crowd::email(seen)).unwrap();
        let question = Question::about([Subject::Email(email)]).unwrap();
        for _ in 0..looks {
            let deadline = clock.deadline(Duration::from_secs(5));
            let found = lookups.find(&access, &question, &deadline).await;
            assert_eq!(found.answer.outcome(), "found");
            page(&found.answer, &Context::at(clock.now()));
        }
        if seen == 1_000 {
            start = resident();
        }
        if (seen + 1) % (customers / 10) == 0 {
            let (resolutions, cards) = lookups.cache();
            let grown = resident().saturating_sub(start);
            println!(
                "{:>12}{:>12}{:>11} MB{:>11} MB{:>10} B",
                seen + 1,
                cards.entries,
                (resolutions.bytes + cards.bytes) / 1_000_000,
                grown / 1_000_000,
                grown as u64 / cards.entries.max(1),
            );
        }
    }
}

/// What the process has in memory, in bytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    line.trim()
        .trim_end_matches(" kB")
        .parse::<usize>()
        .unwrap()
        * 1_024
}

fn access() -> Access {
    let shop = Shop::parse("acme-usa").unwrap();
    let install = Install {
        name: InstallName::from(&shop),
        provider: "recharge".into(),
        shop,
        contact: None,
        customer_link: None,
        subscription_link: None,
        shows_links: true,
    };
    let connected = Connected {
        install,
        token: Secret::new(String::from("fake")),
        profile: ShopProfile::default(),
    };
    let workspace = Workspace {
        id: WorkspaceId::new("11111111111111111111111111111111"),
        helpdesk: "json".into(),
        secrets: Vec::new(),
        settings: Choices::default(),
        frame_ancestors: Vec::new(),
        longest_expiry: 0,
        enabled: true,
    };
    Access {
        workspace,
        installs: vec![Arc::new(connected)],
    }
}

/// A store in a folder, which the one install is in.
async fn store(folder: &Path, now: Instant) -> Store {
    let keys = KeyRing::throw_away(now).unwrap();
    let url = format!("sqlite://{}", folder.join("sidecard.db").display());
    let store = Store::open(&url, keys, now).await.unwrap();
    let shop = Shop::parse("acme-usa").unwrap();
    let install = NewInstall {
        name: InstallName::from(&shop),
        provider: "recharge".into(),
        shop,
        settings: InstallSettings::default(),
        token: Secret::new(String::from("fake")),
        client_secret: None,
    };
    store.add_install(&install, now).await.unwrap();
    store
}

/// Everybody, read from the bodies that Recharge would send.
struct Crowd;

fn list(name: &str, rows: impl IntoIterator<Item = Value>) -> Vec<u8> {
    let rows: Vec<Value> = rows.into_iter().collect();
    json!({ name: rows }).to_string().into_bytes()
}

fn place(customer: &CustomerId) -> usize {
    customer.as_str().parse::<usize>().unwrap() - crowd::id(0) as usize
}

#[async_trait]
impl Provider for Crowd {
    fn name(&self) -> &'static str {
        "recharge"
    }

    async fn customers(
        &self,
        _: &Credentials,
        subject: &Subject,
    ) -> Result<Vec<Customer>, ProviderError> {
        let Subject::Email(email) = subject else {
            return Ok(Vec::new());
        };
        let digits: String = email
            .as_typed()
            .chars()
            .filter(char::is_ascii_digit)
            .collect();
        let row = crowd::customer(digits.parse().unwrap());
        Ok(read_customers(&list("customers", [row])).unwrap())
    }

    async fn subscriptions(
        &self,
        _: &Credentials,
        customer: &CustomerId,
    ) -> Result<Vec<Subscription>, ProviderError> {
        let rows = (0..3).map(|which| crowd::subscription(place(customer), which));
        Ok(read_subscriptions(&list("subscriptions", rows)).unwrap())
    }

    async fn charges(
        &self,
        _: &Credentials,
        customer: &CustomerId,
    ) -> Result<Vec<Charge>, ProviderError> {
        let kinds = ["success", "queued"].into_iter().enumerate();
        let rows = kinds.map(|(which, status)| crowd::charge(place(customer), which, status));
        Ok(read_charges(&list("charges", rows)).unwrap())
    }

    async fn deliveries(
        &self,
        _: &Credentials,
        _: &CustomerId,
    ) -> Result<Vec<Delivery>, ProviderError> {
        Ok(Vec::new())
    }

    async fn shop(&self, _: &Credentials) -> Result<ShopProfile, ProviderError> {
        Ok(ShopProfile::default())
    }

    async fn token(&self, _: &Credentials) -> Result<TokenInformation, ProviderError> {
        Err(ProviderError::Refused)
    }

    fn rate(&self, _: &Secret<String>) -> Rate {
        // None is ever called.
        Rate {
            capacity: 40,
            per_second: 2.0,
        }
    }

    fn scopes(&self) -> &'static [Scope] {
        &[]
    }

    fn token_misfit(&self, _: &str) -> Option<&'static str> {
        None
    }

    fn topics(&self) -> &'static [Topic] {
        &[]
    }

    fn verify_hook(
        &self,
        _: &[(&str, &[u8])],
        _: &[u8],
        _: &[Secret<String>],
        _: Instant,
    ) -> Result<(), HookRefused> {
        Err(HookRefused("nobody sends hooks here"))
    }

    fn event(&self, _: &str, _: &[u8]) -> Result<Event, Unreadable> {
        Err(Unreadable("nobody sends hooks here"))
    }

    async fn webhooks(&self, _: &Credentials) -> Result<Vec<Webhook>, ProviderError> {
        Ok(Vec::new())
    }

    async fn add_webhook(
        &self,
        _: &Credentials,
        _: &str,
        _: &str,
    ) -> Result<Webhook, ProviderError> {
        Err(ProviderError::Forbidden)
    }

    async fn remove_webhook(&self, _: &Credentials, _: &str) -> Result<(), ProviderError> {
        Ok(())
    }

    async fn try_webhook(&self, _: &Credentials, _: &str) -> Result<(), ProviderError> {
        Err(ProviderError::NotFound)
    }

    async fn changes(
        &self,
        _: &Credentials,
        _: List,
        _: &Place,
    ) -> Result<ChangesPage, ProviderError> {
        Err(ProviderError::Forbidden)
    }

    async fn all_subscriptions(
        &self,
        _: &Credentials,
        _: &Selection,
        _: Option<&Place>,
    ) -> Result<SubscriptionsPage, ProviderError> {
        Err(ProviderError::Forbidden)
    }

    async fn customers_with_ids(
        &self,
        _: &Credentials,
        _: &[CustomerId],
    ) -> Result<Vec<Customer>, ProviderError> {
        Err(ProviderError::Forbidden)
    }

    fn links(&self, _: &Install, _: &ShopProfile) -> Links {
        let template = |path: &str| {
            let text = format!("https://{{shop}}-sp.admin.rechargeapps.com/merchant/{path}/{{id}}");
            UrlTemplate::parse(&text, "acme-usa").ok()
        };
        Links {
            customer: template("customers"),
            subscription: template("subscriptions"),
            charge: template("orders/charges"),
        }
    }
}
