//! Configuration, keys and store, for the commands that need all three.

use super::{Configured, Failure};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::install::InstallName;
use crate::store::{AuditEntry, InstallRecord, KeyError, KeyRing, Store, StoreError};

/// What most commands work with.
pub struct Opened {
    pub config: Config,
    pub store: Store,
    pub clock: Clock,
}

impl Configured {
    /// Opens the store with the keys. Both are made by hand, or where there is none; nothing is guessed.
    pub(super) async fn open(&self) -> Result<Opened, Failure> {
        let config = self.load()?;
        let clock = Clock::system();
        let keys = KeyRing::read(&config.store.keys_file)?;
        let store = Store::open(&config.store.url, keys, clock.now()).await?;
        Ok(Opened {
            config,
            store,
            clock,
        })
    }
}

impl Opened {
    /// Notes what the command did: the action, the kind of thing and which one. No personal data.
    pub async fn note(
        &self,
        action: &str,
        object: (&str, &str),
        detail: impl Into<String>,
    ) -> Result<(), Failure> {
        let entry = AuditEntry {
            at: self.clock.now(),
            who: "cli".into(),
            action: action.into(),
            kind: object.0.into(),
            object: object.1.into(),
            detail: detail.into(),
        };
        Ok(self.store.audit(&entry).await?)
    }

    /// The install of this name.
    pub async fn install(&self, name: &str) -> Result<InstallRecord, Failure> {
        let name = install_name(name)?;
        let found = self.store.install(&name).await?;
        Ok(found.ok_or(StoreError::NoSuchInstall(name))?)
    }

    /// The service's address: as it is seen from outside, or else as it listens.
    pub fn address(&self) -> String {
        let server = &self.config.server;
        match &server.public_url {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None => format!("http://{}", server.listen),
        }
    }
}

/// Reads the name of an install.
pub fn install_name(text: &str) -> Result<InstallName, Failure> {
    InstallName::parse(text).map_err(|error| Failure::Usage {
        message: format!("{error}: `{text}`"),
        hint: "`sidecard install list` shows the names that there are".into(),
    })
}

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        Self::Misfit(error.to_string())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let text = error.to_string();
        match error {
            StoreError::Postgres
            | StoreError::Address(_)
            | StoreError::WrongKeys { .. }
            | StoreError::InstallExists(_)
            | StoreError::NoSuchInstall(_) => Self::Misfit(text),
            _ => Self::Failed(text),
        }
    }
}
