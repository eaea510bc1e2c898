//! The demo's Kustomer: a simulated org with the app installed, as an admin would install it.

use std::time::Duration;

use super::Joined;
use crate::app::App;
use crate::cli::Failure;
use crate::clock::Clock;
use crate::domain::access::Settings;
use crate::domain::email::Email;
use crate::domain::id::WorkspaceId;
use crate::domain::question::{Question, Subject};
use crate::domain::secret::Secret;
use crate::helpdesk::Place;
use crate::helpdesk::kustomer::Names;
use crate::helpdesk::kustomer::definition::{VERSION, definition};
use crate::push::kustomer::Client;
use crate::simulator::kustomer::{Options, Running, start};
use crate::store::{HelpdeskSettings, Store};

/// Fake, and it looks it.
const KEY: &str = "fake-kustomer-key";

/// Whose subscriptions stand on timelines from the beginning.
const AT_FIRST: [&str; 6] = [
    "kim@acme.example",
    "dana.dunning@mail.example",
    "felix.failed@mail.example",
    "skye.skipped@mail.example",
    "yuki.yen@mail.example",
    "zoe.emoji@mail.example",
];

/// An org. Its people are those of the simulated Recharge.
pub async fn begin() -> Result<Running, Failure> {
    start(Options::default()).await.map_err(Failure::failed)
}

/// Lines of a configuration file with this org as Kustomer.
pub fn configuration(kustomer: &Running) -> String {
    let base = kustomer.base_url();
    format!(
        "[kustomer]\nbase_url = \"{base}\"\nweb_url = \"{base}\"\nsdk_url = \"{}\"\n",
        kustomer.sdk_url()
    )
}

/// Registers the app, installs it, and types the workspace's secret on its settings page.
pub async fn install(
    kustomer: &Running,
    app: &App,
    store: &Store,
    workspace: &Joined,
    clock: &Clock,
) -> Result<(), Failure> {
    let failed = |what: &str| {
        Failure::Failed(format!(
            "{what}\n  hint: this is a mistake in Sidecard; please report it"
        ))
    };
    let place = Place {
        public_url: Some(&format!("http://{}", app.address())),
        workspace: &workspace.id,
        secret: None,
        settings: &Settings::default(),
    };
    let base = kustomer.base_url().parse().map_err(Failure::failed)?;
    let key = Secret::new(KEY.to_owned());
    let client = Client::new(base, &key, Duration::from_secs(5)).map_err(Failure::failed)?;
    let registered = client.register(&definition(&place, VERSION)).await;
    let registered = registered.map_err(Failure::failed)?;
    let registered = registered.ok_or_else(|| failed("the app's names were not told"))?;
    let names = Names::among(
        &registered.name,
        &registered.version,
        &registered.klasses,
        &registered.commands,
    );
    let names = names.ok_or_else(|| failed("the app's parts were not found"))?;
    let is_installed = kustomer.install(&names.app, &names.version)
        && kustomer.set_setting(
            &names.app,
            "default.sidecardSecret",
            workspace.secret.reveal(),
        );
    if !is_installed {
        return Err(failed("the app can't be installed"));
    }
    let mut settings = Settings::of([("org", "acme"), ("api_key", KEY)]);
    names.keep(&mut settings);
    store
        .set_workspace(&workspace.id, clock.now(), |kept| {
            kept.helpdesk = HelpdeskSettings::of(&settings);
        })
        .await?;
    fill(app, store, &workspace.id, clock).await
}

/// Looks at some people, so that their subscriptions stand on timelines when the first agent comes.
async fn fill(
    app: &App,
    store: &Store,
    workspace: &WorkspaceId,
    clock: &Clock,
) -> Result<(), Failure> {
    let Some(access) = store.access(workspace, clock.now()).await? else {
        return Ok(());
    };
    let (lookups, clock) = (app.lookups().clone(), clock.clone());
    tokio::spawn(async move {
        for email in AT_FIRST {
            let email = Email::parse(email).ok().map(Subject::Email);
            if let Some(question) = email.and_then(|email| Question::about([email]).ok()) {
                let deadline = clock.deadline(Duration::from_secs(10));
                lookups.find(&access, &question, &deadline).await;
            }
        }
    });
    Ok(())
}
