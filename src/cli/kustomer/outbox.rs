//! `kustomer outbox`: what Kustomer is still to be told, and what it never took.

use std::process::ExitCode;

use clap::Args;

use super::chosen_workspace;
use crate::cli::{Configured, Failure};
use crate::helpdesk::kustomer::Choices;
use crate::views::format::machine_instant;
use crate::views::text::kustomer as text;

/// So many parked entries are printed at most.
const MOST: u32 = 20;

#[derive(Debug, Args)]
pub struct Outbox {
    /// The workspace: its id, or its name
    #[arg(long, value_name = "ID")]
    workspace: String,
    /// Try what is parked once more, and a key that was refused
    #[arg(long)]
    retry: bool,
    #[command(flatten)]
    configured: Configured,
}

impl Outbox {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let (opened, record) = chosen_workspace(&self.configured, &self.workspace).await?;
        let (store, id, now) = (&opened.store, &record.id, opened.clock.now());
        if self.retry {
            let retried = store.retry_parked(id, now).await?;
            let object = ("workspace", id.as_str());
            opened
                .note("outbox.retry", object, format!("entries: {retried}"))
                .await?;
            anstream::println!(
                "tried again: {retried} (by the running service, within a second or two)"
            );
            return Ok(ExitCode::SUCCESS);
        }
        let (there, nobodys) = store.objects_count(id).await?;
        let depth = store.outbox_depth(id).await?;
        let standing = store.timeline(id).await?;
        anstream::println!("on timelines   {there}");
        anstream::println!("left out       {nobodys} (Kustomer does not know the customer)");
        let oldest = depth
            .oldest
            .map(|at| format!(", since {}", machine_instant(at)));
        anstream::println!(
            "waiting        {}{}",
            depth.waiting,
            oldest.unwrap_or_default()
        );
        anstream::println!("parked         {}", depth.parked);
        let told = standing.told_at.map_or("never".to_owned(), machine_instant);
        anstream::println!("told last      {told}");
        if let Some((trouble, at)) = &standing.trouble {
            anstream::println!("last trouble   {}  {trouble}", machine_instant(*at));
        }
        for parked in store.parked_entries(id, MOST).await? {
            anstream::println!("  {}  {}", parked.external_id, parked.reason);
        }
        if depth.parked > u64::from(MOST) {
            anstream::println!("  and {} more", depth.parked - u64::from(MOST));
        }
        let settings = record.settings.helpdesk.settings();
        if let Err(missing) = Choices(&settings).timeline() {
            anstream::println!("{}", missing.words());
        }
        if standing.refused_at.is_some() {
            anstream::println!(
                "{}\n  hint: give the workspace another key: sidecard workspace set {id} --set-stdin api_key",
                text::RECONNECT
            );
        } else if depth.parked > 0 {
            anstream::println!(
                "next: sidecard kustomer outbox --workspace {id} --retry   tries what is parked once more"
            );
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Says what is still to go from helpdesks, and who sees to it.
pub fn leaving(objects: u64) {
    if objects > 0 {
        anstream::println!(
            "  objects on Kustomer's timelines: {objects}; a running service removes them, and tries to for at least 7 days"
        );
    }
}
