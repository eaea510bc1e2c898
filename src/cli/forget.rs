//! `forget`: one person goes, everywhere.

use std::process::ExitCode;

use clap::Args;

use super::kustomer::leaving;
use super::{Configured, Failure};
use crate::domain::email::Email;
use crate::domain::id::CustomerId;
use crate::domain::question::Subject;
use crate::store::Whom;

/// `sidecard forget`
#[derive(Debug, Args)]
pub struct Forget {
    /// At this install
    #[arg(long, value_name = "NAME")]
    install: String,
    /// Their email address, or their customer id at Recharge
    #[arg(value_name = "EMAIL|ID")]
    whom: String,
    #[command(flatten)]
    configured: Configured,
}

impl Forget {
    /// Erases, and prints what went.
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let (whom, subject) = if self.whom.contains('@') {
            let email = Email::parse(&self.whom).map_err(|error| Failure::Usage {
                message: error.to_string(),
                hint: "write one address, or a customer's id".into(),
            })?;
            (Whom::Email(email.clone()), Subject::Email(email))
        } else {
            let id = CustomerId::new(self.whom.trim());
            (Whom::Customer(id.clone()), Subject::Customer(id))
        };
        let opened = self.configured.open().await?;
        let install = opened.install(&self.install).await?.name;
        let erased = opened
            .store
            .erase(&install, &whom, opened.clock.now())
            .await?;
        let key = opened.store.fingerprint_key();
        let print = subject.key().fingerprint(&key).to_string();
        let counts = format!(
            "customers: {}, snapshots: {}, resolutions: {}, links: {}, hooks: {}, objects on timelines: {}",
            erased.customers.len(),
            erased.snapshots,
            erased.resolutions,
            erased.links,
            erased.hooks,
            erased.objects
        );
        opened
            .note(
                "person.forget",
                ("person", &print),
                format!("{install}: {counts}"),
            )
            .await?;
        anstream::println!("gone at {install} ({counts})");
        anstream::println!(
            "  a running service lets go of them within a second or two; backups made before still hold them, sealed"
        );
        leaving(erased.objects);
        anstream::println!("  Recharge still has them: ask for them again and they are back");
        Ok(ExitCode::SUCCESS)
    }
}
