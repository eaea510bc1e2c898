//! `install check`

use std::process::ExitCode;

use clap::Args;

use super::{hooks, shown};
use crate::app;
use crate::cli::opened::Opened;
use crate::cli::{Configured, Failure};
use crate::connect::{self, Proof, Rejected, Wanted};
use crate::provider::Provider;
use crate::store::InstallRecord;

#[derive(Debug, Args)]
pub struct Check {
    /// This one alone [default: all of them]
    name: Option<String>,
    /// Have Recharge send a webhook, and wait for it: can it reach us?
    #[arg(long)]
    reach: bool,
    #[command(flatten)]
    configured: Configured,
}

impl Check {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let opened = self.configured.open().await?;
        let provider = app::recharge(&opened.config).map_err(Failure::failed)?;
        let installs = match &self.name {
            Some(name) => vec![opened.install(name).await?],
            None => opened.store.installs().await?,
        };
        if installs.is_empty() {
            anstream::println!("no shop is connected");
        }
        let mut code = ExitCode::SUCCESS;
        for record in &installs {
            let mut done = recheck(&opened, provider.as_ref(), record).await;
            if done.is_ok() && self.reach {
                done = hooks::try_reach(&opened, provider.as_ref(), record).await;
            }
            if let Err(failure) = done {
                anstream::eprintln!("{}", failure.about(&record.name));
                code = ExitCode::FAILURE;
            }
        }
        Ok(code)
    }
}

/// Asks the provider about one install, and writes down what it says.
pub async fn recheck(
    opened: &Opened,
    provider: &dyn Provider,
    record: &InstallRecord,
) -> Result<(), Failure> {
    let (store, name) = (&opened.store, &record.name);
    let object = ("install", name.as_str());
    let token = record.token.clone().map_err(|error| {
        Failure::Failed(format!(
            "its token can't be opened: {error}\n  hint: put the key that is missing back into the keys file, or give a new token with `sidecard install token {name}`"
        ))
    })?;
    let wanted = Wanted {
        shop: record.shop.clone(),
        name: name.clone(),
        token,
        client_secret: None,
        contact: None,
        customer_link: None,
        subscription_link: None,
        was_quoted: false,
    };
    let checked = match connect::check(provider, &wanted).await {
        Ok(checked) => checked,
        Err(rejected) => {
            let word = match &rejected {
                Rejected::Refused => {
                    store.mark_reconnect(name, opened.clock.now()).await?;
                    "refused"
                }
                Rejected::OtherShop { .. } => {
                    // Its links would lead into a dashboard that is not this shop's.
                    store
                        .set_install(name, opened.clock.now(), |settings| {
                            settings.shop_verified = false;
                            settings.links_confirmed = false;
                        })
                        .await?;
                    "another shop's"
                }
                Rejected::TooLittle(states) => {
                    shown::scopes(states);
                    "may do too little"
                }
                Rejected::NotAsked(_) => "not asked",
            };
            opened.note("install.check", object, word).await?;
            let renew = format!("try again later with `sidecard install check {name}`");
            return Err(shown::rejected(&rejected, &renew));
        }
    };
    store.mark_ok(name).await?;
    let is_proven = checked.proof == Proof::Proven;
    store
        .set_install(name, opened.clock.now(), |settings| {
            settings.learn(checked.scopes, checked.profile, is_proven);
        })
        .await?;
    opened.note("install.check", object, "accepted").await?;
    anstream::println!("{name}: the token is accepted, and may do:");
    shown::scopes(&checked.states);
    let record = opened.install(name.as_str()).await?;
    if !record.settings.shop_verified && !record.settings.links_confirmed {
        shown::not_verified(provider, &record);
    }
    hooks::show(opened, provider, &record).await
}
