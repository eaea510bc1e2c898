//! Faults, by address and by probability, as a client meets them.

use std::time::{Duration, Instant};

use super::*;

/// One customer with this address, and one without a fault.
fn with_customer(email: &str) -> Options {
    with(&[
        (
            "customers",
            json!([{"id": 1, "email": email, "external_customer_id": {"ecommerce": "79"}},
                   {"id": 2, "email": "kim@acme.example", "external_customer_id": {"ecommerce": "80"}}]),
        ),
        (
            "subscriptions",
            json!([{"id": 10, "customer_id": 1}, {"id": 11, "customer_id": 1}, {"id": 12, "customer_id": 2}]),
        ),
    ])
}

#[tokio::test]
async fn a_fault_strikes_every_call_about_that_person_and_no_other() {
    let (_running, caller) = open(with_customer("Rate-Limited@acme.example")).await;
    for path in [
        "/customers?email=rate-limited@nowhere.example",
        "/customers?ids=1",
        "/customers?external_customer_id=79",
        "/customers/1",
        "/customers/1/delivery_schedule",
        "/subscriptions?customer_id=1",
        "/charges?customer_id=1&status=queued",
    ] {
        let got = caller.get(path).await;
        assert_eq!(
            (got.status, got.text.as_str()),
            (429, r#"{"warning":"too many requests"}"#),
            "{path}"
        );
        assert_eq!(got.header("X-Recharge-Limit"), "40/40");
    }
    for path in [
        "/customers",
        "/customers/2",
        "/subscriptions?customer_id=2",
        "/subscriptions/10",
        "/store",
    ] {
        assert_eq!(caller.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn a_fault_strikes_through_a_cursor_too() {
    let (running, caller) = open(with_customer("kim@acme.example")).await;
    let body = caller
        .get("/subscriptions?customer_id=1&limit=1")
        .await
        .json();
    let path = format!(
        "/subscriptions?limit=1&cursor={}",
        body["next_cursor"].as_str().unwrap()
    );
    assert_eq!(caller.get(&path).await.status, 200);
    running.put(
        "customers",
        json!({"id": 1, "email": "unauthorized@acme.example"}),
    );
    assert_eq!(caller.get(&path).await.status, 401);
}

#[tokio::test]
async fn the_token_of_an_unauthorized_call_is_vouched_for() {
    let (_running, caller) = open(with_customer("unauthorized@acme.example")).await;
    let got = caller
        .get("/customers?email=unauthorized@acme.example")
        .await;
    assert_eq!(
        (got.status, got.text.as_str()),
        (401, r#"{"error":"bad authentication"}"#)
    );
    assert_eq!(caller.get("/token_information").await.status, 200);
}

#[tokio::test]
async fn server_errors_take_turns_and_a_gateways_is_not_json() {
    let (_running, caller) = open(with_customer("server-error@acme.example")).await;
    let mut seen = Vec::new();
    for _ in 0..4 {
        let got = caller.get("/customers/1").await;
        seen.push((got.status, serde_json::from_str::<Value>(&got.text).is_ok()));
    }
    assert_eq!(seen, [(500, true), (502, false), (503, true), (500, true)]);
}

#[tokio::test]
async fn broken_json_is_a_page_with_status_200() {
    let (_running, caller) = open(with_customer("broken-json@acme.example")).await;
    let got = caller.get("/customers/1").await;
    assert_eq!((got.status, got.header("Content-Type")), (200, "text/html"));
    assert!(got.text.starts_with("<html>"));
}

#[tokio::test]
async fn a_truncated_body_is_shorter_than_its_content_length() {
    let (running, caller) = open(with_customer("truncated@acme.example")).await;
    let mut response = caller.request("/customers/1").send().await.unwrap();
    assert_eq!(response.status(), 200);
    let announced = response.content_length().unwrap();
    let mut received = Vec::new();
    let error = loop {
        match response.chunk().await {
            Ok(Some(chunk)) => received.extend_from_slice(&chunk),
            Ok(None) => panic!("the body is whole"),
            Err(error) => break error,
        }
    };
    assert!(error.is_body() || error.is_decode(), "{error:?}");
    assert_eq!(received.len() as u64, announced / 2);
    assert!(received.starts_with(br#"{"customer":{"#));
    assert_eq!(running.requests()[0].status, Some(200));
}

#[tokio::test]
async fn a_reset_is_no_answer() {
    let (running, caller) = open(with_customer("reset@acme.example")).await;
    let error = caller.request("/customers/1").send().await.unwrap_err();
    assert!(error.is_request(), "{error:?}");
    #[cfg(unix)]
    assert!(
        format!("{error:?}").contains("ConnectionReset"),
        "{error:?}"
    );
    assert_eq!(running.requests()[0].status, None);
}

#[tokio::test]
async fn silence_lasts_until_the_stop() {
    let (running, caller) = open(with_customer("silent@acme.example")).await;
    let asking = tokio::spawn(caller.request("/customers/1").send());
    // The log shows that it arrived; the simulator itself answers others meanwhile.
    while running.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(caller.get("/customers/2").await.status, 200);
    assert!(!asking.is_finished());
    running.stop().await;
    assert!(asking.await.unwrap().is_err());
}

#[tokio::test]
async fn slow_is_the_right_answer_later() {
    let (_running, caller) = open(with_customer("slow-50ms@acme.example")).await;
    let asked = Instant::now();
    assert_eq!(caller.get("/customers/1").await.json()["customer"]["id"], 1);
    assert!(asked.elapsed() >= Duration::from_millis(50));
}

#[tokio::test]
async fn latency_delays_every_answer() {
    let options = Options {
        latency: Duration::from_millis(50),
        ..with(&[])
    };
    let (_running, caller) = open(options).await;
    let asked = Instant::now();
    assert_eq!(caller.get("/customers").await.status, 200);
    assert!(asked.elapsed() >= Duration::from_millis(50));
}

#[tokio::test]
async fn faults_by_probability_strike_the_same_requests_again() {
    let faults: Faults = "429=0.3,502=0.2,403=0.1".parse().unwrap();
    let options = Options {
        faults: faults.clone(),
        bucket: 1000,
        ..with(&[])
    };
    let (running, caller) = open(options).await;
    let mut runs = Vec::new();
    for _ in 0..2 {
        let mut statuses = Vec::new();
        for _ in 0..30 {
            statuses.push(caller.get("/customers").await.status);
        }
        runs.push(statuses);
        running.set_faults(faults.clone());
    }
    assert_eq!(runs[0], runs[1]);
    for status in [200, 429, 502] {
        assert!(runs[0].contains(&status), "{status}");
    }
    running.set_faults(Faults::default());
    for _ in 0..30 {
        assert_eq!(caller.get("/customers").await.status, 200);
    }
}
