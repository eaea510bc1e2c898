//! `forget`: one person goes, everywhere.

use std::process::ExitCode;

use clap::Args;

use super::kustomer::leaving;
use super::opened::Opened;
use super::{Configured, Failure};
use crate::app;
use crate::domain::email::Email;
use crate::domain::id::{CustomerId, is_numeric_id};
use crate::domain::install::InstallName;
use crate::domain::question::Subject;
use crate::provider::Credentials;
use crate::store::{Erased, InstallRecord, Whom};

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
        let subject = subject(&self.whom)?;
        let opened = self.configured.open().await?;
        let record = opened.install(&self.install).await?;
        let (install, now) = (&record.name, opened.clock.now());
        let mut erased = Erased::default();
        let mut unasked = None;
        if let Subject::Email(email) = &subject {
            let whom = Whom::Email(email.clone());
            erased = opened.store.erase(install, &whom, now).await?;
            // Links may be all that is left of somebody whom nobody has looked at for long.
            match named(&opened, &record, &subject).await {
                Ok(customers) => {
                    for customer in customers {
                        erased = erased.and(of_one(&opened, install, customer).await?);
                    }
                }
                Err(why) => unasked = Some(why),
            }
        } else if let Subject::Customer(customer) = &subject {
            erased = of_one(&opened, install, customer.clone()).await?;
        }
        let key = opened.store.fingerprint_key();
        let print = subject.key().fingerprint(&key).to_string();
        let counts = format!(
            "customers: {}, records: {}, links: {}, hooks: {}, objects on timelines: {}",
            erased.customers.len(),
            erased.records,
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
        if erased.is_nothing() {
            anstream::println!("nothing of them is kept at {install}");
        } else {
            anstream::println!("gone at {install} ({counts})");
            anstream::println!(
                "  a running service lets go of them within a second or two; backups made before still hold them, sealed"
            );
            leaving(erased.objects);
            anstream::println!(
                "  Recharge still has them: for 30 days lookups show Recharge's answer and store nothing"
            );
        }
        if let Some(why) = unasked {
            anstream::eprintln!(
                "note: Recharge can't be asked whose address this is: {why}\n  hint: links to somebody who has not been looked up for long may be left; run this again later, or with their customer id"
            );
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// An address, or else an id, which is a number at Recharge: anything else is a slip, and names nobody.
fn subject(whom: &str) -> Result<Subject, Failure> {
    let whom = whom.trim();
    let usage = |message: String| Failure::Usage {
        message,
        hint: "write one address, or a customer id as Recharge shows it, like `176700001`".into(),
    };
    if whom.contains('@') {
        let email = Email::parse(whom).map_err(|error| usage(error.to_string()))?;
        return Ok(Subject::Email(email));
    }
    if is_numeric_id(whom) {
        Ok(Subject::Customer(CustomerId::new(whom)))
    } else {
        Err(usage(
            "this is neither an email address nor a customer id".into(),
        ))
    }
}

/// The customers who have the address at the provider, or why it can't be asked.
async fn named(
    opened: &Opened,
    record: &InstallRecord,
    subject: &Subject,
) -> Result<Vec<CustomerId>, String> {
    let provider = app::recharge(&opened.config).map_err(|error| error.to_string())?;
    let token = record.token.clone();
    let token = token.map_err(|error| format!("its token can't be opened: {error}"))?;
    let asked = provider.customers(&Credentials::new(token), subject).await;
    let rows = asked.map_err(|error| error.label().to_owned())?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Erases by id. One of whom nothing was kept does not count.
async fn of_one(
    opened: &Opened,
    install: &InstallName,
    customer: CustomerId,
) -> Result<Erased, Failure> {
    let whom = Whom::Customer(customer);
    let now = opened.clock.now();
    let erased = opened.store.erase(install, &whom, now).await?;
    Ok(if erased.is_nothing() {
        Erased::default()
    } else {
        erased
    })
}
