//! `kustomer app`

use std::process::ExitCode;

use clap::Args;

use super::Chosen;
use crate::cli::Failure;

#[derive(Debug, Args)]
pub struct App {
    #[command(flatten)]
    chosen: Chosen,
}

impl App {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let (opened, record) = self.chosen.open().await?;
        let definition = self.chosen.definition(&opened, &record)?;
        anstream::println!("{definition:#}");
        Ok(ExitCode::SUCCESS)
    }
}
