//! The requests that wait for permits, and which is next. Pure.
//!
//! The most urgent priority comes first. Within a priority, fetches that have sent calls come first, because those calls
//! would be lost. Then the workspaces take turns, one request each.

use std::collections::VecDeque;

use crate::domain::id::WorkspaceId;
use crate::lookup::upstream::priority::Priority;

/// A queued request.
#[derive(Debug)]
pub struct Entry<T> {
    pub number: u64,
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
}

/// The entries of one priority.
#[derive(Debug)]
struct Level<T> {
    /// Entries whose fetch has sent calls.
    resumed: VecDeque<Entry<T>>,
    /// The others by workspace, the next workspace first. No inner queue is empty.
    fresh: VecDeque<VecDeque<Entry<T>>>,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self {
            levels: std::array::from_fn(|_| Level {
                resumed: VecDeque::new(),
                fresh: VecDeque::new(),
            }),
        }
    }
}

impl<T> Queue<T> {
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

    /// Removes the entry that gives way to a newcomer, which is queued already, in a full queue: the last one of a lower
    /// priority, or of a workspace with more entries of this priority than the newcomer's. `None` when there is none.
    pub fn evict_for(
        &mut self,
        priority: Priority,
        newcomer: &Option<WorkspaceId>,
    ) -> Option<Entry<T>> {
        let lower = Priority::ALL.into_iter().filter(|other| *other > priority);
        for lower in lower.rev() {
            if let Some(last) = self.levels[lower as usize].last_of_longest() {
                return self.remove(last);
            }
        }
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
    pub fn next(&self) -> Option<(Priority, &Entry<T>)> {
        Priority::ALL.into_iter().find_map(|priority| {
            let level = &self.levels[priority as usize];
            let resumed = level.resumed.front();
            let fresh = level.fresh.front().and_then(VecDeque::front);
            Some((priority, resumed.or(fresh)?))
        })
    }

    /// Removes the next entry.
    pub fn pop(&mut self) -> Option<Entry<T>> {
        let (priority, _) = self.next()?;
        let level = &mut self.levels[priority as usize];
        if let Some(entry) = level.resumed.pop_front() {
            return Some(entry);
        }
        let mut entries = level.fresh.pop_front()?;
        let entry = entries.pop_front();
        if !entries.is_empty() {
            level.fresh.push_back(entries);
        }
        entry
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

    /// The number of entries.
    pub fn len(&self) -> usize {
        Priority::ALL
            .into_iter()
            .map(|priority| self.waiting(priority))
            .sum()
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
mod tests {
    use super::*;

    fn entry(number: u64, workspace: &str) -> Entry<()> {
        Entry {
            number,
            workspace: Some(WorkspaceId::new(workspace)),
            has_sent: false,
            value: (),
        }
    }

    fn drain(queue: &mut Queue<()>) -> Vec<u64> {
        std::iter::from_fn(|| queue.pop())
            .map(|entry| entry.number)
            .collect()
    }

    #[test]
    fn workspaces_take_turns_within_a_priority() {
        let mut queue = Queue::default();
        queue.push(Priority::Background, entry(1, "a"));
        queue.push(Priority::Refresh, entry(2, "a"));
        for number in 3..=6 {
            queue.push(Priority::Interactive, entry(number, "a"));
        }
        queue.push(Priority::Interactive, entry(7, "b"));
        queue.push(Priority::Interactive, entry(8, "b"));
        let resumed = Entry {
            has_sent: true,
            ..entry(9, "c")
        };
        queue.push(Priority::Interactive, resumed);
        assert_eq!((queue.len(), queue.waiting(Priority::Interactive)), (9, 7));
        assert_eq!(drain(&mut queue), [9, 3, 7, 4, 8, 5, 6, 2, 1]);
        assert!(queue.next().is_none());
    }

    #[test]
    fn evicts_for_a_workspace_with_fewer_entries() {
        let mut queue = Queue::default();
        for (number, workspace) in [(1, "a"), (2, "a"), (3, "a"), (4, "b")] {
            queue.push(Priority::Refresh, entry(number, workspace));
        }
        let a = Some(WorkspaceId::new("a"));
        let b = Some(WorkspaceId::new("b"));
        let mut evict = |priority, newcomer| {
            queue
                .evict_for(priority, newcomer)
                .map(|entry| entry.number)
        };
        assert_eq!(evict(Priority::Refresh, &a), None);
        assert_eq!(
            evict(Priority::Background, &b),
            None,
            "a higher priority stays"
        );
        assert_eq!(evict(Priority::Refresh, &b), Some(3));
        assert_eq!(evict(Priority::Interactive, &a), Some(2));
        assert_eq!(evict(Priority::Refresh, &b), None, "no workspace has more");
    }

    #[test]
    fn an_entry_can_leave_or_change_its_priority() {
        let mut queue = Queue::default();
        for (number, workspace) in [(1, "a"), (2, "b"), (3, "a")] {
            queue.push(Priority::Interactive, entry(number, workspace));
        }
        queue.push(Priority::Refresh, entry(4, "c"));
        queue.change(4, Priority::Interactive);
        queue.change(1, Priority::Interactive);
        assert!(queue.remove(2).is_some());
        assert!(queue.remove(2).is_none());
        queue.change(2, Priority::Refresh);
        assert_eq!(drain(&mut queue), [1, 4, 3]);
    }
}
