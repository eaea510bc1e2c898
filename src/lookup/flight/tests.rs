//! Flights that are joined, left, given up and stopped, with a clock that is moved by hand.

use super::*;
use crate::lookup::budget::Lane;
use tokio::sync::Notify;

fn clock() -> Clock {
    Clock::fixed(chrono::DateTime::UNIX_EPOCH)
}

fn on<V>(boarding: Boarding<V>) -> Flight<V> {
    match boarding {
        Boarding::On(flight) => flight,
        Boarding::Landed(_) => panic!("nothing had landed"),
    }
}

#[tokio::test]
async fn callers_of_one_key_share_one_fetch_and_it_outlives_them() {
    let clock = clock();
    let flights: Flights<&str, u32> = Flights::new(&clock);
    let gate = Arc::new(Notify::new());
    let fetch = |gate: Arc<Notify>| async move {
        gate.notified().await;
        7
    };
    let opened = Arc::clone(&gate);
    let first = on(flights.join_or_start(
        "kim",
        &Handle::current(),
        InHand::Nothing,
        || None,
        |_| fetch(opened),
    ));
    let second = on(flights.join_or_start(
        "kim",
        &Handle::current(),
        InHand::Nothing,
        || None,
        |_| fetch(Arc::default()),
    ));
    assert!(!first.joined && second.joined);

    // The first caller's time is up; the fetch goes on for the second.
    let deadline = clock.deadline(Duration::from_secs(4));
    clock.advance(Duration::from_secs(4));
    assert_eq!(first.land(&deadline).await, Err(NoResult::Deadline));
    gate.notify_one();
    assert_eq!(
        second.land(&clock.deadline(Duration::from_secs(4))).await,
        Ok(7)
    );
    assert_eq!(flights.waiting(), 0);
    assert_eq!(
        flights.running(),
        0,
        "who comes now joins nothing that is over"
    );
}

#[tokio::test]
async fn a_result_that_landed_in_between_starts_no_second_flight() {
    let flights: Flights<&str, u32> = Flights::new(&clock());
    let boarding = flights.join_or_start(
        "kim",
        &Handle::current(),
        InHand::Nothing,
        || Some(7),
        |_| async { unreachable!() },
    );
    assert!(matches!(boarding, Boarding::Landed(7)));
}

#[tokio::test]
async fn a_flight_that_dies_or_never_ends_frees_its_key() {
    let clock = clock();
    let flights: Flights<&str, u32> = Flights::new(&clock);
    let died = on(flights.join_or_start(
        "kim",
        &Handle::current(),
        InHand::Nothing,
        || None,
        |_| async { panic!("planted") },
    ));
    assert_eq!(
        died.land(&clock.deadline(Duration::from_secs(4))).await,
        Err(NoResult::Lost)
    );

    let stuck = on(flights.join_or_start(
        "wanda",
        &Handle::current(),
        InHand::Nothing,
        || None,
        |_| std::future::pending::<u32>(),
    ));
    let deadline = clock.deadline(LONGEST * 2);
    clock.advance(LONGEST);
    assert_eq!(stuck.land(&deadline).await, Err(NoResult::Lost));
    assert_eq!(flights.running(), 0);
}

#[tokio::test]
async fn at_the_end_flights_land_or_are_stopped() {
    let clock = clock();
    let flights: Flights<&str, u32> = Flights::new(&clock);
    let gate = Arc::new(Notify::new());
    let opened = Arc::clone(&gate);
    let lands = on(flights.join_or_start(
        "kim",
        &Handle::current(),
        InHand::Nothing,
        || None,
        |_| async move {
            opened.notified().await;
            7
        },
    ));
    gate.notify_one();
    let limit = clock.deadline(Duration::from_secs(5));
    flights.end(&limit).await;
    assert_eq!(lands.land(&limit).await, Ok(7));

    let flights: Flights<&str, u32> = Flights::new(&clock);
    let stuck = on(flights.join_or_start(
        "wanda",
        &Handle::current(),
        InHand::Nothing,
        || None,
        |_| std::future::pending(),
    ));
    clock.advance(Duration::from_secs(5));
    flights.end(&limit).await;
    assert_eq!(flights.running(), 0);
    let later = clock.deadline(Duration::from_secs(5));
    assert_eq!(stuck.land(&later).await, Err(NoResult::Lost));
}

