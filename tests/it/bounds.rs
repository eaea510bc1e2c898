//! Bounds: how often a workspace may ask, how large a request may be, what the platform sees, and how it ends.

use std::time::Duration;

use serde_json::Value;

use crate::house::{GLADLY, House, JSON, JSON_SECRET, client, json, until};
use crate::privacy::{leaks, personal};

impl House {
    /// A page of the platform's: its status, and its text.
    async fn ops(&self, path: &str) -> (u16, String) {
        let address = format!("http://{}{path}", self.ops);
        let response = client().get(address).send().await.unwrap();
        let status = response.status().as_u16();
        (status, response.text().await.unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_that_asks_too_often_is_told_so_in_its_own_words_and_others_are_not() {
    let house = House::open().await;
    let wrong = || {
        let path = format!("/ask/json/{JSON}?email=kim%40acme.example");
        house.get(&path).bearer_auth("fake-wrong-secret")
    };
    for _ in 0..300 {
        assert_eq!(wrong().send().await.unwrap().status(), 401);
    }
    let ask = || {
        let path = format!("/ask/json/{JSON}?email=kim%40acme.example");
        house.get(&path).bearer_auth(JSON_SECRET)
    };
    // Who is not the workspace has used nothing up.
    for _ in 0..200 {
        assert_eq!(ask().send().await.unwrap().status(), 200);
    }
    let refused = ask().send().await.unwrap();
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["retry-after"], "1");
    assert_eq!(json(refused).await["error"]["code"], "too_many_requests");

    let lookup = || house.lookup(r#"{"lookupLevel":"BASIC","query":{}}"#);
    for _ in 0..200 {
        assert_eq!(lookup().send().await.unwrap().status(), 200);
    }
    let refused = lookup().send().await.unwrap();
    assert_eq!(refused.status(), 429);
    let refused = json(refused).await;
    assert_eq!(
        refused["errors"][0]["code"], "too_many_requests",
        "{GLADLY}"
    );
    house.later(Duration::from_secs(1));
    assert_eq!(ask().send().await.unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_is_too_large_is_refused_before_anything_is_done() {
    let house = House::open().await;
    for request in [
        house.get(&format!("/ask/json/{JSON}?email={}", "k".repeat(8_200))),
        house.get("/healthz").header("x-long", "k".repeat(17_000)),
    ] {
        let refused = request.send().await.unwrap();
        assert_eq!(refused.status(), 431);
        assert_eq!(refused.headers()["cache-control"], "no-store");
        assert_eq!(json(refused).await["error"]["code"], "head_too_large");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_id_comes_back_and_is_in_the_line_unless_it_is_none() {
    let house = House::open().await;
    let id = async |given: &str| {
        let request = house.get("/healthz").header("x-request-id", given);
        let response = request.send().await.unwrap();
        response.headers()["x-request-id"]
            .to_str()
            .unwrap()
            .to_owned()
    };
    let given = "Ticket_4711.a-b";
    assert_eq!(id(given).await, given);
    let said = format!(r#""request_id":"{given}""#);
    until("it is in the log", || crate::house::heard().contains(&said)).await;
    for none in ["", "kim@acme.example", "a b", &"k".repeat(65)] {
        let made = id(none).await;
        assert_ne!(made, none);
        assert_eq!(made.len(), 16, "{made}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn automatic_links_are_counted_and_not_audited() {
    let house = House::open().await;
    for profile in ["p", "p", "q"] {
        let path = house.card_path(&[("email", "kim@acme.example"), ("profile", profile)]);
        let response = house.answer(house.get(&path)).await;
        assert_eq!(response.status(), 200);
        // The link is made behind the answer.
        let expected = if profile == "p" { 1 } else { 2 };
        let line = format!("sidecard_automatic_links_total {expected}\n");
        let counted = async {
            while !house.ops("/metrics").await.1.contains(&line) {
                tokio::task::yield_now().await;
            }
        };
        let in_time = tokio::time::timeout(Duration::from_secs(20), counted).await;
        assert!(in_time.is_ok(), "{line}");
    }
    assert!(house.store.audit_page(None, 10).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_tell_how_things_stand_and_of_nobody() {
    let house = House::open().await;
    house.card("kim@acme.example").await;
    house.card("kim@acme.example").await;
    house.account("server-error@fault.example").await;
    house
        .results(
            serde_json::json!({"lookupLevel": "BASIC", "query": {"emails": ["kim@acme.example"]}}),
        )
        .await;
    let (status, page) = house.ops("/metrics").await;
    assert_eq!(status, 200);
    for line in [
        r#"sidecard_lookups_total{helpdesk="embed",outcome="found",cache="miss"} 1"#,
        r#"sidecard_lookups_total{helpdesk="embed",outcome="found",cache="hit"} 1"#,
        r#"sidecard_lookups_total{helpdesk="json",outcome="unavailable",cache="stale"} 1"#,
        r#"sidecard_lookup_seconds_count{helpdesk="gladly"} 1"#,
        r#"sidecard_upstream_calls_total{endpoint="/subscriptions",status="200"} 1"#,
        r#"sidecard_upstream_seconds_count{endpoint="/charges"} 1"#,
        r#"sidecard_requests_total{route="ask",status="200"} 4"#,
        r#"sidecard_budget_capacity{install="acme-usa"} 10000.0"#,
        r#"sidecard_budget_waiting{install="acme-usa",lane="agent"} 0.0"#,
        "sidecard_flights{} 0.0",
        "sidecard_flight_callers{} 0.0",
        r#"sidecard_circuit_open{install="acme-usa"} 0.0"#,
        r#"sidecard_cache_evictions_total{kind="customers"} 0"#,
        "sidecard_automatic_links_total 0",
        r#"sidecard_cache_entries{kind="customers"} 1.0"#,
        r#"sidecard_cache_entries{kind="subjects"} 1.0"#,
    ] {
        assert!(page.lines().any(|l| l == line), "{line} in:\n{page}");
    }
    for family in ["budget_level", "cache_bytes", "tasks"] {
        assert!(
            page.contains(&format!("# HELP sidecard_{family} ")),
            "{family} in:\n{page}"
        );
    }
    assert_eq!(leaks(&page, &personal()), Vec::<String>::new());
    // Only there.
    for path in ["/metrics", "/readyz/", "/ask"] {
        assert_eq!(
            house.get(path).send().await.unwrap().status(),
            404,
            "{path}"
        );
    }
    assert_eq!(house.ops("/healthz").await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_tells_of_each_shop_and_goes_first_at_the_end() {
    let house = House::open().await;
    house.card("kim@acme.example").await;
    let (status, state) = house.ops("/readyz").await;
    assert_eq!(status, 200);
    let state: Value = serde_json::from_str(&state).unwrap();
    assert_eq!(state["ready"], true);
    assert_eq!(state["store"], true);
    let shop = &state["installs"][0];
    assert_eq!(shop["install"], "acme-usa");
    assert_eq!(
        (&shop["answers"], &shop["accepted"]),
        (&true.into(), &true.into())
    );
    assert_eq!(shop["waiting"], 0);

    let (ready, ops) = (house.url("/readyz"), format!("http://{}/readyz", house.ops));
    let get = async |address: &str| client().get(address).send().await.unwrap();
    assert_eq!(get(&ready).await.status(), 200);
    let card = house.url(&house.card_path(&[("email", "kim@acme.example")]));
    let (_recharge, clock, running) = house.stop();
    let unready = async {
        while get(&ready).await.status() == 200 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), unready)
        .await
        .unwrap();
    let last = get(&ready).await;
    assert_eq!(last.status(), 503);
    assert_eq!(last.text().await.unwrap(), "ending\n");
    let state = get(&ops).await;
    assert_eq!(state.status(), 503);
    assert_eq!(json(state).await["ending"], true);
    assert_eq!(get(&card).await.status(), 200, "who still comes is served");
    assert!(!running.is_finished());
    until("it ends", || {
        clock.advance(Duration::from_secs(1));
        running.is_finished()
    })
    .await;
    running.await.unwrap().unwrap();
}
