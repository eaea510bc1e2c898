//! `unlink`: removes the links of one helpdesk profile.

use std::process::ExitCode;

use clap::Args;

use super::{Configured, Failure};
use crate::store::{LinkKind, RemovedLink};

/// `sidecard unlink`
#[derive(Debug, Args)]
pub struct Unlink {
    /// The workspace: its id, or its name
    #[arg(long, value_name = "ID")]
    workspace: String,
    /// The customer's id in the helpdesk, exactly as the helpdesk sends it
    profile: String,
    #[command(flatten)]
    configured: Configured,
}

impl Unlink {
    /// Removes the links at every shop and prints each. Fails when the profile has none.
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let opened = self.configured.open().await?;
        let workspace = opened.workspace(&self.workspace).await?.id;
        let removed = opened.store.remove_links(&workspace, &self.profile).await?;
        if removed.is_empty() {
            return Err(Failure::Failed(format!(
                "this profile has no link in workspace {workspace}\n  hint: write the profile exactly as the helpdesk sends it; upper and lower case differ"
            )));
        }
        let key = opened.store.fingerprint_key();
        let profile = key.in_workspace("profile", &workspace, &self.profile);
        opened
            .note(
                "link.remove",
                ("workspace", workspace.as_str()),
                RemovedLink::audit_detail(&removed, &profile),
            )
            .await?;
        for link in &removed {
            anstream::println!("{}", said(link));
        }
        anstream::println!("the next view of the card looks the customer up by email again");
        Ok(ExitCode::SUCCESS)
    }
}

fn said(link: &RemovedLink) -> String {
    let install = &link.install;
    match (&link.customer, link.kind) {
        (Some(customer), LinkKind::Auto) => {
            format!("{install}: removed the automatic link to customer {customer}")
        }
        (Some(customer), LinkKind::Manual) => {
            format!("{install}: removed the link that an agent made to customer {customer}")
        }
        (None, _) => format!("{install}: removed the mark \"not this customer\""),
    }
}
