//! Lookups over the store: what events, links and pictures leave there.

mod gone;
mod links;
mod races;
mod set_back;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use sidecard::app::{Lookups, lookups};
use sidecard::clock::Clock;
use sidecard::config::Config;
use sidecard::domain::access::Access;
use sidecard::domain::answer::Outcome;
use sidecard::domain::email::Email;
use sidecard::domain::event::Event;
use sidecard::domain::id::{CustomerId, SubscriptionId, WorkspaceId};
use sidecard::domain::install::InstallName;
use sidecard::domain::question::{Question, Subject};
use sidecard::domain::secret::Secret;
use sidecard::domain::shop::Shop;
use sidecard::domain::snapshot::Snapshot;
use sidecard::provider::Provider;
use sidecard::recharge::Recharge;
use sidecard::simulator::recharge::{Faults, Now, Options, Running, start};
use sidecard::store::{
    InstallSettings, KeyRing, NewInstall, NewWorkspace, Store, WorkspaceSettings,
};

use crate::house::{TOKEN, as_of, client, listen_to_everything, time_passes};

const KIM: &str = "kim@acme.example";

struct Durable {
    recharge: Running,
    clock: Clock,
    store: Store,
    lookups: Lookups,
    workspace: WorkspaceId,
}

fn kim() -> CustomerId {
    CustomerId::new("176700001")
}

fn acme() -> InstallName {
    InstallName::parse("acme-usa").unwrap()
}

