//! What a history happens to: a simulator, a store on a disk, a service over it, and a second process beside it.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use sidecard::app::{Lookups, lookups};
use sidecard::clock::Clock;
use sidecard::config::Config;
use sidecard::domain::access::{Access, Workspace};
use sidecard::domain::day::Instant;
use sidecard::domain::install::InstallName;
use sidecard::domain::secret::Secret;
use sidecard::domain::shop::Shop;
use sidecard::provider::Provider;
use sidecard::recharge::Recharge;
use sidecard::simulator::recharge::{Data, DateMoves, Now, Options, Running, start};
use sidecard::store::{
    InstallSettings, KeyRing, NewInstall, NewWorkspace, Store, WorkspaceSettings,
};
use sidecard::upkeep::{Errands, Inbox, Intake, Providers, intake};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use tempfile::TempDir;
use tokio::task::JoinHandle;

use super::Step;
use super::history::History;
use super::model::Thing;
use crate::house::as_of;
use crate::shop;

const KEYS: &str = "old 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
/// Every table with a column that may name a customer.
const CUSTOMER_COLUMNS: [(&str, &str); 6] = [
    ("records", "owner"),
    ("customers", "customer"),
    ("customer_keys", "customer"),
    ("links", "customer"),
    ("objects", "customer"),
    ("object_customers", "customer"),
];

/// What the token of a world may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    /// Everything, and 400 calls at once.
    Plenty,
    /// Everything, and most of its 40 calls are spent when a history begins.
    Short,
    /// Customers and subscriptions alone, as Kustomer's guide asks for.
    Narrow,
}

impl Token {
    pub fn of(number: u32) -> Self {
        [Self::Plenty, Self::Short, Self::Narrow][(number % 3) as usize]
    }

    fn text(self) -> String {
        let prefix = match self {
            Self::Plenty => "10x10",
            Self::Short | Self::Narrow => "1x1",
        };
        format!("sk_test_{prefix}_{:0>64}", "fa4e")
    }

    fn scopes(self) -> &'static [&'static str] {
        match self {
            Self::Narrow => &["read_customers", "read_subscriptions"],
            _ => &[
                "read_customers",
                "read_subscriptions",
                "read_orders",
                "read_store",
            ],
        }
    }
}

/// One for many histories: each has customers of its own.
pub struct World {
    pub recharge: Running,
    pub token: Token,
    /// Our clock, which may be set back.
    pub clock: Clock,
    /// Recharge's clock.
    now: Cell<Instant>,
    pub store: Store,
    /// The same file, as another process opens it.
    beside: Store,
    file: SqlitePool,
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
    pub not_found: u32,
    pub unlinked: u32,
    pub unavailable: u32,
    pub emails_missing: u32,
    pub without_charges: u32,
    pub of_erased: u32,
    pub by_link: u32,
    pub webhooks: u32,
    pub restarts: u32,
    pub erased: u32,
}

/// The service, until it starts again.
pub struct Service {
    pub lookups: Lookups,
    pub intake: Intake,
    tasks: Vec<JoinHandle<()>>,
}

