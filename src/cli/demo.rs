//! `demo`: everything at once, no account needed.

mod kustomer;

use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Args;

use super::{Failure, asked_to_stop};
use crate::app::{App, BuildError, sign, signed_query};
use crate::clock::Clock;
use crate::config::{Config, LogFormat};
use crate::domain::access::{Connected, Settings};
use crate::domain::day::Instant;
use crate::domain::id::WorkspaceId;
use crate::domain::install::{Install, InstallName};
use crate::domain::secret::{Secret, random_hex};
use crate::domain::shop::Shop;
use crate::simulator::recharge::{Options, Running, start};
use crate::simulator::{self, desk};
use crate::store::{
    HelpdeskSettings, InstallSettings, KeyRing, Memory, NewInstall, NewWorkspace, Store,
    WorkspaceSettings,
};
use crate::telemetry;

/// The token that the built-in data lets in; fake, and it looks it.
pub const TOKEN: &str =
    "sk_test_1x1_000000000000000000000000000000000000000000000000000000000000fa4e";

/// The client secret that goes with it.
const CLIENT_SECRET: &str = "fake-client-secret-for-tests";
const CONTACT: &str = "Dana, #cx-tools";

/// Kim's active subscription, in the built-in data.
const KIMS: &str = "585000001";

/// The people worth opening first, and what for.
const PEOPLE: [(&str, &str); 16] = [
    ("kim@acme.example", "one active, one cancelled"),
    (
        "wanda.weekly@mail.example",
        "every week on Thursday, two each",
    ),
    (
        "paula.prepaid@mail.example",
        "prepaid: ships monthly, paid every 90 days",
    ),
    (
        "stella.status@mail.example",
        "every status, and one that nobody knows",
    ),
    (
        "rhea.reason@mail.example",
        "cancelled with a reason and a comment",
    ),
    ("olive.only@mail.example", "only cancelled ones"),
    (
        "otto.onetime@mail.example",
        "no subscription, a one-time order",
    ),
    ("twin@mail.example", "two records for one address"),
    ("dana.dunning@mail.example", "the card must be updated"),
    (
        "felix.failed@mail.example",
        "a payment failed and is tried again",
    ),
    ("skye.skipped@mail.example", "a skipped charge"),
    ("yuki.yen@mail.example", "prices in yen"),
    ("zoe.emoji@mail.example", "odd names"),
    ("wholesale@mail.example", "600 subscriptions"),
    ("nobody@mail.example", "not a customer"),
    ("server-error@fault.example", "Recharge fails"),
];

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

/// What Gladly asks of a profile that is opened, and of one that is linked.
const LOOKUPS: [(&str, &str); 2] = [
    (
        "BASIC",
        r#"{"id":"q0ZxT0a2QJ6n3m5o8s1u4w","emails":["kim@acme.example"]}"#,
    ),
    (
        "DETAILED",
        r#"{"id":"q0ZxT0a2QJ6n3m5o8s1u4w","emails":["kim@acme.example"],"externalCustomerId":"acme-usa:176700001"}"#,
    ),
];

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
        let store = throw_away_store(&clock).await?;
        let name = connect(&store, &clock).await?;
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
        let running = Outside {
            recharge: &recharge,
            org: &org,
            tickets: &tickets,
        };
        print(&app, &running, &workspaces, clock.now());
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

/// The install `acme-usa`, for a single lookup.
pub fn install(store: &Memory) -> Result<InstallName, Failure> {
    let shop = Shop::parse("acme-usa").map_err(Failure::failed)?;
    let name = InstallName::from(&shop);
    store.add_install(Connected {
        install: Install {
            name: name.clone(),
            provider: "recharge".into(),
            shop,
            contact: Some(CONTACT.into()),
            customer_link: None,
            subscription_link: None,
            shows_links: true,
        },
        token: Secret::new(TOKEN.into()),
        profile: Default::default(),
    });
    Ok(name)
}

/// A store that ends with the process, under a key that nobody keeps.
async fn throw_away_store(clock: &Clock) -> Result<Store, Failure> {
    let keys = KeyRing::throw_away(clock.now())?;
    Ok(Store::open("sqlite://:memory:", keys, clock.now()).await?)
}

