//! The requests that wait for permits, and which is next. Pure: times are passed in.
//!
//! The most urgent priority comes first. Within a priority, fetches that have sent calls come first, because those calls
//! would be lost. Then the workspaces take turns, one request each.
//!
//! A floor keeps the lower priorities from starving: background work that has waited for as long as its calls take at
//! [`FLOOR`] of the rate goes next, however many agents wait. The kinds of background work take turns at it, so the wait of
//! each is bounded by the number of requests before it. While no background work waits, the floor is for refreshes.

use std::collections::VecDeque;
use std::time::Duration;

use crate::domain::id::WorkspaceId;
use crate::lookup::upstream::priority::Priority;

/// The part of the rate that background work gets at least.
const FLOOR: f64 = 0.1;

/// The kinds of background work that take turns at the floor: a priority, and whether the fetch has sent calls.
const FLOOR_TURNS: [(Priority, bool); 4] = [
    (Priority::Setup, true),
    (Priority::Setup, false),
    (Priority::Background, true),
    (Priority::Background, false),
];

/// A queued request.
#[derive(Debug)]
pub struct Entry<T> {
    pub number: u64,
    pub calls: u32,
    pub joined_at: Duration,
    /// The owner; background jobs take turns like one more workspace.
    pub workspace: Option<WorkspaceId>,
    /// The fetch has sent calls already.
    pub has_sent: bool,
    pub value: T,
}

/// The queue of one token.
#[derive(Debug)]
pub struct Queue<T> {
    levels: [Level<T>; Priority::ALL.len()],
    /// Calls per second that the floor guarantees.
    floor: f64,
    /// The floor's calls are granted up to this time.
    floor_granted_until: Duration,
    /// The next of [`FLOOR_TURNS`].
    floor_turn: usize,
}

/// The position of the entry that is next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Turn {
    pub priority: Priority,
    has_sent: bool,
    floor: Option<FloorTurn>,
}

/// A turn that comes from the floor.
#[derive(Debug, Clone, Copy, PartialEq)]
struct FloorTurn {
    due_at: Duration,
    next: usize,
}

impl Turn {
    /// Returns whether the entry has waited for its part of the floor.
    pub fn is_from_floor(self) -> bool {
        self.floor.is_some()
    }
}

/// The entries of one priority.
#[derive(Debug)]
struct Level<T> {
    /// Entries whose fetch has sent calls.
    resumed: VecDeque<Entry<T>>,
    /// The others by workspace, the next workspace first. No inner queue is empty.
    fresh: VecDeque<VecDeque<Entry<T>>>,
}

impl<T> Queue<T> {
    /// An empty queue for a token with this rate, in calls per second.
    pub fn new(rate: f64) -> Self {
        Self {
            levels: std::array::from_fn(|_| Level {
                resumed: VecDeque::new(),
                fresh: VecDeque::new(),
            }),
            floor: rate * FLOOR,
            floor_granted_until: Duration::ZERO,
            floor_turn: 0,
        }
    }

    /// Adds an entry at the end of its priority.
    pub fn push(&mut self, priority: Priority, entry: Entry<T>) {
        let level = &mut self.levels[priority as usize];
        if entry.has_sent {
            level.resumed.push_back(entry);
            return;
        }
        let own = |entries: &&mut VecDeque<Entry<T>>| {
            let first = entries.front();
            first.is_some_and(|first| first.workspace == entry.workspace)
        };
        match level.fresh.iter_mut().find(own) {
            Some(entries) => entries.push_back(entry),
            None => level.fresh.push_back(VecDeque::from([entry])),
        }
    }

    /// Removes an entry; `None` when it is not queued any more.
    pub fn remove(&mut self, number: u64) -> Option<Entry<T>> {
        self.levels
            .iter_mut()
            .find_map(|level| level.remove(number))
    }

    /// Removes the entry that gives way to a newcomer of this priority, which is queued already: the last one of a workspace
    /// with more entries than the newcomer's. `None` when there is none.
    pub fn evict_for(
        &mut self,
        priority: Priority,
        newcomer: &Option<WorkspaceId>,
    ) -> Option<Entry<T>> {
        let level = &self.levels[priority as usize];
        let count = |owner: &Option<WorkspaceId>| {
            let fresh = level.fresh.iter().flatten();
            fresh.filter(|entry| entry.workspace == *owner).count()
        };
        let last = level.last_of_longest()?;
        let owner = level.entries().find(|entry| entry.number == last)?;
        let has_more = count(&owner.workspace) > count(newcomer);
        has_more.then(|| self.remove(last)).flatten()
    }

    /// Moves an entry to the end of another priority.
    pub fn change(&mut self, number: u64, priority: Priority) {
        let is_there = self.levels[priority as usize]
            .entries()
            .any(|entry| entry.number == number);
        if !is_there && let Some(entry) = self.remove(number) {
            self.push(priority, entry);
        }
    }

