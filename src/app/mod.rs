//! The composition root: makes everything, joins it, and runs it.
//!
//! | file | is |
//! |---|---|
//! | `door` | an address that is listened on |
//! | `accesses` | who may ask what, in memory, and kept true |
//! | `diary` | the last calls of each workspace |
//! | `relay` | what lookups say of changes, told to open pages |
//! | `behind` | all that runs beside the doors, and how it ends |
//! | `source` | lookups behind what is told to helpdesks |

mod accesses;
mod behind;
mod diary;
mod door;
mod relay;
mod source;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::web;
use futures_util::future::join_all;
use thiserror::Error;

use self::accesses::Watch;
use self::behind::Behind;
use self::diary::diary;
use self::door::Door;
use crate::clock::Clock;
use crate::config::Config;
use crate::helpdesk::kustomer::Hosts;
use crate::lookup::Settings;
use crate::provider::Provider;
use crate::push::{Push, Reach};
use crate::recharge::Recharge;
use crate::store::{Store, StoreError};
use crate::telemetry::Metrics;
use crate::upkeep::{Errands, Inbox, Providers, Reconcile, Registrar, intake, retention};
use crate::web::admin::{self, Admin, Hashing, HashingError, Needs};
use crate::web::ops::{self, Ops};
use crate::web::{Doors, HookDoor, Pages, Rate, Readiness, routes};

pub use crate::helpdesk::embed::signed_query;
pub use crate::helpdesk::gladly::sign;
pub use crate::lookup::Lookups;
pub use crate::web::{Change, Live};

/// So long flights that are under way may take at the end.
const LAST_FLIGHTS: Duration = Duration::from_secs(5);

/// The service, bound and not yet running.
pub struct App {
    ask: Door,
    /// The pages for people, on an address of their own.
    admin: Option<Door>,
    /// Metrics and detailed readiness, likewise.
    ops: Option<Door>,
    clock: Clock,
    readiness: Readiness,
    drain: Duration,
    lookups: Lookups,
    live: Live,
    behind: Behind,
}

/// Why the service can't start.
#[derive(Debug, Error)]
pub enum BuildError {
    /// The address is taken, or not this machine's.
    #[error(
        "the service can't listen on {address}: {error}\n  hint: choose another `{key}`, or stop what listens there"
    )]
    Listen {
        /// The key of the configuration.
        key: &'static str,
        /// The address.
        address: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
    /// The client for Recharge can't be made.
    #[error(
        "the client for Recharge can't be made: {0}\n  hint: check `recharge.base_url`, and that this machine has certificates"
    )]
    Recharge(String),
    /// The store can't be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The admin pages can't be made.
    #[error(
        "the admin pages can't be made: {0}\n  hint: this is a mistake in Sidecard; please report it"
    )]
    Admin(#[from] HashingError),
}

/// The provider, as configured.
pub fn recharge(config: &Config) -> Result<Arc<dyn Provider>, BuildError> {
    let recharge = Recharge::new(config.recharge.base_url.clone(), config.recharge.timeout)
        .map_err(|error| BuildError::Recharge(error.to_string()))?;
    Ok(Arc::new(recharge))
}

/// Returns lookups over the store, without the service around them: what a command needs.
pub fn lookups(config: &Config, clock: &Clock, store: &Store) -> Result<Lookups, BuildError> {
    lookups_counted(config, clock, store, &Arc::default())
}

fn lookups_counted(
    config: &Config,
    clock: &Clock,
    store: &Store,
    metrics: &Arc<Metrics>,
) -> Result<Lookups, BuildError> {
    let settings = Settings {
        fresh: config.cache.fresh,
        revalidate: config.cache.revalidate,
        stale: config.cache.stale,
        memory: config.cache.memory,
    };
    Ok(Lookups::new(
        [recharge(config)?],
        store,
        clock,
        &settings,
        metrics,
    ))
}

/// Whom the live card's page in Kustomer has to do with.
fn kustomer(config: &Config) -> Hosts {
    Hosts {
        sdk: config.kustomer.sdk_url.clone(),
        frames: config.kustomer.web_url.of_all(),
    }
}

impl App {
    /// Builds the service over the store, with the admin pages, and binds its addresses. Call within a multi-threaded Tokio
    /// runtime.
    pub async fn build(config: &Config, clock: &Clock, store: &Store) -> Result<Self, BuildError> {
        let mut app = Self::without_admin(config, clock, store).await?;
        let admin = web::Data::new(Admin::new(Needs {
            store: store.clone(),
            lookups: app.lookups.clone(),
            provider: recharge(config)?,
            clock: clock.clone(),
            public_url: public_url(config),
            trusted_proxies: config.server.trusted_proxies.clone(),
            hashing: Hashing::default(),
        })?);
        let admin_routes = move || admin::routes(admin.clone());
        app.admin = Some(Door::open(
            "admin.listen",
            config.admin.listen,
            admin_routes,
        )?);
        Ok(app)
    }