fn row(list: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let path = format!(
        "{}/fixtures/recharge/{list}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let all: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut rows = all[list].as_array().unwrap().iter();
    rows.find(|row| wanted(row)).unwrap().clone()
}

fn hook(topic: &str, name: &str, row: &Value) -> Event {
    let url = url::Url::parse("http://127.0.0.1:9").unwrap();
    let recharge = Recharge::new(url, Duration::from_secs(1)).unwrap();
    let body = json!({ name: row }).to_string();
    recharge.event(topic, body.as_bytes()).unwrap()
}

impl Durable {
    async fn open() -> Self {
        listen_to_everything();
        client();
        let recharge = start(Options {
            now: Now::Fixed(as_of()),
            bucket: 10_000,
            ..Options::default()
        });
        let recharge = recharge.await.unwrap();
        let clock = Clock::fixed(as_of());
        let keys = KeyRing::throw_away(clock.now()).unwrap();
        let store = Store::open("sqlite://:memory:", keys, clock.now());
        let store = store.await.unwrap();
        let install = NewInstall {
            name: acme(),
            provider: "recharge".into(),
            shop: Shop::parse("acme-usa").unwrap(),
            settings: InstallSettings::default(),
            token: Secret::new(TOKEN.into()),
            client_secret: None,
        };
        store.add_install(&install, clock.now()).await.unwrap();
        let workspace = NewWorkspace {
            helpdesk: "embed".into(),
            settings: WorkspaceSettings {
                enabled: true,
                installs: vec![acme()],
                ..WorkspaceSettings::default()
            },
            secret: None,
        };
        let (workspace, _) = store.add_workspace(&workspace, clock.now()).await.unwrap();
        let lookups = started(&recharge, &clock, &store);
        Self {
            recharge,
            clock,
            store,
            lookups,
            workspace,
        }
    }

    async fn access(&self) -> Access {
        let mut all = self.store.all_access(self.clock.now()).await.unwrap();
        all.remove(0)
    }

    async fn ask(&self, emails: &[&str], profile: Option<&str>) -> Outcome {
        self.ask_as(&self.access().await, emails, profile).await
    }

    async fn ask_as(&self, access: &Access, emails: &[&str], profile: Option<&str>) -> Outcome {
        let subjects = emails
            .iter()
            .map(|email| Subject::Email(Email::parse(email).unwrap()));
        let mut question = Question::about(subjects).unwrap();
        question.profile = profile.map(str::to_owned);
        let deadline = self.clock.deadline(Duration::from_secs(4));
        let mut found = tokio::select! {
            found = self.lookups.find(access, &question, &deadline) => found,
            () = time_passes(&self.clock, &self.recharge, &self.lookups) => unreachable!(),
        };
        found.answer.accounts.remove(0).outcome
    }

    async fn snapshot(&self, email: &str) -> Arc<Snapshot> {
        match self.ask(&[email], None).await {
            Outcome::Found { snapshot, .. } => snapshot,
            other => panic!("{other:?}"),
        }
    }

    fn later(&self, by: Duration) {
        self.clock.advance(by);
        self.recharge.move_clock(self.clock.now());
    }
}

/// A service that has just started over this store.
fn started(recharge: &Running, clock: &Clock, store: &Store) -> Lookups {
    let toml = format!("[recharge]\nbase_url = \"{}\"\n", recharge.base_url());
    let config = Config::parse(&toml, &std::collections::BTreeMap::new()).unwrap();
    lookups(&config, clock, store).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_during_a_flight_is_stored_with_what_the_flight_brings() {
    let mut house = Durable::open().await;
    house.snapshot(KIM).await;
    house.later(Duration::from_secs(660));
    house.recharge.hold();
    let mut cancelled = row("subscriptions", |row| row["id"] == 585_000_001);
    cancelled["status"] = "cancelled".into();
    cancelled["cancelled_at"] = "2026-11-20T10:20:00+00:00".into();
    cancelled["updated_at"] = "2026-11-20T10:20:00+00:00".into();
    let event = hook("subscription/cancelled", "subscription", &cancelled);
    let access = house.access().await;
    let asked = house.ask_as(&access, &[KIM], None);
    let told = async {
        house.recharge.until_held(3).await;
        house.lookups.announce(&acme(), Some(&kim()), &event);
        house.lookups.settled(&acme(), &kim(), None, &[]);
        house.recharge.release();
    };
    tokio::join!(asked, told);

    // Another process finds it so, with Recharge off.
    house
        .recharge
        .set_faults("503=1".parse::<Faults>().unwrap());
    house.lookups = started(&house.recharge, &house.clock, &house.store);
    let snapshot = house.snapshot(KIM).await;
    assert_eq!(snapshot.subscriptions_active(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_store_calls_dirty_is_read_again_and_then_is_not() {
    let mut house = Durable::open().await;
    house.snapshot(KIM).await;
    let (install, now) = (acme(), house.clock.now());
    assert!(house.store.mark_dirty(&install, &kim(), now).await.unwrap());
    for calls in [true, false] {
        house.lookups = started(&house.recharge, &house.clock, &house.store);
        house.recharge.forget_requests();
        house.snapshot(KIM).await;
        let paths = house.recharge.requests();
        assert_eq!(paths.iter().any(|r| r.path == "/subscriptions"), calls);
    }
    assert!(
        !house
            .store
            .snapshot(&install, &kim())
            .await
            .unwrap()
            .unwrap()
            .dirty
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flight_replaces_only_the_version_that_it_looked_at() {
    let house = Durable::open().await;
    let brought = house.snapshot(KIM).await;
    let install = acme();
    let land = async |over| {
        let landing = house.store.land_snapshot(&install, &brought, None, over);
        landing.await.unwrap()
    };
    let version = async || {
        let version = house
            .store
            .snapshot_version(&install, &kim())
            .await
            .unwrap();
        version.unwrap()
    };
    assert_eq!(version().await, 1);
    assert!(!land(0).await && !land(2).await);
    assert!(land(1).await);
    assert_eq!(version().await, 2);

    let older = Snapshot {
        as_of: as_of() - chrono::TimeDelta::seconds(1),
        ..(*brought).clone()
    };
    let done = house
        .store
        .land_snapshot(&install, &older, None, 1)
        .await
        .unwrap();
    assert!(done, "it gives way to the newer one");
    assert_eq!(version().await, 2);

    house.store.drop_snapshot(&install, &kim()).await.unwrap();
    assert!(land(2).await);
    let kept = house.store.snapshot(&install, &kim()).await.unwrap();
    assert!(kept.is_none(), "who was erased is not put back");
    let dirty = house
        .store
        .land_snapshot(&install, &brought, Some(as_of()), 0);
    assert!(dirty.await.unwrap());
    assert!(
        house
            .store
            .snapshot(&install, &kim())
            .await
            .unwrap()
            .unwrap()
            .dirty
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_another_customers_charge_shows_fills_in() {
    let mut house = Durable::open().await;
    let second = SubscriptionId::new("585000002");
    let picture = |snapshot: &Snapshot| {
        let mut all = snapshot.subscriptions.iter();
        let own = all.find(|row| row.id == second).unwrap();
        snapshot.image_of(own).map(|url| url.as_str().to_owned())
    };
    assert_eq!(picture(&*house.snapshot(KIM).await), None);
    house.snapshot("monthly.day@mail.example").await;
    house.later(Duration::from_secs(660));
    // Also after a start: it is stored.
    house.lookups = started(&house.recharge, &house.clock, &house.store);
    let shown = picture(&*house.snapshot(KIM).await).unwrap();

    // It changes.
    let is_monthlys = |row: &Value| {
        let lines = row["line_items"].as_array().unwrap();
        row["customer"]["email"] == "monthly.day@mail.example"
            && lines
                .iter()
                .any(|line| line["external_product_id"]["ecommerce"] == "8143000000002")
    };
    let mut charge = row("charges", is_monthlys);
    let changed = "https://cdn.acme.example/changed.png";
    for line in charge["line_items"].as_array_mut().unwrap() {
        line["images"] = json!({"medium": changed});
    }
    assert_ne!(shown, changed);
    // Newer than all others, so that it is seen first.
    charge["id"] = 1_999_000_000_u64.into();
    house.recharge.put("charges", charge);
    house.later(Duration::from_secs(660));
    house.snapshot("monthly.day@mail.example").await;
    assert_eq!(picture(&*house.snapshot(KIM).await).unwrap(), changed);
}
