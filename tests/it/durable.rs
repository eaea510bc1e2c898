//! Lookups over the store: what links and pictures leave there, and what does not outlive its time.

mod gone;
mod links;
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
use sidecard::domain::id::{CustomerId, SubscriptionId, WorkspaceId};
use sidecard::domain::install::InstallName;
use sidecard::domain::question::{Question, Subject};
use sidecard::domain::secret::Secret;
use sidecard::domain::shop::Shop;
use sidecard::domain::snapshot::Snapshot;
use sidecard::simulator::recharge::{Now, Options, Running, start};
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
