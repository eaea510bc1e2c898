//! Fetches that are joined, left, stopped, with a clock that the test moves.

use super::*;
use crate::lookup::upstream::priority::Priority;
use tokio::sync::Notify;

fn clock() -> Clock {
    Clock::fixed(chrono::DateTime::UNIX_EPOCH)
}

fn pending<V>(joined: Joined<V>) -> PendingFetch<V> {
    match joined {
        Joined::Pending(fetch) => fetch,
        Joined::Ready(_) => panic!("there was no result yet"),
    }
}

#[tokio::test]
async fn callers_of_one_key_share_a_fetch_that_outlives_them() {
    let clock = clock();
    let fetches: CoalescedFetches<&str, u32> = CoalescedFetches::new(&clock);
    let gate = Arc::new(Notify::new());
    let fetch = |gate: Arc<Notify>| async move {
        gate.notified().await;
        7
    };
    let opened = Arc::clone(&gate);
    let first = pending(fetches.join_or_start(
        "kim",
        &Handle::current(),
        Fallback::None,
        || None,
        |_| fetch(opened),
    ));
    let second = pending(fetches.join_or_start(
        "kim",
        &Handle::current(),
        Fallback::None,
        || None,
        |_| fetch(Arc::default()),
    ));
    assert!(!first.joined && second.joined);

    // The first caller's deadline passes; the fetch continues for the second.
    let deadline = clock.deadline(Duration::from_secs(4));
    clock.advance(Duration::from_secs(4));
    assert_eq!(first.wait(&deadline).await, Err(NoResult::Deadline));
    gate.notify_one();
    assert_eq!(
        second.wait(&clock.deadline(Duration::from_secs(4))).await,
        Ok(7)
    );
    assert_eq!(fetches.waiting(), 0);
    assert_eq!(
        fetches.running(),
        0,
        "a later caller must not join a finished fetch"
    );
}

#[tokio::test]
async fn a_result_that_just_arrived_starts_no_second_fetch() {
    let fetches: CoalescedFetches<&str, u32> = CoalescedFetches::new(&clock());
    let joined = fetches.join_or_start(
        "kim",
        &Handle::current(),
        Fallback::None,
        || Some(7),
        |_| async { unreachable!() },
    );
    assert!(matches!(joined, Joined::Ready(7)));
}

#[tokio::test]
async fn a_fetch_that_panics_or_never_ends_frees_its_key() {
    let clock = clock();
    let fetches: CoalescedFetches<&str, u32> = CoalescedFetches::new(&clock);
    let panicked = pending(fetches.join_or_start(
        "kim",
        &Handle::current(),
        Fallback::None,
        || None,
        |_| async { panic!("planted") },
    ));
    assert_eq!(
        panicked.wait(&clock.deadline(Duration::from_secs(4))).await,
        Err(NoResult::Aborted)
    );

    let stuck = pending(fetches.join_or_start(
        "wanda",
        &Handle::current(),
        Fallback::None,
        || None,
        |_| std::future::pending::<u32>(),
    ));
    let deadline = clock.deadline(MAX_LENGTH * 2);
    clock.advance(MAX_LENGTH);
    assert_eq!(stuck.wait(&deadline).await, Err(NoResult::Aborted));
    assert_eq!(fetches.running(), 0);
}

#[tokio::test]
async fn shutdown_waits_for_fetches_then_stops_them() {
    let clock = clock();
    let fetches: CoalescedFetches<&str, u32> = CoalescedFetches::new(&clock);
    let gate = Arc::new(Notify::new());
    let opened = Arc::clone(&gate);
    let finishes = pending(fetches.join_or_start(
        "kim",
        &Handle::current(),
        Fallback::None,
        || None,
        |_| async move {
            opened.notified().await;
            7
        },
    ));
    gate.notify_one();
    let limit = clock.deadline(Duration::from_secs(5));
    fetches.shut_down(&limit).await;
    assert_eq!(finishes.wait(&limit).await, Ok(7));

    let fetches: CoalescedFetches<&str, u32> = CoalescedFetches::new(&clock);
    let stuck = pending(fetches.join_or_start(
        "wanda",
        &Handle::current(),
        Fallback::None,
        || None,
        |_| std::future::pending(),
    ));
    clock.advance(Duration::from_secs(5));
    fetches.shut_down(&limit).await;
    assert_eq!(fetches.running(), 0);
    let later = clock.deadline(Duration::from_secs(5));
    assert_eq!(stuck.wait(&later).await, Err(NoResult::Aborted));
}

