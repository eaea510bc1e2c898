//! Where cards are taken: a simulator at the instant of its data, and lookups that wait for nobody.

use std::time::Duration;

use chrono::DateTime;

use super::Shot;
use crate::app::{self, Lookups};
use crate::cli::demo;
use crate::clock::Clock;
use crate::domain::access::Access;
use crate::domain::day::Instant;
use crate::domain::email::Email;
use crate::domain::question::{Question, Subject};
use crate::simulator::recharge::{FIXTURES_AS_OF, Faults, Now, Options, Running, start};
use crate::store::{LinkRecord, NewWorkspace, Profile, Store, StoreError, WorkspaceSettings};
use crate::views::Context;

const PATIENCE: Duration = Duration::from_secs(20);

/// A simulator at the instant of its data.
pub struct Stage {
    /// As Recharge.
    pub recharge: Running,
    opened_at: Instant,
}

impl Stage {
    /// A simulator whose data is all there.
    pub async fn open() -> Result<Self, String> {
        let opened_at = DateTime::parse_from_rfc3339(FIXTURES_AS_OF)
            .map_err(|error| error.to_string())?
            .to_utc();
        // A bucket that never fills: the cards are taken faster than any agent would.
        let options = Options {
            now: Now::Fixed(opened_at),
            bucket: 10_000,
            ..Options::default()
        };
        let recharge = start(options).await.map_err(|error| error.to_string())?;
        Ok(Self {
            recharge,
            opened_at,
        })
    }

    fn lookups(&self, clock: &Clock, store: &Store) -> Result<Lookups, String> {
        let config = demo::configuration(&self.recharge).map_err(|error| error.to_string())?;
        app::lookups(&config, clock, store).map_err(|error| error.to_string())
    }

    /// A card from an empty memory.
    pub async fn shot(
        &self,
        name: &'static str,
        title: &'static str,
        email: &str,
        token: &str,
    ) -> Result<Shot, String> {
        let clock = Clock::fixed(self.opened_at);
        let (store, access) = joined(&[(demo::SHOP, token)], &clock).await?;
        let lookups = self.lookups(&clock, &store)?;
        self.taken(name, title, &lookups, &access, &question(email)?, &clock)
            .await
    }

    async fn taken(
        &self,
        name: &'static str,
        title: &'static str,
        lookups: &Lookups,
        access: &Access,
        question: &Question,
        clock: &Clock,
    ) -> Result<Shot, String> {
        let deadline = clock.deadline(PATIENCE);
        // Nothing but time stands still on this stage: whoever waits for it to pass is not kept waiting.
        let time_passes = async {
            loop {
                if lookups.paused() > 0 {
                    clock.advance(Duration::from_millis(50));
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let found = tokio::select! {
            found = lookups.find(access, question, &deadline) => found,
            () = time_passes => return Err("time ended".into()),
        };
        Ok(Shot {
            name,
            title,
            answer: found.answer,
            context: Context::at(clock.now()),
        })
    }

    /// One person at two shops.
    pub async fn two_shops(&self) -> Result<Shot, String> {
        let clock = Clock::fixed(self.opened_at);
        // Two shops with one set of people: the second one's token is refused.
        let shops = [
            (demo::SHOP, demo::TOKEN),
            ("acme-eu", "sk_test_1x1_mistyped"),
        ];
        let (store, access) = joined(&shops, &clock).await?;
        let lookups = self.lookups(&clock, &store)?;
        let question = question("kim@acme.example")?;
        let title = "Two shops, one to reconnect";
        self.taken("two-shops", title, &lookups, &access, &question, &clock)
            .await
    }

    /// A profile that an agent has unlinked.
    pub async fn unlinked(&self) -> Result<Shot, String> {
        let clock = Clock::fixed(self.opened_at);
        let (store, access) = joined(&[(demo::SHOP, demo::TOKEN)], &clock).await?;
        for install in &access.installs {
            let of = Profile {
                install: &install.install.name,
                workspace: &access.workspace.id,
                profile: "profile-1",
            };
            let link = LinkRecord::unlinked("Dana", self.opened_at);
            let linked = store.link(of, &link).await;
            linked.map_err(|error| error.to_string())?;
        }
        let lookups = self.lookups(&clock, &store)?;
        let mut question = question("kim@acme.example")?;
        question.profile = Some("profile-1".into());
        let title = "Unlinked by an agent";
        self.taken("unlinked", title, &lookups, &access, &question, &clock)
            .await
    }

    /// A card that has grown old while Recharge is down.
    pub async fn stale(&self) -> Result<Shot, String> {
        let clock = Clock::fixed(self.opened_at);
        let (store, access) = joined(&[(demo::SHOP, demo::TOKEN)], &clock).await?;
        let (lookups, question) = (self.lookups(&clock, &store)?, question("kim@acme.example")?);
        self.taken("fresh", "", &lookups, &access, &question, &clock)
            .await?;
        clock.advance(Duration::from_secs(3 * 3_600));
        self.recharge
            .set_faults("500=1".parse().map_err(|error| format!("{error}"))?);
        let shot = self
            .taken(
                "stale",
                "Three hours old: Recharge is down",
                &lookups,
                &access,
                &question,
                &clock,
            )
            .await;
        self.recharge.set_faults(Faults::default());
        shot
    }
}

fn question(email: &str) -> Result<Question, String> {
    let email = Email::parse(email).map_err(|error| error.to_string())?;
    Question::about([Subject::Email(email)]).map_err(|error| error.to_string())
}

/// Connects the shops to an empty store, with a workspace joined to all of them.
async fn joined(shops: &[(&str, &str)], clock: &Clock) -> Result<(Store, Access), String> {
    let failed = |error: StoreError| error.to_string();
    let store = demo::memory_store(clock).await;
    let store = store.map_err(|error| error.to_string())?;
    let mut installs = Vec::new();
    for (shop, token) in shops {
        let install = demo::connect(&store, shop, token, clock).await;
        installs.push(install.map_err(|error| error.to_string())?);
    }
    let new = NewWorkspace {
        helpdesk: "embed".into(),
        settings: WorkspaceSettings {
            enabled: true,
            installs,
            ..WorkspaceSettings::default()
        },
        secret: None,
    };
    let added = store.add_workspace(&new, clock.now()).await;
    let (id, _) = added.map_err(failed)?;
    let access = store.access(&id, clock.now()).await.map_err(failed)?;
    let access = access.ok_or("the workspace is gone")?;
    Ok((store, access))
}
