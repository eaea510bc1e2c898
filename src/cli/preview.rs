//! `preview`: every card in every state, as files.
//!
//! The cards are not drawn from samples: each is the answer of a real lookup against the simulator, at the instant that
//! the built-in data is written for. So they are the same on every machine and every day, and a test holds them against
//! the golden ones.

mod stage;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use self::stage::Stage;
use super::{Failure, demo};
use crate::domain::answer::Answer;
use crate::views::{self, Context, preview};

/// A token of the built-in data that may not read charges.
const WITHOUT_CHARGES: &str =
    "sk_test_1x1_00000000000000000000000000000000000000000000000000000000000fa4e2";

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
