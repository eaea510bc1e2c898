//! A queue at 2 calls a second: the floor is a call every 5 seconds.

use super::*;

const NOW: Duration = Duration::ZERO;

fn queue() -> Queue<()> {
    Queue::new(2.0)
}

fn entry(number: u64, workspace: &str) -> Entry<()> {
    Entry {
        number,
        calls: 1,
        joined_at: NOW,
        workspace: Some(WorkspaceId::new(workspace)),
        has_sent: false,
        value: (),
    }
}

fn at(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// Removes the next entry.
fn pop(queue: &mut Queue<()>, now: Duration) -> Option<u64> {
    let (turn, _) = queue.next(now)?;
    queue.pop(turn, now).map(|entry| entry.number)
}

fn drain(queue: &mut Queue<()>, now: Duration) -> Vec<u64> {
    std::iter::from_fn(|| pop(queue, now)).collect()
}

#[test]
fn priorities_come_in_order_and_workspaces_take_turns() {
    let mut queue = queue();
    queue.push(Priority::Background, entry(1, "a"));
    queue.push(Priority::Refresh, entry(2, "a"));
    queue.push(Priority::Setup, entry(10, "a"));
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
    assert_eq!(queue.waiting(Priority::Interactive), 7);
    assert_eq!(drain(&mut queue, NOW), [9, 3, 7, 4, 8, 5, 6, 10, 2, 1]);
    assert!(queue.next(NOW).is_none());
}

#[test]
fn evicts_for_a_workspace_with_fewer_entries_of_the_same_priority() {
    let mut queue = queue();
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
    assert_eq!(evict(Priority::Interactive, &b), None, "another priority");
    assert_eq!(evict(Priority::Refresh, &b), Some(3));
    assert_eq!(evict(Priority::Refresh, &b), Some(2));
    assert_eq!(evict(Priority::Refresh, &b), None, "no workspace has more");
}

#[test]
fn an_entry_can_leave_or_change_its_priority() {
    let mut queue = queue();
    for (number, workspace) in [(1, "a"), (2, "b"), (3, "a")] {
        queue.push(Priority::Interactive, entry(number, workspace));
    }
    queue.push(Priority::Refresh, entry(4, "c"));
    queue.change(4, Priority::Interactive);
    queue.change(1, Priority::Interactive);
    assert!(queue.remove(2).is_some());
    assert!(queue.remove(2).is_none());
    queue.change(2, Priority::Refresh);
    assert_eq!(drain(&mut queue, NOW), [1, 4, 3]);
}

#[test]
fn background_work_is_next_once_it_waited_for_its_part_of_the_floor() {
    let mut queue = queue();
    for number in 1..=3 {
        queue.push(Priority::Background, entry(number, "a"));
    }
    for number in 10..50 {
        queue.push(Priority::Interactive, entry(number, "a"));
    }
    assert_eq!(queue.floor_due_at(), Some(at(5.0)));
    assert_eq!(pop(&mut queue, at(4.9)), Some(10));
    let (turn, _) = queue.next(at(5.0)).unwrap();
    assert!(turn.is_from_floor());
    assert_eq!(pop(&mut queue, at(5.0)), Some(1));
    assert_eq!(pop(&mut queue, at(9.9)), Some(11));
    // A turn that comes late does not delay the next one.
    assert_eq!(pop(&mut queue, at(11.0)), Some(2));
    assert_eq!(queue.floor_due_at(), Some(at(15.0)));
    // But the floor does not catch up on a long pause.
    assert_eq!(pop(&mut queue, at(600.0)), Some(3));
    assert_eq!(queue.floor_due_at(), None);
    queue.push(Priority::Background, entry(4, "a"));
    assert_eq!(queue.floor_due_at(), Some(at(600.0)));
}

#[test]
fn the_floor_counts_calls_and_not_requests() {
    let mut queue = queue();
    let round = Entry {
        calls: 3,
        ..entry(1, "a")
    };
    queue.push(Priority::Background, round);
    assert_eq!(queue.floor_due_at(), Some(at(15.0)));
    let late = Entry {
        joined_at: at(14.0),
        ..entry(2, "a")
    };
    queue.push(Priority::Setup, late);
    assert_eq!(
        queue.floor_due_at(),
        Some(at(5.0)),
        "the next turn is Setup's"
    );
}

#[test]
fn kinds_of_background_work_take_turns_at_the_floor() {
    let mut queue = queue();
    for (number, priority, has_sent) in [
        (1, Priority::Background, false),
        (2, Priority::Background, false),
        (3, Priority::Background, true),
        (4, Priority::Background, true),
        (5, Priority::Setup, true),
        (6, Priority::Setup, true),
        (7, Priority::Refresh, false),
    ] {
        let entry = Entry {
            has_sent,
            ..entry(number, "a")
        };
        queue.push(priority, entry);
    }
    for number in 10..50 {
        queue.push(Priority::Interactive, entry(number, "a"));
    }
    let turns = (1..=7).map(|turn| pop(&mut queue, at(5.0 * f64::from(turn))).unwrap());
    let turns: Vec<_> = turns.collect();
    assert_eq!(turns, [5, 3, 1, 6, 4, 2, 7], "refreshes come last");
}
