//! What runs beside the doors, over a store that outlives the process; and how it ends.

use std::future::Future;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::store::Store;

/// So long what is being stored may take at the end.
const LAST_WRITES: Duration = Duration::from_secs(5);

/// The tasks, and what they leave behind.
pub struct Behind {
    store: Store,
    clock: Clock,
    tasks: Vec<JoinHandle<()>>,
    finishing: Vec<JoinHandle<()>>,
}

impl Behind {
    /// Begins what `tasks` adds.
    pub fn begin(store: &Store, clock: &Clock, tasks: impl FnOnce(&mut Self)) -> Self {
        let mut behind = Self {
            store: store.clone(),
            clock: clock.clone(),
            tasks: Vec::new(),
            finishing: Vec::new(),
        };
        tasks(&mut behind);
        behind
    }

    /// Runs a task until the end.
    pub fn run(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.push(tokio::spawn(task));
    }

    /// Runs a task that ends by itself once the doors are closed.
    pub fn finish(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.finishing.push(tokio::spawn(task));
    }

    /// What is being written is written to its end; then the store is closed.
    pub async fn end(self) {
        for task in &self.tasks {
            task.abort();
        }
        let written = join_all(self.finishing);
        let limit = self.clock.deadline(LAST_WRITES);
        tokio::select! {
            _ = written => {}
            () = limit.passed() => {}
        }
        self.store.close().await;
    }
}
