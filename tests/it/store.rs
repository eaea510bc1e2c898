//! The store, through its public interface: files, keys, kills, and what must never be found in it.

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
mod records;
mod subjects;

use std::path::Path;

use chrono::Duration;
use sidecard::domain::charge::{Charge, ChargeStatus, LineItem};
use sidecard::domain::customer::Customer;
use sidecard::domain::day::Instant;
use sidecard::domain::email::Email;
use sidecard::domain::id::{ChargeId, CustomerId, SubscriptionId, WorkspaceId};
use sidecard::domain::install::{InstallName, ShopProfile};
use sidecard::domain::object::{Kind, Object};
use sidecard::domain::question::{Subject, SubjectKey};
use sidecard::domain::secret::Secret;
use sidecard::domain::shop::Shop;
use sidecard::domain::subscription::{Product, Property, Status, Subscription};
use sidecard::records::{Known, Moment, Observed, Source};
use sidecard::store::{
    Asked, HelpdeskSettings, InstallSettings, KeyRing, NewHook, NewInstall, NewWorkspace,
    Observation, Store, Stored, WorkspaceSettings,
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
        created_at: Some(at(-99_999)),
        ..Customer::bare(CustomerId::new(id))
    }
}

fn subscription(id: &str) -> Subscription {
    Subscription {
        id: SubscriptionId::new(id),
        status: Status::Active,
        created_at: Some(at(-9_999)),
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
    }
}

/// A paid charge.
fn charge(id: &str) -> Charge {
    Charge {
        id: ChargeId::new(id),
        status: ChargeStatus::Success,
        scheduled_at: None,
        originally_scheduled_at: None,
        processed_at: Some(at(-9_000)),
        retry_date: None,
        last_attempt_at: None,
        error: None,
        error_code: None,
        total: None,
        refunded: None,
        is_total_final: None,
        merged_at: None,
        items: vec![LineItem {
            name: Some(String::from("Wool Runner")),
            quantity: Some(1),
            ..LineItem::default()
        }],
        city: None,
        shopify_order_id: None,
        created_at: Some(at(-9_000)),
        updated_at: None,
    }
}

fn own(id: &str, email: &str) -> Object {
    Object::Customer(Box::new(customer(id, email)))
}

fn of_subscription(subscription: Subscription) -> Object {
    Object::Subscription(Box::new(subscription))
}

fn of_charge(charge: Charge) -> Object {
    Object::Charge(Box::new(charge))
}

/// A complete read of a customer that began now: their record, subscription `s…` and charge `c…`.
async fn read(store: &Store, install: &str, id: &str, email: &str, seconds: i64) -> Observed {
    let moment = now_of(store, install, seconds).await;
    let mut read = Observed::new(CustomerId::new(id), Source::Read, moment);
    read.objects = vec![
        own(id, email),
        of_subscription(subscription(&format!("s{id}"))),
        of_charge(charge(&format!("c{id}"))),
    ];
    read.complete = Kind::ALL.to_vec();
    read
}

/// The moment of what begins now at an install.
async fn now_of(store: &Store, install: &str, seconds: i64) -> Moment {
    Moment {
        began: store.commit_number(&name(install)).await.unwrap(),
        at: at(seconds),
    }
}

/// Stores observations of one install.
async fn observe_all(
    store: &Store,
    install: &str,
    customers: &[Observed],
    asked: &[Asked],
    seconds: i64,
) -> Vec<Stored> {
    let observation = Observation {
        install: &name(install),
        customers,
        asked,
        deleted: &[],
        tickets: &[],
    };
    store.observe(observation, at(seconds)).await.unwrap()
}

/// Stores one observation at the time at which it was made.
async fn observe(store: &Store, install: &str, seen: Observed) -> Stored {
    let customer = seen.customer.clone();
    let now = seen.moment.at;
    let observation = Observation {
        install: &name(install),
        customers: &[seen],
        asked: &[],
        deleted: &[],
        tickets: &[],
    };
    let stored = store.observe(observation, now).await.unwrap();
    let own = stored.into_iter().find(|one| one.customer == customer);
    own.unwrap()
}

/// Stores a complete read of a customer.
async fn keep(store: &Store, install: &str, id: &str, email: &str, seconds: i64) -> Stored {
    let read = read(store, install, id, email, seconds).await;
    observe(store, install, read).await
}

/// A webhook that was received now, about one object of a customer.
async fn webhook(store: &Store, install: &str, id: &str, object: Object, seconds: i64) -> Observed {
    let moment = now_of(store, install, seconds).await;
    let mut webhook = Observed::new(CustomerId::new(id), Source::Webhook, moment);
    webhook.objects.push(object);
    webhook
}

/// Stores what the provider answers now when it is asked whose an address is.
async fn ask(store: &Store, install: &str, address: &str, customers: &[&str], seconds: i64) {
    let asked = Asked {
        subject: Subject::Email(email(address)),
        moment: now_of(store, install, seconds).await,
        customers: customers.iter().map(|id| CustomerId::new(*id)).collect(),
    };
    observe_all(store, install, &[], &[asked], seconds).await;
}

/// The customers that an address leads to, and when the provider was asked about it.
async fn led_to(store: &Store, install: &str, address: &str) -> (Vec<String>, Option<Instant>) {
    let kept = store
        .subject(&name(install), &by_email(address))
        .await
        .unwrap();
    let ids = kept.customers.iter().map(|id| id.as_str().to_owned());
    (ids.collect(), kept.asked.map(|asked| asked.at))
}

/// What is known of a customer.
async fn known(store: &Store, install: &str, id: &str) -> Option<Known> {
    store
        .known(&name(install), &CustomerId::new(id))
        .await
        .unwrap()
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