    /// Builds the service without the admin pages: routes for helpdesks and webhooks, and the background jobs.
    pub async fn without_admin(
        config: &Config,
        clock: &Clock,
        store: &Store,
    ) -> Result<Self, BuildError> {
        let metrics = Arc::default();
        let lookups = lookups_counted(config, clock, store, &metrics)?;
        let watch = Watch::begin(store, &lookups, clock).await?;
        let (diary, writer) = diary(store, clock);
        let provider = recharge(config)?;
        let providers = Providers::from([(provider.name(), provider)]);
        let stale = config.cache.stale;
        let outside = public_url(config);
        let registrar = Registrar::new(store, &lookups, &providers, clock, outside.clone());
        let reconcile =
            Reconcile::begin(store, &lookups, &providers, clock, outside, stale).await?;
        let (intake, receiver, woken) = intake(store, clock);
        let (errands, errand_runner) = Errands::new(store, &lookups, &providers, clock);
        let source = Arc::new(source::Read {
            lookups: lookups.clone(),
            providers: providers.clone(),
        });
        let push = Push::new(store, source, reach(config), clock, &metrics, woken.clone());
        let inbox = Inbox::new(store, &lookups, &providers, clock, woken, errands);
        let doors = Doors {
            lookups: lookups.clone(),
            pages: Pages::new(store, Live::default()),
            workspaces: watch.accesses(),
            calls: Arc::new(diary),
            clock: clock.clone(),
            fingerprints: store.fingerprint_key(),
            kustomer: kustomer(config),
            deadline: config.server.deadline,
            rate: rate(config, clock),
            metrics,
            readiness: Readiness::default(),
            hooks: HookDoor {
                hooks: watch.accesses(),
                providers,
                intake,
            },
        };
        let (live, readiness) = (doors.pages.live.clone(), doors.readiness.clone());
        let ops = web::Data::new(Ops {
            metrics: Arc::clone(&doors.metrics),
            lookups: lookups.clone(),
            store: store.clone(),
            readiness: readiness.clone(),
        });
        let ops_routes = move || ops::routes(ops.clone());
        let ops = config
            .server
            .ops_listen
            .map(|address| Door::open("server.ops_listen", address, ops_routes));
        let doors = web::Data::new(doors);
        let routes = move || routes(doors.clone());
        let ask = Door::open("server.listen", config.server.listen, routes)?;
        let ops = ops.transpose()?;
        let behind = Behind::begin(store, clock, |behind| {
            behind.run(watch.run());
            behind.finish(writer.run());
            behind.finish(receiver.run());
            behind.finish(inbox.run());
            behind.finish(push.run());
            behind.run(errand_runner.run());
            behind.run(relay::run(lookups.changes(), live.clone()));
            behind.run(registrar.run());
            behind.run(reconcile.run());
            behind.run(retention::run(store.clone(), clock.clone(), stale));
            behind.run(warm(lookups.clone(), store.clone()));
        });
        Ok(Self {
            ask,
            admin: None,
            ops,
            clock: clock.clone(),
            readiness,
            drain: config.server.drain,
            lookups,
            live,
            behind,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.ask.address
    }

    /// Where the admin pages are, if it has any.
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin.as_ref().map(|door| door.address)
    }

    /// Where metrics and detailed readiness are, if anywhere.
    pub fn ops_address(&self) -> Option<SocketAddr> {
        self.ops.as_ref().map(|door| door.address)
    }

    /// Its lookups.
    pub fn lookups(&self) -> &Lookups {
        &self.lookups
    }

    /// Who is told of changes: what is told here reaches the pages that show it.
    pub fn live(&self) -> &Live {
        &self.live
    }

    /// Serves until `until` ends. Then it is unready for a while, so that whoever sends requests here learns of it; then the
    /// doors close, and what is under way is brought to its end: requests, flights, what is being stored.
    pub async fn run(self, until: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
        let Self {
            ask,
            admin,
            ops,
            clock,
            readiness,
            drain,
            lookups,
            live,
            behind,
        } = self;
        let doors = std::iter::once(ask).chain(admin).chain(ops);
        let servers: Vec<Server> = doors.map(|door| door.server).collect();
        let handles: Vec<ServerHandle> = servers.iter().map(Server::handle).collect();
        tokio::spawn(async move {
            until.await;
            readiness.end();
            clock.deadline(drain).passed().await;
            // A stream would hold its door open.
            live.end();
            join_all(handles.iter().map(|handle| handle.stop(true))).await;
        });
        let ended: io::Result<()> = join_all(servers).await.into_iter().collect();
        lookups.end(LAST_FLIGHTS).await;
        behind.end().await;
        ended
    }
}

/// How Kustomer's orgs are reached, as configured.
pub fn reach(config: &Config) -> Reach {
    let base = config.kustomer.base_url.clone();
    Reach {
        url: Arc::new(move |org| base.of(org.as_str())),
        timeout: config.kustomer.timeout,
    }
}

/// How often a workspace may ask, as configured.
fn rate(config: &Config, clock: &Clock) -> Rate {
    Rate::new(
        clock,
        config.server.workspace_rate,
        config.server.workspace_burst,
    )
}

/// The service's address from outside, without a slash at the end.
pub fn public_url(config: &Config) -> Option<String> {
    let url = config.server.public_url.as_ref()?;
    Some(url.as_str().trim_end_matches('/').to_owned())
}

/// Asks for each shop's profile ahead of the first card, one after the other.
async fn warm(lookups: Lookups, store: Store) {
    for install in store.installs().await.unwrap_or_default() {
        lookups.warm(&Arc::new(install.connected())).await;
    }
}
