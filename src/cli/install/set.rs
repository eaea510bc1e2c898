//! `install set`

use std::process::ExitCode;

use clap::Args;

use super::shown;
use crate::app;
use crate::cli::{Configured, Failure};
use crate::connect::{Field, Typed};
use crate::domain::secret::Secret;

#[derive(Debug, Args)]
pub struct Set {
    /// The install
    name: String,
    /// Whom agents ask when it must be reconnected; "" for nobody
    #[arg(long)]
    contact: Option<String>,
    /// Your own form of a customer's page, with {id} and perhaps {shop}; "" for the usual one
    #[arg(long, value_name = "TEMPLATE")]
    customer_link: Option<String>,
    /// … and of a subscription's
    #[arg(long, value_name = "TEMPLATE")]
    subscription_link: Option<String>,
    /// You have followed a link, and it led into this shop's dashboard
    #[arg(long)]
    links_confirmed: bool,
    #[command(flatten)]
    configured: Configured,
}

impl Set {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let opened = self.configured.open().await?;
        let provider = app::recharge(&opened.config).map_err(Failure::failed)?;
        let record = opened.install(&self.name).await?;
        let changes: Vec<&str> = [
            ("contact", self.contact.is_some()),
            ("customer link", self.customer_link.is_some()),
            ("subscription link", self.subscription_link.is_some()),
            ("links confirmed", self.links_confirmed),
        ]
        .into_iter()
        .filter_map(|(what, given)| given.then_some(what))
        .collect();
        if changes.is_empty() {
            return Err(Failure::Usage {
                message: "there is nothing to change".into(),
                hint: "give `--contact`, `--customer-link`, `--subscription-link` or `--links-confirmed`".into(),
            });
        }
        let given = |text: &Option<String>| text.clone().unwrap_or_default();
        let typed = Typed {
            shop: record.shop.to_string(),
            name: record.name.to_string(),
            // Stands in for the one that is there: the rest is what is read here.
            token: Secret::new("unchanged".into()),
            contact: given(&self.contact),
            customer_link: given(&self.customer_link),
            subscription_link: given(&self.subscription_link),
            ..Typed::default()
        };
        let wanted = typed.read(provider.as_ref()).map_err(|mut problems| {
            problems.retain(|problem| problem.field != Field::Token);
            shown::problems(problems)
        })?;
        opened
            .store
            .set_install(&record.name, opened.clock.now(), |settings| {
                if self.contact.is_some() {
                    settings.contact = wanted.contact;
                }
                if self.customer_link.is_some() {
                    settings.customer_link = wanted.customer_link;
                }
                if self.subscription_link.is_some() {
                    settings.subscription_link = wanted.subscription_link;
                }
                settings.links_confirmed |= self.links_confirmed;
            })
            .await?;
        let changes = changes.join(", ");
        opened
            .note(
                "install.set",
                ("install", record.name.as_str()),
                changes.clone(),
            )
            .await?;
        anstream::println!("{}: {changes}: saved", record.name);
        Ok(ExitCode::SUCCESS)
    }
}
