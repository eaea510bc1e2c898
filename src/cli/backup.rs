//! `backup`: a consistent copy of the store.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::{Configured, Failure};

/// `sidecard backup`
#[derive(Debug, Args)]
pub struct Backup {
    /// Where the copy goes; nothing is written over
    file: PathBuf,
    #[command(flatten)]
    configured: Configured,
}

impl Backup {
    /// Writes it.
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let opened = self.configured.open().await?;
        // Noted first, so that the copy knows of itself.
        opened.note("store.backup", ("store", ""), "").await?;
        opened.store.backup(&self.file).await?;
        anstream::println!(
            "the copy is in {}; it opens with the same keys: keep {} in another place",
            self.file.display(),
            opened.config.store.keys_file.display()
        );
        Ok(ExitCode::SUCCESS)
    }
}
