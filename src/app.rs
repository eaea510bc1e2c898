//! The composition root: makes everything, joins it, and runs it.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App as ActixApp, HttpServer, web};
use async_trait::async_trait;
use thiserror::Error;

use crate::clock::Clock;
use crate::config::Config;
use crate::domain::access::Access;
use crate::domain::email::FingerprintKey;
use crate::domain::id::{CustomerId, WorkspaceId};
use crate::domain::install::InstallName;
use crate::domain::question::SubjectKey;
use crate::domain::snapshot::Snapshot;
use crate::lookup::{Kept, Link, Links, Resolution, Settings};
use crate::provider::Provider;
use crate::recharge::Recharge;
use crate::store::Memory;
use crate::web::{Doors, Workspaces, routes};

pub use crate::helpdesk::embed::signed_query;
pub use crate::helpdesk::gladly::sign;
pub use crate::lookup::Lookups;

/// Requests that have not been answered so long after the end was called for are cut.
const LAST_REQUESTS: u64 = 10;

/// The service, bound and not yet running.
pub struct App {
    server: actix_web::dev::Server,
    handle: ServerHandle,
    address: SocketAddr,
    lookups: Lookups,
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
}

/// Lookups over the store, without the doors: what a command needs.
pub fn lookups(config: &Config, clock: &Clock, store: &Arc<Memory>) -> Result<Lookups, BuildError> {
    let recharge = Recharge::new(config.recharge.base_url.clone(), config.recharge.timeout)
        .map_err(|error| BuildError::Recharge(error.to_string()))?;
    let providers: [Arc<dyn Provider>; 1] = [Arc::new(recharge)];
    let settings = Settings {
        fresh: config.cache.fresh,
        revalidate: config.cache.revalidate,
        stale: config.cache.stale,
        memory: config.cache.memory,
    };
    let plug = Arc::new(Plug(Arc::clone(store)));
    let (kept, links): (Arc<dyn Kept>, Arc<dyn Links>) = (plug.clone(), plug);
    Ok(Lookups::new(
        providers,
        kept,
        links,
        clock.clone(),
        settings,
    ))
}

impl App {
    /// Makes the service and binds its address. Call within a multi-threaded Tokio runtime.
    pub fn build(config: &Config, clock: &Clock, store: &Arc<Memory>) -> Result<Self, BuildError> {
        let lookups = lookups(config, clock, store)?;
        let doors = web::Data::new(Doors {
            lookups: lookups.clone(),
            workspaces: Arc::new(Plug(Arc::clone(store))),
            clock: clock.clone(),
            fingerprints: FingerprintKey::random(),
            deadline: config.server.deadline,
        });
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
        let Self { server, handle, .. } = self;
        tokio::spawn(async move {
            until.await;
            handle.stop(true).await;
        });
        server.await
    }
}

/// The store, plugged into what lookups and doors need.
struct Plug(Arc<Memory>);

impl Workspaces for Plug {
    fn access(&self, workspace: &WorkspaceId) -> Option<Arc<Access>> {
        self.0.access(workspace)
    }
}

#[async_trait]
impl Links for Plug {
    async fn of(&self, install: &InstallName, profile: &str) -> Option<Link> {
        let link = self.0.link_of(install, profile)?;
        Some(link.map_or(Link::Unlinked, Link::To))
    }
}

/// Nothing is kept: this store ends with the process, and until then lookups remember by themselves.
#[async_trait]
impl Kept for Plug {
    async fn snapshot(&self, _: &InstallName, _: &CustomerId) -> Option<Arc<Snapshot>> {
        None
    }

    async fn keep_snapshot(&self, _: &InstallName, _: &Arc<Snapshot>) {}

    async fn drop_snapshot(&self, _: &InstallName, _: &CustomerId) {}

    async fn resolution(&self, _: &InstallName, _: &SubjectKey) -> Option<Arc<Resolution>> {
        None
    }

    async fn keep_resolution(&self, _: &InstallName, _: &SubjectKey, _: &Arc<Resolution>) {}
}
