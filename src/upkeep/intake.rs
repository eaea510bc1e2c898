//! Hooks on their way into the inbox. Deliveries that come together are committed together: one of them costs a write to
//! the disk, and so do two hundred.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};

use crate::clock::Clock;
use crate::store::{NewHook, Store};

/// So many may wait for their commit; more are turned away, and come again.
const WAITING: usize = 4_096;
/// So many bytes of bodies may be in memory, those that are still being read among them.
const BYTES: usize = 64 * 1_024 * 1_024;
/// So many are committed at once.
const BATCH: usize = 256;
/// Who is not answered within five seconds counts us as down: so long a commit may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// Where hooks are handed in.
pub struct Intake {
    queue: mpsc::Sender<Arrival>,
    room: Arc<Semaphore>,
    clock: Clock,
}

/// Memory that was reserved for a body, for as long as this lives.
pub struct Room(OwnedSemaphorePermit);

struct Arrival {
    hook: NewHook,
    taken: oneshot::Sender<bool>,
    _room: Room,
}

/// Why a hook is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotTaken {
    /// Too many wait already.
    Full,
    /// It was not committed in time, or could not be.
    Late,
    /// Its install has been removed.
    Gone,
}

/// Commits what was handed in.
pub struct Receiver {
    queue: mpsc::Receiver<Arrival>,
    store: Store,
    wake: watch::Sender<()>,
}

/// An intake, what commits for it, and what changes when there is something new in the inbox.
pub fn intake(store: &Store, clock: &Clock) -> (Intake, Receiver, watch::Receiver<()>) {
    let (sender, queue) = mpsc::channel(WAITING);
    let (wake, woken) = watch::channel(());
    let intake = Intake {
        queue: sender,
        room: Arc::new(Semaphore::new(BYTES)),
        clock: clock.clone(),
    };
    let receiver = Receiver {
        queue,
        store: store.clone(),
        wake,
    };
    (intake, receiver, woken)
}

impl Intake {
    /// Reserves memory for a part of a body. `None`: there is none left just now.
    pub fn reserve(&self, bytes: usize) -> Option<Room> {
        let bytes = u32::try_from(bytes).ok()?;
        let permit = Arc::clone(&self.room).try_acquire_many_owned(bytes);
        permit.ok().map(Room)
    }

    /// Hands a hook in, and waits until it is on the disk.
    pub async fn take(&self, hook: NewHook, room: Room) -> Result<(), NotTaken> {
        let limit = self.clock.deadline(PATIENCE);
        let (taken, answer) = oneshot::channel();
        let arrival = Arrival {
            hook,
            taken,
            _room: room,
        };
        self.queue.try_send(arrival).map_err(|_| NotTaken::Full)?;
        tokio::select! {
            answer = answer => match answer {
                Ok(true) => Ok(()),
                Ok(false) => Err(NotTaken::Gone),
                Err(_) => Err(NotTaken::Late),
            },
            // It may be committed yet, and come again: then it is one row, or has no effect.
            () = limit.passed() => Err(NotTaken::Late),
        }
    }
}

impl Room {
    /// Both together.
    pub fn merge(&mut self, other: Self) {
        self.0.merge(other.0);
    }
}

impl Receiver {
    /// Commits what comes, until nobody is there any more to hand anything in.
    pub async fn run(mut self) {
        let mut arrivals = Vec::new();
        while self.queue.recv_many(&mut arrivals, BATCH).await > 0 {
            let (mut hooks, mut waiting) = (Vec::new(), Vec::new());
            for arrival in arrivals.drain(..) {
                hooks.push(arrival.hook);
                waiting.push((arrival.taken, arrival._room));
            }
            match self.store.receive_hooks(&hooks).await {
                Ok(kept) => {
                    for ((taken, _), kept) in waiting.into_iter().zip(kept) {
                        // Who did not wait is not told.
                        let _ = taken.send(kept);
                    }
                    self.wake.send_replace(());
                }
                // Nobody is told that it was taken: that is the refusal.
                Err(error) => {
                    tracing::error!(hooks = hooks.len(), %error, "hooks can't be kept, and are not acknowledged");
                }
            }
        }
    }
}
