//! `install remove`

use std::process::ExitCode;

use clap::Args;

use super::hooks;
use crate::app;
use crate::cli::kustomer::leaving;
use crate::cli::{Configured, Failure, typed};
use crate::store::StoreError;
use crate::upkeep::withdraw;

#[derive(Debug, Args)]
pub struct Remove {
    /// The install
    name: String,
    /// Don't ask
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    configured: Configured,
}

impl Remove {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let opened = self.configured.open().await?;
        let record = opened.install(&self.name).await?;
        let name = &record.name;
        let workspaces = opened.store.workspaces().await?;
        let joined = workspaces
            .iter()
            .filter(|workspace| workspace.settings.installs.contains(name))
            .count();
        if !self.yes {
            anstream::eprintln!(
                "{name} goes, with its token, its cards, its links and its images; workspaces that show it: {joined}. The token itself stays good in Recharge until it is deleted there."
            );
            let typed = typed::answer("Type its name to remove it: ")?;
            if typed.as_deref() != Some(name.as_str()) {
                return Err(Failure::Usage {
                    message: format!("`{name}` is not removed"),
                    hint: "type its name when asked, or give `--yes`".into(),
                });
            }
        }
        let provider = app::recharge(&opened.config).map_err(Failure::failed)?;
        let withdrawn = withdraw(&opened.store, provider.as_ref(), &record).await?;
        let removed = opened
            .store
            .remove_install(name, opened.clock.now())
            .await?;
        let removed = removed.ok_or_else(|| StoreError::NoSuchInstall(name.clone()))?;
        let counts = format!(
            "customers: {}, links: {}, images: {}, hooks: {}, objects on timelines: {}, workspaces left without it: {}",
            removed.customers,
            removed.links,
            removed.images,
            removed.hooks,
            removed.objects,
            removed.workspaces
        );
        opened
            .note("install.remove", ("install", name.as_str()), counts.clone())
            .await?;
        anstream::println!("{name} is removed ({counts})");
        hooks::withdrawn(&withdrawn);
        leaving(removed.objects);
        Ok(ExitCode::SUCCESS)
    }
}