/// The install `acme-usa`, in a store, with the client secret that its hooks are signed with.
async fn connect(store: &Store, clock: &Clock) -> Result<InstallName, Failure> {
    let shop = Shop::parse("acme-usa").map_err(Failure::failed)?;
    let install = NewInstall {
        name: InstallName::from(&shop),
        provider: "recharge".into(),
        shop,
        settings: InstallSettings {
            contact: Some(CONTACT.into()),
            shop_verified: true,
            ..InstallSettings::default()
        },
        token: Secret::new(TOKEN.into()),
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

/// The simulators.
struct Outside<'a> {
    recharge: &'a Running,
    org: &'a simulator::kustomer::Running,
    tickets: &'a desk::Running,
}

fn print(app: &App, outside: &Outside<'_>, workspaces: &Workspaces, now: Instant) {
    let recharge = outside.recharge;
    let base = format!("http://{}", app.address());
    let expires = (now.timestamp() + 24 * 3_600).to_string();
    let embed = &workspaces.embed;
    let width = PEOPLE
        .iter()
        .map(|(_, what)| what.len())
        .max()
        .unwrap_or_default();
    let dim = anstyle::Style::new().dimmed();
    let bold = anstyle::Style::new().bold();
    let mut out = anstream::stdout().lock();
    let mut line = |text: String| {
        // A closed pipe ends the printing, not the service.
        let _ = writeln!(out, "{text}");
    };
    line(format!(
        "{bold}Sidecard demo{bold:#}   everything is invented, and gone when you stop it with ctrl-c"
    ));
    line(format!(
        "  A ticket, simulated  {}  {dim}(open this first: the card beside tickets to click){dim:#}",
        outside.tickets.base_url()
    ));
    line(format!("  Sidecard             {base}"));
    line(format!(
        "  Recharge, simulated  {}  {dim}(what it was asked: /_sim/requests){dim:#}",
        recharge.base_url()
    ));
    line(String::new());
    line(format!(
        "{bold}Cards to open in a browser{bold:#}   signed addresses, good for 24 hours"
    ));
    for (email, what) in PEOPLE {
        let parameters = [("v", "1"), ("email", email), ("expires", &expires)];
        let query = signed_query(&embed.secret, &embed.id, &parameters);
        line(format!(
            "  {what:width$}  {base}/ask/embed/{}?{query}",
            embed.id
        ));
    }
    line(String::new());
    let json = &workspaces.json;
    line(format!(
        "{bold}In Kustomer{bold:#}   an agent's page, simulated: subscriptions on the timeline, the live card beside it"
    ));
    line(format!(
        "  {}",
        outside.org.agent_url("email=kim@acme.example")
    ));
    line(String::new());
    line(format!("{bold}The same as JSON{bold:#}"));
    line(format!(
        "  curl -s -H 'Authorization: Bearer {}' -d '{{\"emails\":[\"kim@acme.example\"]}}' {base}/ask/json/{}",
        json.secret.reveal(),
        json.id
    ));
    line(String::new());
    line(format!(
        "{bold}As Gladly asks{bold:#}   signed, good for nine minutes"
    ));
    for (level, query) in LOOKUPS {
        line(format!(
            "  {}",
            gladly(&base, &workspaces.gladly, level, query, now)
        ));
    }
    line(String::new());
    line(format!(
        "{bold}Something changes{bold:#}   then look at the card again"
    ));
    line(format!(
        "  curl -s -d '{{\"cancellation_reason\":\"Too much coffee\"}}' {}/_sim/act/subscriptions/{KIMS}/cancel",
        recharge.base_url().trim_end_matches('/')
    ));
    line(String::new());
    line(format!(
        "{dim}On the terminal: sidecard lookup kim@acme.example --demo{dim:#}"
    ));
}

/// A lookup for a shell. A stamp may be five minutes off either way, so one from a little ahead lasts longest.
fn gladly(base: &str, workspace: &Joined, level: &str, query: &str, now: Instant) -> String {
    let path = format!("/ask/gladly/{}", workspace.id);
    let unique = level == "DETAILED";
    let body =
        format!(r#"{{"lookupLevel":"{level}","uniqueMatchRequired":{unique},"query":{query}}}"#);
    let at = now + chrono::TimeDelta::minutes(4);
    let headers = sign(
        &workspace.secret,
        &path,
        body.as_bytes(),
        &random_hex(11),
        at,
    );
    let headers: String = headers
        .iter()
        .map(|(name, value)| format!("-H '{name}: {value}' "))
        .collect();
    format!("curl -s {headers}-d '{body}' {base}{path}")
}
