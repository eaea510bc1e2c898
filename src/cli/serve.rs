//! `serve`: the service.

use std::process::ExitCode;

use clap::Args;

use super::{Configured, Failure, asked_to_stop};
use crate::app::App;

/// `sidecard serve`
#[derive(Debug, Args)]
pub struct Serve {
    #[command(flatten)]
    configured: Configured,
}

impl Serve {
    /// Serves until it is asked to stop; then finishes what is under way.
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let opened = self.configured.open().await?;
        let app = App::build(&opened.config, &opened.clock, &opened.store)
            .await
            .map_err(Failure::failed)?;
        anstream::println!("helpdesks ask at  http://{}", app.address());
        if let Some(admin) = app.admin_address() {
            anstream::println!("admin pages at    http://{admin}/admin");
        }
        if let Some(ops) = app.ops_address() {
            anstream::println!("metrics at        http://{ops}/metrics");
        }
        if let Some(url) = &opened.config.server.public_url {
            anstream::println!("known outside as  {}", url.as_str().trim_end_matches('/'));
        }
        if opened.store.people().await?.is_empty() {
            anstream::println!("nobody can log in there yet: sidecard admin reset");
        }
        if opened.store.installs().await?.is_empty() {
            anstream::println!("no shop is connected yet: sidecard install add --shop NAME");
        }
        anstream::println!("ctrl-c ends it");
        app.run(asked_to_stop()).await.map_err(Failure::failed)?;
        Ok(ExitCode::SUCCESS)
    }
}
