//! The budget of a token, against a bucket that is real; and a Recharge that is gone for a while.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use sidecard::domain::install::InstallName;
use sidecard::simulator::recharge::{Data, Options, start};

use crate::house::{self, House, JSON, JSON_SECRET, Plan, until};

const SECOND: &str = "55555555555555555555555555555555";

/// A house at a bucket of 40 that leaks 2 a second, with so many customers, each on their own; and a second workspace.
async fn house(customers: usize) -> House {
    let all: Value =
        serde_json::from_str(include_str!("../../fixtures/recharge/customers.json")).unwrap();
    let rows = (0..customers).map(|n| {
        let mut row = all["customers"][0].clone();
        row["id"] = (900_000_000 + n).into();
        row["email"] = email(n).into();
        row
    });
    let body =
        |name: &str, rows: Vec<Value>| (format!("{name}.json"), json!({ name: rows }).to_string());
    let mut plan = Plan::default();
    plan.options.bucket = 40;
    plan.options.data = Data::Bodies(vec![
        body("customers", rows.collect()),
        body("subscriptions", Vec::new()),
        body("charges", Vec::new()),
    ]);
    plan.deadline = "4s";
    plan.workspaces = vec![(SECOND, "json", JSON_SECRET)];
    let house = House::built(plan).await;
    // What the start has spent has leaked.
    house.later(Duration::from_secs(60));
    house
}

fn acme() -> InstallName {
    InstallName::parse("acme-usa").unwrap()
}

fn email(n: usize) -> String {
    format!("customer.{n}@mail.example")
}

/// Asks from a workspace about a customer; what the account says.
fn ask(house: &House, workspace: &str, n: usize) -> tokio::task::JoinHandle<Value> {
    let request = house
        .post(&format!("/ask/json/{workspace}"))
        .bearer_auth(JSON_SECRET)
        .body(json!({ "emails": [email(n)] }).to_string());
    tokio::spawn(async move {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        house::json(response).await["accounts"][0].take()
    })
}

fn waiting(house: &House) -> usize {
    let reading = house.lookups.rate_limiter(&acme()).unwrap();
    reading.waiting.iter().sum()
}

