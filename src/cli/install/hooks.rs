//! How an install stands with its webhooks, in words.

use crate::app;
use crate::cli::Failure;
use crate::cli::opened::Opened;
use crate::domain::day::Instant;
use crate::provider::{Provider, ProviderError};
use crate::store::InstallRecord;
use crate::upkeep::{Missing, Off, Reach, Standing, TopicStanding, Withdrawn, reach, standing};

/// What to do about an install without webhooks.
pub fn without(off: Off, record: &InstallRecord) -> String {
    let hint = match off {
        Off::NoClientSecret | Off::UnreadableClientSecret => format!(
            "give the token and its API client secret with `sidecard install token {}`",
            record.name
        ),
        Off::NoPublicUrl => String::from(
            "set `server.public_url` to the address at which Recharge reaches the service",
        ),
    };
    format!(
        "webhooks: off, {}: cards are as new as `cache.fresh` says\n    to have changes at once, {hint}",
        off.as_str()
    )
}

/// Every topic, what others have, and what is to be done. No call.
pub async fn show(
    opened: &Opened,
    provider: &dyn Provider,
    record: &InstallRecord,
) -> Result<(), Failure> {
    let outside = app::public_url(&opened.config);
    let standing = standing(&opened.store, provider, record, outside.as_deref()).await?;
    match standing.off {
        Some(off) => anstream::println!("  {}", without(off, record)),
        None => told(&standing),
    }
    Ok(())
}

fn told(standing: &Standing) {
    let all = standing.topics.len();
    let there = standing.topics.iter().filter(|t| t.registered.is_ok());
    let there = there.count();
    match (standing.checked_at, &standing.problem) {
        (None, _) => anstream::println!(
            "  webhooks: none yet; `sidecard serve` registers them within seconds"
        ),
        (Some(at), None) => anstream::println!(
            "  webhooks: {there} of {all} topics, looked at {}",
            moment(at)
        ),
        (Some(at), Some(problem)) => anstream::println!(
            "  webhooks: {there} of {all} topics; the last look, {}, did not come to its end ({problem}) and is repeated",
            moment(at)
        ),
    }
    let width = standing.topics.iter().map(|t| t.topic.name.len()).max();
    for topic in &standing.topics {
        let width = width.unwrap_or_default();
        anstream::println!("    {:width$}  {}", topic.topic.name, state(topic));
    }
    if standing.sidecards > 0 {
        anstream::println!(
            "  another Sidecard seems to use this token: it has {} webhooks there; nothing of it is touched",
            standing.sidecards
        );
    }
    if standing.others > 0 {
        anstream::println!("  webhooks of other apps: {}", standing.others);
    }
}

fn state(topic: &TopicStanding) -> String {
    let mut text = match topic.registered {
        Ok(_) => match topic.last_delivery {
            Some(at) => format!("registered, last came {}", moment(at)),
            None => String::from("registered, none came yet"),
        },
        Err(Missing::Scope) => format!(
            "MISSING: the token may not read {}; add the scope in Recharge, or leave it",
            topic.topic.name.split('/').next().unwrap_or_default()
        ),
        Err(Missing::Full) => String::from(
            "MISSING: Recharge takes 10 webhooks of a topic for a token, and there are 10; remove one that nobody needs",
        ),
        Err(Missing::Declined) => {
            String::from("MISSING: Recharge declines it; the service's log says why")
        }
        Err(Missing::NotYet) => String::from("not registered yet"),
    };
    if topic.is_moving {
        text.push_str(", at the older address too until the new one has proven itself");
    }
    if let Some(at) = topic.lost_at {
        text.push_str(&format!(
            ", had vanished and was registered again {}",
            moment(at)
        ));
    }
    text
}

/// Tries whether the provider reaches us, and says it.
pub async fn try_reach(
    opened: &Opened,
    provider: &dyn Provider,
    record: &InstallRecord,
) -> Result<(), Failure> {
    match reach(&opened.store, provider, record, &opened.clock).await? {
        Reach::Yes { after } => {
            anstream::println!("  Recharge reaches us: yes, in {} ms", after.as_millis());
            Ok(())
        }
        Reach::No { waited, .. } => {
            let base = app::public_url(&opened.config).unwrap_or_default();
            Err(Failure::Failed(format!(
                "Recharge does not reach us: it was asked to, and nothing came to {base}/hooks/… within {} s\n  hint: is the service running; is `server.public_url` its address from outside; does the proxy pass `/hooks/` on with the body untouched; is the certificate of that address valid; is the API client secret the one of this token?",
                waited.as_secs()
            )))
        }
        Reach::Nothing => Err(Failure::Failed(String::from(
            "no webhook is registered that could be tried\n  hint: start the service with `sidecard serve`: it registers them within seconds",
        ))),
        Reach::NotAsked(error) => Err(Failure::Failed(format!(
            "Recharge could not be asked to try a webhook: {}\n  hint: try again later",
            said(&error)
        ))),
    }
}

/// What became of our webhooks at the provider.
pub fn withdrawn(withdrawn: &Withdrawn) {
    if withdrawn.removed > 0 {
        anstream::println!("  webhooks removed at Recharge: {}", withdrawn.removed);
    }
    if withdrawn.left > 0 {
        let why = withdrawn
            .why
            .as_ref()
            .map_or("the token can't be used", said);
        anstream::println!(
            "  webhooks left at Recharge: {} ({why}); they end with their token, or by themselves after two days without an answer",
            withdrawn.left
        );
    }
}

fn said(error: &ProviderError) -> &'static str {
    match error {
        ProviderError::Refused | ProviderError::Forbidden => "the token is refused",
        ProviderError::RateLimited { .. } => "it takes no more calls for the moment",
        ProviderError::Unreachable { .. } => "it is not reached",
        _ => "it declines",
    }
}

fn moment(at: Instant) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}
