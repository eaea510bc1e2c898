//! The store, through its own door: files, keys, kills, and what must never be found in it.

mod cards;
pub mod crash;
mod erasing;
mod inbox;
mod installs;
mod keys;
mod lists;
mod opening;
mod outbox;
mod people;
mod privacy;

use std::collections::BTreeSet;
use std::path::Path;

use chrono::Duration;
use sidecard::domain::charge::{Charge, ChargeStatus, LineItem};
use sidecard::domain::customer::Customer;
use sidecard::domain::day::Instant;
use sidecard::domain::email::Email;
use sidecard::domain::id::{ChargeId, CustomerId, SubscriptionId, WorkspaceId};
use sidecard::domain::install::{InstallName, ShopProfile};
use sidecard::domain::question::{Subject, SubjectKey};
use sidecard::domain::secret::Secret;
use sidecard::domain::shop::Shop;
use sidecard::domain::snapshot::Snapshot;
use sidecard::domain::subscription::{Product, Property, Status, Subscription};
use sidecard::store::{
    HelpdeskSettings, InstallSettings, KeyRing, NewHook, NewInstall, NewWorkspace, Store,
    WorkspaceSettings,
};

const OLD: &str = "old 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const NEW: &str = "new 202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f";

fn ring(lines: &[&str]) -> KeyRing {
    KeyRing::parse(&lines.join("\n"), "test.keys").unwrap()
}

/// So many seconds after the beginning of all tests.
fn at(seconds: i64) -> Instant {
    chrono::DateTime::parse_from_rfc3339("2026-11-20T10:00:00Z")
        .unwrap()
        .to_utc()
        + Duration::seconds(seconds)
}

fn url(folder: &Path) -> String {
    format!("sqlite://{}", folder.join("sidecard.db").display())
}

async fn open(folder: &Path) -> Store {
    Store::open(&url(folder), ring(&[OLD]), at(0))
        .await
        .unwrap()
}

async fn in_memory() -> Store {
    Store::open("sqlite://:memory:", ring(&[OLD]), at(0))
        .await
        .unwrap()
}

fn name(text: &str) -> InstallName {
    InstallName::parse(text).unwrap()
}

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

fn install(text: &str) -> NewInstall {
    NewInstall {
        name: name(text),
        provider: String::from("recharge"),
        shop: Shop::parse(text).unwrap(),
        settings: InstallSettings {
            contact: Some(format!("Dana of {text}, #cx-tools")),
            customer_link: Some(String::from("https://dash.example/{shop}/c/{id}")),
            scopes: vec![String::from("read_customers"), String::from("read_orders")],
            profile: ShopProfile {
                zone: sidecard::domain::day::Zone::named("America/New_York"),
                shop: Some(Shop::parse(text).unwrap()),
                ..ShopProfile::default()
            },
            shop_verified: true,
            ..InstallSettings::default()
        },
        token: secret(&format!("sk_fake_token_of_{text}")),
        client_secret: Some(secret(&format!("fake_client_secret_of_{text}"))),
    }
}

fn workspace(installs: &[&str]) -> NewWorkspace {
    NewWorkspace {
        helpdesk: String::from("json"),
        settings: WorkspaceSettings {
            name: Some(String::from("Support")),
            helpdesk: HelpdeskSettings(
                serde_json::json!({"org": "acme", "api_key": "fake_api_key"}),
            ),
            frame_ancestors: vec![String::from("https://desk.example")],
            longest_expiry: 3_600,
            enabled: true,
            installs: installs.iter().map(|text| name(text)).collect(),
        },
        secret: None,
    }
}

async fn with_workspace(store: &Store, installs: &[&str]) -> WorkspaceId {
    for text in installs {
        store.add_install(&install(text), at(0)).await.unwrap();
    }
    store
        .add_workspace(&workspace(installs), at(0))
        .await
        .unwrap()
        .0
}

fn customer(id: &str, email: &str) -> Customer {
    Customer {
        email: Some(email.to_owned()),
        name: Some(String::from("Kim Planted")),
        phone: Some(String::from("+15550107777")),
        ..Customer::bare(CustomerId::new(id))
    }
}

fn snapshot(id: &str, email: &str, as_of: Instant) -> Snapshot {
    Snapshot {
        customer: customer(id, email),
        subscriptions: vec![Subscription {
            id: SubscriptionId::new(format!("s{id}")),
            status: Status::Active,
            created_at: Some(at(0)),
            updated_at: None,
            billing_interval: None,
            delivery_interval: None,
            keeps_to: None,
            is_prepaid: false,
            next_billing_date: None,
            cancelled_at: None,
            cancellation_reason: None,
            cancellation_comment: None,
            payment_attempts_exhausted: false,
            ends_after_charges: None,
            price: None,
            quantity: Some(1),
            product: Product::default(),
            properties: vec![Property {
                name: String::from("deliver to"),
                value: String::from("17 Planted Street"),
            }],
        }],
        charges: Some(vec![Charge {
            id: ChargeId::new(format!("c{id}")),
            status: ChargeStatus::Success,
            scheduled_at: None,
            originally_scheduled_at: None,
            processed_at: None,
            retry_date: None,
            refunded: None,
            is_total_final: None,
            merged_at: None,
            last_attempt_at: None,
            error: None,
            error_code: None,
            total: None,
            items: vec![LineItem {
                name: Some(String::from("Wool Runner")),
                ..LineItem::default()
            }],
            city: None,
            shopify_order_id: None,
            created_at: None,
            updated_at: None,
        }]),
        deliveries: None,
        as_of,
        renderings: Default::default(),
    }
}

fn hook(install: &str, topic: &str, body: &str, received_at: Instant) -> NewHook {
    NewHook {
        install: name(install),
        topic: String::from(topic),
        body: body.as_bytes().to_vec(),
        received_at,
    }
}

fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

fn by_email(text: &str) -> SubjectKey {
    Subject::Email(email(text)).key()
}

fn asked(text: &str) -> BTreeSet<String> {
    email(text).spellings().into_iter().collect()
}
