//! Flights, and how the wait for them ends, with a clock that is moved by hand.

use super::*;
use tokio::sync::Notify;

fn clock() -> Clock {
    Clock::fixed(chrono::DateTime::UNIX_EPOCH)
}

/// The patience of somebody who comes now.
fn patience(clock: &Clock, seconds: u64) -> Patience {
    Patience::until(&clock.deadline(Duration::from_secs(seconds)), clock)
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
    let first = on(flights.join_or_start("kim", &Handle::current(), || None, |_| fetch(opened)));
    let second = on(flights.join_or_start(
        "kim",
        &Handle::current(),
        || None,
        |_| fetch(Arc::default()),
    ));
    assert!(!first.joined && second.joined);

    // The first caller's time is up; the fetch goes on for the second.
    let four_seconds = patience(&clock, 4);
    clock.advance(Duration::from_secs(4));
    assert_eq!(first.land(&four_seconds).await, Err(NoResult::Deadline));
    gate.notify_one();
    assert_eq!(second.land(&patience(&clock, 4)).await, Ok(7));
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
        || None,
        |_| async { panic!("planted") },
    ));
    assert_eq!(died.land(&patience(&clock, 4)).await, Err(NoResult::Lost));

    let stuck = on(flights.join_or_start(
        "wanda",
        &Handle::current(),
        || None,
        |_| std::future::pending::<u32>(),
    ));
    let longer = patience(&clock, 2 * LONGEST.as_secs());
    clock.advance(LONGEST);
    assert_eq!(stuck.land(&longer).await, Err(NoResult::Lost));
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
        || None,
        |_| async move {
            opened.notified().await;
            7
        },
    ));
    gate.notify_one();
    let limit = clock.deadline(Duration::from_secs(5));
    flights.end(&limit).await;
    assert_eq!(lands.land(&patience(&clock, 5)).await, Ok(7));

    let flights: Flights<&str, u32> = Flights::new(&clock);
    let stuck = on(flights.join_or_start(
        "wanda",
        &Handle::current(),
        || None,
        |_| std::future::pending(),
    ));
    clock.advance(Duration::from_secs(5));
    flights.end(&limit).await;
    assert_eq!(flights.running(), 0);
    let later = patience(&clock, 5);
    assert_eq!(stuck.land(&later).await, Err(NoResult::Lost));
}

/// A flight that stands in line until the gate opens, and then is never heard of again.
fn in_line(flights: &Flights<&'static str, u32>, clock: &Clock, gate: &Arc<Notify>) -> Flight<u32> {
    let (clock, gate) = (clock.clone(), Arc::clone(gate));
    let fetch = |passengers: Passengers| async move {
        let in_line = passengers.in_line(&clock);
        gate.notified().await;
        drop(in_line);
        std::future::pending().await
    };
    on(flights.join_or_start("kim", &Handle::current(), || None, fetch))
}

/// Everybody who can go on does: on one thread, after so many turns.
async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn who_gives_up_a_flight_in_line_learns_that_it_was_the_line() {
    let (clock, gate) = (clock(), Arc::default());
    let flights = Flights::new(&clock);
    let flight = in_line(&flights, &clock, &gate);
    settle().await;
    let four_seconds = patience(&clock, 4);
    clock.advance(Duration::from_secs(4));
    let ended = flight.land(&four_seconds).await.unwrap_err();
    assert_eq!(ended.reason(), Reason::RateLimited);
    assert_eq!(NoResult::Deadline.reason(), Reason::Unreachable);
}

#[tokio::test]
async fn whose_turn_comes_as_the_time_ends_learns_that_it_was_the_line_and_not_the_provider() {
    // After so many seconds of four the turn comes; what the caller learns when the four are over.
    for (turn, reason) in [
        (1, Reason::Unreachable),
        (3, Reason::RateLimited),
        (4, Reason::RateLimited),
    ] {
        let (clock, gate) = (clock(), Arc::default());
        let flights = Flights::new(&clock);
        let flight = in_line(&flights, &clock, &gate);
        settle().await;
        let four_seconds = patience(&clock, 4);
        let asked = tokio::spawn(async move { flight.land(&four_seconds).await });
        settle().await;
        if turn < 4 {
            clock.advance(Duration::from_secs(turn));
            gate.notify_one();
            settle().await;
            clock.advance(Duration::from_secs(4 - turn));
        } else {
            // The flight goes on before the caller hears of the time: nothing stands in line any more.
            gate.notify_one();
            clock.advance(Duration::from_secs(4));
        }
        let ended = asked.await.unwrap().unwrap_err();
        assert_eq!(ended.reason(), reason, "after {turn} s");
    }
}

#[tokio::test]
async fn the_line_before_the_first_flight_counts_for_the_second() {
    let (clock, gate) = (clock(), Arc::default());
    let four_seconds = patience(&clock, 4);
    let flights: Flights<&str, u32> = Flights::new(&clock);
    let fetch = {
        let (clock, gate) = (clock.clone(), Arc::clone(&gate));
        |passengers: Passengers| async move {
            let _in_line = passengers.in_line(&clock);
            Notify::notified(&gate).await;
            7
        }
    };
    let first = on(flights.join_or_start("kim", &Handle::current(), || None, fetch));
    settle().await;
    let landed = async {
        clock.advance(Duration::from_secs(3));
        gate.notify_one();
    };
    let (first, ()) = tokio::join!(first.land(&four_seconds), landed);
    assert_eq!(first, Ok(7));
    let second = on(flights.join_or_start(
        "kim's card",
        &Handle::current(),
        || None,
        |_| std::future::pending(),
    ));
    clock.advance(Duration::from_secs(1));
    let ended = second.land(&four_seconds).await.unwrap_err();
    assert_eq!(ended.reason(), Reason::RateLimited);
}
