//! `demo`: everything at once, no account needed.

mod kustomer;
mod tour;

use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Args;

use super::{Failure, asked_to_stop};
use crate::app::{App, BuildError};
use crate::clock::Clock;
use crate::config::{Config, LogFormat};
use crate::domain::access::Settings;
use crate::domain::id::WorkspaceId;
use crate::domain::install::InstallName;
use crate::domain::secret::Secret;
use crate::domain::shop::Shop;
use crate::simulator::desk;
use crate::simulator::recharge::{Options, Running, start};
use crate::store::{
    HelpdeskSettings, InstallSettings, KeyRing, NewInstall, NewWorkspace, Store, WorkspaceSettings,
};
use crate::telemetry;

/// The token that the built-in data lets in; fake, and it looks it.
pub const TOKEN: &str =
    "sk_test_1x1_000000000000000000000000000000000000000000000000000000000000fa4e";

/// The shop that the built-in data is of.
pub const SHOP: &str = "acme-usa";

/// The client secret that goes with the token.
const CLIENT_SECRET: &str = "fake-client-secret-for-tests";
const CONTACT: &str = "Dana, #cx-tools";

/// `sidecard demo`
#[derive(Debug, Args)]
pub struct Demo {
    /// Where the service listens; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:8787", value_name = "ADDR")]
    listen: SocketAddr,
    /// What is logged on standard error: error, warn, info, debug or trace
    #[arg(long, default_value = "warn", value_name = "LEVEL")]
    log: String,
}

/// One of the demo's workspaces.
struct Joined {
    id: WorkspaceId,
    secret: Secret<String>,
}

struct Workspaces {
    embed: Joined,
    json: Joined,
    gladly: Joined,
    kustomer: Joined,
}

impl Demo {
    /// Serves until it is asked to stop.
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let recharge = start(Options::default()).await.map_err(Failure::failed)?;
        let org = kustomer::begin().await?;
        let tickets = desk::start(desk::Options::default()).await;
        let tickets = tickets.map_err(Failure::failed)?;
        let mut config = configured(&recharge, &kustomer::configuration(&org))?;
        config.server.listen = self.listen;
        // Recharge, simulated, calls back here. A port that the system chooses is not known ahead: no webhooks then.
        if self.listen.port() != 0 && !self.listen.ip().is_unspecified() {
            config.server.public_url = format!("http://{}", self.listen).parse().ok();
        }
        config.log.level = self.log;
        telemetry::start(&config.log);

        let clock = Clock::system();
        let store = memory_store(&clock).await?;
        let name = connect(&store, SHOP, TOKEN, &clock).await?;
        let workspaces = Workspaces {
            embed: workspace(&store, &name, "embed", &clock).await?,
            json: workspace(&store, &name, "json", &clock).await?,
            gladly: workspace(&store, &name, "gladly", &clock).await?,
            kustomer: workspace(&store, &name, "kustomer", &clock).await?,
        };
        let app = App::without_admin(&config, &clock, &store)
            .await
            .map_err(|error| match error {
                BuildError::Listen { address, error, .. } => Failure::Failed(format!(
                    "the demo can't listen on {address}: {error}\n  hint: choose another address, like `--listen 127.0.0.1:0`"
                )),
                other => Failure::failed(other),
            })?;
        kustomer::install(&org, &app, &store, &workspaces.kustomer, &clock).await?;
        tickets.join(desk::Card {
            service: format!("http://{}", app.address()),
            workspace: workspaces.embed.id.to_string(),
            secret: workspaces.embed.secret.reveal().clone(),
        });
        let running = tour::Outside {
            recharge: &recharge,
            org: &org,
            tickets: &tickets,
        };
        tour::print(&app, &running, &workspaces, clock.now());
        app.run(asked_to_stop()).await.map_err(Failure::failed)?;
        recharge.stop().await;
        org.stop().await;
        tickets.stop().await;
        Ok(ExitCode::SUCCESS)
    }
}

/// The built-in defaults, with this simulator as Recharge.
pub fn configuration(recharge: &Running) -> Result<Config, Failure> {
    configured(recharge, "")
}

fn configured(recharge: &Running, toml: &str) -> Result<Config, Failure> {
    let mut config = Config::parse(toml, &std::collections::BTreeMap::new())?;
    config.recharge.base_url = recharge.base_url().parse().map_err(Failure::failed)?;
    config.log.format = LogFormat::Text;
    // Nobody looks at a demo but the one who ends it.
    config.server.ops_listen = None;
    config.server.drain = std::time::Duration::ZERO;
    Ok(config)
}

/// A store in memory, encrypted with a key that ends with the process.
pub async fn memory_store(clock: &Clock) -> Result<Store, Failure> {
    let keys = KeyRing::throw_away(clock.now())?;
    Ok(Store::open("sqlite://:memory:", keys, clock.now()).await?)
}

/// Connects a shop of the simulator to a store. Its webhooks are signed with the simulator's client secret.
pub async fn connect(
    store: &Store,
    shop: &str,
    token: &str,
    clock: &Clock,
) -> Result<InstallName, Failure> {
    let shop = Shop::parse(shop).map_err(Failure::failed)?;
    let install = NewInstall {
        name: InstallName::from(&shop),
        provider: "recharge".into(),
        shop,
        settings: InstallSettings {
            contact: Some(CONTACT.into()),
            shop_verified: true,
            ..InstallSettings::default()
        },
        token: Secret::new(token.to_owned()),
        client_secret: Some(Secret::new(CLIENT_SECRET.into())),
    };
    store.add_install(&install, clock.now()).await?;
    Ok(install.name)
}

async fn workspace(
    store: &Store,
    install: &InstallName,
    helpdesk: &str,
    clock: &Clock,
) -> Result<Joined, Failure> {
    let mut settings = Settings::default();
    if helpdesk == "embed" {
        settings.set("search", "on".to_owned());
    }
    let new = NewWorkspace {
        helpdesk: helpdesk.into(),
        settings: WorkspaceSettings {
            frame_ancestors: vec!["http://127.0.0.1:*".into(), "http://localhost:*".into()],
            longest_expiry: 24 * 3_600,
            enabled: true,
            installs: vec![install.clone()],
            helpdesk: HelpdeskSettings::of(&settings),
            ..WorkspaceSettings::default()
        },
        secret: None,
    };
    let (id, secret) = store.add_workspace(&new, clock.now()).await?;
    Ok(Joined { id, secret })
}
