//! `install add`

use std::process::ExitCode;

use clap::Args;

use super::{hooks, shown};
use crate::app;
use crate::cli::{Configured, Failure, typed};
use crate::connect::{self, Proof, Typed};
use crate::store::{InstallSettings, NewInstall, StoreError};
use crate::upkeep::off;

#[derive(Debug, Args)]
pub struct Add {
    /// The shop's Shopify name, in any spelling: acme-usa, acme-usa.myshopify.com, the address of its admin
    #[arg(long)]
    shop: String,
    /// What the install is called from now on [default: the shop]
    #[arg(long, default_value = "", hide_default_value = true)]
    name: String,
    /// Where its subscriptions are
    #[arg(long, default_value = "recharge")]
    provider: String,
    /// Whom agents ask when it must be reconnected, like "Dana, #cx-tools"
    #[arg(long, default_value = "", hide_default_value = true)]
    contact: String,
    /// Your own form of a customer's page, with {id} and perhaps {shop}
    #[arg(
        long,
        default_value = "",
        hide_default_value = true,
        value_name = "TEMPLATE"
    )]
    customer_link: String,
    /// … and of a subscription's
    #[arg(
        long,
        default_value = "",
        hide_default_value = true,
        value_name = "TEMPLATE"
    )]
    subscription_link: String,
    /// Save it without asking Recharge
    #[arg(long)]
    unchecked: bool,
    #[command(flatten)]
    configured: Configured,
}

impl Add {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let opened = self.configured.open().await?;
        let provider = app::recharge(&opened.config).map_err(Failure::failed)?;
        if self.provider != provider.name() {
            return Err(Failure::Usage {
                message: format!("there is no such provider: `{}`", self.provider),
                hint: format!("write `--provider {}`, or leave it out", provider.name()),
            });
        }
        let (token, client_secret) = typed::token_and_client_secret()?;
        let typed = Typed {
            shop: self.shop,
            name: self.name,
            token,
            client_secret,
            contact: self.contact,
            customer_link: self.customer_link,
            subscription_link: self.subscription_link,
        };
        let wanted = typed.read(provider.as_ref()).map_err(shown::problems)?;
        if wanted.was_quoted {
            shown::was_quoted();
        }
        if opened.store.install(&wanted.name).await?.is_some() {
            return Err(StoreError::InstallExists(wanted.name).into());
        }
        let mut settings = InstallSettings {
            contact: wanted.contact.clone(),
            customer_link: wanted.customer_link.clone(),
            subscription_link: wanted.subscription_link.clone(),
            ..InstallSettings::default()
        };
        if !self.unchecked {
            let checked = connect::check(provider.as_ref(), &wanted)
                .await
                .map_err(|rejected| {
                    if let connect::Rejected::TooLittle(states) = &rejected {
                        shown::scopes(states);
                    }
                    shown::rejected(
                        &rejected,
                        "nothing is saved; try again, or save it unchecked with `--unchecked`",
                    )
                })?;
            anstream::println!("the token is accepted, and may do:");
            shown::scopes(&checked.states);
            settings.shop_verified = checked.proof == Proof::Proven;
            settings.scopes = checked.scopes;
            settings.profile = checked.profile;
        }
        let name = wanted.name.clone();
        let new = NewInstall {
            name: wanted.name,
            provider: provider.name().into(),
            shop: wanted.shop,
            settings,
            token: wanted.token,
            client_secret: wanted.client_secret,
        };
        opened.store.add_install(&new, opened.clock.now()).await?;
        let proof = match (self.unchecked, new.settings.shop_verified) {
            (true, _) => "unchecked",
            (_, true) => "shop verified",
            (_, false) => "shop not verified",
        };
        opened
            .note("install.add", ("install", name.as_str()), proof)
            .await?;
        anstream::println!("connected: {name} ({proof})");
        if self.unchecked {
            anstream::println!(
                "  ask Recharge as soon as it is reached: sidecard install check {name}"
            );
        }
        if !new.settings.shop_verified {
            let record = opened.install(name.as_str()).await?;
            shown::not_verified(provider.as_ref(), &record);
        }
        let outside = app::public_url(&opened.config);
        let record = opened.install(name.as_str()).await?;
        match off(&record, outside.as_deref()) {
            Some(off) => anstream::println!("  {}", hooks::without(off, &record)),
            None => {
                anstream::println!("  webhooks: `sidecard serve` registers them within seconds")
            }
        }
        anstream::println!("next: sidecard workspace add --install {name} --helpdesk json");
        Ok(ExitCode::SUCCESS)
    }
}