fn refused_by_recharge(house: &House) -> usize {
    let requests = house.recharge.requests().into_iter();
    requests
        .filter(|request| request.status == Some(429))
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_at_once_never_overfill_the_bucket_and_two_workspaces_share_the_line() {
    let house = house(200).await;
    // No time passes. 12 are read to their end out of a full bucket, 40 wait, the others are told at once.
    let first: Vec<_> = (0..100).map(|n| ask(&house, JSON, n)).collect();
    let ended = |asked: &[tokio::task::JoinHandle<Value>]| {
        asked.iter().filter(|asked| asked.is_finished()).count()
    };
    until("sixty have ended", || ended(&first) == 60).await;
    assert_eq!(waiting(&house), 40);
    // Who comes later is given half of the line.
    let second: Vec<_> = (100..200).map(|n| ask(&house, SECOND, n)).collect();
    until("all but forty have ended", || {
        (ended(&first), ended(&second)) == (80, 80)
    })
    .await;
    assert_eq!(waiting(&house), 40);

    let mut found = Vec::new();
    for asked in [first, second] {
        let all = async {
            let mut found = 0;
            for asked in asked {
                let account = asked.await.unwrap();
                match account["outcome"].as_str().unwrap() {
                    "found" => found += 1,
                    "unavailable" => assert_eq!(account["reason"], "rate_limited"),
                    other => panic!("{other}"),
                }
            }
            found
        };
        found.push(tokio::select! {
            found = all => found,
            () = house.time_passes() => unreachable!(),
        });
    }
    // In the 4 seconds that they wait, 8 calls leak.
    let (first, second) = (found[0] - 12, found[1]);
    assert!(second >= 1 && first + second >= 2, "{found:?}");
    assert!(i32::abs(first - second) <= 1, "{found:?}");
    assert_eq!(refused_by_recharge(&house), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn forty_wait_the_next_is_told_at_once_and_who_leaves_gives_up_the_place() {
    let house = house(60).await;
    house.recharge.hold();
    let mut asked: Vec<_> = (0..12).map(|n| ask(&house, JSON, n)).collect();
    house.recharge.until_held(12).await;
    asked.extend((12..52).map(|n| ask(&house, JSON, n)));
    until("forty wait", || waiting(&house) == 40).await;
    // No time passes.
    let next = ask(&house, JSON, 52).await.unwrap();
    assert_eq!(next["outcome"], "unavailable");
    assert_eq!(next["reason"], "rate_limited");

    house.clock.advance(Duration::from_secs(4));
    for (n, asked) in asked.into_iter().enumerate() {
        let account = asked.await.unwrap();
        let reason = account["reason"].as_str().unwrap().to_owned();
        let sent = ["unreachable", "rate_limited"];
        assert!(sent.contains(&reason.as_str()));
        assert!(n < 12 || reason == "rate_limited" || waiting(&house) < 40);
    }
    until("the line is empty", || waiting(&house) == 0).await;
    let sent = house.recharge.requests().len();
    assert!(sent < 12 + 8, "those who left were not asked for: {sent}");
    house.recharge.release();
    until("all have landed", || house.lookups.fetching() == 0).await;
    assert_eq!(refused_by_recharge(&house), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn when_calls_are_short_an_old_card_is_shown_at_once_and_the_line_is_for_who_has_none() {
    let house = house(60).await;
    for n in 0..4 {
        assert_eq!(ask(&house, JSON, n).await.unwrap()["outcome"], "found");
    }
    house.later(Duration::from_secs(11 * 60));
    // Ten new customers: 30 calls, more than a refresh may fill. From here on no time passes.
    for n in 20..30 {
        assert_eq!(ask(&house, JSON, n).await.unwrap()["outcome"], "found");
    }
    for n in 0..4 {
        let account = ask(&house, JSON, n).await.unwrap();
        assert_eq!(account["outcome"], "found");
        assert_eq!(
            (&account["stale"], &account["reason"]),
            (&true.into(), &"rate_limited".into())
        );
    }
    assert_eq!(
        house.lookups.rate_limiter(&acme()).unwrap().waiting,
        [0, 0, 4, 0]
    );
    // Who has nothing to look at is not behind them.
    assert_eq!(ask(&house, JSON, 30).await.unwrap()["outcome"], "found");
    // They are read again behind that.
    tokio::select! {
        () = until("all are read again", || house.lookups.fetching() == 0) => {}
        () = house.time_passes() => unreachable!(),
    }
    for n in 0..4 {
        assert_eq!(ask(&house, JSON, n).await.unwrap()["stale"], false, "{n}");
    }
    assert_eq!(refused_by_recharge(&house), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_reset_is_tried_again_and_nobody_notices() {
    let house = House::open().await;
    house.recharge.set_faults("reset=1".parse().unwrap());
    let request = house.get(&house.card_path(&[("email", "kim@acme.example")]));
    let asked = tokio::spawn(request.send());
    until("it waits for the next try", || house.lookups.paused() > 0).await;
    house.recharge.set_faults(Default::default());
    let page = tokio::select! {
        page = asked => page.unwrap().unwrap().text().await.unwrap(),
        () = house.time_passes() => unreachable!(),
    };
    assert!(page.contains(r#"<main data-outcome="found""#));
}

#[tokio::test(flavor = "multi_thread")]
async fn while_recharge_is_gone_nobody_waits_for_it_and_its_return_is_seen_within_ten_seconds() {
    // Bound and not listening: a connection is refused, and nobody else gets the port meanwhile.
    let nobody = tokio::net::TcpSocket::new_v4().unwrap();
    nobody.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = nobody.local_addr().unwrap();
    let plan = Plan {
        recharge: Some(address),
        ..Plan::default()
    };
    let options = Options {
        listen: address,
        ..plan.options.clone()
    };
    let house = House::built(plan).await;
    house.account("kim@acme.example").await;
    assert_eq!(house.lookups.open_circuits(), [acme()]);
    // Without time passing, and so without a try: were there one, its pauses would never end.
    let wanda = house.get(&house.card_path(&[("email", "wanda.weekly@mail.example")]));
    let page = wanda.send().await.unwrap().text().await.unwrap();
    assert!(page.contains(r#"<main data-outcome="unavailable""#));
    // For a long while, with somebody trying whenever that is allowed.
    for _ in 0..10 {
        house.later(Duration::from_secs(5));
        let account = house.account("wanda.weekly@mail.example").await;
        assert_eq!(account["reason"], "unreachable");
    }
    assert_eq!(house.lookups.open_circuits(), [acme()]);

    drop(nobody);
    let _recharge = Arc::new(start(options).await.unwrap());
    house.later(Duration::from_secs(5));
    for email in ["wanda.weekly@mail.example", "kim@acme.example"] {
        assert_eq!(house.account(email).await["outcome"], "found", "{email}");
    }
    assert!(house.lookups.open_circuits().is_empty());
}
