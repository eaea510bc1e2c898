//! Who waits for a flight: seen by its callers, and by the flight itself while it stands in line.

use std::sync::Arc;

use tokio::sync::watch;

use super::budget::Lane;

/// The passengers of one flight. Clones share them.
#[derive(Debug, Clone)]
pub struct Passengers(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    aboard: watch::Sender<Aboard>,
    /// Rounds and calls of it that stand in line.
    in_line: watch::Sender<usize>,
}

#[derive(Debug, Clone, Copy)]
pub struct Aboard {
    /// Agents who wait now.
    waiting: usize,
    /// Whether it was begun for an agent, and not behind an answer.
    begun_for_one: bool,
    /// Whether somebody who is no agent wants what it brings.
    goes_on: bool,
    /// Its lane while no agent waits.
    otherwise: Lane,
}

impl Default for Passengers {
    fn default() -> Self {
        Self(Arc::new(Shared {
            aboard: watch::Sender::new(Aboard {
                waiting: 0,
                begun_for_one: false,
                goes_on: false,
                otherwise: Lane::Refresh,
            }),
            in_line: watch::Sender::new(0),
        }))
    }
}

impl Passengers {
    /// The flight's lane now; `None` when it was begun for agents who have all left.
    pub fn lane(&self) -> Option<Lane> {
        let aboard = *self.0.aboard.borrow();
        match aboard.waiting {
            0 if aboard.begun_for_one && !aboard.goes_on => None,
            0 => Some(aboard.otherwise),
            _ => Some(Lane::Agent),
        }
    }

    /// Nobody looks at it: unless an agent joins it, it goes in the last lane.
    pub fn is_a_sweep(&self) {
        self.0
            .aboard
            .send_modify(|aboard| aboard.otherwise = Lane::Sweep);
    }

    /// It goes on although no agent waits any more.
    pub fn goes_on(&self) {
        self.0.aboard.send_modify(|aboard| aboard.goes_on = true);
    }

    /// One more agent waits, until the result is dropped.
    pub fn board(&self, is_first: bool) -> Seat {
        self.0.aboard.send_modify(|aboard| {
            aboard.waiting += 1;
            aboard.begun_for_one |= is_first;
        });
        Seat(self.clone())
    }

    /// Tells of changes from now on.
    pub fn changes(&self) -> watch::Receiver<Aboard> {
        self.0.aboard.subscribe()
    }

    /// The flight stands in line, until the result is dropped.
    pub fn in_line(&self) -> InLine {
        self.0.in_line.send_modify(|count| *count += 1);
        InLine(self.clone())
    }

    /// How many rounds and calls of it stand in line; tells of changes from now on.
    pub fn line(&self) -> watch::Receiver<usize> {
        self.0.in_line.subscribe()
    }
}

/// An agent's.
pub struct Seat(Passengers);

impl Drop for Seat {
    fn drop(&mut self) {
        let aboard = &self.0.0.aboard;
        aboard.send_modify(|aboard| aboard.waiting -= 1);
    }
}

/// For as long as the flight stands in line.
pub struct InLine(Passengers);

impl Drop for InLine {
    fn drop(&mut self) {
        self.0.0.in_line.send_modify(|count| *count -= 1);
    }
}