impl Service {
    /// At once, whatever it is doing.
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
    pub async fn new(token: Token) -> Self {
        let tokens = json!({"tokens": [{
            "token": token.text(), "name": "Histories", "scopes": token.scopes(),
            "client_secret": "0000000000000000000000000000000000000000000000000000000000fa4e00",
        }]});
        let mut bodies = shop::bodies(0, as_of());
        bodies.push((String::from("tokens.json"), tokens.to_string()));
        let recharge = start(Options {
            now: Now::Fixed(as_of()),
            bucket: 1_000_000_000,
            data: Data::Bodies(bodies),
            date_moves: match token {
                Token::Plenty => DateMoves::Unstamped,
                _ => DateMoves::Silent,
            },
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
        let path = folder.path().join("sidecard.db");
        let url = format!("sqlite://{}", path.display());
        let open = async || {
            let keys = KeyRing::parse(KEYS, "test.keys").unwrap();
            Store::open(&url, keys, clock.now()).await.unwrap()
        };
        let (store, beside) = (open().await, open().await);
        let file = SqlitePool::connect_with(SqliteConnectOptions::new().filename(path));
        let access = access(&store, &clock, token).await;
        let toml = format!("[recharge]\nbase_url = \"{}\"\n", recharge.base_url());
        let config = Config::parse(&toml, &std::collections::BTreeMap::new()).unwrap();
        Self {
            recharge,
            token,
            now: Cell::new(clock.now()),
            clock,
            store,
            beside,
            file: file.await.unwrap(),
            config,
            access,
            _folder: folder,
            next: Cell::new(0),
            counts: RefCell::default(),
        }
    }

    /// Lives a history, and says what went wrong in it.
    pub async fn live(&self, history: &[Step]) -> Result<(), String> {
        let lived = self.lived(history).await;
        let counts = &mut *self.counts.borrow_mut();
        counts.histories += 1;
        if lived.is_err() {
            counts.failed.get_or_insert(counts.histories);
        }
        lived
    }

    async fn lived(&self, steps: &[Step]) -> Result<(), String> {
        let mut history = History::begin(self).await;
        let mut went = Ok(());
        for (at, step) in steps.iter().enumerate() {
            let took = history.take(step).await;
            let took = match took {
                Ok(()) => history.holds().await,
                wrong => wrong,
            };
            went = took.map_err(|wrong| format!("at {at}, {step:?}: {wrong}"));
            if went.is_err() {
                break;
            }
        }
        let set_back = history.set_back;
        if went.is_ok() {
            let ended = history.end().await;
            went = ended.map_err(|wrong| format!("in the end: {wrong}"));
        }
        self.clock.advance(set_back);
        went
    }

    pub fn told(&self) -> String {
        format!("{:?}", self.counts.borrow())
    }

    pub fn install(&self) -> &InstallName {
        &self.access.installs[0].install.name
    }

    /// Recharge's time.
    pub fn now(&self) -> Instant {
        self.now.get()
    }

    /// Time passes on both clocks.
    pub fn later(&self, by: Duration) {
        self.clock.advance(by);
        self.now.set(self.now.get() + by);
        self.recharge.move_clock(self.now.get());
    }

    /// Where a customer is named in the store.
    pub async fn traces(&self, customer: i64) -> Vec<&'static str> {
        let mut found = Vec::new();
        for (table, column) in CUSTOMER_COLUMNS {
            let sql = format!("SELECT count(*) FROM {table} WHERE {column} = $1");
            if self.count(sql, customer.to_string()).await > 0 {
                found.push(table);
            }
        }
        found
    }

    /// Whether anything is stored of an object but that something with its id was deleted.
    pub async fn has_record(&self, (list, id): &Thing) -> bool {
        let kind = match *list {
            "customers" => "customer",
            "charges" => "charge",
            _ => "subscription",
        };
        let sql = format!(
            "SELECT count(*) FROM records WHERE kind = '{kind}' AND id = $1 AND (owner <> '' OR body IS NOT NULL)"
        );
        self.count(sql, id.clone()).await > 0
    }

    async fn count(&self, sql: String, value: String) -> i64 {
        let count = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(value);
        count.fetch_one(&self.file).await.unwrap()
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
        lookups.notice_changes().await.unwrap();
        Service {
            lookups,
            intake,
            tasks,
        }
    }

    /// Lookups of a process that serves nothing.
    pub async fn look_beside(&self) -> Lookups {
        let lookups = lookups(&self.config, &self.clock, &self.beside).unwrap();
        lookups.warm(&self.access.installs[0]).await;
        lookups.notice_changes().await.unwrap();
        lookups
    }
}

/// An install with a workspace that is joined to it.
async fn access(store: &Store, clock: &Clock, token: Token) -> Access {
    let shop = Shop::parse("acme-usa").unwrap();
    let install = NewInstall {
        name: InstallName::from(&shop),
        provider: "recharge".into(),
        shop,
        settings: InstallSettings::default(),
        token: Secret::new(token.text()),
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
    let connected = store.install(&install.name).await.unwrap().unwrap();
    Access {
        workspace: Workspace {
            id,
            helpdesk: "embed".into(),
            secrets: Vec::new(),
            settings: Default::default(),
            frame_ancestors: Vec::new(),
            longest_expiry: 3_600,
            enabled: true,
        },
        installs: vec![Arc::new(connected.connected())],
    }
}
