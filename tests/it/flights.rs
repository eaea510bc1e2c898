//! One fetch for all who want it, and nobody who waits too long.

use std::time::Duration;

use crate::house::{House, minutes, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_callers_at_once_are_one_flight_and_three_calls() {
    let house = House::open().await;
    house.recharge.hold();
    let callers: Vec<_> = (0..100)
        .map(|_| {
            let request = house.get(&house.card_path(&[("email", "kim@acme.example")]));
            tokio::spawn(async move { request.send().await.unwrap().text().await.unwrap() })
        })
        .collect();
    until("all hundred wait", || house.lookups.waiting() == 100).await;
    house.recharge.release();
    for caller in callers {
        assert!(caller.await.unwrap().contains(r#"data-outcome="found""#));
    }
    assert_eq!(house.calls(), ["/charges", "/customers", "/subscriptions"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_waits_until_its_deadline_and_the_fetch_goes_on_for_the_next() {
    let house = House::open().await;
    house.recharge.hold();
    let caller = tokio::spawn({
        let request = house.get(&house.card_path(&[("email", "kim@acme.example")]));
        async move { request.send().await.unwrap().text().await.unwrap() }
    });
    until("the caller waits", || house.lookups.waiting() == 1).await;
    house.clock.advance(Duration::from_millis(2_500));
    let page = caller.await.unwrap();
    assert!(
        page.contains(r#"<main data-outcome="unavailable""#),
        "{page}"
    );

    // Nobody is there any more; what Recharge says at last is kept all the same.
    house.recharge.release();
    until("the fetch ends", || house.lookups.flying() == 0).await;
    house.calls();
    assert_eq!(house.account("kim@acme.example").await["outcome"], "found");
    assert!(
        !house.calls().contains(&"/customers".to_owned()),
        "who it is, was learned by the first flight"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_is_late_gets_the_last_known_card() {
    let house = House::open().await;
    house.account("kim@acme.example").await;
    house.later(minutes(60));
    house.recharge.hold();
    let caller = tokio::spawn({
        let request = house.get(&house.card_path(&[("email", "kim@acme.example")]));
        async move { request.send().await.unwrap().text().await.unwrap() }
    });
    until("the caller waits", || house.lookups.waiting() == 1).await;
    house.clock.advance(Duration::from_secs(3));
    assert!(caller.await.unwrap().contains(r#"data-outcome="found""#));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_hangs_up_stops_nothing() {
    let house = House::open().await;
    house.recharge.hold();
    let caller = tokio::spawn(
        house
            .get(&house.card_path(&[("email", "kim@acme.example")]))
            .send(),
    );
    until("the caller waits", || house.lookups.waiting() == 1).await;
    caller.abort();
    house.recharge.release();
    until("the fetch ends", || house.lookups.flying() == 0).await;
    assert_eq!(house.account("kim@acme.example").await["outcome"], "found");
    let customers = house
        .calls()
        .into_iter()
        .filter(|path| path == "/customers")
        .count();
    assert_eq!(customers, 1);
}
