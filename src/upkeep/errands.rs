//! What a hook gives cause to ask the provider for. Its path is not signed, so what only the path says is believed once
//! the provider says so too. One after the other, behind everything else: nobody waits for it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;

use super::Providers;
use crate::clock::Clock;
use crate::domain::access::Connected;
use crate::domain::id::CustomerId;
use crate::lookup::Lookups;
use crate::provider::{Credentials, Provider, ProviderError};
use crate::store::{Observation, Store, StoreError, Ticket};

/// So many may wait. One that finds no room comes again when its hook is due again.
const WAITING: usize = 1_024;

/// Something to ask the provider for.
#[derive(Debug, Clone)]
pub struct Errand {
    /// The hook that gave cause to it.
    pub ticket: Ticket,
    /// What to ask for.
    pub what: What,
}

/// What to ask for.
#[derive(Debug, Clone)]
pub enum What {
    /// Whether the customer is gone.
    Customer(CustomerId),
    /// Whether the credentials are refused.
    Token,
    /// What the shop is now.
    Shop,
}

/// Where errands stand in line: each once, however often its hook's turn comes meanwhile. Clones are the same line.
#[derive(Clone)]
pub struct ErrandLine {
    queue: mpsc::Sender<Errand>,
    standing: Arc<Standing>,
}

/// The hooks whose errands are in line, or being run.
#[derive(Default)]
struct Standing(Mutex<HashSet<Ticket>>);

impl Standing {
    fn all(&self) -> MutexGuard<'_, HashSet<Ticket>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ErrandLine {
    /// Joins the line, unless it stands there. `false`: there is no room.
    pub fn join(&self, errand: Errand) -> bool {
        let mut standing = self.standing.all();
        if standing.contains(&errand.ticket) {
            return true;
        }
        let ticket = errand.ticket.clone();
        let joined = self.queue.try_send(errand).is_ok();
        if joined {
            standing.insert(ticket);
        }
        joined
    }
}

/// Runs errands.
pub struct Errands {
    store: Store,
    lookups: Lookups,
    providers: Providers,
    clock: Clock,
    queue: mpsc::Receiver<Errand>,
    standing: Arc<Standing>,
}

/// Why an errand has to be run again.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Provider(#[from] ProviderError),
    #[error("the customer can't be read: {0}")]
    Reading(&'static str),
    /// Said once, when it began.
    #[error("the token is refused")]
    Shut,
}

impl Errands {
    /// The line, and who runs what stands there.
    pub fn new(
        store: &Store,
        lookups: &Lookups,
        providers: &Providers,
        clock: &Clock,
    ) -> (ErrandLine, Self) {
        let (sender, queue) = mpsc::channel(WAITING);
        let standing = Arc::new(Standing::default());
        let errands = Self {
            store: store.clone(),
            lookups: lookups.clone(),
            providers: providers.clone(),
            clock: clock.clone(),
            queue,
            standing: Arc::clone(&standing),
        };
        let line = ErrandLine {
            queue: sender,
            standing,
        };
        (line, errands)
    }

    /// Runs them, one after the other.
    pub async fn run(mut self) {
        while let Some(errand) = self.queue.recv().await {
            match self.go(&errand).await {
                Ok(()) | Err(Failed::Shut) => {}
                Err(failed) => tracing::warn!(
                    install = errand.ticket.install.as_str(),
                    topic = errand.ticket.topic,
                    %failed,
                    "what a hook says could not be looked at: it is tried again"
                ),
            }
            self.standing.all().remove(&errand.ticket);
        }
    }

    async fn go(&self, errand: &Errand) -> Result<(), Failed> {
        let name = &errand.ticket.install;
        let Some(record) = self.store.install(name).await? else {
            return Ok(());
        };
        // Until it is connected again it is asked only whether it is uninstalled.
        if record.must_reconnect() && !matches!(errand.what, What::Token) {
            return Err(Failed::Shut);
        }
        let install = Arc::new(record.connected());
        match (&errand.what, self.providers.get(record.provider.as_str())) {
            (What::Customer(customer), _) => self.reread(&install, customer).await?,
            (What::Token, Some(provider)) => self.ask_for_token(&install, provider).await?,
            (What::Shop, Some(provider)) => self.ask_for_shop(&install, provider).await?,
            (_, None) => {}
        }
        let done = Observation {
            install: name,
            customers: &[],
            asked: &[],
            deleted: &[],
            tickets: std::slice::from_ref(&errand.ticket),
        };
        self.store.observe(done, self.clock.now()).await?;
        Ok(())
    }

    /// Reads a customer who seems to be gone. If they are, storing that removes what is known of them.
    async fn reread(&self, install: &Arc<Connected>, customer: &CustomerId) -> Result<(), Failed> {
        if self.store.is_known(&install.install.name, customer).await? {
            let read = self.lookups.reread(install, customer).await;
            read.map_err(|reason| Failed::Reading(reason.as_str()))?;
        }
        Ok(())
    }

    /// The app seems to be gone from the shop: if its token is refused, nothing of its customers is kept.
    async fn ask_for_token(
        &self,
        install: &Connected,
        provider: &Arc<dyn Provider>,
    ) -> Result<(), Failed> {
        let name = &install.install.name;
        match provider.token(&self.with(install, provider)).await {
            Ok(_) => Ok(()),
            Err(ProviderError::Refused) => {
                // No card from here on; and once it is all removed, nothing in memory either.
                self.lookups.doubt_credentials(name);
                self.store.shut_install(name, self.clock.now()).await?;
                self.lookups.start_anew(name);
                self.lookups.doubt_credentials(name);
                tracing::warn!(
                    install = name.as_str(),
                    "it is uninstalled, and everything of its customers is removed"
                );
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn ask_for_shop(
        &self,
        install: &Connected,
        provider: &Arc<dyn Provider>,
    ) -> Result<(), Failed> {
        let name = &install.install.name;
        let profile = provider.shop(&self.with(install, provider)).await?;
        if profile != install.profile {
            let set = |settings: &mut crate::store::InstallSettings| settings.profile = profile;
            self.store.set_install(name, self.clock.now(), set).await?;
        }
        self.lookups.forget_shop(name);
        Ok(())
    }

    fn with(&self, install: &Connected, provider: &Arc<dyn Provider>) -> Credentials {
        let name = &install.install.name;
        self.lookups
            .setup_credentials(name, &**provider, &install.token)
    }
}
