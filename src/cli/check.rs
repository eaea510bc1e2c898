//! `check`: is everything as it should be? Configuration, keys, store, and one question to each shop's provider.

use std::process::ExitCode;

use super::opened::Opened;
use super::{Configured, Failure, install};
use crate::app;
use crate::clock::Clock;
use crate::config::Config;
use crate::store::{KeyRing, Store, WorkspaceRecord};

/// Looks at everything, and says all that is wrong. 2: the configuration or the keys; 1: the store or a shop.
pub async fn run(configured: &Configured) -> Result<ExitCode, Failure> {
    let config = configured.load()?;
    let cache = &config.cache;
    let clocks = [cache.fresh, cache.revalidate, cache.stale].map(humantime::format_duration);
    let memory = bytesize::ByteSize::b(cache.memory).display().si();
    anstream::println!("configuration  {}: no problem found", configured.named());
    anstream::println!("listens on     {}", config.server.listen);
    match &config.server.public_url {
        Some(url) => anstream::println!("reached at     {url}"),
        None => anstream::println!("reached at     no public address is set (`server.public_url`)"),
    }
    anstream::println!("recharge       {}", config.recharge.base_url);
    anstream::println!(
        "cards          fresh for {}, refreshed behind until {}, kept {} for outages, in {memory}",
        clocks[0],
        clocks[1],
        clocks[2],
    );
    stored(config).await
}

/// Keys, store and shops. A problem of one keeps the others from being looked at only where they need it.
async fn stored(config: Config) -> Result<ExitCode, Failure> {
    let keys_file = config.store.keys_file.display().to_string();
    let keys = KeyRing::read(&config.store.keys_file)?;
    anstream::println!("keys           {keys_file}: {}", keys.ids().join(", "));
    let clock = Clock::system();
    let store = Store::open(&config.store.url, keys, clock.now()).await?;
    let opened = Opened {
        config,
        store,
        clock,
    };
    let mut wrong = Vec::new();
    let examined = opened.store.examine().await?;
    wrong.extend(examined.damage.iter().map(|what| {
        format!("error: the store is damaged: {what}\n  hint: put a backup in its place, together with its keys file")
    }));
    wrong.extend(examined.orphans.iter().map(|(table, count)| {
        format!("error: rows of the store refer to nothing: `{table}`: {count}\n  hint: put a backup in its place, together with its keys file")
    }));
    wrong.extend(examined.unreadable.iter().map(|(place, count)| {
        format!("error: values can't be opened with these keys: `{place}`: {count}\n  hint: put the key that sealed them back into {keys_file}, or enter them anew")
    }));
    let workspaces = opened.store.workspaces().await?;
    if wrong.is_empty() {
        let (url, count) = (&opened.config.store.url, workspaces.len());
        anstream::println!("store          {url}: sound; workspaces: {count}");
    }
    for record in workspaces
        .iter()
        .filter(|record| record.settings.installs.is_empty())
    {
        wrong.push(format!(
            "error: the workspace shows no shop: `{}`\n  hint: give it one with `sidecard workspace set {} --install NAME`, or remove it",
            record.id, record.id
        ));
    }
    for record in &workspaces {
        wrong.extend(timeline(&opened, record).await?);
    }
    let provider = app::recharge(&opened.config).map_err(Failure::failed)?;
    let installs = opened.store.installs().await?;
    if installs.is_empty() {
        anstream::println!("shops          none is connected: sidecard install add --shop NAME");
    }
    for record in &installs {
        if let Err(failure) = install::recheck(&opened, provider.as_ref(), record).await {
            wrong.push(failure.about(&record.name));
        }
    }
    for what in &wrong {
        anstream::eprintln!("{what}");
    }
    Ok(if wrong.is_empty() {
        anstream::println!("all is well");
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// What is wrong with telling a workspace's helpdesk, if it is told anything.
async fn timeline(opened: &Opened, record: &WorkspaceRecord) -> Result<Vec<String>, Failure> {
    let (store, id) = (&opened.store, &record.id);
    let mut wrong = Vec::new();
    if store.timeline(id).await?.refused_at.is_some() {
        wrong.push(format!(
            "error: Kustomer refuses the workspace's key: `{id}`\n  hint: give it another one with `sidecard workspace set {id} --set-stdin api_key`"
        ));
    }
    let parked = store.outbox_depth(id).await?.parked;
    if parked > 0 {
        wrong.push(format!(
            "error: changes that Kustomer did not take are parked: `{id}`: {parked}\n  hint: `sidecard kustomer outbox --workspace {id}` says why"
        ));
    }
    Ok(wrong)
}
