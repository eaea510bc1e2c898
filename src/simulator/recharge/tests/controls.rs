//! The controls, as methods and below `/_sim`.

use reqwest::Method;

use super::*;

fn kim() -> Options {
    with(&[("customers", json!([{"id": 1, "email": "kim@acme.example"}]))])
}

#[tokio::test]
async fn requests_are_logged_without_the_token() {
    let (running, caller) = open(kim()).await;
    caller
        .get("/customers?email=kim%40acme.example&limit=5")
        .await;
    let logged = running.requests();
    assert_eq!(logged.len(), 1);
    let request = &logged[0];
    assert_eq!(
        (
            request.method.as_str(),
            request.path.as_str(),
            request.status
        ),
        ("GET", "/customers", Some(200))
    );
    assert_eq!(request.parameter("email"), Some("kim@acme.example"));
    assert_eq!(request.query[1], ("limit".to_owned(), "5".to_owned()));
    assert_eq!(request.version.as_deref(), Some("2021-11"));
    assert_eq!(request.at, at(FIXTURES_AS_OF));
    assert!(!format!("{request:?}").contains(TOKEN));
    assert!(request.token.is_some());
    assert!(!format!("{running:?}").contains(TOKEN));

    let listed = caller.control(Method::GET, "requests", "").await;
    assert!(!listed.text.contains(TOKEN));
    assert_eq!(listed.json()["requests"][0]["path"], "/customers");
    assert_eq!(listed.json()["requests"].as_array().unwrap().len(), 1);
    running.forget_requests();
    assert_eq!(running.requests(), []);
}

#[tokio::test]
async fn held_answers_are_those_of_the_arrival() {
    let (running, caller) = open(kim()).await;
    running.hold();
    let asking = tokio::spawn(sent(caller.request("/customers/1")));
    let also = tokio::spawn(sent(caller.request("/customers/1")));
    running.until_held(2).await;
    assert_eq!(running.held(), 2);
    assert_eq!(running.requests().len(), 2);
    assert_eq!(running.requests()[0].status, None);
    running.put("customers", json!({"id": 1, "email": "new@acme.example"}));
    running.release();
    for asked in [asking, also] {
        let got = asked.await.unwrap().unwrap();
        assert_eq!(got.json()["customer"]["email"], "kim@acme.example");
    }
    assert_eq!(running.held(), 0);
    assert_eq!(running.requests()[0].status, Some(200));
    assert_eq!(
        caller.get("/customers/1").await.json()["customer"]["email"],
        "new@acme.example"
    );
}

#[tokio::test]
async fn a_stop_ends_what_is_held_and_frees_the_port() {
    let (running, caller) = open(kim()).await;
    let address = running.address();
    running.hold();
    let asking = tokio::spawn(sent(caller.request("/customers/1")));
    running.until_held(1).await;
    running.clone().stop().await;
    // Either it was answered in the last moment, or its connection was closed: but it ended.
    let _ = asking.await.unwrap();
    std::net::TcpListener::bind(address).unwrap();
}

#[tokio::test]
async fn objects_come_and_go() {
    let (running, caller) = open(kim()).await;
    running.put(
        "subscriptions",
        json!({"status": "active", "customer_id": 1, "id": 10}),
    );
    assert_eq!(
        caller.get("/subscriptions/10").await.text,
        r#"{"subscription":{"id":10,"customer_id":1,"status":"active"}}"#
    );
    running.remove("subscriptions", 10);
    assert_eq!(caller.get("/subscriptions/10").await.status, 404);
    running.remove("subscriptions", 10);
    running.put("store", json!({"id": 5, "name": "Other"}));
    assert_eq!(caller.get("/store").await.json()["store"]["name"], "Other");
}

#[tokio::test]
#[should_panic(expected = "unknown collection: `subscription`")]
async fn an_unknown_collection_is_the_callers_mistake() {
    let (running, _caller) = open(kim()).await;
    running.put("subscription", json!({"id": 10}));
}

#[tokio::test]
async fn the_same_over_http() {
    let (running, caller) = open(kim()).await;
    let put = |path: &'static str, body: &'static str| caller.control(Method::PUT, path, body);
    let post = |path: &'static str| caller.control(Method::POST, path, "");

    assert_eq!(put("faults", "429=1").await.status, 204);
    assert_eq!(caller.get("/customers").await.status, 429);
    assert_eq!(put("faults", "").await.status, 204);
    assert_eq!(caller.get("/customers").await.status, 200);
    let refused = put("faults", "429").await;
    assert_eq!(refused.status, 400);
    assert!(
        refused.json()["error"]
            .as_str()
            .unwrap()
            .starts_with("not a fault: `429`")
    );

    assert_eq!(put("clock", "2027-01-01T00:00:00Z").await.status, 204);
    assert_eq!(put("clock", "tomorrow").await.status, 400);
    caller.get("/customers").await;
    assert_eq!(
        running.requests().last().unwrap().at,
        at("2027-01-01T00:00:00Z")
    );

    assert_eq!(
        put("subscriptions/10", r#"{"status":"active","a":1}"#)
            .await
            .status,
        204
    );
    assert_eq!(
        caller.get("/subscriptions/10").await.text,
        r#"{"subscription":{"id":10,"status":"active","a":1}}"#
    );
    assert_eq!(put("subscriptions/10", r#"{"id":11}"#).await.status, 400);
    assert_eq!(put("subscriptions/10", "[]").await.status, 400);
    assert_eq!(put("subscriptions/10", "{").await.status, 400);
    assert_eq!(put("unknown/10", "{}").await.status, 400);
    assert_eq!(put("store/1", r#"{"name":"Other"}"#).await.status, 204);
    assert_eq!(
        caller
            .control(Method::DELETE, "subscriptions/10", "")
            .await
            .status,
        204
    );
    assert_eq!(caller.get("/subscriptions/10").await.status, 404);

    assert_eq!(post("hold").await.status, 204);
    let asking = tokio::spawn(sent(caller.request("/customers")));
    running.until_held(1).await;
    assert_eq!(post("release").await.status, 204);
    assert_eq!(asking.await.unwrap().unwrap().status, 200);

    assert_eq!(post("revoke").await.status, 204);
    assert_eq!(caller.get("/customers").await.status, 401);
    assert_eq!(
        caller.control(Method::DELETE, "requests", "").await.status,
        204
    );
    assert_eq!(running.requests(), []);
    assert_eq!(post("explode").await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_starts_on_a_runtime_with_threads_and_beside_others() {
    let (first, caller) = open(kim()).await;
    let (second, other) = open(with(&[])).await;
    assert_ne!(first.address(), second.address());
    assert_eq!(caller.get("/customers").await.ids("customers"), [1]);
    assert!(other.get("/customers").await.ids("customers").is_empty());
}

#[tokio::test]
async fn a_taken_address_is_a_start_error() {
    let (running, _caller) = open(kim()).await;
    let error = start(Options {
        listen: running.address(),
        ..kim()
    })
    .await
    .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("cannot listen on: `127.0.0.1:"),
        "{error}"
    );
}
