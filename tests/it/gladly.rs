//! Gladly over real HTTP: the cases of `fixtures/helpdesk/gladly`, who is let in, and Recharge at its worst.

mod cases;
mod doors;

use std::time::Duration;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use serde_json::{Value, json};
use sidecard::domain::access::Settings;
use sidecard::store::{HelpdeskSettings, WorkspaceSettings};

use crate::house::{GLADLY, House, Plan, TOKEN_WITHOUT_ORDERS, minutes, until};

/// A house in which callers wait as long as Gladly may.
async fn house() -> House {
    House::built(plan()).await
}

fn plan() -> Plan {
    Plan {
        deadline: "4s",
        ..Plan::default()
    }
}

/// Gives the Gladly workspace settings of its own.
async fn set(house: &House, pairs: impl IntoIterator<Item = (String, String)>) {
    let settings = HelpdeskSettings::of(&Settings::of(pairs));
    let change = |workspace: &mut WorkspaceSettings| workspace.helpdesk = settings;
    house.set_workspace(GLADLY, change).await;
}

fn basic(emails: &[&str]) -> Value {
    json!({"lookupLevel": "BASIC", "uniqueMatchRequired": false, "query": {"id": "q0Zx", "emails": emails}})
}

fn detailed(external: &str) -> Value {
    let query = json!({"id": "q0Zx", "externalCustomerId": external});
    json!({"lookupLevel": "DETAILED", "uniqueMatchRequired": true, "query": query})
}

const KIM: &str = "acme-usa:176700001";

