//! `preview`: every card in every state, as files.
//!
//! The cards are not drawn from samples: each is the answer of a real lookup against the simulator, at the instant that
//! the built-in data is written for. So they are the same on every machine and every day, and a test holds them against
//! the golden ones.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use clap::Args;

use super::{Failure, demo};
use crate::app::{self, Lookups};
use crate::clock::Clock;
use crate::domain::access::{Access, Connected, Settings, Workspace};
use crate::domain::answer::Answer;
use crate::domain::email::Email;
use crate::domain::id::WorkspaceId;
use crate::domain::install::{Install, InstallName};
use crate::domain::question::{Question, Subject};
use crate::domain::secret::Secret;
use crate::domain::shop::Shop;
use crate::simulator::recharge::{FIXTURES_AS_OF, Faults, Now, Options, Running, start};
use crate::store::{LinkRecord, Memory, Profile};
use crate::views::{self, Context, preview};

/// A token of the built-in data that may not read charges.
const WITHOUT_CHARGES: &str =
    "sk_test_1x1_00000000000000000000000000000000000000000000000000000000000fa4e2";
const PATIENCE: Duration = Duration::from_secs(20);

/// `sidecard preview`
#[derive(Debug, Args)]
pub struct Preview {
    /// The folder to write into; it is made when it is not there
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// One card in one state.
#[derive(Debug)]
pub struct Shot {
    /// A file name without its ending.
    pub name: &'static str,
    /// What state it shows.
    pub title: &'static str,
    /// The answer.
    pub answer: Answer,
    /// When it is looked at.
    pub context: Context,
}

/// The people of the built-in data, and what each shows.
const PEOPLE: [(&str, &str, &str); 35] = [
    ("active", "kim@acme.example", "Active and cancelled"),
    ("weekly", "wanda.weekly@mail.example", "Weekly, on a day"),
    ("prepaid", "paula.prepaid@mail.example", "Prepaid"),
    (
        "prepaid-cancelled",
        "carl.prepaid@mail.example",
        "Cancelled, with deliveries to come",
    ),
    (
        "statuses",
        "stella.status@mail.example",
        "Every status, and one nobody knows",
    ),
    (
        "cancelled-reason",
        "rhea.reason@mail.example",
        "Cancelled with reason and comment",
    ),
    (
        "cancelled-no-reason",
        "noah.noreason@mail.example",
        "Cancelled without a reason",
    ),
    (
        "only-cancelled",
        "olive.only@mail.example",
        "Only cancelled ones",
    ),
    (
        "none",
        "nina.none@mail.example",
        "A customer without subscriptions",
    ),
    (
        "one-time",
        "otto.onetime@mail.example",
        "One-time items only",
    ),
    (
        "several",
        "twin@mail.example",
        "Two records for one address",
    ),
    ("wholesale", "wholesale@mail.example", "600 subscriptions"),
    (
        "dunning",
        "dana.dunning@mail.example",
        "The card must be updated",
    ),
    (
        "failed",
        "felix.failed@mail.example",
        "Payment failed, tried again",
    ),
    ("skipped", "skye.skipped@mail.example", "A skipped charge"),
    ("moved", "mo.moved@mail.example", "A moved charge"),
    ("yen", "yuki.yen@mail.example", "Yen"),
    ("pounds", "poppy.pounds@mail.example", "Pounds"),
    (
        "no-currency",
        "nell.null@mail.example",
        "No currency, no SKU, no charges",
    ),
    ("emoji", "zoe.emoji@mail.example", "Emoji in names"),
    ("right-to-left", "rtl@mail.example", "Right-to-left names"),
    ("hostile", "hostile@mail.example", "Hostile text and images"),
    ("no-image", "ian.noimage@mail.example", "No image"),
    ("long", "lola.long@mail.example", "Very long titles"),
    ("overdue", "owen.overdue@mail.example", "Overdue"),
    (
        "attempts-exhausted",
        "max.retries@mail.example",
        "Cancelled after failed payments",
    ),
    (
        "ended",
        "ella.ended@mail.example",
        "Ended: all charges made",
    ),
    ("quiet", "quinn.quiet@mail.example", "No charge in 90 days"),
    (
        "capitals",
        "casey.upper@mail.example",
        "An address stored in capitals",
    ),
    ("plus", "plus+tag@mail.example", "An address with a tag"),
    ("lenient", "monthly.day@mail.example", "Odd dates and units"),
    ("refunded", "refunded@mail.example", "Refunded"),
    (
        "several-addresses",
        "gift.multi@mail.example",
        "Three active ones, two addresses",
    ),
    ("not-found", "nobody@mail.example", "Not found"),
    (
        "unreachable",
        "server-error@fault.example",
        "Recharge fails",
    ),
];

impl Preview {
    /// Writes the files.
    pub(super) async fn run(self) -> Result<ExitCode, Failure> {
        let failed = |error| {
            Failure::failed(format!(
                "`{}` can't be written: {error}\n  hint: name a folder you may write into",
                self.folder.display()
            ))
        };
        std::fs::create_dir_all(&self.folder).map_err(failed)?;
        let shots = gallery().await.map_err(Failure::Failed)?;
        for shot in &shots {
            let page = views::page(&shot.answer, &shot.context);
            std::fs::write(self.folder.join(format!("{}.html", shot.name)), page)
                .map_err(failed)?;
        }
        let titles: Vec<_> = shots.iter().map(|shot| (shot.name, shot.title)).collect();
        for (name, width) in preview::SHEETS {
            let sheet = preview::sheet(&titles, width).into_string();
            std::fs::write(self.folder.join(format!("{name}.html")), sheet).map_err(failed)?;
        }
        let index = self.folder.join("index.html");
        anstream::println!("{} cards; open `{}`", shots.len(), index.display());
        Ok(ExitCode::SUCCESS)
    }
}

/// Every card in every state.
pub async fn gallery() -> Result<Vec<Shot>, String> {
    let stage = Stage::open().await?;
    let mut shots = Vec::new();
    for (name, email, title) in PEOPLE {
        shots.push(stage.shot(name, title, email, demo::TOKEN).await?);
    }
    shots.push(
        stage
            .shot(
                "part-missing",
                "Charges can't be read",
                "kim@acme.example",
                WITHOUT_CHARGES,
            )
            .await?,
    );

    let limited = stage.shot(
        "rate-limited",
        "Recharge asks for a pause",
        "rate-limited@fault.example",
        demo::TOKEN,
    );
    shots.push(limited.await?);
    shots.push(stage.two_shops().await?);
    shots.push(stage.unlinked().await?);
    shots.push(stage.stale().await?);
    stage.recharge.revoke_token();
    let refused = stage.shot(
        "reconnect",
        "Recharge refuses the token",
        "kim@acme.example",
        demo::TOKEN,
    );
    shots.push(refused.await?);
    stage.recharge.stop().await;
    Ok(shots)
}

/// A simulator at the instant of its data.
struct Stage {
    recharge: Running,
    opened_at: crate::domain::day::Instant,
}

impl Stage {
    async fn open() -> Result<Self, String> {
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

    fn lookups(&self, clock: &Clock, store: &Arc<Memory>) -> Result<Lookups, String> {
        let config = demo::configuration(&self.recharge).map_err(|error| error.to_string())?;
        app::lookups(&config, clock, store).map_err(|error| error.to_string())
    }

    /// A card from an empty memory.
    async fn shot(
        &self,
        name: &'static str,
        title: &'static str,
        email: &str,
        token: &str,
    ) -> Result<Shot, String> {
        let (clock, store) = (Clock::fixed(self.opened_at), Arc::new(Memory::default()));
        let access = access(&store, &[("acme-usa", token)])?;
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

    async fn two_shops(&self) -> Result<Shot, String> {
        let (clock, store) = (Clock::fixed(self.opened_at), Arc::new(Memory::default()));
        // Two shops with one set of people: the second one's token is refused.
        let shops = [
            ("acme-usa", demo::TOKEN),
            ("acme-eu", "sk_test_1x1_mistyped"),
        ];
        let access = access(&store, &shops)?;
        let lookups = self.lookups(&clock, &store)?;
        let question = question("kim@acme.example")?;
        let title = "Two shops, one to reconnect";
        self.taken("two-shops", title, &lookups, &access, &question, &clock)
            .await
    }

    async fn unlinked(&self) -> Result<Shot, String> {
        let (clock, store) = (Clock::fixed(self.opened_at), Arc::new(Memory::default()));
        let access = access(&store, &[("acme-usa", demo::TOKEN)])?;
        for install in &access.installs {
            let of = Profile {
                install: &install.install.name,
                workspace: &access.workspace.id,
                profile: "profile-1",
            };
            store.link(of, LinkRecord::unlinked("Dana", self.opened_at));
        }
        let lookups = self.lookups(&clock, &store)?;
        let mut question = question("kim@acme.example")?;
        question.profile = Some("profile-1".into());
        let title = "Unlinked by an agent";
        self.taken("unlinked", title, &lookups, &access, &question, &clock)
            .await
    }

    async fn stale(&self) -> Result<Shot, String> {
        let (clock, store) = (Clock::fixed(self.opened_at), Arc::new(Memory::default()));
        let access = access(&store, &[("acme-usa", demo::TOKEN)])?;
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

fn access(store: &Memory, shops: &[(&str, &str)]) -> Result<Access, String> {
    let mut installs = Vec::new();
    for (shop, token) in shops {
        let shop = Shop::parse(shop).map_err(|error| error.to_string())?;
        let install = Install {
            name: InstallName::from(&shop),
            provider: "recharge".into(),
            shop,
            contact: Some("Dana, #cx-tools".into()),
            customer_link: None,
            subscription_link: None,
            shows_links: true,
        };
        let connected = Connected {
            install,
            token: Secret::new((*token).to_owned()),
            profile: Default::default(),
        };
        store.add_install(connected.clone());
        installs.push(Arc::new(connected));
    }
    let workspace = Workspace {
        id: WorkspaceId::new("preview"),
        helpdesk: "embed".into(),
        secrets: Vec::new(),
        settings: Settings::default(),
        frame_ancestors: Vec::new(),
        longest_expiry: 0,
        enabled: true,
    };
    Ok(Access {
        workspace,
        installs,
    })
}
