//! The last calls of each workspace, written down behind the answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;

use crate::store::{Call, Store};
use crate::web::{Called, Calls};

/// So many may wait to be written; more are left out.
const WAITING: usize = 1_024;
/// So many are written at once.
const BATCH: usize = 256;

/// Takes calls without ever making an answer wait.
pub struct Diary {
    sender: mpsc::Sender<Call>,
    left_out: Arc<AtomicU64>,
}

/// Writes them down.
pub struct Writer {
    store: Store,
    calls: mpsc::Receiver<Call>,
    left_out: Arc<AtomicU64>,
}

/// A diary and its writer.
pub fn diary(store: &Store) -> (Diary, Writer) {
    let (sender, calls) = mpsc::channel(WAITING);
    let left_out = Arc::new(AtomicU64::new(0));
    let diary = Diary {
        sender,
        left_out: Arc::clone(&left_out),
    };
    let writer = Writer {
        store: store.clone(),
        calls,
        left_out,
    };
    (diary, writer)
}

impl Calls for Diary {
    fn note(&self, called: Called) {
        let call = Call {
            workspace: called.workspace,
            at: called.at,
            kind: called.kind,
            verdict: String::from(if called.refused.is_some() {
                "refused"
            } else {
                "good"
            }),
            outcome: called.outcome.map(str::to_owned),
            duration_ms: i64::try_from(called.duration.as_millis()).unwrap_or(i64::MAX),
            cause: called.refused.or(called.problem).map(str::to_owned),
        };
        if self.sender.try_send(call).is_err() {
            self.left_out.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Writer {
    /// Writes what comes, until nobody is there any more to note anything.
    pub async fn run(mut self) {
        let mut batch = Vec::new();
        while self.calls.recv_many(&mut batch, BATCH).await > 0 {
            if let Err(error) = self.store.record_calls(&batch).await {
                tracing::warn!(%error, "calls are not written down");
            }
            batch.clear();
            let left_out = self.left_out.swap(0, Ordering::Relaxed);
            if left_out > 0 {
                tracing::warn!(
                    left_out,
                    "calls came faster than they could be written down"
                );
            }
        }
    }
}
