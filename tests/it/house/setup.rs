//! Stores in memory, and the installs and workspaces in them.

use chrono::TimeDelta;
use sidecard::domain::day::Instant;
use sidecard::domain::id::WorkspaceId;
use sidecard::domain::install::InstallName;
use sidecard::domain::object::{Kind, Object};
use sidecard::domain::secret::Secret;
use sidecard::domain::shop::Shop;
use sidecard::domain::snapshot::Snapshot;
use sidecard::records::{Moment, Observed, Source};
use sidecard::store::{
    Cutoffs, InstallSettings, KeyRing, NewInstall, NewWorkspace, Observation, Store,
    WorkspaceSettings,
};

use super::as_of;

/// An empty store in memory.
pub async fn memory_store() -> Store {
    let keys = KeyRing::throw_away(as_of()).unwrap();
    let store = Store::open("sqlite://:memory:", keys, as_of()).await;
    store.unwrap()
}

pub async fn add_install(store: &Store, shop: &str, token: &str) -> InstallName {
    let shop = Shop::parse(shop).unwrap();
    let install = NewInstall {
        name: InstallName::from(&shop),
        provider: "recharge".into(),
        shop,
        settings: InstallSettings {
            contact: Some("Dana, #cx-tools".into()),
            shop_verified: true,
            ..InstallSettings::default()
        },
        token: Secret::new(token.to_owned()),
        client_secret: None,
    };
    store.add_install(&install, as_of()).await.unwrap();
    install.name
}

pub async fn add_workspace(store: &Store, id: &str, new: &NewWorkspace) {
    let id = WorkspaceId::new(id);
    store.add_workspace_as(&id, new, as_of()).await.unwrap();
}

pub fn workspace(helpdesk: &str, secret: &str, installs: &[InstallName]) -> NewWorkspace {
    NewWorkspace {
        helpdesk: helpdesk.into(),
        settings: WorkspaceSettings {
            enabled: true,
            frame_ancestors: vec!["https://desk.example".into()],
            longest_expiry: 3_600,
            installs: installs.to_vec(),
            ..WorkspaceSettings::default()
        },
        secret: Some(Secret::new(secret.to_owned())),
    }
}

/// Stores a customer as if they had just been read to the end.
pub async fn keep(store: &Store, install: &InstallName, snapshot: &Snapshot) {
    let moment = Moment {
        began: store.commit_number(install).await.unwrap(),
        at: snapshot.as_of,
    };
    let customer = &snapshot.customer;
    let mut observed = Observed::new(customer.id.clone(), Source::Read, moment);
    let subscriptions = snapshot.subscriptions.iter().cloned();
    let charges = snapshot.charges.iter().flatten().cloned();
    observed.objects = std::iter::once(Object::Customer(Box::new(customer.clone())))
        .chain(subscriptions.map(Box::new).map(Object::Subscription))
        .chain(charges.map(Box::new).map(Object::Charge))
        .collect();
    observed.complete = vec![Kind::Customer, Kind::Subscription];
    match snapshot.charges {
        Some(_) => observed.complete.push(Kind::Charge),
        None => observed.missing.push(Kind::Charge),
    }
    let observation = Observation {
        install,
        customers: &[observed],
        asked: &[],
        deleted: &[],
        tickets: &[],
    };
    store.observe(observation, snapshot.as_of).await.unwrap();
}

/// Purges every customer, as after a day without a view.
pub async fn forget_all(store: &Store, now: Instant) -> u64 {
    let tomorrow = now + TimeDelta::days(1);
    let before = Cutoffs {
        cards: tomorrow,
        refused: Instant::UNIX_EPOCH,
        audit: Instant::UNIX_EPOCH,
        parked: Instant::UNIX_EPOCH,
        untold: Instant::UNIX_EPOCH,
        unasked: Instant::UNIX_EPOCH,
        idle: Instant::UNIX_EPOCH,
    };
    store.purge(&before, now).await.unwrap().customers
}
