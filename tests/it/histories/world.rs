//! What a history happens to: a simulator, a store, and a service over it without its doors.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use sidecard::app::{Lookups, lookups};
use sidecard::clock::Clock;
use sidecard::config::Config;
use sidecard::domain::access::{Access, Workspace};
use sidecard::domain::install::InstallName;
use sidecard::domain::secret::Secret;
use sidecard::domain::shop::Shop;
use sidecard::provider::Provider;
use sidecard::recharge::Recharge;
use sidecard::simulator::recharge::{Data, Now, Options, Running, start};
use sidecard::store::{
    InstallSettings, KeyRing, NewInstall, NewWorkspace, Store, WorkspaceSettings,
};
use sidecard::upkeep::{Errands, Inbox, Intake, Providers, intake};
use tempfile::TempDir;
use tokio::task::JoinHandle;

use super::Happening;
use super::life::Life;
use crate::house::{TOKEN, as_of};
use crate::shop;

const KEYS: &str = "old 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// One for many histories: each has two customers of its own.
pub struct World {
    pub recharge: Running,
    pub clock: Clock,
    pub store: Store,
    config: Config,
    pub access: Access,
    _folder: TempDir,
    pub next: Cell<usize>,
    pub counts: RefCell<Counts>,
}

/// What has happened in all histories.
#[derive(Debug, Default)]
pub struct Counts {
    pub histories: u32,
    /// The first in which something was wrong.
    pub failed: Option<u32>,
    pub found: u32,
    pub stale: u32,
    pub several: u32,
    pub otherwise: u32,
    pub hooks: u32,
    pub restarts: u32,
}

/// A service, until it starts again.
pub struct Service {
    pub lookups: Lookups,
    pub intake: Intake,
    tasks: Vec<JoinHandle<()>>,
}

impl Service {
    /// At once, wherever it is.
    pub fn ends(&self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.ends();
    }
}

impl World {
    pub async fn new() -> Self {
        let recharge = start(Options {
            now: Now::Fixed(as_of()),
            bucket: 1_000_000_000,
            data: Data::Bodies(shop::bodies(0, as_of())),
            ..Options::default()
        });
        let recharge = recharge.await.unwrap();
        let clock = Clock::fixed(as_of());
        // In memory where there is such a place: what is measured here is not the disk.
        let quick = std::path::Path::new("/dev/shm");
        let folder = if quick.is_dir() {
            tempfile::tempdir_in(quick)
        } else {
            tempfile::tempdir()
        };
        let folder = folder.unwrap();
        let url = format!("sqlite://{}", folder.path().join("sidecard.db").display());
        let keys = KeyRing::parse(KEYS, "test.keys").unwrap();
        let store = Store::open(&url, keys, clock.now()).await.unwrap();
        let shop = Shop::parse("acme-usa").unwrap();
        let install = NewInstall {
            name: InstallName::from(&shop),
            provider: "recharge".into(),
            shop,
            settings: InstallSettings::default(),
            token: Secret::new(TOKEN.into()),
            client_secret: None,
        };
        store.add_install(&install, clock.now()).await.unwrap();
        let settings = WorkspaceSettings {
            enabled: true,
            installs: vec![install.name.clone()],
            ..WorkspaceSettings::default()
        };
        let workspace = NewWorkspace {
            helpdesk: "embed".into(),
            settings,
            secret: None,
        };
        let (id, _) = store.add_workspace(&workspace, clock.now()).await.unwrap();
        let connected = store
            .install(&install.name)
            .await
            .unwrap()
            .unwrap()
            .connected();
        let access = Access {
            workspace: Workspace {
                id,
                helpdesk: "embed".into(),
                secrets: Vec::new(),
                settings: Default::default(),
                frame_ancestors: Vec::new(),
                longest_expiry: 3_600,
                enabled: true,
            },
            installs: vec![Arc::new(connected)],
        };
        let toml = format!("[recharge]\nbase_url = \"{}\"\n", recharge.base_url());
        let config = Config::parse(&toml, &std::collections::BTreeMap::new()).unwrap();
        Self {
            recharge,
            clock,
            store,
            config,
            access,
            _folder: folder,
            next: Cell::new(0),
            counts: RefCell::default(),
        }
    }

    /// Lives a history, and says what went wrong in it.
    pub async fn live(&self, history: &[Happening]) -> Result<(), String> {
        let lived = self.lived(history).await;
        let counts = &mut *self.counts.borrow_mut();
        counts.histories += 1;
        if lived.is_err() {
            counts.failed.get_or_insert(counts.histories);
        }
        lived
    }

    async fn lived(&self, history: &[Happening]) -> Result<(), String> {
        let mut life = Life::begin(self).await;
        for (at, happening) in history.iter().enumerate() {
            let told = life.happens(happening).await;
            told.map_err(|wrong| format!("at {at}, {happening:?}: {wrong}"))?;
        }
        life.ends()
            .await
            .map_err(|wrong| format!("in the end: {wrong}"))
    }

    pub async fn told(&self) -> String {
        format!("{:?}", self.counts.borrow())
    }

    pub fn install(&self) -> &InstallName {
        &self.access.installs[0].install.name
    }

    pub fn later(&self, by: Duration) {
        self.clock.advance(by);
        self.recharge.move_clock(self.clock.now());
    }

    pub async fn serve(&self) -> Service {
        let lookups = lookups(&self.config, &self.clock, &self.store).unwrap();
        let url = self.recharge.base_url().parse().unwrap();
        let provider: Arc<dyn Provider> =
            Arc::new(Recharge::new(url, Duration::from_secs(10)).unwrap());
        let providers = Providers::from([(provider.name(), provider)]);
        let (intake, receiver, woken) = intake(&self.store, &self.clock);
        let (errands, runner) = Errands::new(&self.store, &lookups, &providers, &self.clock);
        let inbox = Inbox::new(
            &self.store,
            &lookups,
            &providers,
            &self.clock,
            woken,
            errands,
        );
        let tasks = vec![
            tokio::spawn(receiver.run()),
            tokio::spawn(inbox.run()),
            tokio::spawn(runner.run()),
        ];
        lookups.warm(&self.access.installs[0]).await;
        Service {
            lookups,
            intake,
            tasks,
        }
    }
}
