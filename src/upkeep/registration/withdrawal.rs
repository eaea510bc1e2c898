//! Ours are removed at the provider, as far as it lets us: an install goes, or its token. What stays there is sent to an
//! address that accepts nothing any more, and the provider lets it go after two days.

use crate::domain::secret::Secret;
use crate::provider::{Credentials, Provider, ProviderError};
use crate::store::{InstallRecord, Store, StoreError};

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Withdrawn {
    /// Addresses that are removed.
    pub removed: u32,
    /// Addresses that could not be …
    pub left: u32,
    /// … and why.
    pub why: Option<ProviderError>,
}

/// Removes all addresses of an install at its provider. To be called before the install itself is removed.
pub async fn withdraw(
    store: &Store,
    provider: &dyn Provider,
    record: &InstallRecord,
) -> Result<Withdrawn, StoreError> {
    let hooks = store.hooks(&record.name).await?;
    let Ok(token) = &record.token else {
        return Ok(Withdrawn {
            left: u32::try_from(hooks.len()).unwrap_or(u32::MAX),
            ..Withdrawn::default()
        });
    };
    let with = Credentials::new(token.clone());
    let mut withdrawn = Withdrawn::default();
    for hook in &hooks {
        let removed = match withdrawn.why {
            // The next would fail as well.
            Some(_) => None,
            None => Some(provider.remove_webhook(&with, &hook.id).await),
        };
        match removed {
            Some(Ok(()) | Err(ProviderError::NotFound)) => {
                store.forget_hook(&record.name, &hook.id).await?;
                withdrawn.removed += 1;
            }
            Some(Err(error)) => {
                withdrawn.left += 1;
                withdrawn.why = Some(error);
            }
            None => withdrawn.left += 1,
        }
    }
    Ok(withdrawn)
}

/// Another token takes the place of `record`'s. Addresses belong to a token, or to its app: where the new one does not list
/// ours, they are removed with the old one, and the service registers them anew.
pub async fn leave_token(
    store: &Store,
    provider: &dyn Provider,
    record: &InstallRecord,
    new: &Secret<String>,
) -> Result<Withdrawn, StoreError> {
    let hooks = store.hooks(&record.name).await?;
    if hooks.is_empty() {
        return Ok(Withdrawn::default());
    }
    let listed = provider.webhooks(&Credentials::new(new.clone())).await;
    let is_listed = |id: &str| match &listed {
        Ok(all) => all.iter().any(|webhook| webhook.id == id),
        // It can't be told: the service finds out.
        Err(_) => true,
    };
    if hooks.iter().any(|hook| is_listed(&hook.id)) {
        return Ok(Withdrawn::default());
    }
    let Ok(old) = &record.token else {
        return Ok(Withdrawn::default());
    };
    let with = Credentials::new(old.clone());
    let mut withdrawn = Withdrawn::default();
    for hook in &hooks {
        // The record stays: the service finds it gone, and knows that something may have been missed.
        match provider.remove_webhook(&with, &hook.id).await {
            Ok(()) | Err(ProviderError::NotFound) => withdrawn.removed += 1,
            Err(error) => {
                withdrawn.left = u32::try_from(hooks.len()).unwrap_or(u32::MAX) - withdrawn.removed;
                withdrawn.why = Some(error);
                break;
            }
        }
    }
    Ok(withdrawn)
}
