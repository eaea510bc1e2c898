//! `install list`

use std::process::ExitCode;

use clap::Args;

use super::shown;
use crate::app;
use crate::cli::{Configured, Failure};
use crate::upkeep::off;

#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    configured: Configured,
}

impl List {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let opened = self.configured.open().await?;
        let installs = opened.store.installs().await?;
        if installs.is_empty() {
            anstream::println!("no shop is connected");
            anstream::println!("next: sidecard install add --shop NAME");
            return Ok(ExitCode::SUCCESS);
        }
        let width = |texts: Vec<usize>, head: &str| {
            let longest = texts.into_iter().max().unwrap_or_default();
            longest.max(head.len())
        };
        let name = width(
            installs.iter().map(|i| i.name.as_str().len()).collect(),
            "NAME",
        );
        let shop = width(
            installs.iter().map(|i| i.shop.as_str().len()).collect(),
            "SHOP",
        );
        anstream::println!(
            "{:name$}  {:shop$}  {:10}  {:8}  STATE",
            "NAME",
            "SHOP",
            "ADDED",
            "WEBHOOKS"
        );
        let outside = app::public_url(&opened.config);
        for install in &installs {
            anstream::println!(
                "{:name$}  {:shop$}  {}  {:8}  {}",
                install.name.as_str(),
                install.shop.as_str(),
                install.created_at.format("%Y-%m-%d"),
                match off(install, outside.as_deref()) {
                    None => "on",
                    Some(_) => "off",
                },
                shown::state(install)
            );
        }
        Ok(ExitCode::SUCCESS)
    }
}
