//! What lookups say of changes, told to the pages that are open.

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::lookup::Changed;
use crate::web::{Change, Live};

/// Tells open pages for as long as lookups go on.
pub async fn run(mut changes: Receiver<Changed>, live: Live) {
    loop {
        match changes.recv().await {
            Ok(changed) => {
                let install = changed.install;
                for subject in changed.subjects {
                    live.tell(Change::Subject(install.clone(), subject));
                }
                live.tell(Change::Customer(install, changed.customer));
            }
            // Which ones were missed is not known: every page looks again.
            Err(RecvError::Lagged(_)) => live.tell(Change::Missed),
            Err(RecvError::Closed) => return,
        }
    }
}
