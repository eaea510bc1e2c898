//! `check`: is the configuration right?

use std::process::ExitCode;

use super::{Configured, Failure};

/// Reads it, and says what is in force. Problems come back all at once.
pub fn run(configured: &Configured) -> Result<ExitCode, Failure> {
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
    Ok(ExitCode::SUCCESS)
}
