//! One fetch for all who want it, and nobody who waits too long.

use sidecard::domain::secret::Secret;
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
    // A flight that has sent nothing is given up with its caller.
    until("the call is sent", || !house.recharge.requests().is_empty()).await;
    house.clock.advance(Duration::from_millis(2_500));
    let page = caller.await.unwrap();
    assert!(
        page.contains(r#"<main data-outcome="unavailable""#),
        "{page}"
    );

    // Nobody is there any more; what Recharge says at last is kept all the same.
    house.recharge.release();
    until("the fetch ends", || house.lookups.fetching() == 0).await;
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
    until("the call is sent", || !house.recharge.requests().is_empty()).await;
    caller.abort();
    house.recharge.release();
    until("the fetch ends", || house.lookups.fetching() == 0).await;
    assert_eq!(house.account("kim@acme.example").await["outcome"], "found");
    let customers = house
        .calls()
        .into_iter()
        .filter(|path| path == "/customers")
        .count();
    assert_eq!(customers, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flight_that_began_before_a_change_is_not_believed_after_it() {
    let house = House::open().await;
    house.recharge.hold();
    let caller = tokio::spawn({
        let request = house.get(&house.card_path(&[("email", "kim@acme.example")]));
        async move { request.send().await.unwrap().text().await.unwrap() }
    });
    until("the caller waits", || house.lookups.waiting() == 1).await;
    let install = sidecard::domain::install::InstallName::parse("acme-usa").unwrap();
    let token = Secret::new(crate::house::TOKEN.to_owned());
    let replaced = house
        .store
        .replace_token(&install, &token, None, house.clock.now(), |_| {});
    replaced.await.unwrap();
    house.lookups.start_anew(&install);
    house.recharge.release();
    caller.await.unwrap();
    until("the flight ends", || house.lookups.fetching() == 0).await;
    house.calls();
    // Who it is was learned before the change, so it is asked again.
    house.account("kim@acme.example").await;
    assert!(house.calls().contains(&"/customers".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_by_an_address_that_joins_a_flight_by_link_is_not_shown_who_left_it() {
    let house = House::open().await;
    house.link("p", Some("176700001")).await;
    house.account("kim@acme.example").await;
    let customers: serde_json::Value =
        serde_json::from_str(include_str!("../../fixtures/recharge/customers.json")).unwrap();
    let mut rows = customers["customers"].as_array().unwrap().iter();
    let mut kim = rows.find(|row| row["id"] == 176_700_001).unwrap().clone();
    kim["email"] = "kim.new@acme.example".into();
    house.recharge.put("customers", kim);
    house.later(minutes(11));
    house.recharge.hold();
    let open = |parameters: &[(&str, &str)]| {
        let request = house.get(&house.card_path(parameters));
        tokio::spawn(async move { request.send().await.unwrap().text().await.unwrap() })
    };
    let linked = open(&[("email", "kim.new@acme.example"), ("profile", "p")]);
    until("the linked one waits", || house.lookups.waiting() == 1).await;
    let joined = open(&[("email", "kim@acme.example")]);
    until("the other joins", || house.lookups.waiting() == 2).await;
    house.recharge.release();
    assert!(linked.await.unwrap().contains("176700001"));
    let page = joined.await.unwrap();
    assert!(page.contains(r#"<main data-outcome="not_found""#));
    assert!(!page.contains("kim.new"));
}
