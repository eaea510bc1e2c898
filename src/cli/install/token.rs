//! `install token`

use std::process::ExitCode;

use clap::Args;

use super::{hooks, shown};
use crate::app;
use crate::cli::{Configured, Failure, typed};
use crate::connect::{self, Proof, Typed};
use crate::store::InstallSettings;
use crate::upkeep::leave_token;

#[derive(Debug, Args)]
pub struct Token {
    /// The install
    name: String,
    /// Save it without asking Recharge
    #[arg(long)]
    unchecked: bool,
    #[command(flatten)]
    configured: Configured,
}

impl Token {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let opened = self.configured.open().await?;
        let provider = app::recharge(&opened.config).map_err(Failure::failed)?;
        let record = opened.install(&self.name).await?;
        let (token, client_secret) = typed::token_and_client_secret()?;
        let typed = Typed {
            shop: record.shop.to_string(),
            name: record.name.to_string(),
            token,
            client_secret,
            ..Typed::default()
        };
        let wanted = typed.read(provider.as_ref()).map_err(shown::problems)?;
        if wanted.was_quoted {
            shown::was_quoted();
        }
        let checked = if self.unchecked {
            None
        } else {
            // Until here the old one is in use, and it stays so when this one is not accepted.
            let checked = connect::check(provider.as_ref(), &wanted).await;
            Some(checked.map_err(|rejected| {
                shown::rejected(
                    &rejected,
                    "the old token stays in use; try again, or save this one unchecked with `--unchecked`",
                )
            })?)
        };
        let withdrawn =
            leave_token(&opened.store, provider.as_ref(), &record, &wanted.token).await?;
        let now = opened.clock.now();
        let secret = wanted.client_secret.as_ref();
        if let Some(checked) = &checked {
            anstream::println!("the token is accepted, and may do:");
            shown::scopes(&checked.states);
        }
        let learn = |settings: &mut InstallSettings| {
            let Some(checked) = checked else {
                return settings.forget_shop();
            };
            let is_proven = checked.proof == Proof::Proven;
            settings.learn_anew(checked.scopes, checked.profile, is_proven);
        };
        opened
            .store
            .replace_token(&record.name, &wanted.token, secret, now, learn)
            .await?;
        let detail = match (self.unchecked, secret.is_some()) {
            (false, false) => "checked",
            (false, true) => "checked, with client secret",
            (true, false) => "unchecked",
            (true, true) => "unchecked, with client secret",
        };
        opened
            .note("install.token", ("install", record.name.as_str()), detail)
            .await?;
        anstream::println!("{}: the token is replaced", record.name);
        let record = opened.install(&self.name).await?;
        if !record.settings.shop_verified && !record.settings.links_confirmed {
            shown::not_verified(provider.as_ref(), &record);
        }
        hooks::withdrawn(&withdrawn);
        Ok(ExitCode::SUCCESS)
    }
}
