//! The last calls of each workspace, written down behind the answers.
//!
//! Only the last few of each workspace are ever shown, so only those wait to be written: under load the others are passed
//! over in memory, and the store is written to once a second.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};

use crate::clock::Clock;
use crate::domain::id::WorkspaceId;
use crate::store::{Call, MOST_CALLS, Store};
use crate::web::{Called, Calls};

/// After it was written to, the store is left alone for so long.
const REST: Duration = Duration::from_secs(1);

/// Calls that wait to be written, by workspace.
type Waiting = Arc<Mutex<BTreeMap<WorkspaceId, VecDeque<Called>>>>;

/// Takes calls without ever making an answer wait.
pub struct Diary {
    waiting: Waiting,
    bell: Arc<Notify>,
    /// Dropped with the diary, which ends the writer.
    _open: oneshot::Sender<()>,
}

/// Writes them down.
pub struct Writer {
    store: Store,
    clock: Clock,
    waiting: Waiting,
    bell: Arc<Notify>,
    closed: oneshot::Receiver<()>,
}

/// A diary and its writer.
pub fn diary(store: &Store, clock: &Clock) -> (Diary, Writer) {
    let (open, closed) = oneshot::channel();
    let (waiting, bell) = (Waiting::default(), Arc::new(Notify::new()));
    let diary = Diary {
        waiting: Arc::clone(&waiting),
        bell: Arc::clone(&bell),
        _open: open,
    };
    let writer = Writer {
        store: store.clone(),
        clock: clock.clone(),
        waiting,
        bell,
        closed,
    };
    (diary, writer)
}

impl Calls for Diary {
    fn note(&self, called: Called) {
        let most = usize::try_from(MOST_CALLS).unwrap_or_default();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let calls = waiting.entry(called.workspace.clone()).or_default();
        if calls.len() == most {
            calls.pop_front();
        }
        let is_first = calls.is_empty();
        calls.push_back(called);
        drop(waiting);
        if is_first {
            self.bell.notify_one();
        }
    }
}

impl Writer {
    /// Writes what comes, until nobody is there any more to note anything.
    pub async fn run(mut self) {
        loop {
            tokio::select! {
                () = self.bell.notified() => {}
                _ = &mut self.closed => break,
            }
            self.write().await;
            let rested = self.clock.deadline(REST);
            tokio::select! {
                () = rested.passed() => {}
                _ = &mut self.closed => break,
            }
        }
        self.write().await;
    }

    async fn write(&self) {
        let waiting =
            std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        let calls: Vec<Call> = waiting.into_values().flatten().map(call).collect();
        if let Err(error) = self.store.record_calls(&calls).await {
            tracing::warn!(%error, "calls are not written down");
        }
    }
}

fn call(called: Called) -> Call {
    Call {
        workspace: called.workspace,
        at: called.at,
        kind: called.kind.to_owned(),
        verdict: String::from(if called.refused.is_some() {
            "refused"
        } else {
            "good"
        }),
        outcome: called.outcome.map(|outcome| match called.people {
            0 => outcome.to_owned(),
            people => format!("{outcome} {people}"),
        }),
        duration_ms: i64::try_from(called.duration.as_millis()).unwrap_or(i64::MAX),
        cause: called
            .refused
            .or(called.problem.map(Cow::Borrowed))
            .map(Cow::into_owned),
    }
}