#[tokio::test]
async fn who_has_an_old_card_waits_for_an_answer_but_not_in_line() {
    let clock = clock();
    let flights: Flights<&str, u32> = Flights::new(&clock);
    let (calls, answer) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let fly = |in_hand, stands: bool| {
        let (calls, answer) = (Arc::clone(&calls), Arc::clone(&answer));
        let start = |passengers: Passengers| async move {
            if stands {
                let in_line = passengers.in_line();
                calls.notified().await;
                drop(in_line);
            }
            answer.notified().await;
            7
        };
        on(flights.join_or_start("kim", &Handle::current(), in_hand, || None, start))
    };
    let deadline = clock.deadline(Duration::from_secs(4));
    // No time passes.
    let left = fly(InHand::Old, true).land(&deadline).await;
    assert_eq!(left, Err(NoResult::InLine));
    let behind = fly(InHand::Enough, true);
    assert!(behind.joined, "it goes on behind the answer");
    assert_eq!(behind.passengers.lane(), Some(Lane::Refresh));
    let joined = fly(InHand::Nothing, true);
    assert_eq!(joined.passengers.lane(), Some(Lane::Agent));
    calls.notify_one();
    answer.notify_one();
    assert_eq!(joined.land(&deadline).await, Ok(7));
    answer.notify_one();
    assert_eq!(fly(InHand::Old, false).land(&deadline).await, Ok(7));
}

#[tokio::test]
async fn a_flight_knows_from_its_first_moment_that_an_agent_waits() {
    let flights: Flights<&str, u32> = Flights::new(&clock());
    for (key, in_hand, lane) in [
        ("kim", InHand::Nothing, Lane::Agent),
        ("wanda", InHand::Old, Lane::Refresh),
        ("stella", InHand::Enough, Lane::Refresh),
    ] {
        let start = |passengers: Passengers| {
            assert_eq!(passengers.lane(), Some(lane));
            std::future::pending()
        };
        on(flights.join_or_start(key, &Handle::current(), in_hand, || None, start));
    }
}

#[tokio::test]
async fn who_was_served_too_late_learns_that_it_was_the_line() {
    let clock = clock();
    let flights: Flights<&str, u32> = Flights::new(&clock);
    let calls = Arc::new(Notify::new());
    let fly = || {
        let calls = Arc::clone(&calls);
        let start = |passengers: Passengers| async move {
            let in_line = passengers.in_line();
            calls.notified().await;
            drop(in_line);
            std::future::pending().await
        };
        on(flights.join_or_start("kim", &Handle::current(), InHand::Nothing, || None, start))
    };
    let deadline = clock.deadline(Duration::from_secs(4));
    let first = fly();
    let mut line = first.passengers.line();
    line.wait_for(|count| *count == 1).await.unwrap();
    calls.notify_one();
    line.wait_for(|count| *count == 0).await.unwrap();
    let later = fly();
    clock.advance(Duration::from_secs(4));
    assert_eq!(first.land(&deadline).await, Err(NoResult::InLine));
    let never = later.land(&deadline).await;
    assert_eq!(never, Err(NoResult::Deadline), "it came after that");
}

#[tokio::test]
async fn who_gives_up_a_flight_in_line_learns_that_it_was_the_line() {
    let clock = clock();
    let flights: Flights<&str, u32> = Flights::new(&clock);
    let flight = on(flights.join_or_start(
        "kim",
        &Handle::current(),
        InHand::Nothing,
        || None,
        |passengers| async move {
            let _in_line = passengers.in_line();
            std::future::pending().await
        },
    ));
    tokio::task::yield_now().await;
    let deadline = clock.deadline(Duration::from_secs(4));
    clock.advance(Duration::from_secs(4));
    let ended = flight.land(&deadline).await.unwrap_err();
    assert_eq!(ended.reason(), Reason::RateLimited);
    assert_eq!(NoResult::Deadline.reason(), Reason::Unreachable);
}
