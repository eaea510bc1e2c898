//! A shop at the simulator, and the store of a service that is connected to it.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use sidecard::domain::customer::Customer;
use sidecard::domain::email::Email;
use sidecard::domain::id::WorkspaceId;
use sidecard::domain::install::InstallName;
use sidecard::domain::object::{Kind, Object};
use sidecard::domain::question::Subject;
use sidecard::domain::secret::Secret;
use sidecard::domain::shop::Shop;
use sidecard::recharge::{read_charges, read_customers, read_subscriptions};
use sidecard::records::{Moment, Observed, Source};
use sidecard::simulator::recharge::FIXTURES_AS_OF;
use sidecard::store::{
    Asked, InstallSettings, KeyRing, NewInstall, NewWorkspace, Observation, Store,
    WorkspaceSettings,
};

use crate::child::{KEYS, url};
use crate::warm::TOKEN;
use crate::warm::crowd;

/// When everything begins.
pub fn beginning() -> DateTime<Utc> {
    FIXTURES_AS_OF.parse().unwrap()
}

/// A workspace of a helpdesk of kind json.
#[derive(Clone)]
pub struct Workspace {
    pub id: WorkspaceId,
    pub secret: Secret<String>,
}

/// A store in this folder, with so many workspaces joined to the one shop.
pub async fn connected(folder: &Path, workspaces: usize) -> (Store, Vec<Workspace>) {
    let now = beginning();
    let keys = KeyRing::parse(KEYS, "bench.keys").unwrap();
    let store = Store::open(&url(folder), keys, now).await.unwrap();
    let install = NewInstall {
        name: name(),
        provider: "recharge".into(),
        shop: Shop::parse("acme-usa").unwrap(),
        settings: InstallSettings::default(),
        token: Secret::new(TOKEN.into()),
        client_secret: None,
    };
    store.add_install(&install, now).await.unwrap();
    let mut all = Vec::new();
    for _ in 0..workspaces {
        let workspace = NewWorkspace {
            helpdesk: "json".into(),
            settings: WorkspaceSettings {
                enabled: true,
                installs: vec![name()],
                ..WorkspaceSettings::default()
            },
            secret: None,
        };
        let (id, secret) = store.add_workspace(&workspace, now).await.unwrap();
        all.push(Workspace { id, secret });
    }
    (store, all)
}

fn name() -> InstallName {
    InstallName::parse("acme-usa").unwrap()
}

/// How old what the store has is.
#[derive(Clone, Copy)]
pub enum Ages {
    /// All of it was read within the last minutes.
    UpTo(Duration),
    /// It was read over the last 23 hours, evenly: the worst that a day of work can leave.
    OverADay,
}

impl Ages {
    fn of(self, number: usize) -> TimeDelta {
        let longest = match self {
            Self::UpTo(longest) => longest,
            Self::OverADay => Duration::from_secs(23 * 3_600),
        };
        // The same at every run, and unlike a customer's rank.
        let share = fastrand::Rng::with_seed(number as u64).f64();
        TimeDelta::from_std(longest.mul_f64(share)).unwrap()
    }
}

/// Fills the store with the first customers of the crowd, as flights would have left them.
pub async fn fill(store: &Store, customers: usize, ages: Ages) {
    let install = name();
    for number in 0..customers {
        let as_of = beginning() - ages.of(number);
        let customer = customer(number);
        let subscriptions = read_subscriptions(&list("subscriptions", 0..3, |which| {
            crowd::subscription(number, which)
        }))
        .unwrap();
        let charges = list("charges", 0..2, |which| {
            crowd::charge(number, which, ["success", "queued"][which])
        });
        let moment = Moment {
            began: store.commit_number(&install).await.unwrap(),
            at: as_of,
        };
        let email = Email::parse(&crowd::email(number)).unwrap();
        let asked = Asked {
            subject: Subject::Email(email),
            moment,
            customers: vec![customer.id.clone()],
        };
        let mut observed = Observed::new(customer.id.clone(), Source::Read, moment);
        let charges = read_charges(&charges).unwrap().into_iter();
        observed.objects = std::iter::once(Object::Customer(Box::new(customer)))
            .chain(
                subscriptions
                    .into_iter()
                    .map(Box::new)
                    .map(Object::Subscription),
            )
            .chain(charges.map(Box::new).map(Object::Charge))
            .collect();
        observed.complete = Kind::ALL.to_vec();
        let observation = Observation {
            install: &install,
            customers: &[observed],
            asked: &[asked],
            deleted: &[],
            tickets: &[],
        };
        store.observe(observation, as_of).await.unwrap();
    }
}

fn customer(number: usize) -> Customer {
    let body = list("customers", number..number + 1, crowd::customer);
    read_customers(&body).unwrap().remove(0)
}

fn list(name: &str, numbers: std::ops::Range<usize>, row: impl Fn(usize) -> Value) -> Vec<u8> {
    let rows: Vec<Value> = numbers.map(row).collect();
    let body: BTreeMap<&str, Vec<Value>> = [(name, rows)].into();
    json!(body).to_string().into_bytes()
}