    /// The next entry.
    pub fn next(&self, now: Duration) -> Option<(Turn, &Entry<T>)> {
        let floor = self.floor_candidate().filter(|(turn, _)| {
            let due = turn.floor.map(|floor| floor.due_at);
            due.is_some_and(|due| due <= now)
        });
        floor.or_else(|| {
            let all = Priority::ALL.into_iter();
            all.flat_map(|priority| [(priority, true), (priority, false)])
                .find_map(|place| self.at(place))
        })
    }

    /// Removes the entry of a turn.
    pub fn pop(&mut self, turn: Turn, now: Duration) -> Option<Entry<T>> {
        let level = &mut self.levels[turn.priority as usize];
        let entry = if turn.has_sent {
            level.resumed.pop_front()?
        } else {
            level.pop_fresh()?
        };
        if let Some(floor) = turn.floor {
            self.floor_turn = floor.next;
            // A turn that had to wait for the bucket does not delay the next one, but the floor never catches up on more
            // than one call.
            let one_call = Duration::from_secs_f64(1.0 / self.floor);
            self.floor_granted_until = floor.due_at.max(now.saturating_sub(one_call));
        }
        Some(entry)
    }

    /// When the floor's next turn is due; `None` when only agents wait.
    pub fn floor_due_at(&self) -> Option<Duration> {
        let (turn, _) = self.floor_candidate()?;
        turn.floor.map(|floor| floor.due_at)
    }

    /// The entry that has the floor's next turn.
    fn floor_candidate(&self) -> Option<(Turn, &Entry<T>)> {
        let count = FLOOR_TURNS.len();
        let background = (0..count).filter_map(|step| {
            let at = (self.floor_turn + step) % count;
            let (turn, entry) = self.at(FLOOR_TURNS[at])?;
            Some(((at + 1) % count, turn, entry))
        });
        let refreshes = [(Priority::Refresh, true), (Priority::Refresh, false)];
        let refreshes = refreshes.into_iter().filter_map(|place| {
            let (turn, entry) = self.at(place)?;
            Some((self.floor_turn, turn, entry))
        });
        let mut waiting: Vec<_> = background.collect();
        if waiting.is_empty() {
            waiting.extend(refreshes);
        }
        let oldest = waiting.iter().map(|(_, _, entry)| entry.joined_at).min()?;
        let (next, turn, entry) = waiting.into_iter().next()?;
        let since = oldest.max(self.floor_granted_until);
        let takes = Duration::from_secs_f64(f64::from(entry.calls) / self.floor);
        let floor = Some(FloorTurn {
            due_at: since + takes,
            next,
        });
        Some((Turn { floor, ..turn }, entry))
    }

    /// The first entry of a priority among those that have sent calls, or have not.
    fn at(&self, (priority, has_sent): (Priority, bool)) -> Option<(Turn, &Entry<T>)> {
        let level = &self.levels[priority as usize];
        let entry = if has_sent {
            level.resumed.front()?
        } else {
            level.fresh.front()?.front()?
        };
        let turn = Turn {
            priority,
            has_sent,
            floor: None,
        };
        Some((turn, entry))
    }

    /// The number of entries of a priority.
    pub fn waiting(&self, priority: Priority) -> usize {
        self.levels[priority as usize].entries().count()
    }

    /// Returns whether the entry is queued.
    pub fn contains(&self, number: u64) -> bool {
        let mut levels = self.levels.iter();
        levels.any(|level| level.entries().any(|entry| entry.number == number))
    }
}

impl<T> Level<T> {
    /// The last entry of the workspace with the most entries.
    fn last_of_longest(&self) -> Option<u64> {
        let longest = self.fresh.iter().max_by_key(|entries| entries.len())?;
        longest.back().map(|entry| entry.number)
    }

    fn entries(&self) -> impl Iterator<Item = &Entry<T>> {
        self.resumed.iter().chain(self.fresh.iter().flatten())
    }

    /// Removes the first entry of the workspace whose turn it is.
    fn pop_fresh(&mut self) -> Option<Entry<T>> {
        let mut entries = self.fresh.pop_front()?;
        let entry = entries.pop_front();
        if !entries.is_empty() {
            self.fresh.push_back(entries);
        }
        entry
    }

    fn remove(&mut self, number: u64) -> Option<Entry<T>> {
        let out_of = |entries: &mut VecDeque<Entry<T>>| {
            let at = entries.iter().position(|entry| entry.number == number)?;
            entries.remove(at)
        };
        let entry = out_of(&mut self.resumed).or_else(|| self.fresh.iter_mut().find_map(out_of));
        self.fresh.retain(|entries| !entries.is_empty());
        entry
    }
}

#[cfg(test)]
mod tests;
