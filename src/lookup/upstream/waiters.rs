//! The agents that wait for a fetch. Its callers add themselves; its place in the queue follows.

use std::sync::Arc;

use tokio::sync::watch;

use super::priority::Priority;

/// The waiters of one fetch. Clones share them.
#[derive(Debug, Clone)]
pub struct Waiters(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: watch::Sender<State>,
    /// Requests of this fetch that are in the rate limiter's queue.
    queued: watch::Sender<usize>,
}

/// Everything that decides a fetch's priority.
#[derive(Debug, Clone, Copy)]
pub struct State {
    /// Agents that wait now.
    agents: usize,
    /// An agent started the fetch.
    started_by_agent: bool,
    /// A background job needs the result, too.
    kept_running: bool,
    /// The priority while no agent waits.
    base: Priority,
}

impl Waiters {
    /// No waiters yet. The fetch has this priority while no agent waits.
    pub fn new(base: Priority) -> Self {
        Self(Arc::new(Shared {
            state: watch::Sender::new(State {
                agents: 0,
                started_by_agent: false,
                kept_running: false,
                base,
            }),
            queued: watch::Sender::new(0),
        }))
    }

    /// The fetch's priority now; `None` when agents started it and all of them have left.
    pub fn priority(&self) -> Option<Priority> {
        let state = *self.0.state.borrow();
        match state.agents {
            0 if state.started_by_agent && !state.kept_running => None,
            0 => Some(state.base),
            _ => Some(Priority::Interactive),
        }
    }

    /// Raises the priority that the fetch has while no agent waits, if this one is more urgent.
    pub fn raise(&self, base: Priority) {
        self.0.state.send_if_modified(|state| {
            let is_raised = base < state.base;
            state.base = state.base.min(base);
            is_raised
        });
    }

    /// Keeps the fetch running after its agents have left.
    pub fn keep_running(&self) {
        self.0.state.send_modify(|state| state.kept_running = true);
    }

    /// Adds an agent, until the result is dropped.
    pub fn add(&self, starts_the_fetch: bool) -> Waiter {
        self.0.state.send_modify(|state| {
            state.agents += 1;
            state.started_by_agent |= starts_the_fetch;
        });
        Waiter(self.clone())
    }

    /// Reports changes from now on.
    pub fn changes(&self) -> watch::Receiver<State> {
        self.0.state.subscribe()
    }

    /// Marks a request of the fetch as queued, until the result is dropped.
    pub fn enter_queue(&self) -> Queued {
        self.0.queued.send_modify(|count| *count += 1);
        Queued(self.clone())
    }

    /// The number of queued requests; reports changes from now on.
    pub fn queued(&self) -> watch::Receiver<usize> {
        self.0.queued.subscribe()
    }
}

/// One agent that waits.
pub struct Waiter(Waiters);

impl Drop for Waiter {
    fn drop(&mut self) {
        let state = &self.0.0.state;
        state.send_modify(|state| state.agents -= 1);
    }
}

/// One queued request.
pub struct Queued(Waiters);

impl Drop for Queued {
    fn drop(&mut self) {
        self.0.0.queued.send_modify(|count| *count -= 1);
    }
}