#[tokio::test]
async fn a_caller_with_a_stale_card_does_not_wait_for_a_queued_fetch() {
    let clock = clock();
    let fetches: CoalescedFetches<&str, u32> = CoalescedFetches::new(&clock);
    let (calls, answer) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let start = |fallback, is_queued: bool| {
        let (calls, answer) = (Arc::clone(&calls), Arc::clone(&answer));
        let run = |waiters: Waiters| async move {
            if is_queued {
                let in_queue = waiters.enter_queue();
                calls.notified().await;
                drop(in_queue);
            }
            answer.notified().await;
            7
        };
        pending(fetches.join_or_start("kim", &Handle::current(), fallback, || None, run))
    };
    let deadline = clock.deadline(Duration::from_secs(4));
    // No time passes.
    let left = start(Fallback::Stale, true).wait(&deadline).await;
    assert_eq!(left, Err(NoResult::Queued));
    let behind = start(Fallback::Sufficient, true);
    assert!(behind.joined, "the fetch continues behind the answer");
    assert_eq!(behind.waiters.priority(), Some(Priority::Refresh));
    let joined = start(Fallback::None, true);
    assert_eq!(joined.waiters.priority(), Some(Priority::Interactive));
    calls.notify_one();
    answer.notify_one();
    assert_eq!(joined.wait(&deadline).await, Ok(7));
    answer.notify_one();
    assert_eq!(start(Fallback::Stale, false).wait(&deadline).await, Ok(7));
}

#[tokio::test]
async fn the_first_caller_sets_the_priority_before_the_fetch_starts() {
    let fetches: CoalescedFetches<&str, u32> = CoalescedFetches::new(&clock());
    for (key, fallback, priority) in [
        ("kim", Fallback::None, Priority::Interactive),
        ("wanda", Fallback::Stale, Priority::Refresh),
        ("stella", Fallback::Sufficient, Priority::Refresh),
    ] {
        let run = |waiters: Waiters| {
            assert_eq!(waiters.priority(), Some(priority));
            std::future::pending()
        };
        pending(fetches.join_or_start(key, &Handle::current(), fallback, || None, run));
    }
}

#[tokio::test]
async fn a_fetch_that_was_queued_reports_rate_limited() {
    let clock = clock();
    let fetches: CoalescedFetches<&str, u32> = CoalescedFetches::new(&clock);
    let calls = Arc::new(Notify::new());
    let start = || {
        let calls = Arc::clone(&calls);
        let run = |waiters: Waiters| async move {
            let in_queue = waiters.enter_queue();
            calls.notified().await;
            drop(in_queue);
            std::future::pending().await
        };
        pending(fetches.join_or_start("kim", &Handle::current(), Fallback::None, || None, run))
    };
    let deadline = clock.deadline(Duration::from_secs(4));
    let first = start();
    let mut queued = first.waiters.queued();
    queued.wait_for(|count| *count == 1).await.unwrap();
    calls.notify_one();
    queued.wait_for(|count| *count == 0).await.unwrap();
    let later = start();
    clock.advance(Duration::from_secs(4));
    assert_eq!(first.wait(&deadline).await, Err(NoResult::Queued));
    let never = later.wait(&deadline).await;
    assert_eq!(never, Err(NoResult::Deadline), "it joined after the queue");
}

#[tokio::test]
async fn a_deadline_in_the_queue_means_rate_limited() {
    let clock = clock();
    let fetches: CoalescedFetches<&str, u32> = CoalescedFetches::new(&clock);
    let fetch = pending(fetches.join_or_start(
        "kim",
        &Handle::current(),
        Fallback::None,
        || None,
        |waiters| async move {
            let _in_queue = waiters.enter_queue();
            std::future::pending().await
        },
    ));
    tokio::task::yield_now().await;
    let deadline = clock.deadline(Duration::from_secs(4));
    clock.advance(Duration::from_secs(4));
    let ended = fetch.wait(&deadline).await.unwrap_err();
    assert_eq!(ended.reason(), Reason::RateLimited);
    assert_eq!(NoResult::Deadline.reason(), Reason::Unreachable);
}

#[tokio::test]
async fn a_job_is_interactive_only_while_an_agent_waits() {
    let fetches: CoalescedFetches<&str, u32> = CoalescedFetches::new(&clock());
    let runtime = Handle::current();
    let run = |_| std::future::pending::<u32>();
    let job =
        pending(fetches.join_or_start_job("kim", &runtime, Priority::Background, || None, run));
    let priority = || job.waiters.priority();
    assert_eq!(priority(), Some(Priority::Background));
    let agent = fetches.join_or_start("kim", &runtime, Fallback::None, || None, run);
    assert_eq!(priority(), Some(Priority::Interactive));
    drop(agent);
    assert_eq!(priority(), Some(Priority::Background));
    // A refresh behind an answer makes it as urgent as a refresh.
    fetches.join_or_start("kim", &runtime, Fallback::Sufficient, || None, run);
    assert_eq!(priority(), Some(Priority::Refresh));
    let job = |priority| fetches.join_or_start_job("kim", &runtime, priority, || None, run);
    job(Priority::Setup);
    job(Priority::Background);
    assert_eq!(priority(), Some(Priority::Setup));
}