#[tokio::test(flavor = "multi_thread")]
async fn fifty_opens_by_ten_agents_are_one_set_of_calls() {
    let house = house().await;
    let mut opens = Vec::new();
    for agent in 0..10 {
        // An open is a lookup of both kinds: five each, all agents at once.
        let requests: Vec<_> = (0..5)
            .flat_map(|_| [basic(&["kim@acme.example"]), detailed(KIM)])
            .map(|body| house.lookup(body.to_string()))
            .collect();
        opens.push(tokio::spawn(async move {
            for request in requests {
                let answer = request.send().await.unwrap().text().await.unwrap();
                assert!(answer.contains("176700001"), "agent {agent}: {answer}");
            }
        }));
    }
    for open in opens {
        open.await.unwrap();
    }
    assert_eq!(house.calls(), ["/charges", "/customers", "/subscriptions"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recharge_that_is_slow_is_waited_for_until_four_seconds_and_no_longer() {
    let house = house().await;
    house.recharge.hold();
    for (body, expected) in [(basic(&["kim@acme.example"]), 0), (detailed(KIM), 1)] {
        let caller = tokio::spawn(house.lookup(body.to_string()).send());
        until("the caller waits", || house.lookups.waiting() == 1).await;
        house.clock.advance(Duration::from_millis(3_999));
        assert_eq!(house.lookups.waiting(), 1);
        house.clock.advance(Duration::from_millis(1));
        let response = caller.await.unwrap().unwrap();
        assert_eq!(response.status(), 200);
        let answer = crate::house::json(response).await;
        let results = answer["results"].as_array().unwrap();
        assert_eq!(results.len(), expected, "{answer}");
        for result in results {
            assert!(
                result.get("transactions").is_none(),
                "no list is not an empty one"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recharge_that_is_slow_costs_nobody_the_last_known_card() {
    let house = house().await;
    house.results(basic(&["kim@acme.example"])).await;
    house.later(minutes(60));
    house.recharge.hold();
    for body in [basic(&["kim@acme.example"]), detailed(KIM)] {
        let caller = tokio::spawn(house.lookup(body.to_string()).send());
        until("the caller waits", || house.lookups.waiting() == 1).await;
        house.clock.advance(Duration::from_secs(4));
        let answer = crate::house::json(caller.await.unwrap().unwrap()).await;
        let status = &answer["results"][0]["customAttributes"]["subscriptionStatus"];
        assert_eq!(status, "As of 05:15 EST, Recharge not reachable");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_fault_of_recharges_is_an_error_of_ours() {
    for fault in [
        "429=1",
        "500=1",
        "502=1",
        "503=1",
        "reset=1",
        "truncated=1",
        "broken-json=1",
        "401=1",
        "403=1",
        "404=1",
    ] {
        let house = house().await;
        house.recharge.set_faults(fault.parse().unwrap());
        assert_eq!(
            house.results(basic(&["kim@acme.example"])).await,
            json!([]),
            "{fault}"
        );
        let results = house.results(detailed(KIM)).await;
        let status = results[0]["customAttributes"]["subscriptionStatus"].as_str();
        assert!(
            status.is_some_and(|status| !status.is_empty()),
            "{fault}: {results}"
        );
        assert_eq!(results[0]["externalCustomerId"], KIM, "{fault}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn charges_that_may_not_be_read_clear_no_payment_problem() {
    let house = House::built(Plan {
        token: TOKEN_WITHOUT_ORDERS,
        ..plan()
    })
    .await;
    let results = house.results(detailed(KIM)).await;
    let attributes = results[0]["customAttributes"].as_object().unwrap();
    assert!(!attributes.contains_key("paymentProblem"), "{attributes:?}");
    let status = attributes["subscriptionStatus"].as_str().unwrap();
    assert!(
        status.starts_with("Payment details couldn't be read"),
        "{status}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn six_hundred_subscriptions_are_capped_and_even_uncapped_stay_below_a_megabyte() {
    let house = house().await;
    let wholesale = detailed("acme-usa:176700013");
    for (most, kind, shown) in [
        ("100", "subscription", 100),
        ("600", "subscription", 600),
        ("600", "order", 600),
        ("999999", "subscription", 600),
        ("1", "order", 1),
    ] {
        set(
            &house,
            [("most", most), ("transactions", kind)].map(|(n, t)| (n.into(), t.into())),
        )
        .await;
        let request = house.lookup(wholesale.to_string());
        let text = request.send().await.unwrap().text().await.unwrap();
        assert!(
            text.len() < 1_000_000,
            "{most} {kind}: {} bytes",
            text.len()
        );
        let answer: Value = serde_json::from_str(&text).unwrap();
        let result = &answer["results"][0];
        let transactions = result["transactions"].as_array().unwrap();
        assert_eq!(transactions.len(), shown, "{most} {kind}");
        let status = result["customAttributes"]["subscriptionStatus"]
            .as_str()
            .unwrap();
        let note = transactions[shown - 1]["note"].as_str().unwrap();
        let more = format!(
            "{shown} of 600 subscriptions shown here, {} more in Recharge",
            600 - shown
        );
        assert_eq!(status.contains(&more), shown < 600, "{status}");
        assert_eq!(note.contains(&more), shown < 600, "{note}");
        assert_eq!(result["customAttributes"]["totalSubscriptions"], "600");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_json_is_answered_and_never_with_a_server_error() {
    let house = house().await;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for _ in 0..300 {
        let value = any_json().new_tree(&mut runner).unwrap().current();
        // Slowly enough for what a workspace may ask.
        house.later(Duration::from_secs(1));
        for body in [
            value.clone(),
            json!({"lookupLevel": "BASIC", "query": value}),
            json!({"lookupLevel": "DETAILED", "query": value}),
            json!({"lookupLevel": "BASIC", "query": {"emails": value}}),
            json!({"lookupLevel": "DETAILED", "query": {"externalCustomerId": value, "emails": value}}),
        ] {
            let response = house.lookup(body.to_string()).send().await.unwrap();
            let status = response.status().as_u16();
            let answer = crate::house::json(response).await;
            match status {
                200 => assert!(answer["results"].is_array(), "{body}"),
                422 => assert!(answer["errors"][0]["code"].is_string(), "{body}"),
                _ => panic!("{status} for {body}"),
            }
        }
    }
}

/// Anything, and often what is nearly a lookup.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        Just(json!("kim@acme.example")),
        Just(json!("acme-usa:176700001")),
        Just(json!("BASIC")),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let name = prop_oneof![
            Just("emails".to_owned()),
            Just("externalCustomerId".to_owned()),
            Just("customAttributes".to_owned()),
            Just("orderNumber".to_owned()),
            Just("lookupLevel".to_owned()),
            Just("query".to_owned()),
            "\\PC{0,6}",
        ];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((name, inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}
