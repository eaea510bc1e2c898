//! A bucket of 40 that leaks 2 calls a second.

use super::*;

fn bucket() -> Bucket {
    Bucket::new(Rate {
        capacity: 40,
        per_second: 2.0,
    })
}

fn limit(used: u32) -> Option<Limit> {
    Some(Limit { used, capacity: 40 })
}

const NOW: Duration = Duration::ZERO;

#[test]
fn waits_until_enough_has_leaked() {
    let mut bucket = bucket();
    assert_eq!(bucket.wait(3.0, 1.0), NOW);
    bucket.reserve(40);
    assert_eq!(bucket.wait(3.0, 1.0), Duration::from_millis(2_500));
    assert_eq!(bucket.wait(1.0, 0.5), Duration::from_millis(11_667));
    bucket.leak(Duration::from_secs(1));
    assert_eq!(bucket.level(), 38.0);
    assert_eq!(bucket.wait(2.0, 1.0), Duration::from_secs(1));
    assert_eq!(
        bucket.wait(60.0, 1.0),
        Duration::from_secs(19),
        "needs an empty bucket"
    );
    bucket.release(50);
    assert_eq!(bucket.level(), 0.0);
}

#[test]
fn a_share_leaves_part_of_the_leak_rate() {
    let (mut bucket, mut served) = (bucket(), 0);
    for tenth in 1..=6_000 {
        bucket.leak(Duration::from_millis(100 * tenth));
        while bucket.wait(3.0, 0.7).is_zero() {
            bucket.reserve(3);
            served += 3;
        }
    }
    // 28 at once, and nine tenths of 1,200.
    assert!((1_100..=1_108).contains(&served), "{served}");
    assert_eq!(bucket.wait(34.0, 1.0), NOW, "the bucket drains beside it");
    // Agents that used the whole rate for a long time delay a share no longer than a full bucket would.
    for _ in 0..1_000 {
        bucket.reserve(3);
        bucket.leak(bucket.at + Duration::from_millis(1_500));
    }
    let wait = bucket.wait(3.0, 0.7);
    assert!(Duration::from_secs(6) < wait && wait < Duration::from_secs(9));
}

#[test]
fn an_answer_corrects_the_level_up_and_down() {
    let mut bucket = bucket();
    bucket.reserve(3);
    let sent = bucket.send();
    // Another program uses the token, too; two of our calls are not sent yet.
    bucket.end(sent, limit(30));
    assert_eq!(bucket.level(), 32.0);
    let (second, third) = (bucket.send(), bucket.send());
    bucket.end(third, limit(4));
    assert_eq!(bucket.level(), 5.0, "the second call may arrive later");
    bucket.end(second, limit(4));
    assert_eq!(bucket.level(), 5.0, "the third call may have arrived later");
    bucket.reserve(1);
    let last = bucket.send();
    bucket.end(last, limit(5));
    assert_eq!(bucket.level(), 5.0);
    bucket.end(
        last,
        Some(Limit {
            used: 5,
            capacity: 200,
        }),
    );
    assert_eq!(bucket.capacity(), 200.0);
    bucket.end(
        last,
        Some(Limit {
            used: 5,
            capacity: 0,
        }),
    );
    assert_eq!(bucket.capacity(), 200.0, "a capacity of 0 is ignored");
}

#[test]
fn an_old_answer_does_not_hide_later_calls() {
    let mut bucket = bucket();
    bucket.reserve(1);
    let slow = bucket.send();
    for used in 2..=31 {
        bucket.reserve(1);
        let sent = bucket.send();
        bucket.end(sent, limit(used));
    }
    assert_eq!(bucket.level(), 31.0);
    bucket.end(slow, limit(1));
    assert_eq!(bucket.level(), 31.0);
    // A full level from long ago does not fill it again.
    bucket.reserve(1);
    let slow = bucket.send();
    bucket.leak(Duration::from_secs(20));
    bucket.end(slow, limit(40));
    assert_eq!(bucket.level(), 0.0);
}

#[test]
fn a_429_fills_the_bucket_and_pauses() {
    let mut bucket = bucket();
    let sent = bucket.send();
    bucket.overflow(sent, None);
    assert_eq!(bucket.wait(1.0, 1.0), Duration::from_millis(1_500));
    bucket.overflow(sent, Some(Duration::from_secs(7)));
    assert_eq!(bucket.wait(1.0, 1.0), Duration::from_secs(7));
    bucket.leak(Duration::from_secs(6));
    assert_eq!(bucket.wait(1.0, 1.0), Duration::from_secs(1));
    bucket.leak(Duration::from_secs(7));
    bucket.overflow(sent, Some(MAX_PAUSE));
    assert_eq!(bucket.wait(4.0, 1.0), MAX_PAUSE);
    assert_eq!(bucket.together(4), 4, "the provider may ask for this");
}

const HOUR: Option<Duration> = Some(Duration::from_secs(3_600));

/// A bucket whose provider asked for an hour's pause, a minute ago.
fn probing() -> Bucket {
    let mut bucket = bucket();
    bucket.reserve(3);
    let round = [bucket.send(), bucket.send(), bucket.send()];
    bucket.overflow(round[0], HOUR);
    bucket.overflow(round[1], HOUR);
    bucket.accepted(round[2]);
    assert_eq!(bucket.wait(3.0, 1.0), MAX_PAUSE);
    bucket.leak(MAX_PAUSE);
    bucket
}

#[test]
fn probes_with_one_call_after_a_long_retry_after() {
    let mut bucket = probing();
    assert_eq!((bucket.wait(3.0, 1.0), bucket.together(3)), (NOW, 1));
    bucket.reserve(1);
    assert_eq!((bucket.wait(1.0, 1.0), bucket.together(3)), (MAX_PAUSE, 0));
    let probe = bucket.send();
    assert_eq!(bucket.together(3), 0);
    bucket.accepted(probe);
    assert_eq!((bucket.wait(3.0, 1.0), bucket.together(3)), (NOW, 3));
}

#[test]
fn a_rejected_probe_pauses_again() {
    let mut bucket = probing();
    bucket.reserve(1);
    let probe = bucket.send();
    bucket.overflow(probe, HOUR);
    assert_eq!((bucket.wait(3.0, 1.0), bucket.together(3)), (MAX_PAUSE, 1));
    bucket.leak(MAX_PAUSE * 2);
    bucket.reserve(1);
    let probe = bucket.send();
    bucket.overflow(probe, Some(Duration::from_secs(9)));
    assert_eq!(bucket.wait(3.0, 1.0), Duration::from_secs(9));
    assert_eq!(bucket.together(3), 3, "the provider asked for 9 seconds");
}

#[test]
fn a_probe_without_an_answer_leaves_it_to_the_next_call() {
    let mut bucket = probing();
    bucket.reserve(1);
    bucket.release(1);
    assert_eq!(bucket.together(3), 1);
    bucket.reserve(1);
    let probe = bucket.send();
    bucket.no_answer(probe);
    assert_eq!((bucket.wait(3.0, 1.0), bucket.together(3)), (NOW, 1));
}
