//! What a run works with: the workspace's org and its shops, each of which must be one that can be asked.

use std::sync::Arc;

use super::super::{Joined, client, credentials};
use super::said;
use crate::app;
use crate::cli::Failure;
use crate::cli::opened::Opened;
use crate::domain::org::Org;
use crate::helpdesk::kustomer::Choices;
use crate::push::kustomer::{Pace, Trouble};
use crate::push::timeline::Timeline;
use crate::store::WorkspaceRecord;
use crate::upkeep::backfill::{self, Source, Stopped};

/// A minute's calls of the smallest plan, until Kustomer says how many there are.
const SMALLEST: u32 = 300;

/// What a run works with.
pub(super) struct Desk {
    pub opened: Opened,
    pub record: WorkspaceRecord,
    pub org: Org,
    pub klass: String,
    pub creates_customers: bool,
    /// Calls that a run may make in a minute.
    pub per_minute: u32,
    pub backfill: backfill::Backfill,
}

impl Desk {
    /// What a workspace's run works with, once both sides have said that they are there.
    pub async fn of(joined: &Joined) -> Result<Self, Failure> {
        let (opened, record) = joined.open().await?;
        let (org, key) = credentials(&record)?;
        let settings = record.settings.helpdesk.settings();
        let choices = Choices(&settings);
        let names = choices.names().ok_or_else(|| {
            Failure::Misfit(format!(
                "the app's names in the org are not known\n  hint: sidecard kustomer register --workspace {}",
                record.id
            ))
        })?;
        let client = client(&opened, &org, &key)?;
        // Any key may ask that: it tells whether the key is accepted, and how many calls the org has.
        client
            .roles()
            .await
            .map_err(|trouble| said::stopped(&Stopped::Helpdesk(trouble), None))?;
        if let Err(Trouble::NotFound(_)) = client.attributes(&names.klass).await {
            return Err(Failure::Misfit(format!(
                "the org has no klass `{}`\n  hint: install the app in Kustomer's App Directory",
                names.klass
            )));
        }
        let limit = client.limits().limit.unwrap_or(SMALLEST);
        // The other half of what the workspace may use is the service's, for live changes.
        let share = (choices.share() / 2).max(1);
        let creates_customers = choices.creates_customers();
        let timeline = Timeline::new(
            client,
            names.klass.clone(),
            creates_customers,
            Pace::new(share),
            &opened.clock,
        );
        let sources = sources(&opened, &record).await?;
        let backfill =
            backfill::Backfill::new(&opened.store, timeline, sources, &opened.clock, &record.id);
        Ok(Self {
            org,
            klass: names.klass,
            creates_customers,
            per_minute: (limit * share / 100).max(1),
            backfill,
            opened,
            record,
        })
    }
}

/// The workspace's shops, each of which must be one that can be asked.
async fn sources(opened: &Opened, record: &WorkspaceRecord) -> Result<Vec<Source>, Failure> {
    let provider = app::recharge(&opened.config).map_err(Failure::failed)?;
    let lookups =
        app::lookups(&opened.config, &opened.clock, &opened.store).map_err(Failure::failed)?;
    let mut sources = Vec::new();
    for name in &record.settings.installs {
        let install = opened.install(name.as_str()).await?;
        if install.must_reconnect() {
            return Err(Failure::Failed(format!(
                "{name}: its token is refused\n  hint: sidecard install token {name}"
            )));
        }
        let connected = Arc::new(install.connected());
        sources.push(Source {
            links: provider.links(&connected.install, &connected.profile),
            with: lookups.credentials(name, &*provider, &connected.token),
            provider: Arc::clone(&provider),
            install: connected,
        });
    }
    Ok(sources)
}
