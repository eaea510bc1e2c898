//! The composition root: makes everything, joins it, and runs it.
//!
//! | file | is |
//! |---|---|
//! | `kept` | the store behind lookups: what was answered survives a restart |
//! | `accesses` | who may ask what, in memory, and kept true |
//! | `diary` | the last calls of each workspace |
//! | `retention` | what is too old goes |
//! | `memory` | a store that ends with the process, in place of all that |

mod accesses;
mod diary;
mod kept;
mod memory;
mod retention;

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App as ActixApp, HttpServer, web};
use thiserror::Error;
use tokio::task::JoinHandle;

use self::accesses::Watch;
use self::diary::diary;
use self::kept::Durable;
use self::memory::Passing;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::email::FingerprintKey;
use crate::lookup::{Kept, Links, Settings};
use crate::provider::Provider;
use crate::recharge::Recharge;
use crate::store::{Memory, Store, StoreError};
use crate::web::{Doors, routes};

pub use crate::helpdesk::embed::signed_query;
pub use crate::lookup::Lookups;

/// Requests that have not been answered so long after the end was called for are cut.
const LAST_REQUESTS: u64 = 10;
/// And so long what is being stored may take.
const LAST_WRITES: Duration = Duration::from_secs(5);

/// The service, bound and not yet running.
pub struct App {
    server: actix_web::dev::Server,
    handle: ServerHandle,
    address: SocketAddr,
    lookups: Lookups,
    behind: Option<Behind>,
}

/// Why the service can't start.
#[derive(Debug, Error)]
pub enum BuildError {
    /// The address is taken, or not this machine's.
    #[error(
        "the service can't listen on {address}: {error}\n  hint: choose another `server.listen`, or stop what listens there"
    )]
    Listen {
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
}

/// The provider, as configured.
pub fn recharge(config: &Config) -> Result<Arc<dyn Provider>, BuildError> {
    let recharge = Recharge::new(config.recharge.base_url.clone(), config.recharge.timeout)
        .map_err(|error| BuildError::Recharge(error.to_string()))?;
    Ok(Arc::new(recharge))
}

/// Lookups over a store that ends with the process, without the doors: what a command needs.
pub fn lookups(config: &Config, clock: &Clock, store: &Arc<Memory>) -> Result<Lookups, BuildError> {
    lookups_over(config, clock, &Arc::new(Passing(Arc::clone(store))))
}

/// Lookups over the store, likewise. They keep what they learn.
pub fn stored_lookups(
    config: &Config,
    clock: &Clock,
    store: &Store,
) -> Result<Lookups, BuildError> {
    lookups_over(config, clock, &Arc::new(Durable::new(store, clock)))
}

fn lookups_over<P: Kept + Links>(
    config: &Config,
    clock: &Clock,
    plug: &Arc<P>,
) -> Result<Lookups, BuildError> {
    let settings = Settings {
        fresh: config.cache.fresh,
        revalidate: config.cache.revalidate,
        stale: config.cache.stale,
        memory: config.cache.memory,
    };
    let (kept, links): (Arc<dyn Kept>, Arc<dyn Links>) = (plug.clone(), plug.clone());
    Ok(Lookups::new(
        [recharge(config)?],
        kept,
        links,
        clock.clone(),
        settings,
    ))
}

impl App {
    /// Makes the service over a store that ends with the process, and binds its address. Call within a multi-threaded
    /// Tokio runtime.
    pub fn build(config: &Config, clock: &Clock, store: &Arc<Memory>) -> Result<Self, BuildError> {
        let plug = Arc::new(Passing(Arc::clone(store)));
        let lookups = lookups_over(config, clock, &plug)?;
        let doors = Doors {
            lookups,
            workspaces: plug.clone(),
            calls: plug,
            clock: clock.clone(),
            fingerprints: FingerprintKey::random(),
            deadline: config.server.deadline,
        };
        Self::open(config, doors, None)
    }

    /// Makes the service over the store, likewise.
    pub async fn over(config: &Config, clock: &Clock, store: &Store) -> Result<Self, BuildError> {
        let kept = Arc::new(Durable::new(store, clock));
        let lookups = lookups_over(config, clock, &kept)?;
        let watch = Watch::begin(store, &lookups, clock).await?;
        let (diary, writer) = diary(store);
        let doors = Doors {
            lookups: lookups.clone(),
            workspaces: watch.accesses(),
            calls: Arc::new(diary),
            clock: clock.clone(),
            fingerprints: store.fingerprint_key(),
            deadline: config.server.deadline,
        };
        let behind = Behind {
            store: store.clone(),
            clock: clock.clone(),
            kept,
            tasks: Vec::new(),
        };
        // The admin pages will be a second server here, on `config.admin.listen`.
        let mut app = Self::open(config, doors, Some(behind))?;
        if let Some(behind) = &mut app.behind {
            behind.tasks.extend([
                tokio::spawn(watch.run()),
                tokio::spawn(writer.run()),
                tokio::spawn(retention::run(
                    store.clone(),
                    clock.clone(),
                    config.cache.stale,
                )),
                tokio::spawn(warm(lookups, store.clone())),
            ]);
        }
        Ok(app)
    }

    fn open(config: &Config, doors: Doors, behind: Option<Behind>) -> Result<Self, BuildError> {
        let lookups = doors.lookups.clone();
        let doors = web::Data::new(doors);
        let listen = config.server.listen;
        let failed = |error| BuildError::Listen {
            address: listen,
            error,
        };
        let listener = TcpListener::bind(listen).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        // The closure runs once per worker; what is shared is made before it.
        let server = HttpServer::new(move || ActixApp::new().configure(routes(doors.clone())))
            .client_request_timeout(Duration::from_secs(5))
            .shutdown_timeout(LAST_REQUESTS)
            .disable_signals()
            .listen(listener)
            .map_err(failed)?
            .run();
        Ok(Self {
            handle: server.handle(),
            server,
            address,
            lookups,
            behind,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its lookups.
    pub fn lookups(&self) -> &Lookups {
        &self.lookups
    }

    /// Serves until `until` ends; then finishes the requests that are under way.
    pub async fn run(self, until: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
        let Self {
            server,
            handle,
            behind,
            ..
        } = self;
        tokio::spawn(async move {
            until.await;
            handle.stop(true).await;
        });
        let ended = server.await;
        if let Some(behind) = behind {
            behind.end().await;
        }
        ended
    }
}

/// What runs beside the doors, over a store that outlives the process.
struct Behind {
    store: Store,
    clock: Clock,
    kept: Arc<Durable>,
    tasks: Vec<JoinHandle<()>>,
}

impl Behind {
    /// What is being written is written to its end; then the store is closed.
    async fn end(self) {
        for task in &self.tasks {
            task.abort();
        }
        let limit = self.clock.deadline(LAST_WRITES);
        tokio::select! {
            () = self.kept.written() => {}
            () = limit.passed() => {}
        }
        self.store.close().await;
    }
}

/// Asks for each shop's profile ahead of the first card, one after the other.
async fn warm(lookups: Lookups, store: Store) {
    for install in store.installs().await.unwrap_or_default() {
        lookups.warm(&Arc::new(install.connected())).await;
    }
}
