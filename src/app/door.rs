//! An address that is listened on, and what answers there.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::web::ServiceConfig;
use actix_web::{App, HttpServer};

use super::BuildError;

/// Requests that have not been answered so long after the end was called for are cut.
const LAST_REQUESTS: u64 = 10;

/// Whoever has not sent a request's head by then is cut off; what is idle for longer is closed.
const LONGEST_HEAD: Duration = Duration::from_secs(5);
const LONGEST_IDLE: Duration = Duration::from_secs(15);
/// Open connections at a door's worker, of which there is one for each core; further ones wait to be accepted.
const MOST_CONNECTIONS: usize = 4_096;

/// A bound address, and its server, which is not running yet.
pub struct Door {
    pub server: Server,
    pub address: SocketAddr,
}

impl Door {
    /// Binds an address, which `key` of the configuration names.
    pub fn open<R>(
        key: &'static str,
        listen: SocketAddr,
        routes: impl Fn() -> R + Clone + Send + 'static,
    ) -> Result<Self, BuildError>
    where
        R: FnOnce(&mut ServiceConfig) + 'static,
    {
        let failed = |error| BuildError::Listen {
            key,
            address: listen,
            error,
        };
        let listener = TcpListener::bind(listen).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        // The closure runs once per worker; what is shared is made before it.
        let server = HttpServer::new(move || App::new().configure(routes()))
            // An answer that is larger than one write would else wait for the first part's acknowledgement, 40 ms.
            .tcp_nodelay(true)
            .client_request_timeout(LONGEST_HEAD)
            .client_disconnect_timeout(LONGEST_HEAD)
            .keep_alive(LONGEST_IDLE)
            .max_connections(MOST_CONNECTIONS)
            .shutdown_timeout(LAST_REQUESTS)
            .disable_signals()
            .listen(listener)
            .map_err(failed)?
            .run();
        Ok(Self { server, address })
    }
}
