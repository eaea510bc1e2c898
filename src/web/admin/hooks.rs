//! The webhooks of a shop: how it stands with them, and whether Recharge reaches us.

use super::door::Call;
use super::form::Form;
use super::reply::{Answer, Failure, ok};
use super::shop::{Extra, record, shown};
use crate::store::InstallRecord;
use crate::upkeep::{self, Missing, Off, Reach, Standing};
use crate::views::admin::{HookLine, HookMissing, HookReach, Hooks, HooksOff};

/// How the shop stands.
pub async fn standing(call: &Call, record: &InstallRecord) -> Result<Standing, Failure> {
    let admin = &call.admin;
    let url = admin.public_url.as_deref();
    Ok(upkeep::standing(&admin.store, &*admin.provider, record, url).await?)
}

/// As the page shows it.
pub fn view(standing: &Standing, reach: Option<HookReach>) -> Hooks<'_> {
    let lines = standing.topics.iter().map(|topic| HookLine {
        topic: topic.topic.name,
        changes: topic.topic.changes,
        missing: topic.registered.err().map(missing),
        is_moving: topic.is_moving,
        lost: topic.lost_at,
        last: topic.last_delivery,
    });
    Hooks {
        off: standing.off.map(off),
        checked: standing.checked_at,
        problem: standing.problem.as_deref(),
        topics: lines.collect(),
        sidecards: standing.sidecards,
        others: standing.others,
        reach,
    }
}

/// Why there are none, for the pages.
pub fn off(off: Off) -> HooksOff {
    match off {
        Off::NoClientSecret => HooksOff::NoClientSecret,
        Off::UnreadableClientSecret => HooksOff::UnreadableClientSecret,
        Off::NoPublicUrl => HooksOff::NoPublicUrl,
    }
}

fn missing(missing: Missing) -> HookMissing {
    match missing {
        Missing::Scope => HookMissing::Scope,
        Missing::Full => HookMissing::Full,
        Missing::Declined => HookMissing::Declined,
        Missing::NotYet => HookMissing::NotYet,
    }
}

/// Has Recharge send a webhook, and waits for it.
pub async fn reach(call: Call, _: Form) -> Answer {
    let record = record(&call).await?;
    let admin = &call.admin;
    let told = upkeep::reach(&admin.store, &*admin.provider, &record, &admin.clock).await?;
    let (word, reach) = match told {
        Reach::Yes { after } => ("yes", HookReach::Yes(after.as_millis())),
        Reach::No { .. } => ("no", HookReach::No),
        Reach::Nothing => ("nothing to try", HookReach::Nothing),
        Reach::NotAsked(_) => ("not asked", HookReach::NotAsked),
    };
    call.note("install.reach", ("install", record.name.as_str()), word)
        .await?;
    let extra = Extra {
        reach: Some(reach),
        ..Extra::default()
    };
    ok(shown(&call, &record, extra).await?)
}
